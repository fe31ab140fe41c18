"""Glyphs, landscapes, photo patches, shipped and published sets: what is drawn, and what is never
fetched."""

import numpy as np
import pytest
import torch

from explorer.data import Fashion, Glyphs, Mnist, Patches, Published, Scenes, allow_fetch, published
from explorer.data.glyphs import CONTRAST, FONTS, SETS, _masters
from explorer.errors import UserError
from explorer.store import places

LUMA = torch.tensor([0.299, 0.587, 0.114])


def g(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    "data",
    [
        Glyphs(),
        Glyphs(size=32, characters="all"),
        Glyphs(characters="letters", paper="any"),
        Patches(),
        Patches(size=8),
        Patches(size=64),
        Scenes(),
    ],
    ids=str,
)
def test_draws_are_endless_labelled_and_repeatable(data):
    x, labels = data.draw(200, g())
    assert x.shape == (200, *data.points().shape[1:]) and x.shape[1] == 3
    assert x.dtype == torch.float32
    assert x.abs().max() <= 1 and x.isfinite().all()
    again, other = data.draw(200, g())[0], data.draw(200, g(1))[0]
    assert torch.equal(x, again) and not torch.equal(x, other)
    assert len(x.flatten(1).unique(dim=0)) >= 190  # photographs have a plain dark corner
    known = data.labels()
    assert labels.shape == (200,) and set(labels.tolist()) <= set(known.tolist())
    assert torch.bincount(known).unique().numel() == 1  # the page shows each class as often


def test_every_font_draws_every_character_apart():
    masters = _masters("all").flatten(2).float() / 255
    ink = masters.mean(2)
    assert masters.shape[:2] == (36, len(FONTS))
    assert ink.min() > 0.02 and ink.max() < 0.5  # nothing empty, nothing a box
    for font in range(len(FONTS)):
        own = masters[:, font]
        apart = torch.cdist(own, own) + 99 * torch.eye(36)
        assert apart.min() > 1, FONTS[font]  # a missing glyph would be drawn like another
    assert len(SETS["all"]) == 36


@pytest.mark.parametrize("kind", ["dark", "any"])
def test_ink_stands_out_from_paper(kind):
    x, _ = Glyphs(size=32, paper=kind).draw(400, g())
    brightness = (x * LUMA[:, None, None]).sum(1).flatten(1)
    paper = brightness[:, [0, 31, -32, -1]].median(1).values
    most = (brightness - paper[:, None]).abs().amax(1)
    assert (paper.max() < -0.5) == (kind == "dark")
    # thin strokes cover a pixel in part, and colours are clipped at the ends of the range
    assert float((most > 0.5 * CONTRAST).float().mean()) > 0.97


def test_labels_say_what_is_drawn():
    """Glyphs of one label look more like each other than like others, on average over fonts."""
    x, labels = Glyphs(size=32).draw(2000, g())
    ink = (x * LUMA[:, None, None]).sum(1)
    ink = (ink - ink[:, :1, :1]).abs()
    ink = ink / ink.flatten(1).norm(dim=1)[:, None, None]
    means = torch.stack([ink[labels == k].mean(0) for k in range(10)]).flatten(1)
    fresh, truth = Glyphs(size=32).draw(500, g(1))
    seen = (fresh * LUMA[:, None, None]).sum(1)
    seen = (seen - seen[:, :1, :1]).abs().flatten(1)
    right = ((seen / seen.norm(dim=1, keepdim=True)) @ means.T).argmax(1) == truth
    assert float(right.float().mean()) > 0.5  # chance is 0.1


def test_patches_are_parts_of_the_photographs():
    from explorer.data.patches import _photos

    x, labels = Patches(size=8).draw(6, g())
    for crop, label in zip(x, labels.tolist()):
        found = False
        for photo in _photos()[label]:
            windows = photo.unfold(1, 8, 1).unfold(2, 8, 1).permute(1, 2, 0, 3, 4)
            for c in (crop, crop.flip(2)):
                found = found or bool((windows == c).flatten(2).all(2).any())
        assert found


# Landscapes


