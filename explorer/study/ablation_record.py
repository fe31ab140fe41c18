"""The record of AMED's ablations that ships, each study with the command that renews it.

    python -m explorer study ablation data=digits --seeds 8 --over paths=2560 --keep

A study carries the digest of all that its numbers depend on.  Where that is another one today it is
told as one of an earlier version, and no verdict stands on it.
"""

import dataclasses
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ..errors import UserError
from ..lab.experiment import Experiment
from ..settings import from_query
from ..store.results import digest_of
from . import shipped_record
from .ablations import CHOICES, Ablated, ablation_plan
from .shipped_record import File

FIELDS = ("nfe", "error", "gain", "against", "r", "c")


@dataclasses.dataclass(frozen=True)
class Recorded:
    """One study as it was kept.  on: the day; with_: on what; stale: why no verdict stands on it,
    or nothing.
    """

    query: str
    seeds: int
    paths: int
    on: str
    with_: str
    rows: tuple[Ablated, ...]
    stale: str = ""

    @property
    def command(self) -> str:
        """The line that measures it again."""
        settings = self.query.split("&") if self.query else [f"data={self.experiment.data.name}"]
        return (
            f"python -m explorer study ablation {' '.join(settings)} --seeds {self.seeds} "
            f"--over paths={self.paths} --keep"
        )

    @property
    def experiment(self) -> Experiment:
        """Data, model and range of σ."""
        return from_query(Experiment, self.query)

    def row(self, question: str, name: str) -> Ablated:
        """One choice.  Raises UserError where the record has none such."""
        for r in self.rows:
            if (r.choice.question, r.choice.name) == (question, name):
                return r
        raise UserError(f"The record has no {question} {name!r}.")


FILE = File(
    "ablations.json",
    "studies",
    "the ablations",
    "python -m explorer study ablation --keep",
    1,
)


def place() -> Path:
    """Where it is."""
    return FILE.place


def view_of(base: Experiment) -> Experiment:
    """What of a view the study depends on."""
    low, high = float(base.timesteps.sigma_min), float(base.timesteps.sigma_max)
    grid = dataclasses.replace(Experiment().timesteps, sigma_min=low, sigma_max=high)
    return Experiment(data=base.data, model=base.model, timesteps=grid)


def digest(base: Experiment, seeds: int, paths: int) -> str:
    """Of every question of the plan.  Raises UserError where a network is not on this machine."""
    asked = sorted(cell.question for cell, _ in ablation_plan(base, seeds, paths))
    return digest_of("\n".join(asked).encode())


def keep(
    base: Experiment, seeds: int, paths: int, rows: Sequence[Ablated], path: Path | None = None
) -> None:
    """Write a study; those of other views stay.  Raises Unsaved."""
    base = view_of(base)
    body = {
        "seeds": seeds,
        "paths": paths,
        "rows": [
            {"question": r.choice.question, "name": r.choice.name}
            | {k: getattr(r, k) for k in FIELDS}
            for r in rows
        ],
    }
    FILE.keep(base, digest(base, seeds, paths), body, path)


def recorded(path: Path | None = None) -> list[Recorded]:
    """Every study that was kept.  Raises UserError for a file that is no record."""
    known = {(c.question, c.name): c for c in CHOICES}
    out = []
    for s in FILE.read(path):
        try:
            rows = tuple(
                Ablated(
                    known[r["question"], r["name"]], r["nfe"], *(tuple(r[k]) for k in FIELDS[1:])
                )
                for r in s["rows"]
                if (r["question"], r["name"]) in known
            )
            about = s["query"], s["seeds"], s["paths"]
            out.append(Recorded(*about, s["on"], s["with"], rows, _stale(*about, s["digest"])))
        except (KeyError, TypeError):
            raise FILE.damaged from None
    return out


@lru_cache(64)
def _stale(query: str, seeds: int, paths: int, was: str) -> str:
    return shipped_record.stale(lambda: digest(from_query(Experiment, query), seeds, paths), was)


def nearest(base: Experiment, path: Path | None = None) -> Recorded | None:
    """The study of a view, or else the first; None where nothing was kept."""
    return shipped_record.nearest(recorded(path), base)
