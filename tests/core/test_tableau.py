"""Tableaux of exponential Runge–Kutta: the language, φ, the order conditions, the refusals."""

import math
from fractions import Fraction

import pytest
import torch

from explorer.core.phi import phi
from explorer.core.sampling import sample
from explorer.core.solvers import DDIM, DPM2, ETDRK, RES2S, RES3S, DPMpp2S, TypedRK
from explorer.core.tableau import exact_for_constants, tableau
from explorer.core.timesteps import Rho
from explorer.errors import UserError
from explorer.settings import from_query, to_query

from .problems import mixture, normal

DENOISER, NOISE = mixture(), normal(6, 2)
GRID = Rho(sigma_max=20.0, sigma_min=0.05).sigmas(9)


def run(solver):
    return sample(DENOISER, NOISE, GRID, solver).samples


def exact_phi(k, z):
    """The series with fractions, all of it."""
    z, term, out = Fraction(z), Fraction(1, math.factorial(k)), Fraction(0)
    for j in range(120):
        out += term
        term = term * z / (k + j + 1)
    return float(out)


@pytest.mark.parametrize("k", range(4))
def test_phi_is_its_series_near_0_and_far_away(k):
    for z in (0.0, 1e-12, -1e-5, 0.299, -0.301, -1.0, 2.5, -7.0):
        assert phi(k, z) == pytest.approx(exact_phi(k, z), rel=3e-14)
        each = phi(k, torch.tensor([z], dtype=torch.float64))
        assert float(each) == pytest.approx(exact_phi(k, z), rel=3e-14)


