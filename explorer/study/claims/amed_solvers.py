"""Claims of AMED on solvers of few evaluations: Table 2."""

import dataclasses
from collections.abc import Callable, Sequence

from ...analysis import intervals
from ...analysis.intervals import Estimate
from ...core.solvers import DDIM, DPM2, IPNDM, DPMpp, Heun, UniPC
from ...core.timesteps import LogSNR, Rho
from ...lab.experiment import Experiment
from ...lab.source import Watch
from ..held_out import HeldOutError
from ..predictors import with_predictor
from .contract import Claim, above, below
from .paths import UNSEEN, unseen_errors, view

NETWORK = "data=digits&model=network&model.checkpoint=digits-f"
PUBLISHED, OURS, PLUGIN = "digits-amed-5-published", "digits-amed-5", "digits-plugin-5"
PLACED = (
    "We measure the error of paths, not FID, and three steps at the places of ρ = 7 serve digits "
    "badly; with its steps placed first AMED-Solver is ahead."
)
Made = Callable[[], Experiment]


def usual(solver, steps, afs: bool = False, nfe: int = 5) -> Made:
    """A view of the network with a solver that learned nothing, to σ_min."""
    return lambda: dataclasses.replace(
        view(NETWORK), solver=solver, timesteps=steps, afs=afs, nfe=nfe, last="sigma_min"
    )


def learned(name: str) -> Made:
    """The same with a shipped predictor."""
    return lambda: with_predictor(view(NETWORK), name)


def ratio(mine: Made, other: Made, part: str = "", its: str = ""):
    """A measure: median of the end errors of one over those of the other, seed by seed."""

    def tried(watch: Watch | None) -> Estimate:
        errors = unseen_errors(mine(), watch, part), unseen_errors(other(), watch, its)
        return intervals.ratio(*errors)

    return tried


AMED5 = learned(PUBLISHED)
DDIM5 = usual(DDIM(), Rho())
HEUN5 = usual(Heun(), Rho(), True)
DPM5 = usual(DPM2(), Rho(), True)
PP5 = usual(DPMpp(3), LogSNR())
UNIPC5 = usual(UniPC(3), LogSNR())
IPNDM5 = usual(IPNDM(4), Rho())
LEARNED_VIEW = f"{NETWORK}&solver=amed&solver.predictor={PUBLISHED}&afs=true&last=sigma_min&nfe=5"

OURS_VIEW = (
    f"{NETWORK}&timesteps=custom&timesteps.levels=80.0,6.754204,0.7221002,0.002"
    f"&solver=amed&solver.predictor={OURS}&afs=true&nfe=5&last=sigma_min"
)


def _view(files: Sequence[str]) -> str:
    """Where the predictor of a row can be seen, or the network."""
    known = {PUBLISHED: LEARNED_VIEW, OURS: OURS_VIEW}
    return known.get(files[0] if files else "", f"{NETWORK}&nfe=5&last=sigma_min")


def _table(
    name: str, quote: str, words: str, mine: Made, other: Made, relation=below(1), why="", files=()
) -> Claim:
    return Claim(
        name,
        "AMED",
        quote,
        "Table 2a",
        f"{words}; median over seeds, path by path, the network digits-f",
        relation,
        ratio(mine, other),
        quoted=True,
        seeds=f"{UNSEEN} seeds that no training saw",
        view=_view(files),
        why=why,
        uses=(HeldOutError,),
        predictors=files,
        cost="slow",
    )


