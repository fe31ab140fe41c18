"""Over 250 hostile files through the doors that strangers have: each ends in one sentence, nothing
of it runs, nothing is kept, and no sentence names a place on this machine.

All of them here by the readers themselves, two dozen of them among the fast tests, and these by
processes of their own too; all of them so where EXPLORER_ATTACK=full.
"""

import os
import random
import re
import tempfile
from pathlib import Path

import pytest

from explorer.data import store
from explorer.errors import UserError
from explorer.models import load
from explorer.models.edm_pickle import read_predictor
from explorer.server import networks
from explorer.store import places, predictors, weights

from .corpus import SPOT, corpus

pytestmark = pytest.mark.filterwarnings("ignore:TypedStorage")
CORPUS = corpus()
FULL = os.environ.get("EXPLORER_ATTACK") == "full"
SOME = CORPUS if FULL else random.Random(12).sample(CORPUS, 24)
FOLDERS = {str(places.ROOT), str(Path.home()), tempfile.gettempdir()}
A_PATH = re.compile(r"(?<![\w.])/\w[\w.-]*/\w")
DOORS = {
    "data": lambda path: store(path, path.name),
    "network": lambda path: networks.receive(path, path.name),
    "amed": read_predictor,
    "trained": predictors.read,
    "folder": load,
}


def ends_in_a_sentence(files: dict[str, bytes], door: str, folder: Path) -> None:
    for name, raw in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    single = len(files) == 1 and door != "folder"
    with pytest.raises(UserError) as caught:
        DOORS[door](folder / next(iter(files)) if single else folder)
    words = str(caught.value)
    assert words and len(words) < 1000 and "Traceback" not in words
    assert not A_PATH.search(words) and not any(place in words for place in FOLDERS), words
    assert not os.path.exists(SPOT) and not (places.ROOT / "executed").exists()
    assert not Path("executed").exists()
    kept = weights.kept_folder()
    assert not kept.is_dir() or not [p for p in kept.iterdir() if p.suffix != ".lock"]


def test_the_corpus_is_large_and_of_every_kind():
    assert len(CORPUS) >= 200
    assert {door for _, door, _ in CORPUS} == set(DOORS)


@pytest.mark.parametrize(
    "name, door, files",
    [pytest.param(*c, id=c[0], marks=[] if c in SOME else [pytest.mark.slow]) for c in CORPUS],
)
def test_by_the_readers(name, door, files, tmp_path, monkeypatch, in_this_process):
    monkeypatch.chdir(tmp_path)
    ends_in_a_sentence(files, door, tmp_path / "given")


@pytest.mark.slow
@pytest.mark.parametrize("name, door, files", SOME, ids=[c[0] for c in SOME])
def test_by_processes_of_their_own(name, door, files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ends_in_a_sentence(files, door, tmp_path / "given")
