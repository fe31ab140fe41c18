"""The solvers that AMED-Plugin can split, by the names that a link and a predictor's file hold."""

from .exponential import DPMpp
from .multistep import DPM2, IPNDM
from .one_step import DDIM

INNER = {
    "ddim": ("DDIM", DDIM()),
    "dpm2": ("DPM-Solver-2", DPM2()),
    **{f"ipndm{k}": (f"iPNDM-{k}", IPNDM(k)) for k in (2, 3, 4)},
    **{f"dpmpp{k}": (f"DPM-Solver++({k}M)", DPMpp(k)) for k in (2, 3)},
}


def spoken(solver: str) -> str:
    """“AMED-Solver”, “AMED-Plugin on iPNDM-4”."""
    kind, _, inner = solver.partition(":")
    return "AMED-Solver" if kind == "amed" else f"AMED-Plugin on {INNER[inner][0]}"
