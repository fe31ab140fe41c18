"""The cells of studies as rows: every setting, the measure, and its numbers; as Parquet or CSV.

rows_of(Results(folder)) -> [{...}]        parquet_of(rows, path)
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..store.results import Results
from ..store.writing import write_bytes
from ..study.plan import Cell

NOTHING = "There is no cell to write: run the study first, or name its folder."
NEEDS = "Parquet needs pyarrow: pip install pyarrow. CSV needs nothing: --out study.csv."


def rows_of(kept: Results, measure: str = "") -> Iterator[dict[str, Any]]:
    """One row for each answer that a folder keeps.  measure: of this name alone."""
    for question, value in kept:
        try:
            asked = json.loads(question)
            named = asked["measure"]["name"]
        except (ValueError, KeyError, TypeError):
            continue  # of another kind than a cell
        if isinstance(value, dict) and measure in ("", named):
            yield row(asked, value)


def row(asked: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """One cell: its settings under their own keys, the measure under “measure.…”, the digests of
    its weights, and what was measured under “value.…”; lists stay lists."""
    measure = {f"measure.{k}": v for k, v in asked["measure"].items()}
    found = {f"value.{k}": v for k, v in _flat(value)}
    return {**asked["experiment"], **measure, "weights": list(asked["weights"]), **found}


def of_cells(done: Iterable[tuple[Cell, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Rows of cells with their answers, as a study yields them."""
    return [row(json.loads(cell.question), value) for cell, value in done]


def _flat(value: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, Any]]:
    for key, v in value.items():
        if isinstance(v, Mapping):
            yield from _flat(v, f"{name}{key}.")
        else:
            yield f"{name}{key}", v


def parquet_of(rows: Iterable[Mapping[str, Any]], path: Path | str) -> int:
    """Write rows as Parquet; returns how many.  A column that holds numbers here and texts there is
    written as text.  Raises UserError without pyarrow, and where there is no row."""
    data, count = parquet_bytes(rows)
    write_bytes(Path(path), data)
    return count


def parquet_bytes(rows: Iterable[Mapping[str, Any]]) -> tuple[bytes, int]:
    """The bytes of such a file, and how many rows it has.  Raises as `parquet_of` does."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UserError(NEEDS) from None
    table = list(rows)
    if not table:
        raise UserError(NOTHING)
    names = list(dict.fromkeys(name for row in table for name in row))
    columns = {name: _column([row.get(name) for row in table], pyarrow) for name in names}
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue(), len(table)


def _column(values: list[Any], pyarrow: Any) -> Any:
    try:
        return pyarrow.array(values)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError):
        kinds = {type(v) for v in values if v is not None}
        if kinds <= {int, float}:
            return pyarrow.array([None if v is None else float(v) for v in values])
        plain = lambda v: (
            v if v is None or isinstance(v, str) else json.dumps(v, ensure_ascii=False)
        )
        return pyarrow.array([plain(v) for v in values])
