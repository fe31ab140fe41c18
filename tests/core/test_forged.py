"""A solver whose numbers are a table: known ones of its form, how many steps it takes, and what is
refused."""

import pytest
import torch

from explorer.core.denoisers import Mixture
from explorer.core.sampling import sample
from explorer.core.solvers import AMED, DDIM, DPM2, IPNDM, Forged
from explorer.core.timesteps import Rho
from explorer.errors import UserError
from explorer.lab.experiment import Experiment
from explorer.settings import from_query, to_query
from explorer.study.names import solver_name

G = torch.Generator().manual_seed(0)
MIXTURE = Mixture(torch.randn(5, 2, generator=G, dtype=torch.float64), 0.1)
NOISE = torch.randn(16, 2, generator=G, dtype=torch.float64)
LEVELS = Rho(7.0, 80.0, 0.02).sigmas(6)


def end(solver, levels=LEVELS, **how):
    return sample(MIXTURE, NOISE, levels, solver, **how)


@pytest.mark.parametrize(
    "made, known",
    [
        (Forged(), DDIM()),
        (Forged("1; 1.5, -0.5; 1.5, -0.5; 1.5, -0.5; 1.5, -0.5"), IPNDM(2)),
        (Forged("1, 0", inside="0.5"), AMED()),
        (Forged("1.02", inside="0.3", gamma="0.01"), AMED(0.3, 1.02, 1.01)),
        (Forged("1.25, -0.25", inside="0.4"), DPM2(0.4)),
        (Forged("1", slopes="x0"), DDIM()),
    ],
    ids=lambda s: s.label,
)
def test_known_solvers_are_tables(made, known):
    """A few sums in another order: 1e-15 of a state of 80, raised by what the steps raise."""
    mine, theirs = end(made), end(known)
    torch.testing.assert_close(mine.samples, theirs.samples, rtol=1e-11, atol=1e-11)
    assert mine.nfe == theirs.nfe


def test_a_table_serves_as_many_steps_as_it_has_rows_and_the_last_one_to_0():
    five = Forged("1; 1; 1; 1; 0.9")
    whole = end(five, torch.cat([LEVELS, LEVELS.new_zeros(1)]))
    assert whole.nfe == 6
    torch.testing.assert_close(whole.x[-2], end(five).samples)
    for levels in (LEVELS[1:], Rho(7.0, 80.0, 0.02).sigmas(9)):
        with pytest.raises(UserError, match="belong to 5 steps above σ = 0"):
            end(five, levels)


def test_numbers_of_a_step_belong_to_that_step():
    """The last row changes the last step alone."""
    same, other = end(Forged("1; 1; 1; 1; 1")), end(Forged("1; 1; 1; 1; 0.5"))
    assert torch.equal(same.x[-2], other.x[-2]) and not torch.equal(same.x[-1], other.x[-1])


@pytest.mark.parametrize(
    "fields, why",
    [
        ({"coefficients": "1, 2"}, "2 numbers for 1 slope"),
        ({"coefficients": "1, 2, 3", "inside": "0.5"}, "3 numbers for 2 slopes"),
        ({"coefficients": "1; x"}, "Row 2 of the coefficients"),
        ({"coefficients": "1; 1, nan"}, "Row 2 of the coefficients"),
        ({"coefficients": "1; 1", "inside": "0.5"}, "one for each step"),
        ({"gamma": "0.1"}, "give r too"),
        ({"inside": "1.5"}, "at most at 1"),
        ({"inside": "0.5", "gamma": "-1"}, "between −0.9 and 9"),
        ({"coefficients": ";".join(["1"] * 201)}, "1 to 200 rows"),
    ],
)
def test_what_fits_no_step_is_refused_by_name(fields, why):
    with pytest.raises(UserError, match=why):
        Forged(**fields)


def test_it_travels_in_a_link():
    e = Experiment(solver=Forged("1; 1.5, -0.25", "x0"))
    assert from_query(Experiment, to_query(e)) == e


def test_its_name_tells_its_numbers_from_others_without_saying_them():
    one, other = Forged("1; 0.9"), Forged("1; 0.8")
    assert solver_name(Forged()) == "Forged" and solver_name(one) != solver_name(other)
    assert solver_name(one).startswith("Forged ") and solver_name(one).endswith(", 2 steps")
    assert solver_name(AMED()) == "AMED-Solver"