CLAIMS = [
    _table(
        "amed-beats-ddim",
        "CIFAR-10, 5 NFE: AMED-Solver 7.59, DDIM 49.66 (FID)",
        "end error of AMED-Solver by the published recipe over DDIM's, 5 evaluations",
        AMED5,
        DDIM5,
        files=(PUBLISHED,),
        why=PLACED,
    ),
    _table(
        "amed-beats-heun",
        "CIFAR-10, 5 NFE: AMED-Solver 7.59, EDM's Heun with AFS 97.67 (FID)",
        "end error of AMED-Solver by the published recipe over Heun's with AFS, 5 evaluations",
        AMED5,
        HEUN5,
        files=(PUBLISHED,),
    ),
    _table(
        "amed-beats-dpm-solver-2",
        "CIFAR-10, 5 NFE: AMED-Solver 7.59, DPM-Solver-2 with AFS 57.30 (FID)",
        "end error of AMED-Solver by the published recipe over DPM-Solver-2's with AFS",
        AMED5,
        DPM5,
        files=(PUBLISHED,),
    ),
    _table(
        "amed-beats-dpm-solver-pp",
        "CIFAR-10, 5 NFE: AMED-Solver 7.59, DPM-Solver++(3M) 24.97 (FID)",
        "end error of AMED-Solver by the published recipe over DPM-Solver++(3M)'s, 5 evaluations",
        AMED5,
        PP5,
        files=(PUBLISHED,),
        why=PLACED,
    ),
    _table(
        "amed-beats-unipc",
        "CIFAR-10, 5 NFE: AMED-Solver 7.59, UniPC 23.98 (FID)",
        "end error of AMED-Solver by the published recipe over UniPC's, 5 evaluations",
        AMED5,
        UNIPC5,
        files=(PUBLISHED,),
        why=PLACED,
    ),
    _table(
        "amed-beats-ipndm",
        "CIFAR-10, 5 NFE: AMED-Solver 7.59, iPNDM 13.59 (FID)",
        "end error of AMED-Solver by the published recipe over iPNDM-4's, 5 evaluations",
        AMED5,
        IPNDM5,
        files=(PUBLISHED,),
        why=PLACED,
    ),
    _table(
        "amed-with-placed-steps-beats-ipndm",
        "CIFAR-10, 5 NFE: AMED-Solver 7.59, iPNDM 13.59 (FID)",
        "end error of AMED-Solver with searched steps over iPNDM-4's, 5 evaluations",
        learned(OURS),
        IPNDM5,
        files=(OURS,),
    ),
    _table(
        "plugin-beats-its-solver",
        "CIFAR-10, 5 NFE: AMED-Plugin on iPNDM 6.61, iPNDM 13.59 (FID)",
        "end error of AMED-Plugin on iPNDM-2 over iPNDM-2's alone, 5 evaluations",
        learned(PLUGIN),
        usual(IPNDM(2), Rho()),
        files=(PLUGIN,),
    ),
    _table(
        "plugin-beats-amed-solver",
        "CIFAR-10, 5 NFE: AMED-Plugin on iPNDM 6.61, AMED-Solver 7.59 (FID)",
        "end error of AMED-Plugin on iPNDM-2 over AMED-Solver's, both with searched steps",
        learned(PLUGIN),
        learned(OURS),
        files=(PLUGIN, OURS),
    ),
    _table(
        "ipndm-beats-ddim",
        "CIFAR-10, 5 NFE: iPNDM 13.59, DDIM 49.66 (FID)",
        "end error of iPNDM-4 over DDIM's, 5 evaluations",
        IPNDM5,
        DDIM5,
    ),
    _table(
        "unipc-beats-dpm-solver-pp",
        "CIFAR-10, 5 NFE: UniPC 23.98, DPM-Solver++(3M) 24.97 (FID)",
        "end error of UniPC-3 over DPM-Solver++(3M)'s, 5 evaluations",
        UNIPC5,
        PP5,
        why="The two are 4 % apart in the paper and 11 % here the other way round: FID and the "
        "error of paths need not rank so near a pair alike.",
    ),
    _table(
        "heun-is-worst-at-5",
        "CIFAR-10, 5 NFE: EDM's Heun with AFS 97.67, DDIM 49.66 (FID)",
        "end error of Heun with AFS over DDIM's, 5 evaluations",
        HEUN5,
        DDIM5,
        relation=above(1),
    ),
]
