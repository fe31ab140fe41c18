"""Files from strangers: each format works, and each broken or hostile file gets a sentence."""

import io
import os
import struct
import time
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from explorer.data import Upload, store
from explorer.errors import UserError
from explorer.reading import numbers
from explorer.store import uploads

pytestmark = pytest.mark.usefixtures("in_this_process")
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "uploads"


def npy(x, **how):
    file = io.BytesIO()
    np.save(file, x, **how)
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def zipped(entries, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as z:
        for name, raw in entries.items():
            z.writestr(name, raw)
    return file.getvalue()


def picture(x, ending="PNG", **how):
    file = io.BytesIO()
    Image.fromarray(np.asarray(x, np.uint8)).save(file, ending, **how)
    return file.getvalue()


def noise(*shape):
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def points(raw, filename, size=16):
    return Upload(store(raw, filename, size)).points().numpy()


def same_up_to_scale(x, original):
    original = original - original.mean(0)
    # float32 in the file
    np.testing.assert_allclose(x, original * 0.5 / np.sqrt(np.mean(original**2)), atol=1e-6)


def test_points_are_centred_and_scaled_as_one():
    original = RNG.normal(7, [3, 0.1], (50, 2))
    for raw, name in [
        (npy(original), "a.npy"),
        (npz(y=np.array(["a", "b"]), z=original), "a.npz"),
        (npz(y=np.zeros((4, 2)), x=original), "a.NPZ"),
        ("\n".join(f"{a!r}, {b!r}" for a, b in original.tolist()).encode(), "a.csv"),
    ]:
        digest = store(raw, name)
        same_up_to_scale(Upload(digest).points().numpy(), original)
        assert Upload(digest).kind == "plane" and Upload(digest).labels() is None
        assert Upload(digest).classes == 0


@pytest.mark.parametrize(
    "text",
    [
        "x,y\n1,2\n3,4\n5,7\n",
        "1;2\n3;4\n5;7",
        "1\t2\n3\t4\n5\t7\n",
        "# made by hand\n1 2\n\n3  4\n5 7",
        '\ufeff"x","y"\n"1","2"\n3,4\n5,7\r\n',
        "1e0, 2.\n3,4\n5,+7",
    ],
)
def test_tables_in_every_dress(text):
    same_up_to_scale(points(text.encode(), "t.txt"), np.array([[1, 2], [3, 4], [5, 7.0]]))


def test_numbers_decide_the_kind():
    wide = RNG.normal(size=(40, 20))
    line, plane = Upload(store(npy(wide[:, :1]), "a.npy")), Upload(store(npy(wide), "a.npy"))
    assert line.kind == "line" and line.points().shape == (40, 1) and line.view().shape == (1, 1)
    assert plane.kind == "plane" and plane.points().shape == (40, 20)
    view, x = plane.view().numpy(), plane.points().numpy()
    np.testing.assert_allclose(view @ view.T, np.eye(2), atol=1e-12)
    seen, best = np.square(x @ view.T).sum(), np.linalg.svd(x - x.mean(0))[1][:2]
    assert seen == pytest.approx(np.square(best).sum())  # no plane shows more
    np.testing.assert_array_equal(Upload(store(npy(wide[:, :2]), "a.npy")).view(), np.eye(2))
    assert Upload().kind == "plane"


@pytest.mark.parametrize(
    "shape, expected",
    [
        ((5, 6, 7), (5, 1, 6, 7)),
        ((5, 6, 7, 1), (5, 1, 6, 7)),
        ((5, 6, 7, 3), (5, 3, 6, 7)),
        ((5, 3, 6, 7), (5, 3, 6, 7)),
        ((5, 1, 6, 7), (5, 1, 6, 7)),
        ((5, 32, 32, 3), (5, 3, 32, 32)),
    ],
)
def test_image_arrays_become_channels_first(shape, expected):
    x = noise(*shape)
    digest = store(npy(np.asfortranarray(x)), "a.npy")
    seen = Upload(digest).points().numpy()
    if shape[-1] in (1, 3):
        x = x.transpose(0, 3, 1, 2)
    np.testing.assert_allclose(seen, x.reshape(expected) / 127.5 - 1, atol=1e-6)
    assert Upload(digest).kind == "image"
    assert Upload(digest).view().shape == (2, np.prod(expected[1:]))


@pytest.mark.parametrize(
    "factor, shift, rule",
    [
        (1, 0, lambda x: 2 * x - 1),
        (2, -1, lambda x: x),
        (0.5, 0, lambda x: 2 * x - 1),
        (255, 0, lambda x: 2 * x / 255 - 1),
        (20, -10, lambda x: x / 10),
    ],
)
def test_image_ranges(factor, shift, rule):
    x = np.stack([np.zeros((4, 4)), np.ones((4, 4)), np.linspace(0, 1, 16).reshape(4, 4)])
    x = x * factor + shift
    for dtype in (">f8", "f4"):
        np.testing.assert_allclose(points(npy(x.astype(dtype)), "a.npy")[:, 0], rule(x), atol=1e-6)


@pytest.mark.apart
def test_zip_of_images_is_cropped_and_made_small():
    left, right = np.zeros((40, 80), np.uint8), np.zeros((40, 80), np.uint8)
    left[:, :20], right[:, 20:60] = 255, 255  # outside and inside the middle square
    raw = zipped(
        {
            "b.png": picture(right),
            "a.png": picture(left),
            "notes.md": b"hello",
            "__MACOSX/._a.png": b"resource fork",
            "sub/": b"",
        }
    )
    x = points(raw, "a.zip", 8)
    assert x.shape == (2, 1, 8, 8)
    # the filter looks a little past the crop
    np.testing.assert_allclose(x[0, 0, :, 1:-1], -1, atol=0.02)
    np.testing.assert_allclose(x[1, 0, :, 1:-1], 1, atol=0.02)


@pytest.mark.parametrize(
    "ending, pillow",
    [("png", "PNG"), ("jpg", "JPEG"), ("bmp", "BMP"), ("webp", "WEBP"), ("gif", "GIF")],
)
def test_image_formats(ending, pillow):
    red = np.zeros((20, 20, 3), np.uint8) + np.array([255, 0, 0], np.uint8)
    x = points(zipped({f"1.{ending}": picture(red, pillow), "2.png": picture(red // 2)}), "a.zip")
    assert x.shape == (2, 3, 16, 16)
    np.testing.assert_allclose(x[0].mean((1, 2)), [1, -1, -1], atol=0.05)  # JPEG and WebP lose some


def test_transparent_is_white_and_sixteen_bits_are_scaled():
    clear = picture(np.zeros((9, 9, 4)))
    file = io.BytesIO()
    Image.fromarray(np.full((9, 9), 32896, np.uint16)).save(file, "PNG")
    x = points(zipped({"a.png": clear, "b.png": file.getvalue()}), "a.zip", 8)
    np.testing.assert_allclose(x[0], 1)
    np.testing.assert_allclose(x[1], 128 / 127.5 - 1, atol=1e-6)


@pytest.mark.apart
def test_path_works_as_well_as_bytes(tmp_path):
    path = tmp_path / "mine.npy"
    path.write_bytes(npy(RNG.normal(size=(9, 2))))
    assert store(path) == store(str(path)) == store(path.read_bytes(), "other.npy")
    for wrong in (tmp_path / "absent.npy", tmp_path):
        with pytest.raises(UserError):
            store(wrong, "a.npy")


def test_same_numbers_have_the_same_digest_and_others_another():
    x = RNG.normal(size=(9, 2))
    assert store(npy(x), "a.npy") == store(npz(x=x), "b.npz")
    assert store(npy(x), "a.npy") != store(npy(x[::-1]), "a.npy")


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


@pytest.mark.parametrize("size", [7, 129, 16.0, "16", None])
def test_image_size_has_bounds(size):
    with pytest.raises(UserError, match="8 to 128"):
        store(b"", "a.zip", size)


@pytest.mark.parametrize(
    "digest",
    [
        "../../etc/passwd",
        "0123456789abcde",
        "0123456789ABCDEF",
        "0123456789abcdef0",
        "/etc/passwd",
        "0123456789abcde\n",
        7,
    ],
)
def test_link_cannot_name_a_path(digest):
    with pytest.raises(UserError, match="File"):
        Upload(digest=digest)


def test_unknown_and_missing_uploads_say_what_to_do():
    with pytest.raises(UserError, match="does not hold; upload the file again"):
        Upload("0123456789abcdef").points()
    for ask in (Upload().points, Upload().view):
        with pytest.raises(UserError, match="give a file"):
            ask()


def test_only_the_newest_files_are_kept(cache, monkeypatch):
    monkeypatch.setattr(uploads, "KEPT_FILES", 3)
    digests = []
    for i in range(5):
        digests.append(store(npy(np.arange(6.0).reshape(3, 2) ** (i + 1)), "a.npy"))
        past = time.time() - 100 + i
        os.utime(cache / f"{digests[-1]}.npz", (past, past))
    assert {p.stem for p in cache.iterdir()} == set(digests[-3:])
    monkeypatch.setattr(uploads, "KEPT_BYTES", 1)
    last = store(npy(RNG.normal(size=(4, 2))), "a.npy")
    assert [p.stem for p in cache.iterdir()] == [last]  # the one just asked for always stays


def test_very_large_and_very_small_numbers_are_scaled():
    for factor in (1e300, 1e-300):
        same_up_to_scale(
            points(npy(np.array([[1, 2], [3, 4], [5, 7.0]]) * factor), "a.npy"),
            np.array([[1, 2], [3, 4], [5, 7.0]]),
        )


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


def test_images_of_128_pixels_are_taken_as_they_are():
    images = RNG.integers(0, 256, (3, 128, 128, 3), np.uint8)
    assert points(npy(images), "a.npy").shape == (3, 3, 128, 128)
