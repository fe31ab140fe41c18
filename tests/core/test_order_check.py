"""The check of orders finds what is wrong: one letter, one coefficient, one level."""

import inspect
import types

import pytest

from explorer.core.schedules import SCHEDULES
from explorer.core.solvers import (
    RK2,
    DPMpp,
    Euler,
    er_sde,
    exponential,
    exponential_rk,
    learned,
    multistep,
    one_step,
    sde,
    stochastic,
)
from explorer.settings import setting

from .test_order import about, order


def mutant(part, *replacements):
    """The module of this part, with the part's text replaced."""
    module = inspect.getmodule(part)
    before = after = inspect.getsource(part)
    for old, new in replacements:
        assert after.count(old) == 1, f"{old!r} is there {after.count(old)} times"
        after = after.replace(old, new)
    changed = types.ModuleType(module.__name__ + "_mutant")
    changed.__package__ = module.__package__
    exec(inspect.getsource(module).replace(before, after), vars(changed))
    return changed


# D_2 as Newton's divided differences give it, m''/2 and not m'', in both predictions
REPAIRED = [("+ phi / hh - 0.5) /", "+ 2 * (phi / hh - 0.5)) /")]


@pytest.mark.parametrize("prediction", ["x0", "eps"])
def test_dpmpp_3_reaches_order_3_with_the_missing_factor(prediction):
    repaired = mutant(DPMpp, *REPAIRED).DPMpp(3, prediction, lower_order_final=False)
    assert order(repaired, grid="zigzag") == about(3)


M, E = multistep, exponential
FULL = {"lower_order_final": False}
STILL = {"tau": 0.0}
MUTATIONS = [
    ("IPNDM", {"order": 2}, 2, M.IPNDM, ("-1 / 2", "-1 / 3")),
    ("IPNDM", {"order": 3}, 3, M.IPNDM, ("23 / 12", "22 / 12")),
    ("IPNDM", {"order": 4}, 4, M.IPNDM, ("37 / 24", "36 / 24")),
    ("LMS", {"order": 3}, 3, M._integrals, ("/ (p + 1)", "/ (p + 1.1)")),
    ("LMS", {"order": 2}, 2, M.lagrange, ("a - nk * b", "a + nk * b")),
    ("IPNDMV", {"order": 4}, 4, M.lagrange, ("d = nj - nk", "d = nj - 1.1 * nk")),
    ("DEIS", {"order": 3}, 3, M.DEIS, ("(b - a) / 2\n        out", "(b - a) / 2.1\n        out")),
    ("DEIS", {"order": 2}, 2, M.DEIS, ("(nj - nk)", "(nk - nj)")),
    ("DEIS", {"order": 4}, 4, M.DEIS, ("(a + b) / 2 +", "(a + b) / 2.1 +")),
    ("DPM2", {"r": 0.5}, 2, M.DPM2, ("1 / (2 * self.r)", "1 / (1.9 * self.r)")),
    ("DPM2", {"r": 0.3}, 2, M.DPM2, ("** (1 - self.r)", "** (1.1 - self.r)")),
    ("DPMpp2S", {}, 2, E.DPMpp2S, ("1 / (2 * self.r)", "1 / (2.1 * self.r)")),
    ("DPMpp2S", {}, 2, E.DPMpp2S, ("exp(-self.r * h)", "exp(-0.6 * h)")),
    ("DPMpp", {"order": 1, **FULL}, 1, E._Exponential, (", exp(-h)", ", exp(-1.1 * h)")),
    (
        "DPMpp",
        {"order": 1, "prediction": "eps", **FULL},
        1,
        E._Exponential,
        ("expm1(h)", "expm1(1.1 * h)"),
    ),
    ("DPMpp", {"order": 2, **FULL}, 2, E.DPMpp, ("0.5 * size", "0.6 * size")),
    (
        "DPMpp",
        {"order": 2, **FULL},
        2,
        E.DPMpp,
        ("_gap(past[-2], number(here.sigma))", "_gap(past[-2], sigma_next)"),
    ),
    ("DPMpp", {"order": 3, **FULL}, 2, E.DPMpp, ("phi / hh - 0.5)", "phi / hh - 0.6)")),
    (
        "DPMpp",
        {"order": 3, "prediction": "eps", **FULL},
        2,
        E.DPMpp,
        ("phi / hh - 0.5)", "phi / hh - 0.6)"),
    ),
    ("DPMpp", {"order": 3, **FULL}, 3, E.DPMpp, *REPAIRED, ("(phi * r0", "(phi * r1")),
    ("DPMpp", {"order": 3, **FULL}, 3, E.DPMpp, *REPAIRED, ("-1 / r1", "-1 / r0")),
    ("UniPC", {"order": 1, **FULL}, 2, E.UniPC, ("rho = [0.5]\n", "rho = [0.6]\n")),
    ("UniPC", {"order": 2, **FULL}, 3, E.UniPC, ("[0.5] if order", "[0.6] if order")),
    ("UniPC", {"order": 2, **FULL}, 3, E.UniPC, ("ratios.append(1.0)", "ratios.append(1.1)")),
    ("UniPC", {"order": 2, **FULL}, 3, E.UniPC, ("growth / hh - 1,", "growth / hh - 1.01,")),
    ("UniPC", {"order": 3, **FULL}, 4, E.UniPC, ("(factorial * (a + 1))", "(factorial * (a + 2))")),
    ("UniPC", {"order": 3, **FULL}, 4, E.UniPC, ("r ** (a - 1)", "r ** a")),
    (
        "UniPC",
        {"order": 3, "variant": "bh1", "prediction": "eps", **FULL},
        4,
        E._solve2,
        ("b[0] * a22", "b[1] * a22"),
    ),
    ("EulerAncestral", {"eta": 0.0}, 1, stochastic.EulerAncestral, (", down,", ", 1.01 * down,")),
    ("DPMppSDE", {"eta": 0.0}, 2, stochastic.DPMppSDE, ("0.5 * gain", "0.6 * gain")),
    ("DPMppSDE", {"eta": 0.0}, 2, stochastic.DPMppSDE, ("(1 + self.eta)", "(1.1 + self.eta)")),
    ("DPM2Ancestral", {"eta": 0.0}, 2, stochastic.DPM2Ancestral, ("down) ** 0.5", "down) ** 0.45")),
    ("DPMpp2SAncestral", {"eta": 0.0}, 2, stochastic.DPMpp2SAncestral, (") ** 0.5", ") ** 0.45")),
    ("SASolver", {"order": 3, "corrector": 0, **STILL}, 3, sde._weights, ("p + 1, -", "p + 2, -")),
    ("SASolver", {"corrector": 3, **STILL}, 4, sde.SASolver, ("-stretch * _gap", "-1.01 * _gap")),
    (
        "SASolver",
        {"corrector": 3, **STILL},
        4,
        sde.SASolver,
        ("*state.past[:-1][", "*state.past[:-2]["),
    ),
    ("SEEDS", {"order": 2, "eta": 0.0}, 2, sde.SEEDS, ("sigma * exp(-c", "sigma * exp(-0.9 * c")),
    (
        "SEEDS",
        {"order": 3, "eta": 0.0, "prediction": "eps"},
        3,
        sde.SEEDS,
        ("-stretch * level", "-1.01 * level"),
    ),
    ("ERSDE", {"order": 2, "scaler": "ode"}, 2, er_sde.ERSDE, ("h + first", "h + 1.1 * first")),
    ("ERSDE", {"order": 1, "scaler": "ode"}, 1, er_sde.ERSDE, ("1 - r, ", "1.01 - r, ")),
    (
        "RES3S",
        {"c2": 0.4, "c3": 0.7},
        3,
        exponential_rk.RES3S,
        ("self.c3**2 - 2", "self.c3**3 - 2"),
    ),
    ("ETDRK", {}, 4, exponential_rk._Tableau, ("exp(-c * h)", "exp(-0.9 * c * h)")),
    ("AMED", {}, 2, learned.amed_step, ("** (1 - r)", "** (1.1 - r)")),
    ("Plugin", {"solver": "dpm2"}, 2, learned.plugin_step, ("1 / (2 * r)", "1 / (1.9 * r)")),
    (
        "Plugin",
        {"solver": "dpmpp2"},
        2,
        learned.plugin_step,
        ("there = inner_point(ode, x, middle, a)", "there = inner_point(ode, x, 1.02 * middle, a)"),
    ),
    ("Heun", {}, 2, one_step.two_stage, ("1 / (2 * alpha)", "1 / (2.1 * alpha)")),
    (
        "RK2",
        {"alpha": 0.3},
        2,
        one_step.two_stage,
        ("here.t, t_next, alpha", "here.t, t_next, 0.4"),
    ),
    ("DDIM", {}, 1, one_step.DDIM, ("sigma_next, here.noise", "1.01 * sigma_next, here.noise")),
]


