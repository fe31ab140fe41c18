"""The foundry: it begins at the solver's own samples, its gradients are right, and what it learns
holds on other noise."""

import itertools
import math

import pytest
import torch

from explorer.analysis.intervals import apart, ratio
from explorer.core.denoisers import Mixture
from explorer.core.schedules import EDM, VP
from explorer.core.solvers import (
    AMED,
    DDIM,
    DEIS,
    DPM2,
    IPNDM,
    IPNDMV,
    LMS,
    RK2,
    DPMpp,
    Euler,
    Forged,
    Heun,
    UniPC,
)
from explorer.core.timesteps import Rho
from explorer.errors import Cancelled, UserError
from explorer.training import gits
from explorer.training.forge_numbers import LEARN, Numbers
from explorer.training.foundry import Forge, Foundry, Paths, check_levels
from explorer.training.stops import Typical

G = torch.Generator().manual_seed(0)
MIXTURE = Mixture(torch.randn(5, 2, generator=G, dtype=torch.float64), 0.1)
LEVELS = tuple(Rho(7.0, 80.0, 0.02).sigmas(6).tolist())
ENDS = LEVELS[0], LEVELS[-1]
ALL = torch.arange(32)


def paths(solver=DDIM(), schedule=EDM(), afs=False):
    return Paths(MIXTURE, solver, *ENDS, 3, 32, schedule=schedule, afs=afs)