def test_a_landscape_has_its_sky_above_and_its_land_below():
    """By day a sky is bluer than what lies under it, a forest darker, a desert redder."""
    x, kind = Scenes().points(), Scenes().labels()
    day = x[:, 2, :6].mean((1, 2)) > 0.35  # a bright blue above
    sky, land = x[:, :, :6].mean((2, 3)), x[:, :, -6:].mean((2, 3))
    assert 40 < int(day.sum()) < 500  # the hours go round the clock
    bluer = (sky[:, 2] - sky[:, 0]) > (land[:, 2] - land[:, 0])
    ashore = torch.tensor([n not in ("sea", "town") for n in Scenes.names])[kind]
    assert float(bluer[day & ashore].double().mean()) > 0.95
    of = lambda name: land[day & (kind == Scenes.names.index(name))]
    assert of("forest").mean() < of("meadow").mean() < of("desert").mean()
    red = {name: float((of(name)[:, 0] - of(name)[:, 2]).mean()) for name in Scenes.names}
    assert max(red, key=red.__getitem__) == "desert" and min(red, key=red.__getitem__) == "sea"


# Shipped sets


@pytest.mark.parametrize("data", [Fashion(), Mnist()], ids=lambda d: d.name)
def test_a_shipped_set_is_its_bytes_with_a_black_border(data):
    x = data.points()
    assert x.shape == (2000, 1, 32, 32) and data.labels().bincount().tolist() == [200] * 10
    inside = (x[:, :, 2:30, 2:30] + 1) * 127.5
    assert (x[:, :, [0, 1, 30, 31]] == -1).all() and (x[..., [0, 1, 30, 31]] == -1).all()
    torch.testing.assert_close(inside, inside.round(), rtol=0, atol=1e-4)  # float32 on the way
    assert inside.max() > 250 and len(x.flatten(1).unique(dim=0)) == 2000
    assert (places.assets("data") / f"{data.name}-LICENSE").is_file()


# Published sets


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    allow_fetch(False)  # as a page starts
    for held in (published._load, published._points, published._view):
        held.cache_clear()
    yield tmp_path
    allow_fetch(False)
    for held in (published._load, published._points, published._view):
        held.cache_clear()


def forbidden(*_, **__):
    raise AssertionError("something was fetched")


def test_the_classes_of_what_is_not_here_are_known(cache, monkeypatch):
    import sklearn.datasets

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", forbidden)
    assert [Published(which=which).classes for which in published.SETS] == [10, 10, 10]


def test_a_link_never_fetches(cache, monkeypatch):
    import sklearn.datasets

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", forbidden)
    for ask in (
        Published().points,
        Published().labels,
        Published(which="cifar10").view,
        lambda: Published().draw(3, g()),
    ):
        with pytest.raises(UserError, match="not on this machine.*explorer train data=published"):
            ask()


def test_without_a_network_the_owner_gets_a_sentence(cache, monkeypatch):
    import sklearn.datasets

    def offline(**_):
        raise OSError("Name or service not known")

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", offline)
    allow_fetch()
    with pytest.raises(UserError, match="Fashion-MNIST could not be fetched.*Name or service"):
        Published(which="fashion").points()
    assert not list(cache.rglob("*.npz"))


@pytest.mark.parametrize("which, channels", [("mnist", 1), ("cifar10", 3)])
def test_what_was_fetched_is_kept_and_sized(cache, monkeypatch, which, channels):
    import sklearn.datasets

    side = published.SETS[which].shape[1]
    raw = np.random.default_rng(0).integers(0, 256, (1200, channels * side**2))
    asked = []

    def fetch(**how):
        asked.append(how["data_id"])
        return raw.astype(float), np.arange(1200) % 10

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch)
    allow_fetch()
    data = Published(which=which, size=32)
    x = data.points()
    assert x.shape == (1000, channels, 32, 32) and x.abs().max() <= 1
    edge = (32 - side) // 2
    inside = x[:, :, edge : 32 - edge, edge : 32 - edge].flatten(1)
    np.testing.assert_allclose(inside.numpy(), raw[:1000] / 127.5 - 1, atol=1e-6)
    small = Published(which=which, size=16).points()
    torch.testing.assert_close(small, torch.nn.functional.avg_pool2d(x, 2), rtol=0, atol=1e-6)
    assert data.labels().unique().tolist() == list(range(data.classes))
    drawn, labels = data.draw(50, g())
    assert drawn.shape == (50, channels, 32, 32) and labels.max() < 10
    allow_fetch(False)  # on disk now: nobody is asked again
    published._load.cache_clear()
    assert torch.equal(Published(which=which, size=32).draw(50, g())[0], drawn) and len(asked) == 1