@pytest.mark.parametrize(
    "name, given, expected, part, replacements",
    [(*m[:4], m[4:]) for m in MUTATIONS],
    ids=[f"{m[0]}: {m[-1][1].strip()}" for m in MUTATIONS],
)
def test_the_order_check_finds_one_wrong_letter(name, given, expected, part, replacements):
    solver = getattr(mutant(part, *replacements), name)(**given)
    grid = "even" if name == "IPNDM" else "zigzag"
    assert not abs(order(solver, grid=grid) - expected) < 0.3


@setting
class WrongWeight(RK2):
    """RK2 with 1/(2α) replaced by 1/(1.9α)."""

    def step(self, ode, state, t_next):
        here, h = state.here, t_next - state.here.t
        d = ode.velocity(here)
        there = ode.evaluate(here.x + self.alpha * h * d, here.t + self.alpha * h)
        weight = 1 / (1.9 * self.alpha)
        return here.x + h * ((1 - weight) * d + weight * ode.velocity(there)), None


@setting
class WrongPlace(RK2):
    """RK2 whose second evaluation is made at the right state and the wrong time."""

    def step(self, ode, state, t_next):
        here, h = state.here, t_next - state.here.t
        d = ode.velocity(here)
        there = ode.evaluate(here.x + self.alpha * h * d, here.t)
        weight = 1 / (2 * self.alpha)
        return here.x + h * ((1 - weight) * d + weight * ode.velocity(there)), None


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("wrong", [WrongWeight(), WrongPlace()], ids=["weight", "place"])
def test_the_order_check_finds_a_wrong_coefficient(wrong, schedule):
    assert abs(order(wrong, SCHEDULES[schedule]()) - 2) > 0.3


def test_a_wrong_schedule_derivative_shows_in_the_order():
    class Slanted(SCHEDULES["vp"]):
        def sigma_dot(self, t):
            return 1.02 * super().sigma_dot(t)

    assert abs(order(Euler(), Slanted()) - 1) > 0.3
