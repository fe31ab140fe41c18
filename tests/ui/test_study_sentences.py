"""Every sentence that is said of many runs, over a grid of situations, read by a person.

They stand in tests/data/sentences_of_studies.txt, a line each; after reading a change of words
`python -m tests.ui.test_study_sentences` writes them anew.
"""

import dataclasses
import itertools
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from explorer.analysis.equal import Times
from explorer.analysis.intervals import Estimate, apart
from explorer.analysis.quality import Quality
from explorer.bench.quality import compared, fid_words
from explorer.core.solvers import SOLVERS, Heun
from explorer.study.between import Paths
from explorer.study.distances import Distance
from explorer.study.edit import Edits
from explorer.study.end_error import Row
from explorer.study.langevin import Marginal, apart_above
from explorer.study.local_error import Even
from explorer.study.optimise import OWN, Optimised
from explorer.study.ranking import ranked, sentence
from explorer.ui import (
    amed_table,
    between,
    churn,
    edit,
    equal_error,
    langevin,
    local_error,
    round_trip,
    words,
)
from explorer.ui.distances import nearest

FILE = Path(__file__).parents[1] / "data" / "sentences_of_studies.txt"
PATHS = (2 * torch.randn(256, generator=torch.Generator().manual_seed(0)).double()).exp()
SIZES = {  # names: how large the errors are
    "one ahead": {"UniPC-3": 1e-4, "Heun": 5e-3, "DDIM": 9e-3},
    "near, path by path ahead": {"UniPC-3": 0.0100, "Heun": 0.0103},
    "two level": {"Heun": 5e-3, "iPNDM-4": 5.02e-3, "DDIM": 9e-3},
    "three level": {"Heun": 5e-3, "iPNDM-4": 5e-3, "DDIM": 5e-3},
    "very small": {"UniPC-3": 2.2e-5, "iPNDM-4": 1.6e-4},
    "very large": {"UniPC-3": 21.0, "Heun": 210.0},
}


def row(name: str, size: float, nfe: int, count: int, top: float = 80.0) -> Row:
    """Each name scatters about the shared paths in its own way."""
    own = torch.randn(256, generator=torch.Generator().manual_seed(len(name))).double()
    each = (size * PATHS * (0.1 * own).exp())[:count]
    middle = float(each.median())
    return Row(
        Heun(), name, "one-step", nfe, nfe, 1.0, 0.0, 1.0, middle, each=each.tolist(),
        ends=(top, 0.002),
    )  # fmt: skip


def of_sweeps() -> Iterator[tuple[str, str]]:
    for where, sizes in SIZES.items():
        for count, step in ((256, 0), (4, 0), (1, 0), (256, 1)):
            rows = [row(n, s, 39 - step * i, count) for i, (n, s) in enumerate(sizes.items())]
            cost = ", other counts" * step
            yield f"sweep, {where}, {count} samples{cost}", sentence(ranked(rows))
    rows = [row(n, s, 39, 256) for n, s in SIZES["one ahead"].items()]
    far = row("Heun, iDDPM", 1e-6, 39, 256, top=57.0)
    yield "sweep, another range", sentence(ranked([*rows, far]))


def of_round_trips() -> Iterator[tuple[str, str]]:
    for where, sizes in SIZES.items():
        for count, step in ((256, 0), (4, 0), (256, 1)):
            rows = [row(n, s, 39 - step * i, count) for i, (n, s) in enumerate(sizes.items())]
            cost = ", other counts" * step
            yield f"round trip, {where}, {count} samples{cost}", round_trip.sentence(ranked(rows))
    rows = [row(n, s, 39, 256) for n, s in SIZES["one ahead"].items()]
    far = row("Heun, iDDPM", 1e-6, 39, 256, top=57.0)
    yield "round trip, another range", round_trip.sentence(ranked([*rows, far]))


