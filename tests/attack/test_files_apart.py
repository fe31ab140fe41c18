"""Whatever a file does to the process that reads it, this one goes on and has a sentence."""

import json
import threading

import pytest

from explorer.errors import UserError
from explorer.store import apart

MIB = 2**20
SMALL = apart.Limits(seconds=1, memory=100 * MIB, written=9 * MIB)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "given.bin"
    path.write_bytes(b"hello")
    return path


def read(task, source, **words):
    with apart.read(f"tests.attack.tasks:{task}", source, "a.bin", SMALL, **words) as found:
        return found.value


@pytest.mark.parametrize(
    "task, words",
    [
        ("spin", "more than 1 seconds"),
        ("wait", "more than 1 seconds"),
        ("swallow", "100 MiB of memory"),
        ("hoard", "100 MiB of memory"),
        ("fill", "damaged"),
        ("vanish", "without an answer"),
        ("crash", "without an answer"),
        ("fail", "damaged"),
        ("open_files", "damaged"),
    ],
)
def test_what_a_reader_does_ends_with_it(task, words, file):
    with pytest.raises(UserError, match=words) as caught:
        read(task, file)
    assert "a.bin" in str(caught.value) and str(file.parent) not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff\xfe",
        b"[1, 2]",
        b"{}",
        b"[" * 100_000,
        b'{"kind": "value", "val',
        b'{"kind": ["value"]}',
        b'{"kind": "refused", "refused": ["x"]}',
        b'{"kind": "value", "value": "' + b"x" * 5 * MIB + b'"}',
    ],
    ids=lambda raw: raw[:24].decode("latin-1"),
)
def test_garbage_for_an_answer(answer, file):
    file.write_bytes(answer)
    with pytest.raises(UserError, match="without an answer"):
        read("chatter", file)


def test_a_refusal_is_cut_to_a_sentence(file):
    file.write_text(json.dumps({"kind": "refused", "refused": "no " * 9999}))
    with pytest.raises(UserError) as caught:
        read("chatter", file)
    assert len(str(caught.value)) == apart.SENTENCE


def test_what_comes_back_is_never_unpickled(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with apart.read("tests.attack.tasks:arrays", file, "a.bin", SMALL) as found:
        for ask in (found.array, found.tensors):
            for name in ("points", "objects", "state", "absent"):
                with pytest.raises(UserError, match="without an answer"):
                    ask(name)
    assert not list(tmp_path.rglob("executed"))


def test_a_few_at_once_and_a_sentence_for_who_waits_too_long(file, monkeypatch):
    """Two readers are stuck; a third is told so, and a fourth is served when they have ended."""
    monkeypatch.setattr(apart, "PATIENCE", 0.1)
    problems = []

    def stuck():
        try:
            read("wait", file)
        except UserError as problem:
            problems.append(str(problem))

    taken = [apart._rooms.acquire() for _ in range(apart.AT_ONCE)]
    try:
        stuck()
    finally:
        for _ in taken:
            apart._rooms.release()
    assert "Try again in a moment" in problems.pop()
    threads = [threading.Thread(target=stuck) for _ in range(apart.AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(problems) == apart.AT_ONCE and all("more than 1 seconds" in p for p in problems)
    with pytest.raises(UserError, match="damaged"):  # its turn comes: every room is free again
        read("fail", file)
