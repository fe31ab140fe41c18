"""A part of a file, read forward and never beyond its end: a length in a file is a claim."""

import dataclasses
from typing import BinaryIO

from ..errors import UserError

LINE = 300  # bytes of a line; a global's name is the only thing in lines
TEXT = 4 * 2**20  # bytes of one text
READ = 64 * 2**20  # bytes of all that becomes text and small numbers


@dataclasses.dataclass
class Budget:
    """What all pickles of one file may take together: the file's own and those inside it."""

    opcodes: int = 500_000  # a network of 300 million parameters takes some 30,000
    memo: int = 500_000
    read: int = READ

    def take(self, kind: str, n: int = 1) -> None:
        """Raises UserError where the file wants more than any checkpoint does."""
        left = getattr(self, kind) - n
        if left < 0:
            words = {"opcodes": "instructions", "memo": "remembered values", "read": "text"}
            raise UserError(f"The pickle has more {words[kind]} than any checkpoint.")
        setattr(self, kind, left)


class Window:
    """Bytes `here` to `end` of a file; what it reads is taken from the budget."""

    def __init__(self, file: BinaryIO, here: int, end: int, budget: Budget):
        self.file, self.here, self.end, self.budget = file, here, end, budget

    def __len__(self) -> int:
        """Bytes that are left."""
        return self.end - self.here

    def read(self, n: int) -> bytes:
        """Up to n bytes.  Raises ValueError for more than a text may have."""
        if n > TEXT:
            raise ValueError(f"{n:,} bytes where a text or a number should be")
        return self._taken(self._at().read(max(0, min(n, len(self)))))

    def readline(self) -> bytes:
        return self._taken(self._at().readline(max(0, min(LINE, len(self)))))

    def piece(self, n: int) -> "Window":
        """The next n bytes, unread, which are passed over.  Raises ValueError if fewer are left."""
        if not 0 <= n <= len(self):
            raise ValueError(f"{n:,} bytes are claimed and {len(self):,} are left")
        self.here += n
        return Window(self.file, self.here - n, self.here, self.budget)

    def again(self) -> "Window":
        """The same bytes, to be read from here once more."""
        return Window(self.file, self.here, self.end, self.budget)

    def at(self, start: int, n: int) -> bytes:
        """n bytes from `start` bytes past here, for whoever has counted them."""
        self.file.seek(self.here + start)
        return self.file.read(n)

    def _at(self) -> BinaryIO:
        self.file.seek(self.here)
        return self.file

    def _taken(self, found: bytes) -> bytes:
        self.budget.take("read", len(found))
        self.here += len(found)
        return found
