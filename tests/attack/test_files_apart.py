"""Whatever a file does to the process that reads it, this one goes on and has a sentence."""

import json
import threading

import pytest

from explorer.errors import UserError
from explorer.store import apart

pytestmark = pytest.mark.slow  # real servers and processes

MIB = 2**20
SMALL = apart.Limits(seconds=30, memory=100 * MIB, written=9 * MIB)
SHORT = apart.Limits(seconds=1)  # for readers that never end; on a busy machine others need more


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "given.bin"
    path.write_bytes(b"hello")
    return path


def read(task, source, **words):
    limits = SHORT if task in ("spin", "wait") else SMALL
    with apart.read(f"tests.attack.tasks:{task}", source, "a.bin", limits, **words) as found:
        return found.value


@pytest.mark.parametrize(
    "task, words",
    [
        pytest.param("spin", "more than 1 seconds", marks=pytest.mark.slow),
        pytest.param("wait", "more than 1 seconds", marks=pytest.mark.slow),
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
    monkeypatch.setattr(apart, "PATIENCE", 0.1)
    monkeypatch.setattr(apart, "_reading", ["one", "another"])
    with pytest.raises(UserError, match="Try again in a moment"):
        read("fail", file)
    monkeypatch.setattr(apart, "_reading", ["one"])
    with pytest.raises(UserError, match="damaged"):  # its turn comes
        read("fail", file)
    assert apart._reading == ["one"]


def test_one_visitor_has_one_reader_and_leaves_the_other_free(file, monkeypatch):
    monkeypatch.setattr(apart, "_reading", ["flood"])
    monkeypatch.setattr(apart, "PATIENCE", 0.1)
    with pytest.raises(UserError, match="Try again in a moment"):
        read("fail", file, of="flood")
    with pytest.raises(UserError, match="damaged"):
        read("fail", file, of="somebody else")


@pytest.mark.slow
def test_who_waits_is_served_when_others_have_ended(file):
    """Readers that are stuck take their turns, each until its own time is over."""
    problems = []

    def stuck():
        try:
            read("wait", file)
        except UserError as problem:
            problems.append(str(problem))

    threads = [threading.Thread(target=stuck) for _ in range(2 * apart.AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(problems) == len(threads) and all("more than 1 seconds" in p for p in problems)
    assert not apart._reading
