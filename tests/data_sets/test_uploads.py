"""Files from strangers: each format works, and is kept."""

import io
import os
import time
import zipfile

import numpy as np
import pytest
from PIL import Image

from explorer.data import Upload, store
from explorer.data.upload import taken
from explorer.errors import UserError
from explorer.store import uploads

pytestmark = pytest.mark.usefixtures("in_this_process", "cache")
RNG = np.random.default_rng(0)


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
    with zipfile.ZipFile(file, "w", method, compresslevel=1) as z:  # some hold 270 MiB of zeros
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


def test_images_of_128_pixels_are_taken_as_they_are():
    images = RNG.integers(0, 256, (3, 128, 128, 3), np.uint8)
    assert points(npy(images), "a.npy").shape == (3, 3, 128, 128)


def test_a_column_of_labels_is_no_coordinate_and_is_told():
    rows = "\n".join(f"{i / 7},{i % 5},{3 if i % 2 else 7}" for i in range(40))
    digest, said = taken(f"u,v,Label\n{rows}".encode(), "two.csv")
    data = Upload(digest)
    assert said == "40 rows. Coordinates: u, v. Labels: Label, 2 classes."
    assert data.points().shape == (40, 2) and data.classes == 2
    assert data.labels().tolist() == [0 if i % 2 else 1 for i in range(40)]  # 3 and 7 in order
    plain, told = taken(rows.encode(), "two.csv")
    assert told == "40 rows. 3 columns, all coordinates. No column is headed “label”."
    assert Upload(plain).labels() is None and Upload(plain).classes == 0 and plain != digest


@pytest.mark.parametrize(
    "text, named", [("x,y,label\n1,2,0.5\n2,3,1", "not whole"), ("label\n1\n2", "labels alone")]
)
def test_labels_that_are_none_are_refused_by_name(text, named):
    with pytest.raises(UserError, match=named):
        taken(text.encode(), "two.csv")
