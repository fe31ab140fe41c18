"""Data files that are small and would become large: counted before they are believed."""

import io
import struct
import threading
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from explorer.data import Upload, store, upload
from explorer.errors import UserError
from explorer.reading import numbers, pictures
from explorer.store import apart, uploads

from ..data_sets.test_uploads import noise, npy, npz, picture, zipped

MIB = 2**20


def flat(side: int, mode="L") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (side, side), 7).save(out, "PNG", optimize=True)
    return out.getvalue()


@pytest.fixture
def nothing_is_decoded(monkeypatch, in_this_process):
    def never(*_):
        raise AssertionError("decoded before it was counted")

    monkeypatch.setattr(pictures, "_small", never)


# ---- pictures -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_small_zip_of_large_pictures(nothing_is_decoded):
    raw = zipped({f"{k}.png": flat(4000) for k in range(20)})
    assert len(raw) < 16_000
    with pytest.raises(UserError, match="320 million pixels in"):
        store(raw, "a.zip")


def test_pixels_of_all_pictures_are_counted_first(nothing_is_decoded, monkeypatch):
    monkeypatch.setattr(pictures, "ALL_PIXELS", 5000)
    with pytest.raises(UserError, match="pixels together"):
        store(zipped({f"{k}.png": picture(noise(40, 40)) for k in range(4)}), "a.zip")


def test_one_picture_too_large_is_refused_before_the_first_is_decoded(nothing_is_decoded):
    pictures_ = {"a.png": picture(noise(40, 40)), "z.png": flat(4200)}
    with pytest.raises(UserError, match="z.png.*pixels"):
        store(zipped(pictures_), "a.zip")


@pytest.mark.slow
def test_what_takes_too_long_is_ended(monkeypatch):
    """Pictures that are permitted by their count and slow by their kind."""
    monkeypatch.setattr(upload, "LIMITS", apart.Limits(seconds=1))
    slow = io.BytesIO()
    Image.fromarray(np.tile(noise(8, 8, 4), (500, 500, 1))).save(slow, "PNG")
    with pytest.raises(UserError, match="more than 1 seconds"):
        store(zipped({f"{k}.png": slow.getvalue() for k in range(30)}, zipfile.ZIP_STORED), "a.zip")


def webp(width: int, height: int) -> bytes:
    bits = struct.pack("<I", (width - 1) | (height - 1) << 14)
    body = b"VP8L" + struct.pack("<I", 5) + b"\x2f" + bits + b"\0"
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


@pytest.mark.parametrize(
    "raw",
    [
        webp(16_000, 16_000),
        b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\0\0\0;",
        b"BM" + struct.pack("<IHHIIiiHHIIIIII", 9, 0, 0, 54, 40, 90_000, 90_000, 1, 24, *[0] * 6),
        b"\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00",
    ],
    ids=["webp", "gif", "bmp", "jpeg"],
)
def test_headers_that_claim_much(raw):
    with pytest.raises(UserError, match="huge"):
        store(
            zipped(
                {"huge": raw}
                | {f"{k}.png": picture(noise(9, 9)) for k in range(2)}
                | {"huge.png": raw}
            ),
            "a.zip",
        )


def test_text_chunks_that_unfold(in_this_process):
    """A megabyte of zeros a hundred times over, packed into a text of a PNG."""
    plain = picture(noise(9, 9))
    body = b"t\0\0" + zlib.compress(bytes(100 * MIB), 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + body))
    with pytest.raises(UserError, match="b.png"):
        store(zipped({"a.png": plain, "b.png": plain[:33] + chunk + plain[33:]}), "a.zip")


@pytest.mark.slow
def test_twelve_at_once_are_two_at_once(monkeypatch):
    lock, now, most, own = threading.Lock(), [0], [0], apart._run
    digests = []

    def counted(job, patience):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        try:
            return own(job, patience)
        finally:
            with lock:
                now[0] -= 1

    monkeypatch.setattr(apart, "_run", counted)
    monkeypatch.setattr(apart, "PATIENCE", 300.0)
    raw = zipped({f"{k}.png": picture(noise(300, 300)) for k in range(3)})
    threads = [
        threading.Thread(target=lambda: digests.append(store(raw, "a.zip"))) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests) == 12 and len(set(digests)) == 1
    assert 1 <= most[0] <= apart.AT_ONCE == 2


# ---- zips ---------------------------------------------------------------------------------------


def directory(count: int, told: int | None = None, large=False) -> bytes:
    """A zip that is a directory of `count` files alone, and tells of another number."""
    told = count if told is None else told
    one = b"PK\1\2" + bytes(24) + struct.pack("<HHH", 1, 0, 0) + bytes(12) + b"a"
    whole = one * count
    end64 = b""
    if large:
        end64 = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, told, told, len(whole), 0)
        end64 += b"PK\6\7" + struct.pack("<IQI", 0, len(whole), 1)
    fields = (
        (0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        if large
        else (min(told, 0xFFFF), min(told, 0xFFFF), len(whole), 0)
    )
    return whole + end64 + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, *fields, 0)


