"""Every measurement of a view, asked with nonsense: it is planned, or refused with a sentence."""

import json

import pytest

from explorer.errors import UserError
from explorer.server import kinds
from explorer.study import plane
from explorer.ui.measurement import Measurement

from .hostile import RAW

FIELDS = {
    "ab": ("a", "b", "seeds"),
    "grid": ("rows", "columns"),  # beside "values", which every kind reads
    "sweep": ("solvers", "budgets", "grids"),
    "edit": ("origin", "classes"),
    "heat": ("axes",),
}
SMALL = {"data": "diracs", "samples": 4, "nfe": 5}


def _junk() -> list:
    """The values of `RAW` that are JSON."""
    found = []
    for raw in RAW:
        try:
            found.append(json.loads(raw))
        except (ValueError, RecursionError):
            continue
    return found


JUNK = _junk()


SLOW = ("plane", "stochastic")  # look at every network that ships


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=[pytest.mark.slow] * (k in SLOW)) for k in kinds.OF_A_VIEW]
)
def test_nonsense_in_any_field_is_planned_or_refused(kind, monkeypatch):
    monkeypatch.setattr(plane, "SETS", plane.SETS[:2])  # as many as are kept prepared
    wrong = []
    for field in ("values", *FIELDS.get(kind, ())):
        for junk in JUNK:
            try:
                found = kinds.measurement({"kind": kind, "values": SMALL, field: junk})
                assert isinstance(found, Measurement)
            except UserError as problem:
                if not 10 < len(str(problem)) < 600:
                    wrong.append((field, repr(junk)[:40], str(problem)[:80]))
            except Exception as error:  # noqa: BLE001 - any other is the fault that is looked for
                wrong.append((field, repr(junk)[:40], repr(error)[:80]))
    assert not wrong
