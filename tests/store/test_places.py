"""The cache folder is where the environment says, and no name leads out of it."""

import pytest

from explorer.errors import UserError
from explorer.store import places


def test_the_cache_is_where_the_environment_says(home, monkeypatch, tmp_path):
    assert places.cache("a", "b") == home / ".cache" / "diffusion-sampler-explorer" / "a" / "b"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert places.cache("a") == tmp_path / "xdg" / "diffusion-sampler-explorer" / "a"
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "own"))
    assert places.cache("a") == tmp_path / "own" / "a"
    assert places.cache("a", root=tmp_path / "given") == tmp_path / "given" / "a"
    assert not list(tmp_path.iterdir())


def test_a_file_of_an_earlier_version_is_found(home, monkeypatch, tmp_path):
    former = home / ".cache" / "diffusion-sampler-explorer" / "uploads" / "a.npz"
    former.parent.mkdir(parents=True)
    former.write_bytes(b"1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert places.found("uploads", "a.npz") == former
    assert places.found("uploads", "b.npz") == places.cache("uploads", "b.npz")
    now = places.cache("uploads", "a.npz")
    now.parent.mkdir(parents=True)
    now.write_bytes(b"2")
    assert places.found("uploads", "a.npz") == now
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "own"))  # never looked into ~/.cache
    assert places.found("uploads", "a.npz") == tmp_path / "own" / "uploads" / "a.npz"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc", "a\\b", "C:", "../x", "a\0b"])
@pytest.mark.parametrize("place", [places.cache, places.found, places.assets])
def test_no_name_leads_out(place, name):
    with pytest.raises(UserError, match="is no name of a file"):
        place("models", name)


def test_the_assets_are_the_pages():
    assert places.assets("page.html").is_file() and places.assets("weights").is_dir()
