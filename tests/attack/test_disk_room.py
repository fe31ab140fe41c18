"""The disk has a bound: what visitors leave goes, what a person saved stays, and nobody's upload is
pushed out by another's.
"""

import os
import time

import numpy as np
import pytest

from explorer import cli
from explorer.errors import UserError
from explorer.server import api, tidy, visitor
from explorer.store import (
    downloads,
    locks,
    places,
    predictors,
    room,
    trainings,
    uploads,
    weights,
    writing,
)


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    monkeypatch.setattr(uploads, "_of", {})
    monkeypatch.setattr(visitor, "_seen", {})


def points(k: int, rows: int = 100) -> np.ndarray:
    return np.full((rows, 2), k, "<f4")


def here(digest: str) -> bool:
    return uploads.path(digest).exists()


def aged(path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_an_upload_goes_with_its_visitor_and_no_other():
    ann, bob = uploads.put(points(1), "ann"), uploads.put(points(2), "bob")
    both = uploads.put(points(3), "ann")
    assert uploads.put(points(3), "bob") == both
    nobodys = uploads.put(points(4))
    assert uploads.left("ann") == 1 and uploads.left("ann") == 0
    assert not here(ann) and here(bob) and here(both) and here(nobodys)
    assert uploads.left("bob") == 2 and not here(both) and here(nobodys)


def test_a_visitor_who_is_absent_has_left(monkeypatch):
    ann, bob = uploads.put(points(1), "ann"), uploads.put(points(2), "bob")
    visitor._seen.update(ann=-1e9, bob=1e9)  # seconds of the clock that only goes on
    tidy.tidy()
    assert not here(ann) and here(bob) and list(visitor._seen) == ["bob"]


def test_a_flood_removes_nobody_elses(monkeypatch):
    mine = uploads.put(points(0), "ann")
    for k in range(1, 60):
        uploads.put(points(k), "mallory")
    assert here(mine)
    assert len(list(places.cache("uploads").glob("*.npz"))) == 1 + uploads.OWN_FILES
    monkeypatch.setattr(uploads, "OWN_BYTES", 3000)  # of one, 800 bytes each
    uploads.put(points(70), "mallory")
    assert len(list(places.cache("uploads").glob("*.npz"))) == 1 + 3


def test_a_flood_of_many_is_told_that_all_room_is_taken(monkeypatch):
    monkeypatch.setattr(uploads, "KEPT_FILES", 5)
    old = uploads.put(points(99))  # nobody on the page has it
    mine = [uploads.put(points(k), f"visitor {k}") for k in range(5)]
    assert not here(old) and all(map(here, mine))
    with pytest.raises(UserError, match="holds 5 uploads .* try again when somebody has left"):
        uploads.put(points(5), "visitor 5")
    assert all(map(here, mine))
    uploads.left("visitor 0")
    assert here(uploads.put(points(5), "visitor 5"))


def test_an_upload_goes_a_day_after_it_was_last_read():
    old, read = uploads.put(points(1)), uploads.put(points(2))
    for digest in (old, read):
        aged(uploads.path(digest), room.DAY + 10)
    uploads.read(uploads.path(read))
    room.expire()
    assert not here(old) and here(read)


def test_what_a_browser_sent_goes_when_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    for name, text in (("good.csv", "1,2\n3,4\n5,7\n"), ("bad.csv", "no number\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(text)
        answer = api.receive({"path": str(tmp_path / name / name), "name": name})
        assert ("digest" in answer) is (name == "good.csv")
    assert not list(tmp_path.iterdir())


def saved_on_purpose() -> dict:
    trainings.write_state(trainings.folder("run"), b"state" * 1000)
    writing.write_bytes(places.cache("predictors", "mine.json"), b"{}" * 1000)
    writing.write_bytes(places.cache("models", "net", "config.json"), b"{}" * 1000)
    return {p: p.read_bytes() for p in places.cache().rglob("*") if p.is_file()}


def test_above_the_bound_the_oldest_go_and_nothing_that_was_saved(monkeypatch):
    saved = saved_on_purpose()
    digests = [uploads.put(points(k, 1000)) for k in range(4)]
    for k, digest in enumerate(digests):
        aged(uploads.path(digest), 1000 - k)
    most = room.total() - 9000  # of 8 kB each
    assert room.trim(most) <= most
    assert [here(d) for d in digests] == [False, False, True, True]
    assert room.trim(0) == sum(map(len, saved.values()))
    assert all(p.read_bytes() == was for p, was in saved.items())
    monkeypatch.setattr(uploads, "limit", 15_000)
    assert here(uploads.put(points(1), "ann"))
    with pytest.raises(UserError, match=r"cache of this page is full \(1.5e-05 GB\)"):
        uploads.put(points(2, 1000), "ann")


def test_a_page_keeps_so_many_predictors(monkeypatch):
    monkeypatch.setattr(predictors, "MOST", 2)
    for k in range(2):
        predictors.check_room()
        writing.write_text(places.cache("predictors", f"p{k}.json"), "{}")
    with pytest.raises(UserError, match="holds 2 predictors, so this one was not saved"):
        predictors.check_room()


def test_the_command_lists_and_clears(capsys):
    saved_on_purpose()
    digest = uploads.put(points(1))
    aged(places.cache("predictors", "mine.json"), 3 * 86400)
    assert cli.main(["cache"]) == 0
    told = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert told["uploads"].split()[1:4] == [
        "1",
        f"{uploads.path(digest).stat().st_size / 1000:.3g}",
        "kB",
    ]
    assert "3 days" in told["predictors"] and told["studies"].split()[1] == "0"
    assert cli.main(["cache", "clear"]) == 0
    said = capsys.readouterr().out
    assert "uploads: 1 removed" in said and "models, predictors, training; name them" in said
    assert [k.name for k in room.listing() if k.count] == ["models", "predictors", "training"]
    assert cli.main(["cache", "clear", "predictors", "models"]) == 0
    assert [k.name for k in room.listing() if k.count] == ["training"]
    assert cli.main(["cache", "clear", "everything"]) == 2
    assert "Known: arriving" in capsys.readouterr().err


def test_what_somebody_works_on_stays_and_is_said(capsys):
    saved_on_purpose()
    trainings.write_state(trainings.folder("idle"), b"numbers")
    downloads.remember("net", "0" * 64)
    held = trainings.reserve(trainings.folder("run"))
    with downloads.Part("net").alone() as part, part.open(resumed=False) as file:
        file.write(b"some")
        assert cli.main(["cache", "clear", "training", "downloads"]) == 1
    held.release()
    said = capsys.readouterr().out
    assert "training/run stays: a process is at work on it" in said
    assert "downloads/net.part stays" in said and "training: 1 removed" in said
    assert trainings.state(trainings.folder("run")) and part.size == 4
    assert downloads.known() == {"net": "0" * 64}, "by which a changed file is noticed"
    assert not locks.is_held(trainings.folder("run"))
    assert cli.main(["cache", "clear", "training"]) == 0 and weights.kept_folder().is_dir()


def test_a_server_starts_where_nothing_can_be_saved_and_says_so(tmp_path, monkeypatch, capsys):
    from explorer.commands import serve

    monkeypatch.delenv("GRADIO_TEMP_DIR")
    serve.prepare()
    assert os.environ["GRADIO_TEMP_DIR"] == str(places.cache(room.ARRIVING))
    monkeypatch.delenv("GRADIO_TEMP_DIR")
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "file"))
    serve.prepare()
    assert "GRADIO_TEMP_DIR" not in os.environ  # the system's own place, then
    assert "Nothing can be saved here. What browsers send could" in capsys.readouterr().out


@pytest.mark.parametrize("size", ["abc", "", "-1gb", "1", "10 parsecs"])
def test_a_size_that_is_none_is_said(size, capsys):
    with pytest.raises(SystemExit):
        cli.serve(["--max-cache", size or " "])
    assert "--max-cache" in capsys.readouterr().err
