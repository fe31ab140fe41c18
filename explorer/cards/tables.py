"""Tables with all digits: columns as CSV, and the numbers of a strip as rows."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]


def csv_of(rows: Rows, told: Mapping[str, Any] | None = None) -> str:
    """A table as CSV: a head, then a line for each row; a number as Python writes it, which reads
    back as the same number; a gap is empty.

    told: what is to be said of all rows, as lines before the head that begin with “# ”.
    """
    out = io.StringIO()
    for name, value in (told or {}).items():
        out.write("# " + " ".join(f"{name}: {_cell(value)}".split()) + "\n")
    write = csv.writer(out, lineterminator="\n")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    write.writerow(columns)
    write.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return " ".join(map(_cell, value))
    return value if isinstance(value, str) else repr(value)


def rows(found: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as long as σ as the columns of a table; what is no such list comes below it."""
    if "rows" in found:
        return dict(found)
    flat = dict(_leaves(found))
    known = {k: len(v) for k, v in flat.items() if isinstance(v, list)}
    length = next((n for k, n in known.items() if k.split(".")[-1] == "sigma"), 0)
    columns = {k: flat.pop(k) for k, n in known.items() if n == length and n}
    table = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return {"rows": table} | flat


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Plain lists and single values under dotted names; lists of lists are numbered from 1."""
    inner: Any = None
    if isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, list) and value and all(isinstance(v, list) for v in value):
        inner = enumerate(value, 1)
    if inner is None:
        yield name, value
        return
    for key, v in inner:
        yield from _leaves(v, f"{name}.{key}" if name else str(key))
