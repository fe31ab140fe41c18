"""Damaged files of the cache: each breaks itself and nothing beside it."""

import json
import os
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.core.predictor import Predictor
from explorer.core.trained import Trained
from explorer.errors import UserError
from explorer.lab.experiment import Experiment
from explorer.models import files
from explorer.server import train
from explorer.settings import flatten
from explorer.store import downloads, places, predictors, trainings, uploads, weights
from explorer.store.results import Results, digest_of
from explorer.training import runs
from explorer.training.configs import build, chosen, description
from explorer.ui import networks, pages
from explorer.ui.predictors import menu

from . import halls

TINY = {"data": "spiral", "network.width": 16, "network.depth": 1}
JSON = {
    "a list": "[]",
    "a number": "7",
    "null": "null",
    "text": '"mine"',
    "no end": '{"a": [1,',
    "deep": "[" * 100_000,
    "deep and whole": '{"a": ' * 5000 + "1" + "}" * 5000,
    "not a number": '{"format": NaN}',
    "half a character": '{"\\ud800": "\\ud800"}',
    "long": '{"a": "' + "x" * 2**21 + '"}',
}
WAYS = ["empty", "half", "zeros", "noise", "folder", "circle", "dangling", "pipe", *JSON]

SOME = WAYS if os.environ.get("EXPLORER_ATTACK") == "full" else random.Random(1).sample(WAYS, 6)