def of_edits() -> Iterator[tuple[str, str]]:
    flat = lambda v: ((v,) * 8,) * 2
    for where, seen, own in (
        ("all seen", ((3,) * 8, (8,) * 8), 0.8),
        ("one missed", ((3,) * 8, (8,) * 7 + (3,)), 0.8),
        ("nothing stays", ((3,) * 8, (8,) * 8), 1.0),
        ("no judge", (), 0.8),
    ):
        found = Edits(3, (3, 8), 34, (80.0, 0.002), (0.004,) * 8, seen, flat(own), flat(1.0), ())
        yield f"edit, {where}", f"{edit.title([found])} | {edit.stays([found])}".strip(" |")
    near = ((0.3,) * 64, (0.25,) * 64, (0.37,) * 64)
    half = lambda good: (1,) * good + (0,) * (64 - good)
    for where, good in {
        "ahead": (half(60), half(40), half(20)),
        "level": (half(40), half(38), half(20)),
        "behind": (half(30), half(60), half(20)),
        "no judge": (),
    }.items():
        found = Paths(34, (80.0, 0.002), (0.004,) * 64, near, good, near[:2], ())
        said = f"{between.title_between(found)} | {between.gains(found)}"
        yield f"between, {where}", said.strip(" |")


def distance(name: str, value: float, half: float) -> Distance:
    e = Estimate(value, max(0.0, value - half), value + half, 2048)
    return Distance(name, "one-step", 9, e, e)


def of_distances() -> Iterator[tuple[str, str]]:
    zero = Estimate(0.05, 0.04, 0.06, 2048)
    heun, ddim = distance("Heun", 0.2, 0.02), distance("DDIM", 0.3, 0.02)
    for where, found in {
        "alone": [heun],
        "ahead": [ddim, heun],
        "overlapping": [heun, distance("LMS", 0.22, 0.03), ddim],
        "one at the floor": [ddim, distance("LMS", 0.06, 0.02)],
        "all at the floor": [distance(n, 0.06, 0.02) for n in ("Heun", "DDIM", "LMS")],
    }.items():
        yield f"distance, {where}", nearest(found, zero)


def of_churn() -> Iterator[tuple[str, str]]:
    zero, near = Estimate(0.05, 0.04, 0.06, 8), Estimate(0.055, 0.05, 0.06, 8)
    far, farther = Estimate(0.2, 0.18, 0.22, 8), Estimate(0.3, 0.27, 0.33, 8)
    level, up = Estimate(0.001, -0.004, 0.006, 8), Estimate(0.1, 0.05, 0.15, 8)
    down = Estimate(-0.1, -0.15, -0.05, 8)
    for where, given in {
        "nearer": (down, far, farther),
        "further": (up, farther, far),
        "level": (level, far, far),
        "at the floor": (level, near, near),
    }.items():
        yield f"churn, {where}", " | ".join(churn.verdict(*given, zero))


def of_steps() -> Iterator[tuple[str, str]]:
    better, worse = Estimate(0.62, 0.55, 0.7, 256), Estimate(1.6, 1.4, 1.9, 256)
    level, tiny = Estimate(0.97, 0.9, 1.04, 256), Estimate(0.028, 0.024, 0.03, 256)
    error = Estimate(0.005, 0.0048, 0.0052, 256)
    verdict = {OWN: error, "GITS": error, "search": error.times(0.6)}
    for gits, search in itertools.product((better, worse, level), (better, worse, level, tiny)):
        said = {"GITS": gits, "search": search}
        last = Optimised((80.0, 1.0), 0.003, "", 9, 1.0, verdict, said)
        yield f"steps, GITS {gits}, search {search}", amed_table.verdict(last)


def of_networks() -> Iterator[tuple[str, str]]:
    wide, near = Estimate(0.72, 0.33, 1.11, 1000), Estimate(0.1, 0.05, 0.15, 1000)
    share, less = Estimate(0.83, 0.8, 0.86, 1000), Estimate(0.61, 0.58, 0.64, 1000)
    a, b = Quality(wide, share, share, None), Quality(near, less, share, share)
    for line in compared({"new": a, "old": b}):
        yield "networks", line
    yield "networks, FID", fid_words(12.3456, 1000, 1797)


