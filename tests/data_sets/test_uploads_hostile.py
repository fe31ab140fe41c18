"""Files from strangers: each broken or hostile one gets a sentence."""

import os
import struct
import zipfile
import zlib

import numpy as np
import pytest

from explorer.data import Upload, store
from explorer.errors import UserError
from explorer.reading import numbers

from .test_uploads import RNG, noise, npy, npz, picture, points, zipped

pytestmark = pytest.mark.usefixtures("in_this_process", "cache")


class Marker:
    def __reduce__(self):
        return os.mkdir, ("executed",)


def damaged():
    """name -> (bytes, filename, what the sentence mentions)."""
    good = npy(np.arange(8.0).reshape(4, 2))
    png = picture(noise(20, 20))
    x = RNG.normal(size=(6, 2))
    nan = x.copy()
    nan[2, 1] = np.nan

    def header(shape, descr="'<f8'"):
        text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) + 1) + text + b"\n"

    def huge_png(width, height):
        def chunk(kind, body):
            return (
                struct.pack(">I", len(body))
                + kind
                + body
                + struct.pack(">I", zlib.crc32(kind + body))
            )

        size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", size)
            + chunk(b"IDAT", zlib.compress(b""))
            + chunk(b"IEND", b"")
        )

    bomb = bytearray(zipped({"a.png": bytes(1000), "b.png": png}))
    place = bomb.index(b"PK\x01\x02")
    bomb[place + 24 : place + 28] = struct.pack("<I", 2**32 - 2)
    lie = bytearray(zipped({"a.png": bytes(10**6), "b.png": png}))
    place = lie.index(b"PK\x01\x02")
    lie[place + 24 : place + 28] = struct.pack("<I", 50)
    locked = bytearray(zipped({"a.png": png, "b.png": png}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + offset] |= 1
    objects = npy(np.array([Marker(), Marker()], dtype=object), allow_pickle=True)
    return {
        "pickled objects": (objects, "a.npy", "object"),
        "pickled objects in npz": (zipped({"x.npy": objects}), "a.npz", "object"),
        "bare pickle": (b"\x80\x04cos\nsystem\n(S'mkdir executed'\ntR.", "a.npy", "damaged"),
        "pickle in npz": (zipped({"x.npy": b"\x80\x04."}), "a.npz", "damaged"),
        "strings": (npy(np.array([["a", "b"], ["c", "d"]])), "a.npy", "<U1"),
        "complex": (npy(np.ones((3, 2)) * 1j), "a.npy", "complex"),
        "dates": (npy(np.array([["2020-01-01"] * 2] * 3, "M8[D]")), "a.npy", "datetime"),
        "structured": (npy(np.zeros(4, [("x", "f8"), ("y", "f8")])), "a.npy", "plain numbers"),
        "cut npy": (good[:-9], "a.npy", "cut short"),
        "header only": (good[:40], "a.npy", "damaged"),
        "declared huge": (header((10**9, 10**9)) + bytes(64), "a.npy", "cut short"),
        "declared negative": (header((-4, -2)) + bytes(64), "a.npy", "-4"),
        "many axes": (header((1,) * 40) + bytes(64), "a.npy", "expected"),
        "subarray": (header((1,), "('<f8', (1000000000,))") + bytes(64), "a.npy", "a.npy"),
        "code in the header": (header("__import__('os').mkdir('executed')"), "a.npy", "damaged"),
        "deep header": (header("(" * 4000), "a.npy", "damaged"),
        "minus signs": (header("(" + "-" * 9000 + "1,)"), "a.npy", "damaged"),
        "other version": (b"\x93NUMPY\x03\x00" + bytes(99), "a.npy", "version"),
        "nan": (npy(nan), "a.npy", "not finite"),
        "inf": (npy(np.where(np.isnan(nan), np.inf, nan)), "a.npy", "not finite"),
        "nan in csv": (b"1,2\nnan,3\n4,5", "a.csv", "not finite"),
        "one axis": (npz(x=np.zeros(3)), "a.npz", r"\(3,\)"),
        "no axis": (npy(np.float64(3)), "a.npy", r"\(\)"),
        "five axes": (npy(np.zeros((2, 2, 2, 2, 2))), "a.npy", "expected"),
        "two channels": (npy(np.zeros((4, 5, 5, 2))), "a.npy", "expected"),
        "no rows": (npy(np.zeros((0, 2))), "a.npy", "rows work"),
        "one row": (npy(np.ones((1, 2))), "a.npy", "rows work"),
        "no columns": (npy(np.zeros((5, 0))), "a.npy", "coordinates"),
        "many columns": (npy(np.zeros((5, 65))), "a.npy", "coordinates"),
        "many rows": (npy(np.zeros((20_001, 2), np.uint8)), "a.npy", "20,000"),
        "large images": (npy(np.zeros((2, 230, 230), np.uint8)), "a.npy", "49,152"),
        "too much in all": (npy(np.zeros((5000, 32, 32, 3), np.uint8)), "a.npy", "rows work"),
        "thin images": (npy(np.zeros((5, 1, 9))), "a.npy", "2 × 2"),
        "all the same": (npy(np.ones((5, 2))), "a.npy", "same"),
        "empty npz": (zipped({}), "a.npz", "no array"),
        "npz of text": (zipped({"readme": b"hello"}), "a.npz", "no array"),
        "words": (b"x,y\nhello,world\n", "a.csv", "hello"),
        "word later": (b"1,2\n3,four\n", "a.csv", "four"),
        "ragged": (b"1,2\n3\n", "a.csv", "line 2"),
        "decimal commas": (b"1,5;2,5\n3,5;4,5\n", "a.csv", "line 1: '1,5'"),
        "one wide line": (b"1," * 100_000, "a.csv", "columns"),
        "one long number": (b"1" * 10**6 + b"x,1", "a.csv", "not a number"),
        "binary csv": (bytes(range(128, 256)), "a.csv", "damaged"),
        "header alone": (b"x,y\n", "a.csv", "no rows"),
        "many lines": (b"1,2\n" * 20_001, "a.csv", "20,000"),
        "empty csv": (b"\n\n", "a.csv", "no rows"),
        "empty file": (b"", "a.npy", "empty"),
        "unknown ending": (good, "a.pkl", ".pkl"),
        "no ending": (good, "a", "ending"),
        "not a zip": (good, "a.zip", "damaged"),
        "cut zip": (zipped({"a.png": png, "b.png": png})[:-30], "a.zip", "damaged"),
        "bomb": (bytes(bomb), "a.zip", "unpacks to"),
        "real bomb": (
            zipped({f"{i}.png": bytes(90 * 2**20) for i in range(3)}),
            "a.zip",
            "unpacks to",
        ),
        "lie about the size": (bytes(lie), "a.zip", "damaged"),
        "locked": (bytes(locked), "a.zip", "password"),
        "lzma": (zipped({"a.png": png, "b.png": png}, zipfile.ZIP_LZMA), "a.zip", "unusual"),
        "one image": (zipped({"a.png": png}), "a.zip", "1 images"),
        "no image": (zipped({"a.svg": b"<svg/>"}), "a.zip", "0 images"),
        "same images": (zipped({"a.png": png, "b.png": png}), "a.zip", "same"),
        "broken image": (zipped({"a.png": png[:60], "b.png": png}), "a.zip", "a.png"),
        "not an image": (zipped({"a.png": b"#!/bin/sh", "b.png": png}), "a.zip", "a.png"),
        "disguised format": (
            zipped({"a.png": b"%!PS-Adobe-3.0 EPSF-3.0\n", "b.png": png}),
            "a.zip",
            "a.png",
        ),
        "many pixels": (zipped({"a.png": huge_png(5000, 5000), "b.png": png}), "a.zip", "5,000"),
        "absurd pixels": (
            zipped({"a.png": huge_png(90_000, 90_000), "b.png": png}),
            "a.zip",
            "pixels",
        ),
    }


DAMAGED = damaged()


@pytest.mark.parametrize("case", DAMAGED)
def test_broken_and_hostile_files_get_a_sentence(case, cache, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    raw, filename, mention = DAMAGED[case]
    with pytest.raises(UserError, match=mention) as caught:
        store(raw, filename)
    assert filename in str(caught.value) or mention in str(caught.value)
    assert len(str(caught.value)) < 500
    assert not (tmp_path / "executed").exists()
    assert not cache.exists()


def test_names_inside_a_zip_are_never_paths(cache, tmp_path):
    raw = zipped(
        {
            "../../../evil.png": picture(noise(9, 9)),
            "/etc/evil.png": picture(noise(9, 9)),
            "C:\\evil.png": picture(noise(9, 9)),
        }
    )
    digest = store(raw, "../../../evil.zip")
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [f"{digest}.npz"]
    assert len(Upload(digest).points()) == 3


def test_too_many_entries_are_refused_before_they_are_listed(monkeypatch):
    monkeypatch.setattr(numbers, "ROWS", 2)
    with pytest.raises(UserError, match="more than 4 files"):
        store(zipped({f"{i}.png": b"" for i in range(5)}), "a.zip")


def test_large_file_is_refused(monkeypatch):
    monkeypatch.setattr(numbers, "LARGEST", 100)
    with pytest.raises(UserError, match="larger than"):
        store(npy(np.zeros((9, 9))), "a.npy")


@pytest.mark.parametrize("filename", ["a.npy", "a.npz", "a.csv", "a.zip"])
def test_flipped_and_missing_bytes_are_read_or_explained(filename):
    good = {
        "a.npy": npy(np.arange(12.0).reshape(6, 2)),
        "a.npz": npz(x=np.eye(4)),
        "a.csv": b"x,y\n1,2\n3,4\n5,7\n",
        "a.zip": zipped(
            {
                "a.png": picture(noise(9, 9)),
                "b.gif": picture(noise(9, 9), "GIF"),
                "c.webp": picture(noise(9, 9), "WEBP"),
            }
        ),
    }[filename]
    rng = np.random.default_rng(1)
    explained = 0
    for _ in range(150):
        raw = bytearray(good)
        for place in rng.integers(len(raw), size=rng.integers(1, 4)):
            raw[place] = rng.integers(256)
        raw = bytes(raw[: rng.integers(len(raw))] if rng.random() < 0.3 else raw)
        try:
            x = points(raw, filename, 8)
            assert np.isfinite(x).all() and len(x) >= 2
        except UserError:
            explained += 1
    assert explained > 10
