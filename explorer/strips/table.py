"""A strip's numbers, or the samples, as a table with all digits."""

from ..cards import tables
from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.source import Watch
from ..lab.view import View
from ..settings import to_query
from . import STRIPS

SAMPLES = "samples"
TABLES = (*STRIPS, SAMPLES)


def csv_of(e: Experiment, name: str, watch: Watch | None = None) -> str:
    """The table of this name as CSV, settled: a strip's, or the samples with their coordinates
    x1, x2, ….  Raises UserError where there is none."""
    if name not in TABLES:
        raise UserError(f"Unknown table {name!r:.40}. Known: {', '.join(TABLES)}.")
    view = View(e, watch, exact=True)
    told = {"view": f"?{to_query(e)}", "table": name}
    if name == SAMPLES:
        flat = view.run.samples.flatten(1).cpu().tolist()
        return tables.csv_of([{f"x{i}": v for i, v in enumerate(row, 1)} for row in flat], told)
    found = tables.rows(STRIPS[name].measure(view, watch))
    return tables.csv_of(found.pop("rows"), told | found)
