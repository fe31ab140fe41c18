"""Claims of AMED on what its parts do: steps, places, feature, first step, and what is learned."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...analysis.intervals import Estimate
from ...core.solvers import DPM2, DPMpp
from ...core.timesteps import Rho, VPTime
from ...lab.source import Watch
from ...store import predictors as store
from ..held_out import HeldOutError
from .amed_solvers import (
    DPM5,
    LEARNED_VIEW,
    NETWORK,
    OURS,
    OURS_VIEW,
    PP5,
    PUBLISHED,
    learned,
    ratio,
    usual,
)
from .contract import Claim, Relation, Try, below, within
from .paths import UNSEEN


def _of_record(key: str):
    """A measure: what the predictor of the published recipe says, from least to most over steps."""

    def tried(watch: Watch | None) -> Estimate:
        said: Tensor = torch.tensor([m for m, _ in store.find(PUBLISHED).record[key]])
        return Estimate(float(said.mean()), float(said.min()), float(said.max()), len(said))

    return tried


def _ablation(
    name: str,
    quote: str,
    source: str,
    measure: str,
    relation: Relation,
    try_: Try,
    quoted: bool = False,
    view: str = "",
    why: str = "",
    predictors: Sequence[str] = (),
) -> Claim:
    """What all of these have in common: AMED, the network digits-f, seeds that nobody saw."""
    seeds, uses = f"{UNSEEN} seeds that no training saw", (HeldOutError,)
    return Claim(
        name,
        "AMED",
        quote,
        source,
        measure,
        relation,
        try_,
        quoted,
        seeds,
        view,
        why,
        uses,
        predictors,
        cost="slow",
    )


BY_PATH = "median over seeds, path by path, the network digits-f"
CLAIMS = [
    _ablation(
        "log-snr-beats-rho-for-dpm-solver-pp",
        "DPM-Solver++(3M) at 5 NFE: log SNR 24.97, polynomial 31.66 (FID)",
        "Table 5",
        f"end error on uniform log SNR over that on ρ = 7, 5 evaluations; {BY_PATH}",
        below(1),
        ratio(PP5, usual(DPMpp(3), Rho())),
        quoted=True,
        view=f"{NETWORK}&solver=dpmpp&solver.order=3&timesteps=logsnr&nfe=5&last=sigma_min",
        why="Of 5 evaluations log SNR spends two below σ = 0.15, where a digit has been decided.",
    ),
    _ablation(
        "uniform-time-beats-rho-for-dpm-solver-pp",
        "DPM-Solver++(3M) at 5 NFE: uniform 26.90, polynomial 31.66 (FID)",
        "Table 5",
        f"end error on uniform VP time over that on ρ = 7, 5 evaluations; {BY_PATH}",
        below(1),
        ratio(usual(DPMpp(3), VPTime(1.0)), usual(DPMpp(3), Rho())),
        quoted=True,
        view=f"{NETWORK}&solver=dpmpp&solver.order=3&timesteps=vp_time&timesteps.rho=1&nfe=5"
        "&last=sigma_min",
    ),
    _ablation(
        "dpm-solver-2-better-early",
        "DPM-Solver-2 at 4 NFE: r = 0.1 gives 28.75, r = 0.5 gives 146.0 (FID)",
        "Sec. 4, ablation of r",
        f"end error at r = 0.1 over that at r = 0.5, 4 evaluations; {BY_PATH}",
        below(1),
        ratio(usual(DPM2(0.1), Rho(), nfe=4), usual(DPM2(0.5), Rho(), nfe=4)),
        quoted=True,
        view=f"{NETWORK}&solver=dpm2&solver.r=0.1&nfe=4&last=sigma_min",
    ),
    _ablation(
        "searched-places-beat-the-geometric-mean",
        "With a searched r_n a step ends nearer to the true trajectory than with √(t_n t_{n+1}).",
        "Fig. 5",
        f"end error with searched stops over r = ½ on ρ = 7, c = 1, 5 evaluations; {BY_PATH}",
        below(1),
        ratio(learned(OURS), DPM5, "searched"),
        view=OURS_VIEW,
        predictors=(OURS,),
    ),
    _ablation(
        "bottleneck-adds-little",
        "Without the bottleneck feature the result is little worse.",
        "Table 8",
        "end error with the r and c that all samples share over that of the predictor that looks "
        f"at each, 5 evaluations; {BY_PATH}",
        within(0.87, 1.15),  # the paper's largest step is 7.31/6.61 = 1.11 at 5 evaluations
        ratio(learned(OURS), learned(OURS), "shared"),
        view=OURS_VIEW,
        predictors=(OURS,),
    ),
    _ablation(
        "analytic-first-step-costs-little",
        "The analytic first step saves an evaluation at little loss on small images.",
        "Sec. 4.1",
        f"end error of DPM-Solver-2 on 4 levels with AFS over that without; {BY_PATH}",
        within(0.91, 1.1),  # “little”: a tenth
        ratio(DPM5, usual(DPM2(), Rho(), nfe=6)),
        view=f"{NETWORK}&solver=dpm2&afs=true&nfe=5&last=sigma_min",
    ),
    Claim(
        "learned-r-below-a-half",
        "AMED",
        "The mean of the learned r_n lies below the default ½.",
        "Fig. 7",
        "r of the predictor by the published recipe, mean over held-out samples: of its three "
        "steps the mean, the least and the largest",
        below(0.5),
        _of_record("r"),
        seeds="128 held-out samples of its training",
        view=LEARNED_VIEW,
        predictors=(PUBLISHED,),
    ),
    Claim(
        "learned-c-below-1",
        "AMED",
        "The mean of the learned c_n lies below the default 1.",
        "Fig. 7",
        "c of the predictor by the published recipe, mean over held-out samples: of its three "
        "steps the mean, the least and the largest",
        below(1),
        _of_record("c"),
        seeds="128 held-out samples of its training",
        view=LEARNED_VIEW,
        predictors=(PUBLISHED,),
        why="c and r undo each other, and on ρ = 7 the recipe's c stays within 0.01 of 1.",
    ),
]
