"""Each store keeps what it keeps in the one cache folder, wherever the environment says it is."""

from pathlib import Path

import numpy as np
import pytest

from explorer.data import Upload, published, store
from explorer.store import arrays, places, uploads
from explorer.store.results import Results


def upload() -> None:
    store(b"1,2\n3,4\n5,7", "a.csv")


def data_set() -> None:
    def fetch(**_):
        return np.zeros((3, 784)), np.arange(3)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sklearn.datasets.fetch_openml", fetch)
        patch.setattr(published, "_allowed", [True])
        published._load.cache_clear()
        published.Published().labels()
    published._load.cache_clear()


def result() -> None:
    Results(places.cache("studies", "mine")).put("question", 42)


KEEP = {"uploads": upload, "published": data_set, "studies": result}
PLACES = {
    "home": ({}, "home/.cache/diffusion-sampler-explorer"),
    "xdg": ({"XDG_CACHE_HOME": "xdg"}, "xdg/diffusion-sampler-explorer"),
    "own": ({"XDG_CACHE_HOME": "xdg", "EXPLORER_CACHE": "own"}, "own"),
}


@pytest.mark.parametrize("environment, root", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("name", KEEP)
def test_it_is_kept_where_the_environment_says(
    home, monkeypatch, tmp_path, name, environment, root
):
    for key, folder in environment.items():
        monkeypatch.setenv(key, str(tmp_path / folder))
    KEEP[name]()
    files = [p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()]
    assert files and {p.is_relative_to(Path(root) / name) for p in files} == {True}, files
    assert not [p for p in files if p.suffix in (".part", ".lock", ".old")]


def test_an_upload_that_an_earlier_version_kept_is_found(home, monkeypatch, tmp_path):
    digest = store(b"1,2\n3,4\n5,7", "a.csv")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert Upload(digest).points().shape == (3, 2)
    assert not (tmp_path / "xdg").exists()


def test_a_digest_is_the_same_as_ever(home):
    """It stands in published links."""
    assert uploads.put(np.array([[0.5, -0.25], [1, 2]])) == "420ed192300a9d11"


def test_arrays_come_back_as_they_were(tmp_path):
    for packed in (False, True):
        a, b = np.arange(6.0).reshape(3, 2), np.array([1, 2], np.uint8)
        arrays.write(tmp_path / "x.npz", packed, a=a, b=b)
        back = arrays.read(tmp_path / "x.npz", "b", "a")
        assert back[0].dtype == np.uint8
        np.testing.assert_array_equal(back[0], b)
        np.testing.assert_array_equal(back[1], a)
    with pytest.raises(FileNotFoundError):
        arrays.read(tmp_path / "y.npz", "a")


def test_no_object_is_unpickled(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.array([{}], object))
    with pytest.raises(ValueError, match="allow_pickle"):
        arrays.read(tmp_path / "x.npz", "a")
