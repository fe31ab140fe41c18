"""Every sentence that the page can say of a run, over a grid of situations, read by a person.

They stand in tests/data/sentences.txt, a line each.  A change of words shows there; after reading
them `python -m tests.ui.test_sentences` writes them anew.
"""

import dataclasses
import itertools
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from explorer.analysis.intervals import Estimate, apart
from explorer.analysis.shares import Blame
from explorer.core.churn import Churn
from explorer.core.solvers import DDIM, Euler, Heun, UniPC
from explorer.core.solvers.stochastic import EulerAncestral
from explorer.core.timesteps import Custom, Rho
from explorer.data import Moons
from explorer.lab.error import Errors
from explorer.lab.experiment import Experiment, run
from explorer.lab.notes import notes
from explorer.lab.versus import apart_from, unpaired
from explorer.ui import headline, words

FILE = Path(__file__).parents[1] / "data" / "sentences.txt"
BASE = Experiment(data=Moons(dimension=2), nfe=35, samples=4)
RATIOS = (
    Estimate(0.75, 0.71, 0.84, 256),
    Estimate(3.13, 2.94, 3.41, 256),
    Estimate(1.07, 0.98, 1.17, 256),
    Estimate(1.02, 1.01, 1.03, 256),
    Estimate(0.018, 0.016, 0.022, 256),
    Estimate(0.4, math.nan, math.nan, 4),
    Estimate(0.4, math.nan, math.nan, 1),
    Estimate(math.inf, 40.0, math.inf, 64),
)


def estimate(value: float, half: float, count: int = 256) -> Estimate:
    return Estimate(value, value - half, value + half, count)


def blames() -> Iterator[tuple[str, Blame]]:
    """Decided and not, of few and many steps, with moves that cancel and few paths."""
    one, first = estimate(0.52, 0.01), estimate(0.22, 0.01)
    yield "three", Blame((9, 10, 14), one, True, (9, 10, 14), (), first, 1.2)
    yield "one", Blame((14,), one, True, (14,), (), one, 1.0)
    yield "neighbours", Blame((15, 16), one, True, (15, 16), (), first, 1.6)
    yield "cancelling", Blame((9, 14), one, True, (9, 14), (), first, 4.2)
    yield "apart", Blame((0, 2, 4, 6, 8, 10), one, True, (0, 2, 4), (), first, 1.0)
    yield "overlapping", Blame((9, 14), one, False, (14,), (7, 8, 9), first, 1.0)
    yield "sure, no other", Blame((9, 10), one, False, (9, 10), (), first, 1.0)
    yield "nothing sure", Blame((9, 10), one, False, (), (9, 10, 11), first, 1.0)
    few = estimate(0.5, 0.2, 12)
    yield "few paths", Blame((9,), few, False, (9,), (8, 10), few, 1.0)
    none = Estimate(0.5, math.nan, math.nan, 2)
    yield "too few", Blame((9,), none, False, (), (8, 9), none, 1.0)
    spread = tuple(range(12))
    yield "spread", Blame(spread, one, False, spread[:5], spread[5:], estimate(0.05, 0.01), 1.0)
    nothing = Estimate(math.nan, math.nan, math.nan, 0)
    yield "no error", Blame((), nothing, False, (), (), nothing, 1.0)


def errors(end: torch.Tensor, found: Blame, strayed: int = 0) -> Errors:
    astray = torch.arange(len(end)) < strayed
    return Errors(torch.ones(2), end.expand(2, -1), None, found, astray, None)


@dataclasses.dataclass
class Other:
    """A run beside another, at a cost, with a ratio."""

    ratio: Estimate
    run: object


def of_headlines() -> Iterator[tuple[str, str]]:
    made, decided = run(BASE), next(blames())[1]
    ends = {
        "256 paths": (0.005 * torch.linspace(0.7, 1.3, 256, dtype=torch.float64), 4),
        "one strays": (0.005 * torch.linspace(0.7, 1.3, 256, dtype=torch.float64), 1),
        "4 paths": (torch.full((4,), 0.005, dtype=torch.float64), 0),
        "1 path": (torch.full((1,), 2.7e-5, dtype=torch.float64), 0),
        "exact": (torch.full((64,), 1e-12, dtype=torch.float64), 0),
    }
    for (name, (end, strayed)), draft in itertools.product(ends.items(), (0, 256)):
        if draft and len(end) < 64:
            continue
        said = headline.headline(made, errors(end, decided, strayed), decided, None, draft).plain()
        line = " | ".join(
            filter(
                None,
                [
                    said["title"],
                    said["interval"],
                    *(c["text"] for c in said["chips"]),
                    said["blame"],
                ],
            )
        )
        yield f"headline, {name}{', draft' if draft else ''}", line
    end = ends["256 paths"][0]
    for (name, found), (state, draft, more) in itertools.product(
        blames(), (("draft", 256, False), ("refining", 0, True), ("settled", 0, False))
    ):
        said = headline.headline(made, errors(end, found), found, None, draft, more)
        yield f"blame, {name}, {state}", headline.text(said.blame)
    for found, nfe in itertools.product(RATIOS, (35, 18)):
        yield (
            f"versus, {found}, {nfe}",
            headline.text(headline.beside("Heun", "Euler", found, 35, nfe)),
        )
    for solver in (Euler(), DDIM(), EulerAncestral(), UniPC()):
        e = dataclasses.replace(BASE, solver=solver)
        yield f"no versus, {solver.name}", apart_from(e) or "–"
    yield "no versus, churn", apart_from(dataclasses.replace(BASE, churn=Churn(s_churn=20.0)))
    yield "title, one evaluation", headline.title(run(dataclasses.replace(BASE, nfe=1)))