# (text or solver, order, stiff order): Hochbruck & Ostermann 2005, Sec. 5, and Lawson 1967
PUBLISHED = {
    "ddim": ("phi1", 1, 1),
    "res_2s": (RES2S(0.3).text, 2, 2),
    "res_3s": (RES3S().text, 3, 3),
    "res_3s elsewhere": (RES3S(0.3, 0.7).text, 3, 3),
    "cox-matthews 2": (ETDRK("etdrk2").text, 2, 2),
    "cox-matthews 3": (ETDRK("etdrk3").text, 3, 2),
    "cox-matthews 4": (ETDRK("etdrk4").text, 4, 2),
    "krogstad": (ETDRK("krogstad").text, 4, 3),
    "hochbruck-ostermann": (ETDRK("hochbruck").text, 4, 4),
    "lawson 2": ("1: phi0; phi0/2, 1/2", 2, 1),
    "lawson 4": (
        "1/2: phi0(c2)/2; 1/2: 0, 1/2; 1: 0, 0, phi0(1/2);phi0/6, phi0(1/2)/3, phi0(1/2)/3, 1/6",
        4,
        1,
    ),
    "plain Heun": ("1: 1; 1/2, 1/2", 1, 1),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_orders_are_those_of_the_papers(name):
    text, order, stiff = PUBLISHED[name]
    assert (tableau(text).order, tableau(text).stiff_order) == (order, stiff)
    assert exact_for_constants(tableau(text)) == (name[:6] not in ("lawson", "plain "))


def test_gamma_with_a_cube_loses_an_order_unless_c3_is_1():
    """The form that is often copied, γ = (3c_3³ − 2c_3)/…, agrees only where c_3 = 1."""
    for c3, order in ((1.0, 3), (0.7, 2)):
        copied = (3 * c3**3 - 2 * c3) / (0.4 * (2 - 3 * 0.4))
        right = RES3S(0.4, c3)
        text = right.text.replace(f"({right.gamma!r})", f"({copied!r})")
        assert tableau(text).order == order and tableau(right.text).order == 3


def test_known_solvers_are_tables():
    """DDIM, DPM-Solver++(2S) and RES 2S as they are typed."""
    torch.testing.assert_close(run(TypedRK("phi1")), run(DDIM()), rtol=1e-12, atol=1e-12)
    typed = "0.4: c2*phi1(c2); phi1 - phi1/(2*c2), phi1/(2*c2)"
    torch.testing.assert_close(run(TypedRK(typed)), run(DPMpp2S(0.4)), rtol=1e-11, atol=1e-11)
    assert (TypedRK(typed).order, TypedRK(typed).stiff_order) == (2, 2)
    assert torch.equal(run(TypedRK("\n2/5: c2 * φ1(c2) ;\n φ1−φ2/c2 , φ2/c2;")), run(RES2S(0.4)))
    assert (run(RES2S(0.5)) - run(DPM2(0.5))).abs().max() > 1e-3


def test_a_step_of_res_2s_is_its_formula():
    x, sigma, c2 = NOISE * 5.0, 5.0, 0.3
    h = math.log(5.0 / 1.5)
    first, second = (1 - math.exp(-h)) / h, (math.exp(-h) - 1 + h) / h**2
    d = DENOISER(x, torch.tensor(sigma, dtype=torch.float64))
    inner = math.exp(-c2 * h) * x + (1 - math.exp(-c2 * h)) * d
    there = DENOISER(inner, torch.tensor(sigma * math.exp(-c2 * h), dtype=torch.float64))
    b2 = second / c2
    expected = math.exp(-h) * x + h * ((first - b2) * d + b2 * there)
    grid = torch.tensor([5.0, 1.5]).double()
    found = sample(DENOISER, NOISE, grid, RES2S(c2))
    torch.testing.assert_close(found.samples, expected, rtol=1e-12, atol=1e-12)
    assert found.evaluated.tolist() == pytest.approx([5.0, 5.0 * math.exp(-c2 * h)])


def test_levels_of_their_own_for_each_sample_are_the_levels_one_by_one():
    table = tableau(ETDRK("hochbruck").text)
    each = torch.tensor([0.01, 0.4, 1.0, 3.0]).double().reshape(4, 1)
    together = table.weights(each)
    for k, h in enumerate(each.flatten().tolist()):
        one = table.weights(h)
        assert float(together.end[0][k]) == pytest.approx(one.end[0], rel=1e-14)
        for (_, many), (_, row) in zip(together.stages, one.stages):
            for v, w in zip(many, row):
                assert float(torch.as_tensor(v).expand(4, 1)[k]) == pytest.approx(w, rel=1e-12)


WRONG = [
    ("1/2: c2*phi1(c2); phi1 - phi2/c2, phi2", "Row 2 of the table sums to 0.5 at h = 0"),
    ("1/2: phi1(c2); phi1, 0", "Row 1 of the table sums to 1 at h = 0, but c2 = 0.5"),
    ("1/2: phi1(c2)/2, 0; phi1, 0", "Row 1 of the table has 2 coefficients; 1 belongs there"),
    ("phi1, 0", "Row 1 of the table has 2 coefficients"),
    ("phi1(c2)/2; phi1, 0", "Row 1 of the table: a stage begins with its place and a colon"),
    ("1/2: phi1(c2)/2; 1: phi1, 0", "Row 2 of the table: the last row makes the step"),
    ("3/2: c2*phi1(c2); phi1, 0", "the place '3/2' must be a number from 0 to 1"),
    ("phi1: phi1; phi1, 0", "the place 'phi1' must be a number from 0 to 1"),
    ("1/2: c2*phi1(c3); phi1, 0", "c3 is no place of this table, which has c1, c2"),
    ("phi4", "Row 1 of the table: “phi4” is unknown"),
    ("phi1 + __import__('os')", "Row 1 of the table: “_” stands where"),
    ("phi1 +", "the end stands where a number, a c or a phi belongs"),
    ("phi1 2", "“2” stands where"),
    ("phi1(phi1)", "may not hold another phi"),
    ("phi1/(1 - 1)", "Row 1 of the table: a coefficient is not finite"),
    ("1/0: phi1; phi1, 0", "Row 1 of the table: a coefficient is not finite"),
    ("1e308*1e308", "Row 1 of the table: a coefficient is not finite"),
    ("(" * 300 + "phi1" + ")" * 300, "more than 24 parentheses"),
    ("-" * 900 + "1", "more than 24 signs"),
    ("+".join(["0"] * 300), "more than 60 signs stand in one coefficient"),
    (";".join(["1: 1"] * 12), "A table has 1 to 8 rows"),
    ("", "A table has 1 to 8 rows"),
    ("phi" + "1" * 999, "is unknown"),
]


@pytest.mark.parametrize("text, why", WRONG, ids=[w[1][:40] for w in WRONG])
def test_what_is_no_table_is_refused_by_its_row(text, why):
    with pytest.raises(UserError) as refused:
        TypedRK(text)
    said = str(refused.value)
    for row in filter(None, (r.strip() for r in text.split(";"))):  # the row is shown as typed
        said = said.replace(f" ({row[:60]!r})", "")
    assert why in said and (said != str(refused.value) or "of the table" not in why)


def test_a_table_travels_in_a_link():
    from explorer import Experiment

    e = Experiment(solver=TypedRK(PUBLISHED["lawson 4"][0]))
    assert from_query(Experiment, to_query(e)) == e
    assert "order 4 where steps go to 0, stiff order 1" in e.solver.told
    assert "constant D is not followed exactly" in e.solver.told
    with pytest.raises(UserError, match="Row 1 of the table"):
        from_query(Experiment, "solver=erk&solver.coefficients=phi2")
