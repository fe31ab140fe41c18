"""A seeded mutator: bytes that were good, spoilt in the ways that files are."""

import random

NUMBERS = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1]
WORDS = [b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"\x93NUMPY", b"\x80\x04", b"nan", b"1e999"]
WORDS += [
    b"[" * 500,
    b"{" * 500,
    b"\n",
    b'"',
    b"-",
    b"\0" * 64,
    b"9" * 5000,
    b"c",
    b"(",
    b"R",
    b".",
]
WORDS += [
    b"\x94h\x00",
    b"]\x94",
    b"e",
    b"u",
    b"a",
    b"t",
    b"\x85",
    b"\x93",
    b"\x8c\x02os",
    b"b",
    b"}",
]


def mutated(rng: random.Random, good: list[bytes]) -> bytes:
    """One of these with one to six changes."""
    raw = bytearray(rng.choice(good))
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        if not raw:
            break
        _CHANGES[rng.randrange(len(_CHANGES))](rng, raw, good)
    return bytes(raw)


def _place(rng, raw) -> int:
    """Anywhere, more often near either end, where headers and directories are."""
    near = min(len(raw), 400)
    return rng.choice(
        (rng.randrange(len(raw)), rng.randrange(near), len(raw) - 1 - rng.randrange(near))
    )


def _flip(rng, raw, good):
    raw[_place(rng, raw)] ^= 1 << rng.randrange(8)


def _byte(rng, raw, good):
    raw[_place(rng, raw)] = rng.randrange(256)


def _cut(rng, raw, good):
    del raw[_place(rng, raw) :]


def _drop(rng, raw, good):
    at = _place(rng, raw)
    del raw[at : at + rng.choice((1, 2, 4, 30))]


def _number(rng, raw, good):
    at, width = _place(rng, raw), rng.choice((1, 2, 4, 8))
    value = rng.choice(NUMBERS) % 2 ** (8 * width)
    raw[at : at + width] = value.to_bytes(width, rng.choice(("little", "big")))


def _word(rng, raw, good):
    at = _place(rng, raw)
    raw[at:at] = rng.choice(WORDS)


def _again(rng, raw, good):
    at, n = _place(rng, raw), rng.choice((1, 8, 64, 512))
    raw[at:at] = raw[at : at + n] * rng.choice((1, 2, 30))


def _splice(rng, raw, good):
    other, at = rng.choice(good), _place(rng, raw)
    start = rng.randrange(len(other) + 1)
    raw[at : at + rng.randrange(64)] = other[start : start + rng.choice((4, 60, 999))]


_CHANGES = (_flip, _byte, _cut, _drop, _number, _word, _again, _splice)
