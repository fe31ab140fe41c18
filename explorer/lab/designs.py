"""The published designs: the columns of EDM Table 1 and the rows of its Table 5, as settings.

A design fixes how to sample, not what or how much: data, model, budget, samples and seed stay.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..settings import flatten, unflatten
from .experiment import Experiment
from .timesteps import in_one_word

PARTS = (
    "schedule",
    "timesteps",
    "solver",
    "s_churn",
    "s_tmin",
    "s_tmax",
    "s_noise",
    "last",
    "afs",
    "repeats",
    "inner",
    "low",
    "high",
)


class Design(NamedTuple):
    """A name for the menu, a sentence, and what differs from EDM's deterministic settings."""

    label: str
    about: str
    flat: Mapping[str, Any]
    group: str = "EDM Table 1"


def _stochastic(case: str, s_churn: float, s_tmin: float, s_tmax: float, s_noise: float) -> Design:
    return Design(
        f"Churn for {case}",
        f"Heun with churn tuned for {case}. Karras et al. 2022, Table 5.",
        {"s_churn": s_churn, "s_tmin": s_tmin, "s_tmax": s_tmax, "s_noise": s_noise},
        "EDM Table 5, stochastic",
    )


def _ablation(step: str, about: str, flat: Mapping[str, Any]) -> Design:
    return Design(step, f"{about} Karras et al. 2022, Table 3.", flat, "EDM Table 3, step by step")


DESIGNS: dict[str, Design] = {
    "edm": Design("EDM, deterministic", "Heun, ρ = 7, σ = t, no churn. As in the paper.", {}),
    "edm-cifar-vp": _stochastic("CIFAR-10 VP", 30, 0.01, 1, 1.007),
    "edm-cifar-ve": _stochastic("CIFAR-10 VE", 80, 0.05, 1, 1.007),
    "edm-imagenet-adm": _stochastic("ImageNet-64 ADM", 80, 0.05, 50, 1.003),
    "edm-imagenet": _stochastic("ImageNet-64 EDM", 40, 0.05, 50, 1.003),
    "vp": Design(
        "VP (DDPM++)",
        "Euler in the time of VP, evenly spaced. Song et al. 2021.",
        {"schedule": "vp", "timesteps": "vp", "solver": "euler"},
    ),
    "ve": Design(
        "VE (NCSN++)",
        "Euler in t = σ², geometric steps. Song et al. 2021.",
        {"schedule": "ve", "timesteps": "ve", "solver": "euler"},
    ),
    "iddpm": Design(
        "iDDPM + DDIM",
        "DDIM on the levels of a 1000-step network. Nichol & Dhariwal 2021; Song et al. 2021.",
        {"timesteps": "iddpm", "timesteps.j_0": 8, "solver": "ddim"},
    ),
    "ablation-1": _ablation(
        "1  original VP sampler",
        "Euler, VP steps, VP coordinates.",
        {"schedule": "vp", "timesteps": "vp", "solver": "euler"},
    ),
    "ablation-2": _ablation(
        "2  + Heun and ρ steps", "Heun on ρ = 7 steps, still in VP coordinates.", {"schedule": "vp"}
    ),
    "ablation-3": _ablation("3  + σ(t) = t, s(t) = 1", "The same in EDM’s coordinates.", {}),
}


def _own(flat: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in flat.items() if k.split(".")[0] in PARTS}


def apply(design: str, e: Experiment) -> Experiment:
    """The experiment with this design's way of sampling."""
    rest = {k: v for k, v in flatten(e).items() if k.split(".")[0] not in PARTS}
    return unflatten(Experiment, {**rest, **DESIGNS[design].flat})


def changes(design: str, e: Experiment) -> list[tuple[str, Any, Any]]:
    """(key, the design's value, the value now) for each setting that departs from the design."""
    want = in_one_word(_own(flatten(apply(design, e))))
    now = in_one_word(_own(flatten(e)))
    return [
        (k, want.get(k), now[k])
        for k in now
        if want.get(k) != now[k] and (k in want or "." not in k)
    ]
