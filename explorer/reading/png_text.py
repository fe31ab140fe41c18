"""Words that a PNG carries beside its pixels: how A1111 and ComfyUI keep what made a picture.

Chunks are read by their lengths; no pixel is decoded, and a packed text is unpacked up to a limit.
"""

import zlib

from ..errors import UserError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LONGEST = 5_000_000  # bytes of one text
MOST_CHUNKS = 10_000


def is_png(data: bytes) -> bool:
    """Do these bytes begin as a PNG does?"""
    return data[:8] == SIGNATURE


def texts(data: bytes) -> dict[str, str]:
    """Keyword -> text of every tEXt, zTXt and iTXt chunk; the first where one comes twice.

    A cut file gives what stands before the cut.  Raises UserError for a text over LONGEST bytes.
    """
    found: dict[str, str] = {}
    at = 8
    for _ in range(MOST_CHUNKS):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        if len(body) < length or len(kind) < 4 or kind == b"IEND":
            break
        if kind in _READ:
            word, text = _READ[kind](body)
            found.setdefault(word, text)
        at += 12 + length
    return found


def _plain(body: bytes) -> tuple[str, str]:
    word, _, text = body.partition(b"\0")
    return _latin(word), _latin(_short(text))


def _packed(body: bytes) -> tuple[str, str]:
    word, _, rest = body.partition(b"\0")
    return _latin(word), _latin(_unpacked(rest[1:]))


def _international(body: bytes) -> tuple[str, str]:
    """keyword, 0, packed?, method, language, 0, translated keyword, 0, text in UTF-8."""
    word, _, rest = body.partition(b"\0")
    _, _, after = rest[2:].partition(b"\0")
    _, _, text = after.partition(b"\0")
    text = _unpacked(text) if rest[:1] == b"\1" else _short(text)
    return _latin(word), text.decode("utf-8", "replace")


_READ = {b"tEXt": _plain, b"zTXt": _packed, b"iTXt": _international}


def _latin(text: bytes) -> str:
    return text.decode("latin-1")


def _short(text: bytes) -> bytes:
    if len(text) > LONGEST:
        raise UserError(f"The picture holds a text of over {LONGEST:,} bytes; no more is read.")
    return text


def _unpacked(text: bytes) -> bytes:
    try:
        return _short(zlib.decompressobj().decompress(text, LONGEST + 1))
    except zlib.error:
        raise UserError("A packed text in the picture is broken; save the picture anew.") from None
