"""The record of AMED's ablations that ships, each study with the command that renews it.

    python -m explorer study ablation data=digits --seeds 8 --over paths=2560 --keep

A study carries the digest of all that its numbers depend on.  Where that is another one today it is
told as one of an earlier version, and no verdict stands on it.
"""

import dataclasses
import datetime
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..lab.experiment import Experiment
from ..settings import from_query, to_query
from ..store import places, writing
from ..store.results import digest_of
from .ablations import CHOICES, Ablated, ablation_plan

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


def place() -> Path:
    """Where it is."""
    return places.assets("ablations.json")


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
    from .claims.record import made_with

    path, base = path or place(), view_of(base)
    new = {
        "query": to_query(base),
        "seeds": seeds,
        "paths": paths,
        "on": datetime.date.today().isoformat(),
        "with": made_with(),
        "digest": digest(base, seeds, paths),
        "rows": [
            {"question": r.choice.question, "name": r.choice.name}
            | {k: getattr(r, k) for k in FIELDS}
            for r in rows
        ],
    }
    others = [s for s in _read(path) if s["query"] != new["query"]]
    writing.write_json(path, {"studies": [*others, new]}, indent=1)


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))["studies"])
    except (ValueError, KeyError, TypeError):
        raise UserError(
            "The record of the ablations is damaged; python -m explorer study ablation --keep "
            "makes it again."
        ) from None


def recorded(path: Path | None = None) -> list[Recorded]:
    """Every study that was kept.  Raises UserError for a file that is no record."""
    known = {(c.question, c.name): c for c in CHOICES}
    out = []
    for s in _read(path or place()):
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
            raise UserError("The record of the ablations is damaged.") from None
    return out


@lru_cache(64)
def _stale(query: str, seeds: int, paths: int, was: str) -> str:
    try:
        now = digest(from_query(Experiment, query), seeds, paths)
    except UserError as problem:
        return str(problem)
    return "" if now == was else "of an earlier version; measure it again"


def nearest(base: Experiment, path: Path | None = None) -> Recorded | None:
    """The study of a view, or else the first; None where nothing was kept."""
    found = recorded(path)
    same = [s for s in found if (s.experiment.data, s.experiment.model) == (base.data, base.model)]
    return next(iter(same or found), None)