def of_the_sde() -> Iterator[tuple[str, str]]:
    row = lambda name, nfe, gap: Marginal(f"{name}, no new noise", "one-step", nfe, gap, 1024)
    for where, gaps in {
        "both in the end": {"Heun": (0.9, 0.06, 0.02), "DDIM": (0.2, 0.05, 0.03)},
        "one alone": {"Heun": (0.9, 0.6, 0.2), "DDIM": (0.05, 0.04, 0.03)},
        "none": {"Heun": (0.9, 0.6, 0.2)},
    }.items():
        rows = [row(n, b, g) for n, own in gaps.items() for b, g in zip((9, 17, 33), own)]
        yield f"SDE, {where}", langevin.title(rows, apart_above(rows, len(rows)))


def of_equal_errors() -> Iterator[tuple[str, str]]:
    found = Times(1.43, 1.33, 1.53, 0.26, 26.0)
    for where, own in {
        "known": found,
        "beyond": Times(math.inf, math.inf, math.inf, 0.26, 26.0),
        "perhaps beyond": Times(25.2, 24.1, math.inf, 0.26, 26.0),
        "below": Times(0.0, 0.0, 0.0, 0.26, 26.0),
        "perhaps below": Times(0.3, 0.0, 0.33, 0.26, 26.0),
        "most likely beyond": Times(math.inf, 5.0, math.inf, 0.26, 26.0),
        "most likely below": Times(0.0, 0.0, 0.9, 0.26, 26.0),
        "anywhere": Times(1.0, 0.0, math.inf, 0.26, 26.0),
        "not yet": None,
    }.items():
        yield f"equal error, {where}", equal_error.title({"VP": found, "VE": own})
    yield "equal error, nothing yet", equal_error.title({"VP": None})


def of_one_step() -> Iterator[tuple[str, str]]:
    even = lambda rho, size, level: Even(rho, Estimate(size, 0.9 * size, 1.1 * size, 8), level)
    best, near, far = even(7.0, 179.0, True), even(5.0, 193.0, True), even(3.0, 904.0, False)
    for where, found in {
        "one curve": [best],
        "one ahead": [best, far],
        "two level": [best, near, far],
        "the paper's among them": [best, even(3.0, 190.0, True)],
        "three level": [best, near, even(10.0, 199.0, True)],
    }.items():
        yield f"one step, {where}", local_error.title(Heun(), found)
    yield "one step of another", local_error.title(SOLVERS["dpmpp"](), [best, far])


def sentences() -> list[str]:
    """“situation: sentence”, one for each."""
    every = itertools.chain(
        of_sweeps(),
        of_round_trips(),
        of_edits(),
        of_distances(),
        of_churn(),
        of_steps(),
        of_networks(),
        of_the_sde(),
        of_equal_errors(),
        of_one_step(),
    )
    return [f"{where}: {said}" for where, said in every]


def test_the_sentences_are_those_that_were_read():
    assert sentences() == FILE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("said", sentences())
def test_a_sentence_is_well_formed(said):
    assert not re.search(r"\d[eE][+-]?\d|\bnan\b|\binf\b|None|<|>|  |,,|\.\.", said), said
    assert not re.search(r"\d\.\d{6,}|(?<![\d,.])\d{5,}", said), said  # digits that nobody reads


def test_better_steps_are_only_said_where_the_interval_allows_them():
    for gits in (Estimate(0.9, 0.85, 0.95, 256), Estimate(0.9, 0.7, 1.1, 256)):
        last = Optimised(
            (80.0, 1.0), 0.003, "", 9, 1.0,
            dict.fromkeys((OWN, "GITS", "search"), gits),
            {"GITS": gits, "search": dataclasses.replace(gits, value=1.2, low=1.1, high=1.3)},
        )  # fmt: skip
        said = amed_table.verdict(last)
        assert ("no list is better" in said) != apart(gits)
        assert not math.isnan(gits.low) and "256 held-out seeds" in said


def test_a_setting_reads_like_every_number():
    """Not “S_tmax = 1e+09” nor a seed of 1.23457e+07."""
    assert words.setting("s_tmax", 1e9) == "S<sub>tmax</sub> = 1.0·10⁹"
    assert words.setting("seed", 12345678) == "seed = 12345678"
    assert words.change("timesteps.rho", 7.0, 115.5) == "ρ 7 → 115.5"


if __name__ == "__main__":
    FILE.write_text("\n".join(sentences()) + "\n", encoding="utf-8")
