"""One list on the page."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """levels: σ from noise to data.  source: in a few words, what made them.  role: what its colour
    says: yours, other, mended, reference, optimised.  timesteps: what the tool tells its network.
    twin: a sentence where it has the same levels as yours."""

    name: str
    label: str
    source: str
    levels: tuple[float, ...]
    role: str = "other"
    timesteps: tuple[float, ...] | None = None
    twin: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return max(len(self.levels) - 1, 0)