@pytest.mark.parametrize(
    "solver",
    [
        DDIM(),
        Euler(),
        Heun(),
        RK2(0.5),
        DPM2(0.4),
        AMED(0.3, 1.01, 1.02),
        IPNDM(3),
        IPNDMV(4),
        LMS(3),
        DEIS(3),
        DPMpp(2),
        DPMpp(3, "eps"),
        DPMpp(2, lower_order_final=False),
        Forged("1; 1.5, -0.5; 1.4, -0.4; 1; 0.9"),
    ],
    ids=str,
)
@pytest.mark.parametrize("afs", [False, True])
def test_before_it_learns_it_is_the_solver_itself(solver, afs):
    """Through the gradients' own steps to a few roundings of a state of 80; as a table of twelve
    digits to those digits, raised some hundred times by the steps."""
    numbers = Numbers(solver, LEVELS, ("coefficients",))
    held = paths(solver, afs=afs)
    own = held.each(LEVELS)
    begun = held.errors(numbers, ALL, MIXTURE).detach()
    torch.testing.assert_close(begun, own, rtol=1e-10, atol=1e-12)
    table, levels = numbers.setting()
    torch.testing.assert_close(held.each(levels, table), own, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("schedule", [EDM(), VP()], ids=["EDM", "VP"])
@pytest.mark.parametrize(
    "solver, parts",
    [
        (DDIM(), ("times", "coefficients", "c")),
        (LMS(3), ("times", "coefficients")),
        (DPMpp(2), ("times", "coefficients", "c")),
        (AMED(0.4), tuple(LEARN)),
        (DPM2(0.5), tuple(LEARN)),
    ],
    ids=lambda v: getattr(v, "label", ""),
)
def test_gradients_are_those_of_finite_differences(solver, parts, schedule):
    """Central differences of 1e-6 in float64: right to 1e-9 or so of the largest."""
    held, numbers = paths(solver, schedule), Numbers(solver, LEVELS, parts, schedule)
    value = lambda: held.errors(numbers, ALL, MIXTURE).log().mean()
    value().backward()
    for part, p in numbers.learned.items():
        grad, flat = p.grad.flatten(), p.data.view(-1)
        for i in range(0, len(flat), 2):
            here = float(flat[i])
            found = []
            for way in (1e-6, -1e-6):
                flat[i] = here + way
                found.append(value().item())
            flat[i] = here
            expected = (found[0] - found[1]) / 2e-6
            assert float(grad[i]) == pytest.approx(expected, rel=1e-4, abs=1e-7), (part, i)


@pytest.mark.parametrize(
    "solver, learn, most",
    [(DDIM(), "times", 0.95), (DDIM(), "times, coefficients", 0.5), (DPM2(), "r, c, gamma", 0.8)],
    ids=["times", "both", "inside"],
)
def test_what_it_learns_is_better_on_other_noise(solver, learn, most):
    how = Foundry(learn=learn, paths=128, batch=32, updates=120)
    forge = Forge(MIXTURE, solver, LEVELS, how)
    told = list(forge.run())
    assert told[-1].best < told[-1].first and told[-1].update <= 120
    better, levels = forge.result()
    assert levels[0] == pytest.approx(ENDS[0]) and levels[-1] == pytest.approx(ENDS[1])
    assert all(a > b for a, b in itertools.pairwise(levels))
    held = Typical(MIXTURE, solver, *ENDS, gits.OTHER_SEEDS, 128)
    times = ratio(held.each(levels, better), held.each(LEVELS))
    assert apart(times) and times.value < most
    assert isinstance(better, DDIM if learn == "times" else Forged)


def test_stopped_it_has_what_it_found_so_far():
    """A person stops it after the second look; the best until then is there, and `run` goes on."""
    calls = []

    def watch():
        calls.append(1)
        if len(calls) == 50:
            raise Cancelled

    forge = Forge(MIXTURE, DDIM(), LEVELS, Foundry(paths=64, batch=16, updates=60))
    forge.watch = watch
    seen = []
    with pytest.raises(Cancelled):
        for p in forge.run():
            seen.append(p)
    assert seen[-1].update == 40 and forge.best == seen[-1].best < forge.first
    solver, levels = forge.result()
    assert forge.checked.of(levels, solver) == pytest.approx(forge.best)
    assert [p.update for p in forge.run()] == [60] and len(forge.history) == 4


@pytest.mark.parametrize(
    "make, why",
    [
        (lambda: Foundry(learn=""), "Nothing is ticked"),
        (lambda: Foundry(learn="rho"), "cannot be learned"),
        (lambda: Numbers(DDIM(), LEVELS, ("r",)), "evaluates once a step"),
        (lambda: Numbers(LMS(), LEVELS, ("gamma",)), "evaluates once a step"),
        (lambda: Numbers(UniPC(), LEVELS, ("c",)), "cannot begin from UniPC"),
        (lambda: Numbers(Heun(), LEVELS, ("c",), VP()), "not σ here"),
        (lambda: Numbers(RK2(1.1), LEVELS, ("c",)), "beyond the end"),
        (lambda: Numbers(DEIS(3), LEVELS, ("times",)), "no gradients"),
        (lambda: Numbers(DPMpp(thresholding=True), LEVELS, ("c",)), "Threshold"),
        (lambda: Numbers(AMED(predictor="x"), LEVELS, ("c",)), "predictor"),
        (lambda: Numbers(DDIM(), LEVELS[-2:], ("times",)), "no time to move"),
        (lambda: Numbers(Forged("1; 1"), LEVELS, ("c",)), "the view has 5"),
    ],
)
def test_what_cannot_be_learned_is_refused_in_a_sentence(make, why):
    with pytest.raises(UserError, match=why):
        make()


def test_a_run_that_blows_up_is_not_kept():
    """From numbers that are none it never comes back, and what there was before is the result."""
    forge = Forge(MIXTURE, DDIM(), LEVELS, Foundry(paths=32, batch=8, updates=20))
    before = forge.result()
    forge.numbers.learned["coefficients"].data.fill_(math.nan)
    told = list(forge.run())
    assert told[-1].error == math.inf and told[-1].best == forge.first
    assert forge.result() == before


def test_a_network_of_discrete_levels_learns_coefficients_alone():
    class Discrete(Mixture):
        def round_sigma(self, sigma):
            return sigma

    check_levels(Discrete(MIXTURE.means, 0.1), Foundry(learn="coefficients, c"))
    for part in ("times", "r", "gamma"):
        with pytest.raises(UserError, match="none between"):
            check_levels(Discrete(MIXTURE.means, 0.1), Foundry(learn=part))
