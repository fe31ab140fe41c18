"""Each store keeps what it keeps in the one cache folder, wherever the environment says it is."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.core.predictor import Predictor
from explorer.core.trained import Trained
from explorer.data import Upload, published, store
from explorer.errors import UserError
from explorer.store import arrays, downloads, places, predictors, trainings, uploads, weights
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


def network() -> None:
    weights.put({"w": torch.ones(2)}, {}, "mine", losses=[1.0], card="# Mine")


def download() -> None:
    downloads.remember("mine", "0" * 64)
    part = downloads.Part("mine")
    with part.alone(), part.open(resumed=False) as file:
        file.write(b"some")
    part.write_note({"url": "https://x"})


def training() -> None:
    place = trainings.folder("mine")
    trainings.claim("mine", "me")
    with trainings.alone(place):
        trainings.begin(place, {"kimg": 1})
        trainings.write_state(place, b"numbers")


def predictor() -> None:
    mine = Predictor(0.1, 0.0, False)
    predictors.keep(Trained(mine, (80.0, 0.002), False, "amed", (2,), (1.0,)), name="mine")
    predictors._loaded.pop("mine")


KEEP = {
    "uploads": upload,
    "published": data_set,
    "studies": result,
    "models": network,
    "downloads": download,
    "training": training,
    "predictors": predictor,
}
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
    assert not [p for p in files if p.name.startswith(".")]  # no part, no lock


ASK = {
    "uploads": uploads.path,
    "weights": weights.find,
    "own weights": weights.kept,
    "delete": weights.delete,
    "predictors": predictors.find,
    "trainings": trainings.folder,
    "forget": trainings.forget,
    "downloads": lambda name: downloads.Part(name).path,
}


@pytest.mark.parametrize("name", ["../secret", "a/../../secret", "..", "/etc/passwd", "a\\b", "\0"])
@pytest.mark.parametrize("ask", ASK.values(), ids=ASK)
def test_a_name_leads_nowhere_else(home, tmp_path, ask, name):
    secret = places.cache("secret")
    secret.mkdir(parents=True)
    for file in (weights.CONFIG, "secret.json"):
        (secret / file).write_text("{}")
    try:
        place = ask(name)
    except UserError:
        place = None
    assert place is None or place.parent.parent == places.cache(), place
    assert {p.name for p in secret.iterdir()} == {weights.CONFIG, "secret.json"}


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


def test_one_download_at_a_time(home):
    with downloads.Part("mine").alone() as part:
        second = downloads.Part("mine").alone()
        with pytest.raises(UserError, match="mine is being fetched already"), second:
            pass
        with downloads.Part("other").alone():
            pass
        part.write_note({"url": "https://x"})
        assert downloads.Part("mine").note == {"url": "https://x"}
        part.drop()
    with downloads.Part("mine").alone() as part:
        assert part.size == 0 and part.note == {}


def test_the_list_of_digests_grows_whoever_writes(home):
    def add(k):
        downloads.remember(f"file-{k}", f"{k:064x}")

    threads = [threading.Thread(target=add, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert downloads.known() == {f"file-{k}": f"{k:064x}" for k in range(8)}


def test_two_savers_of_one_name_leave_one_network(home):
    """Whoever comes second is told, though the name was free when both began."""
    said = []

    def save(k):
        try:
            weights.put({"w": torch.full((2,), float(k))}, {"k": k}, "mine")
        except UserError as problem:
            said.append(str(problem))

    threads = [threading.Thread(target=save, args=(k,)) for k in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(said) == 5 and all("already there" in words for words in said)
    folder = weights.kept_folder()
    assert [p.name for p in folder.iterdir()] == ["mine"]
    config = json.loads((folder / "mine" / weights.CONFIG).read_text())
    assert config["digest"] == weights.digest_of(folder / "mine" / weights.WEIGHTS)