@pytest.mark.parametrize(
    "raw",
    [
        directory(60_000),
        directory(60_000, told=2),
        directory(60_000, large=True),
        directory(60_000, told=2, large=True),
        directory(1, told=2**63, large=True),
    ],
    ids=["plain", "that lies", "zip64", "zip64 that lies", "zip64 of nothing"],
)
@pytest.mark.parametrize("ending", ["zip", "npz"])
def test_zips_of_a_million_members_are_never_listed(raw, ending, in_this_process, monkeypatch):
    def never(*_, **__):
        raise AssertionError("listed before it was counted")

    monkeypatch.setattr(zipfile, "ZipFile", never)
    with pytest.raises(UserError, match="more than 40,000 files"):
        store(raw, f"a.{ending}")


@pytest.mark.parametrize(
    "raw",
    [
        b"PK\5\6" + bytes(18),
        b"PK\5\6" + bytes(17),
        b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 3, 3, 2**31, 0, 0),
        directory(3)[:-5],
        directory(3).replace(b"PK\1\2", b"PK\1\3"),
        zipped({"a.png": zipped({"b.png": b"x"}), "c.png": zipped({})}),
    ],
    ids=["empty", "cut", "a directory before the file", "no end", "no entries", "nested"],
)
@pytest.mark.parametrize("ending", ["zip", "npz"])
def test_zips_that_lie(raw, ending, in_this_process):
    with pytest.raises(UserError):
        store(raw, f"a.{ending}")


def test_members_on_top_of_each_other(in_this_process):
    """One megabyte that a directory names four hundred times."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("0.png", bytes(MIB))
        for k in range(1, 400):
            again = zipfile.ZipInfo(f"{k}.png")
            for name in ("CRC", "compress_size", "file_size", "header_offset", "compress_type"):
                setattr(again, name, getattr(z.infolist()[0], name))
            z.filelist.append(again)
    assert out.tell() < 40_000
    with pytest.raises(UserError, match="unpacks to"):
        store(out.getvalue(), "a.zip")


# ---- arrays and tables --------------------------------------------------------------------------


def header(shape: str, descr="'<f8'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) + 1) + text + b"\n"


@pytest.mark.parametrize(
    "shape, descr",
    [
        ("(30_000_000, 1)", "'|u1'"),
        ("(10_000_000, 3)", "'|b1'"),
        ("(2, 5000, 3000)", "'|u1'"),
        ("(20_000, 3, 20, 25)", "'|u1'"),
        ("(2, 0)", "'<f8'"),
        ("(0, 10**30)", "'<f8'"),
        ("(True, 2)", "'<f8'"),
        ("(" + "9" * 5000 + ",)", "'<f8'"),
    ],
)
@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_an_array_is_counted_before_it_is_made(shape, descr, ending, in_this_process, monkeypatch):
    made = []
    monkeypatch.setattr(np.lib.format, "read_array", lambda *_, **__: made.append(1))
    raw = header(shape, descr) + bytes(30 * MIB)
    with pytest.raises(UserError):
        store(raw if ending == "npy" else zipped({"x.npy": raw}), f"a.{ending}")
    assert not made


def test_an_archive_of_many_arrays_is_not_searched_for_ever(in_this_process, monkeypatch):
    looked, own = [], numbers._array
    monkeypatch.setattr(numbers, "_array", lambda *a: looked.append(1) or own(*a))
    with pytest.raises(UserError):
        store(npz(**{f"k{k}": np.zeros(1) for k in range(300)}), "a.npz")
    assert len(looked) == numbers.ARRAYS


@pytest.mark.parametrize(
    "raw, words",
    [
        (b"\n" * 200_000 + b"1,2\n3,4\n", "lines"),
        (b"#\n" * 200_000 + b"1,2\n3,4\n", "lines"),
        (b"#" + "🎲".encode() * MIB, "is not a number"),
        ("🎲".encode() * MIB, "is not a number"),
        (b" " * MIB + b"1,2\n3,4", "is not a number|characters"),
        (b"1,2" + b" " * MIB + b"\n3,4", "characters"),
        (b"1;2\r" * 30_000, "rows"),
        (b"\0" * MIB, "not a number"),
    ],
)
def test_tables_without_end(raw, words, in_this_process):
    with pytest.raises(UserError, match=words) as caught:
        store(raw, "a.csv")
    assert len(str(caught.value)) < 500


# ---- what is kept -------------------------------------------------------------------------------


@pytest.mark.parametrize("spoil", ["cut", "empty", "flipped", "another", "objects", "shape"])
def test_a_damaged_upload_is_a_sentence(spoil):
    digest = store(npy(np.arange(12.0).reshape(6, 2) ** 2), "a.npy")
    path = uploads.path(digest)
    raw = path.read_bytes()
    path.write_bytes(
        {
            "cut": raw[: len(raw) // 2],
            "empty": b"",
            "flipped": raw[:150] + bytes([raw[150] ^ 255]) + raw[151:],
            "another": npz(other=np.zeros(3)),
            "objects": npz(points=np.array([{}, {}], dtype=object)),
            "shape": npz(points=np.zeros((2, 2, 2), "<f4")),
        }[spoil]
    )
    for ask in (Upload(digest).points, Upload(digest).view, lambda: Upload(digest).kind):
        with pytest.raises(UserError, match=digest) as caught:
            ask()
        assert str(path.parent) not in str(caught.value)
