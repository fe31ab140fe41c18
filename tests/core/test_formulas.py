"""The formula that each grid shows to a reader, computed as it stands, gives its levels."""

import math
import re

import pytest

from explorer.core.timesteps import EPS_S, TIMESTEPS, Rho

N = 9
GRIDS = [n for n in TIMESTEPS if n not in ("iddpm", "custom")]  # a recursion, and no formula


def right_side(text: str, known: dict) -> float:
    """The value of “√(a_i² + b_{max}) x^{1/ρ}”: a space between two factors multiplies them."""
    text = text.replace("e^μ", "exp(μ)")
    for mark, word in (("−", "-"), ("½", "0.5"), ("²", "**2"), ("√", "sqrt"), ("ln ", "log ")):
        text = text.replace(mark, word)
    text = re.sub(r"log (\w+)", r"log(\1)", text)
    text = re.sub(r"\^\{([^{}]*)\}", r"**(\1)", text).replace("^", "**")
    text = text.replace("{j-1}", "before")
    text = re.sub(r"(?<=[\w)]) (?=[\w(])", "*", text)
    return eval(text, {"sqrt": math.sqrt, "exp": math.exp, "log": math.log, "max": max}, known)


def assigned(part: str) -> tuple[str, str]:
    name, _, value = part.partition(" = ")
    return name, value


@pytest.mark.parametrize("name", GRIDS)
def test_the_formula_on_show_is_the_grid(name):
    grid = TIMESTEPS[name](**({"t_max": 0.9} if "flow" in name else {}))  # at 1 it is 1/0
    parts = [p for p in grid.formula.split(",  ") if " = " in p]
    known = {"N": N, "σ_max": grid.sigma_max, "σ_min": grid.sigma_min, "ε_s": EPS_S}
    known |= {"ρ": getattr(grid, "rho", None), "w": getattr(grid, "w", None)}
    known |= {"t_max": 0.9, "α": getattr(grid, "shift", None), "μ": getattr(grid, "mu", None)}
    if hasattr(grid, "schedule"):
        known |= {"β_d": grid.schedule().beta_d, "β_min": grid.schedule().beta_min}
    for i, sigma in enumerate(grid.sigmas(N).tolist()):
        if name == "mixed":
            a, b = (g.sigmas(N)[i].item() for g in grid.grids())
            known |= {"a_i": a, "b_i": b}
        for symbol, value in map(assigned, reversed(parts)):  # what the first needs comes after it
            known[symbol] = right_side(value, known | {"i": i})
        assert known["σ_i"] == pytest.approx(sigma, rel=1e-9)


def test_the_recursion_on_show_is_that_of_iddpm():
    grid = TIMESTEPS["iddpm"](steps=100)
    u, text = grid.levels().tolist(), grid.formula.split(",  ")[0]
    bar = lambda j: math.sin(math.pi / 2 * j / (100 * (grid.c_2 + 1))) ** 2
    for j in (1, 2, 50, 99, 100):
        known = {"u_j": u[j], "ᾱ_before": bar(j - 1), "ᾱ_j": bar(j), "C_1": grid.c_1}
        assert right_side(assigned(text)[1], known) == pytest.approx(u[j - 1], rel=1e-8)


def test_each_grid_has_a_formula_and_a_source_of_its_own():
    shown = [(cls.formula, cls.label) for cls in TIMESTEPS.values()]
    assert len({formula for formula, _ in shown}) == len(TIMESTEPS) == 10
    assert all(cls.source for cls in TIMESTEPS.values())
    assert "typed" in TIMESTEPS["custom"].formula and Rho.source.endswith("Eq. 5")