def damage(path: Path, way: str) -> None:
    """Put something else in a file's place."""
    whole = path.read_bytes()
    path.unlink()
    if way in JSON:
        path.write_text(JSON[way])
    elif way == "folder":
        (path / "inside").mkdir(parents=True)
    elif way == "circle":
        path.symlink_to(path)
    elif way == "dangling":
        path.symlink_to(path.with_name("nowhere"))
    elif way == "pipe":
        os.mkfifo(path)  # whoever opens it waits for ever
    else:
        of = {"empty": b"", "half": whole[: len(whole) // 2], "zeros": bytes(len(whole))}
        path.write_bytes(of.get(way, random.Random(0).randbytes(len(whole))))


def fill() -> None:
    """Two of everything: one stays whole."""
    t = chosen("F", TINY)
    for name in ("good", "bad"):
        network = build(t)
        files.save(network, description(t) | {"label": name, "data": {"data": "spiral"}}, name)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(halls, "SMALL", {})
            watch = iter(range(2))
            list(runs.run(t, f"{name}-run", watch=lambda: next(watch, None) is None and stop()))
        trainings.claim(f"{name}-run", "0" * 64)
        mine = Predictor(0.1, 0.0, False)
        predictors.keep(Trained(mine, (80.0, 0.002), False, "amed", (2,), (1.0,)), name=name)
        predictors._loaded.pop(name)
        uploads.put(np.full((9, 2), ord(name[0]), "<f4"))
        Results(places.cache("studies")).put(name, [1])
        downloads.remember(name, "0" * 64)


def stop():
    from explorer.errors import Cancelled

    raise Cancelled


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    place = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLORER_CACHE", str(place))
        fill()
    return place


@pytest.fixture
def bad(filled, tmp_path, monkeypatch):
    """Damages a file of a cache of this test's own."""
    shutil.copytree(filled, tmp_path / "cache")
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(predictors, "_loaded", {})
    return lambda way, *parts: damage(places.cache(*parts), way)


def sent(answer) -> str:
    """As it goes to every visitor."""
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False)
    text.encode()
    return text


def everybody_is_served() -> None:
    """All that lists what others left."""
    listed = networks.listing()
    assert "good" in [row["name"] for row in listed["networks"]]
    look = train.act({"do": "look"})
    assert "good-run" in halls.names(look["paused"])
    assert "good" in predictors.names()
    for answer in (listed, look, pages.config(), menu(Experiment())):
        assert str(places.cache()) not in sent(answer)


def refuses(do) -> None:
    """Does it, or says in a sentence that it cannot; no path of this machine in it."""
    try:
        do()
    except UserError as error:
        told = str(error)
        assert str(places.cache()) not in told and told.rstrip("”")[-1] == ".", told


@pytest.mark.parametrize("way", WAYS)
def test_a_config(bad, way):
    bad(way, "models", "bad", "config.json")
    everybody_is_served()
    refuses(lambda: loaded("bad"))
    assert loaded("good")


KINDS = [None, 7, -1, 0.5, True, "x", "\ud800", [], [[]], [None], ["a"], {}, {"a": {}}, [2] * 99]


@pytest.mark.slow
@pytest.mark.parametrize("key", ["label", "shape", "kwargs", "network", "data", "licence", "origin",
                                 "precond", "precond_kwargs", "digest", "format", "scheduler",
                                 "sigma_data", "parameters", "training"])  # fmt: skip
def test_every_wrong_type_in_a_config(bad, key):
    path = places.cache("models", "bad", "config.json")
    whole = json.loads(path.read_text())
    for k, value in enumerate(KINDS):
        path.write_text(json.dumps(whole | {key: value}))
        os.utime(path, (k + 1, k + 1))  # read anew though no byte more
        everybody_is_served()
        refuses(lambda: loaded("bad") and networks.about(Experiment(model=network("bad"))))


def loaded(name: str):
    """The network, its weights read."""
    return files.load(weights.find(name))


def network(name: str):
    from explorer.settings import unflatten

    e = unflatten(Experiment, {"data": "spiral", "model": "network", "model.checkpoint": name})
    return e.model


@pytest.mark.parametrize("way", WAYS)
def test_weights(bad, way):
    bad(way, "models", "bad", "weights.safetensors")
    everybody_is_served()
    with pytest.raises(UserError) as told:
        loaded("bad")
    assert str(places.cache()) not in str(told.value)


@pytest.mark.parametrize("way", SOME)
@pytest.mark.parametrize("file", ["training.json", "state.pt", "owner"])
def test_a_training(bad, file, way):
    bad(way, "training", "bad-run", file)
    everybody_is_served()
    refuses(lambda: next(iter(runs.run(chosen("F", TINY), "bad-run"))))
    everybody_is_served()
    answer = train.act({"do": "cancel", "name": "bad-run"})
    if "problem" in answer:  # without a state there is none
        assert file == "state.pt" and "not being trained" in answer["problem"]
    else:
        assert not trainings.folder("bad-run").exists()


@pytest.mark.parametrize("way", WAYS)
def test_a_predictor(bad, way):
    bad(way, "predictors", "bad.json")
    everybody_is_served()
    refuses(lambda: predictors.find("bad"))
    assert predictors.find("good")


@pytest.mark.parametrize("way", WAYS)
def test_the_list_of_digests(bad, way):
    bad(way, "downloads", "digests.json")
    everybody_is_served()
    refuses(downloads.known)
    refuses(lambda: downloads.remember("new", "1" * 64))


@pytest.mark.parametrize("way", WAYS)
def test_a_result_is_measured_again(bad, way):
    digest = digest_of("bad")
    bad(way, "studies", digest[:2], f"{digest}.json")
    kept = Results(places.cache("studies"))
    assert kept.get("bad") is None and kept.get("good") == [1]
    assert dict(kept) == {"good": [1]}
    if way != "folder":
        kept.put("bad", [2])
        assert kept.get("bad") == [2]


@pytest.mark.parametrize("way", SOME)
@pytest.mark.parametrize("folder", ["models", "training", "predictors", "uploads", "studies"])
def test_a_whole_folder(bad, folder, way):
    """Whatever is in its place, the page opens."""
    shutil.rmtree(places.cache(folder))
    places.cache(folder).write_bytes(b"{}")
    bad(way, folder)
    for answer in (networks.listing(), train.act({"do": "look"}), pages.config()):
        sent(answer)
    predictors.names()
    refuses(lambda: uploads.put(np.zeros((4, 2), "<f4")))
    refuses(lambda: trainings.write_state(trainings.folder("new"), b"x"))
    refuses(lambda: weights.put({"w": torch.zeros(2)}, {"kwargs": {}, "shape": [2]}, "new"))
    refuses(lambda: Results(places.cache("studies")).put("q", [1]))


def test_settings_of_another_version(bad):
    t = flatten(chosen("F", TINY))
    place = trainings.folder("bad-run")
    for key in t:
        for value in (None, [], {}, [[]], "\ud800", 10**400, True, {"a": "b"}):
            (place / "training.json").write_text(json.dumps(t | {key: value}))
            look = train.act({"do": "look"})
            sent(look)
            assert "good-run" in halls.names(look["paused"])
