"""Which column of a table names classes: told by its head, never guessed from its numbers."""

import numpy as np

from ..errors import UserError

HEADS = ("label", "labels", "class", "classes", "target", "cluster", "category")
MOST = 100  # classes


def parted(
    table: np.ndarray, heads: list[str], shown: str
) -> tuple[np.ndarray, np.ndarray | None, dict]:
    """(N, D) coordinates; (N,) labels, 0 to classes − 1, or None; and their heads.

    table: (N, D) or (N, D + 1) float64.  heads: of its columns, or none.  Raises UserError for
    labels that are no whole numbers or too many, and where nothing but labels is there.
    """
    if len(heads) != table.shape[1]:
        heads = []
    found = [i for i, head in enumerate(heads) if head.lower() in HEADS]
    if len(found) != 1:
        return table, None, {"columns": heads, "label": ""}
    (place,) = found
    name, column = heads[place], table[:, place]
    values, labels = np.unique(column, return_inverse=True)
    if not (np.isfinite(column).all() and (column == np.round(column)).all()):
        raise UserError(
            f"{shown}: the column {name} is read as labels, and holds numbers that are not whole; "
            "give it another head if it is a coordinate."
        )
    if len(values) > MOST:
        raise UserError(
            f"{shown}: the column {name} holds {len(values):,} labels; at most {MOST} work. Give "
            "it another head if it is a coordinate."
        )
    if table.shape[1] < 2:
        raise UserError(f"{shown} holds labels alone; at least one coordinate beside them works.")
    rest = [head for i, head in enumerate(heads) if i != place]
    return np.delete(table, place, 1), labels.astype(np.int64), {"columns": rest, "label": name}