def of_pins() -> Iterator[tuple[str, str]]:
    others = {
        "seed": dataclasses.replace(BASE, seed=3),
        "range": dataclasses.replace(BASE, timesteps=Rho(sigma_max=40.0)),
        "data": dataclasses.replace(BASE, data=Moons(dimension=16)),
        "noise": dataclasses.replace(BASE, solver=EulerAncestral()),
        "one step": dataclasses.replace(BASE, nfe=1),
        "comparable": dataclasses.replace(BASE, nfe=17),
    }
    for name, other in others.items():
        yield f"pinned, other {name}", unpaired(BASE, other) or "–"


def of_settings() -> Iterator[tuple[str, str]]:
    lists = {
        "usual": Rho(),
        "a gap": Custom((80.0, 20.0, 0.3, 0.1, 0.01)),
        "high": Custom((300.0, 20.0, 5.0, 1.0, 0.2, 0.05, 0.01)),
        "short": Custom((5.0, 1.0, 0.2)),
    }
    for (name, grid), last in itertools.product(lists.items(), ("zero", "sigma_min", "denoise")):
        e = dataclasses.replace(BASE, timesteps=grid, last=last)
        for k, note in enumerate(notes(e)):
            yield f"list, {name}, {last}, {k}", note
    for solver, nfe, last, afs in itertools.product(
        (Heun(), Euler(), UniPC()), (1, 4, 36), ("zero", "denoise"), (False, True)
    ):
        e = dataclasses.replace(BASE, solver=solver, nfe=nfe, last=last, afs=afs)
        yield f"budget, {solver.name}, {nfe}, {last}{', afs' * afs}", headline.text(words.budget(e))
    for amount, low, high in (
        (0.0, 0.05, 50.0),
        (20.0, 0.05, 50.0),
        (150.0, 0.05, 50.0),
        (9.0, 60.0, 70.0),
    ):
        churn = Churn(s_churn=amount, s_tmin=low, s_tmax=high)
        e = dataclasses.replace(BASE, churn=churn)
        yield f"churn, {amount:g}, {low:g} to {high:g}", headline.text(words.churn(e))


def of_drafts() -> Iterator[tuple[str, str]]:
    for samples, nfe in ((4, 35), (1, 35), (4, 7), (1, 7)):
        few = dataclasses.replace(BASE, samples=samples, nfe=nfe)
        yield f"sampled, {samples}, {nfe}", headline.text(", ".join(words.status(run(few))[::3]))
        if few != BASE:
            yield f"draft, {samples}, {nfe}", words.drafted({"status": [""]}, few, BASE)["first"]
    for found in (RATIOS[4], RATIOS[5]):
        yield f"precision, {found}", words.lowered(run(BASE), found)
    yield (
        "draft of one sample",
        words.drafted(
            {"status": [""]},
            dataclasses.replace(BASE, samples=1, nfe=7),
            dataclasses.replace(BASE, samples=1),
        )["first"],
    )


def sentences() -> list[str]:
    """“situation: sentence”, one for each."""
    every = itertools.chain(of_headlines(), of_drafts(), of_pins(), of_settings())
    return [f"{where}: {said}" for where, said in every]


def test_the_sentences_are_those_that_were_read():
    assert sentences() == FILE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("line", FILE.read_text(encoding="utf-8").splitlines())
def test_a_sentence_is_well_formed(line):
    said = line.partition(": ")[2]
    assert not re.search(r"\d[eE][+-]?\d|\bnan\b|\binf\b|None|<|>|  ", said), said
    assert not re.search(r"\d\.\d{5,}|(?<![\d,])\d{5,}", said), said  # digits that nobody reads


def test_a_sentence_ranks_only_where_the_interval_allows_it():
    for found in RATIOS:
        said = headline.text(headline.beside("Heun", "Euler", found, 35, 35))
        assert ("makes" in said) == apart(found) and ("cannot be told" in said) != apart(found)
        if not math.isnan(found.low):
            assert "×" in said and ("(" in said or found.low == found.high)


def test_costs_that_differ_are_both_said():
    said = headline.beside("Heun", "Euler", RATIOS[0], 35, 18)
    assert "35 evaluations against 18" in said and "each" not in said


if __name__ == "__main__":
    FILE.write_text("\n".join(sentences()) + "\n", encoding="utf-8")
