"""What leaves: a view with its numbers as one dict, made again elsewhere, and its data as files.

    card(experiment) -> dict           a run card: settings, numbers, versions, sources
    replay(card) -> Replayed           the same run again, and what differs, value by value
    python(experiment) -> str          lines that make it again, ready to paste
    csv_of, npz_of, parquet_of         tables at full precision, samples and paths, rows of a study

A card is data.  One from a stranger is read by `reading.cards` and never executed.
"""

from .card import card
from .code import python
from .replay import Replayed, replay

__all__ = ["Replayed", "card", "python", "replay"]
