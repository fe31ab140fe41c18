"""A zip's directory, counted before anybody makes a list of it."""

import struct
import zipfile
from typing import BinaryIO

from ..errors import UserError

_END, _END64, _LOCATOR, _ENTRY = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2"
_COMMENT = 2**16


def opened(file: BinaryIO, shown: str, most: int) -> zipfile.ZipFile:
    """The archive, if its directory has at most so many entries, whatever it says of itself.

    Raises UserError for more, and BadZipFile for what is no zip.
    """
    told, start, size = _directory(file)
    refused = UserError(f"{shown} holds more than {most:,} files; fewer work.")
    if told > most:
        raise refused
    file.seek(start)
    end, count = start + size, 0
    while file.tell() < end:
        head = file.read(46)
        if len(head) < 46 or head[:4] != _ENTRY:
            raise zipfile.BadZipFile("its directory is damaged")
        count += 1
        if count > most:
            raise refused
        file.seek(sum(struct.unpack("<3H", head[28:34])), 1)  # name, extra, comment
    file.seek(0)
    return zipfile.ZipFile(file)


def _directory(file: BinaryIO) -> tuple[int, int, int]:
    """(how many entries it tells of, where the directory begins, its bytes)."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _COMMENT - 22))
    base, tail = file.tell(), file.read()
    plain = tail[-22:-18] == _END and tail[-2:] == b"\0\0"  # no comment: where zipfile looks first
    place = len(tail) - 22 if plain else tail.rfind(_END)
    if place < 0 or len(tail) - place < 22:
        raise zipfile.BadZipFile("it has no directory at its end")
    told, length = struct.unpack("<HL", tail[place + 10 : place + 16])
    where = base + place
    if where >= 76:
        file.seek(where - 76)
        large = file.read(76)
        if large[56:60] == _LOCATOR and large[:4] == _END64:
            told, length = struct.unpack("<QQ", large[32:48])
            where -= 76
    if length > where:
        raise zipfile.BadZipFile("its directory is larger than the file")
    return told, where - length, length
