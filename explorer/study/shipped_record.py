"""What records of measurements that ship have in common: a list of studies in a file, each of one
view, with the day, what it was made with, and the digest of all that its numbers depend on.
"""

import dataclasses
import datetime
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ..errors import UserError
from ..lab.experiment import Experiment
from ..settings import to_query
from ..store import places, writing

EARLIER = "of an earlier version; measure it again"


@dataclasses.dataclass(frozen=True)
class File:
    """name: among the assets.  key: under which its studies stand.  what: it is of; again: the
    command that makes it; indent: of its JSON."""

    name: str
    key: str
    what: str
    again: str
    indent: int | None

    @property
    def place(self) -> Path:
        """Where it is."""
        return places.assets(self.name)

    def read(self, path: Path | None = None) -> list[dict[str, Any]]:
        """Its studies; none where there is no file.  Raises UserError for a file that is none."""
        path = path or self.place
        if not path.exists():
            return []
        try:
            return list(json.loads(path.read_text(encoding="utf-8"))[self.key])
        except (ValueError, KeyError, TypeError):
            raise UserError(
                f"The record of {self.what} is damaged; {self.again} makes it again."
            ) from None

    @property
    def damaged(self) -> UserError:
        """Of a study that lacks something."""
        return UserError(f"The record of {self.what} is damaged.")

    def keep(
        self, base: Experiment, digest: str, body: dict[str, Any], path: Path | None = None
    ) -> None:
        """Write the study of a view; those of other views stay.  Raises Unsaved."""
        from .claims.record import made_with

        path, query = path or self.place, to_query(base)
        new = {"query": query, "on": datetime.date.today().isoformat(), "with": made_with()}
        others = [s for s in self.read(path) if s["query"] != query]
        made = {self.key: [*others, {**new, "digest": digest, **body}]}
        writing.write_json(path, made, indent=self.indent)


def stale(digest: Callable[[], str], was: str) -> str:
    """Why no verdict stands on a study whose digest was this one, or nothing."""
    try:
        return "" if digest() == was else EARLIER
    except UserError as problem:
        return str(problem)


class OfView(Protocol):
    """A study that knows its view."""

    @property
    def experiment(self) -> Experiment:
        """Data and model."""
        ...


Study = TypeVar("Study", bound=OfView)


def nearest(found: Sequence[Study], base: Experiment) -> Study | None:
    """The study of a view's data and model, or else the first; None of none."""
    same = [s for s in found if (s.experiment.data, s.experiment.model) == (base.data, base.model)]
    return next(iter(same or found), None)
