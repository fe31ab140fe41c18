"""A line of the log belongs to a request, and says nothing that is nobody's business."""

import json
import logging
import sys

import pytest

from explorer.server import here, lines, logs, workers
from tests.waiting import answer_of


@pytest.fixture(autouse=True)
def nothing_stays():
    yield
    logs.asks(None)
    logs.work_for("")


def asked(*given: bytes) -> logs.Asked:
    return lines.begin({"headers": [(b"x-request-id", one) for one in given]})


def written(form: logging.Formatter, message: str, error: Exception | None = None, **more) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("explorer", logging.ERROR, "", 0, message, (), info)
    vars(record).update(more)
    return form.format(record)


def test_an_id_that_is_a_plain_word_is_kept_and_any_other_is_not():
    for word in (b"abc", b"3f9c-2a.b_c", b"x" * 64):
        assert asked(word).id == word.decode()
    odd = [(b"x" * 65,), (b"a b",), (b"a\nlevel",), (b'"},{"',), (b"\xff",), (b"",), (b"-a",)]
    for words in [*odd, (b"one", b"two"), ()]:
        made = asked(*words).id
        assert len(made) == 16 and made.encode() not in words
    assert asked().id != asked().id


def test_both_forms_name_the_request_and_json_is_one_line():
    asked(b"mine")
    try:
        raise ValueError("of\nno use")
    except ValueError as error:
        found = error
    assert "ERROR [mine] it\nfell" in written(logs.Plain(), "it\nfell")
    line = written(logs.Json(), "it\nfell", found)
    assert "\n" not in line
    said = json.loads(line)
    assert said["request"] == "mine" and said["level"] == "error" and said["text"] == "it\nfell"
    assert "ValueError: of\nno use" in said["trace"]
    logs.asks(None)
    assert "request" not in json.loads(written(logs.Json(), "by nobody"))
    assert "[" not in written(logs.Plain(), "by nobody")


def test_a_line_is_bounded_and_no_reader_of_lines_takes_it_for_two():
    try:
        raise ValueError("y" * 10**6)
    except ValueError as error:
        line = written(logs.Json(), "one\u2028two\x85three\ud800" + "x" * 10**6, error)
    assert len(line.splitlines()) == 1 and line.isascii() and len(line) < 3 * logs.LONGEST
    assert json.loads(line)["text"].startswith("one\u2028two\x85three")


@pytest.mark.parametrize(
    "path, word",
    [
        ("/", "/"),
        ("/healthz", "/healthz"),
        ("/gradio_api/component_server", "/gradio_api/component_server"),
        ("/gradio_api/queue/join", "/gradio_api/queue/join"),
        ("/gradio_api/call/explore", "/gradio_api/call/explore"),
        ("/gradio_api/call/explore/21f950dee407", "/gradio_api/call/explore"),
        ("/gradio_api/call/v2/sample", "/gradio_api/call/v2/sample"),
        ("/gradio_api/file=/etc/passwd", "/gradio_api/file/…"),
        ("/explorer/abc/js/app.js", "/explorer/…"),
        ("/Ada Lovelace/1815", "/…"),
        ("/" + "x" * 400, "/…"),
    ],
)
def test_an_address_is_told_without_what_is_in_it(path, word):
    assert lines.told(path) == word


def test_a_line_of_a_request_has_its_facts_and_no_secrets(caplog):
    scope = {
        "method": "POST",
        "path": "/gradio_api/file=/home/ada/x",
        "root_path": "",
        "query_string": b"key=secret",
        "headers": [(b"cookie", b"secret"), (b"x-request-id", b"r1")],
        "explorer.visitor": lines.visitor.Visitor("address 192.0.2.7"),
    }
    sent = []

    async def send(message):
        sent.append(message)

    async def answered():
        line = lines.Line(send, scope, lines.begin(scope))
        logs.calling("explore")
        await line({"type": "http.response.start", "status": 200, "headers": []})
        await line({"type": "http.response.body", "body": b"12345"})
        line.end()

    with caplog.at_level(logging.INFO, "explorer"):
        answer_of(answered())
    assert (b"x-request-id", b"r1") in sent[0]["headers"]
    facts = caplog.records[-1].facts
    assert facts["status"] == 200 and facts["bytes"] == 5 and facts["call"] == "explore"
    assert not [w for w in ("secret", "ada", "192.0.2") if w in json.dumps(facts)]
    assert len(facts["visitor"]) == 8


def test_work_in_other_threads_and_processes_keeps_the_request_that_asked(caplog):
    asked(b"who-asked")
    assert workers.Away({}, False).words()[0]["by"] == "who-asked"
    seen = []

    def rows(watch):
        seen.append(logs.current_id())
        yield 1

    work = here.Here(rows, 1)
    asked(b"somebody-else")  # whose end lets it begin
    over = here.threading.Event()
    work.begin(lambda problem: over.set())
    assert over.wait(60) and seen == ["who-asked"]


def test_a_process_that_works_for_one_request_says_so():
    logs.work_for("r7")
    assert json.loads(written(logs.Json(), "of a measurement"))["request"] == "r7"
    logs.work_for("")
    assert logs.current() is None


def test_use_takes_its_own_handler_away_again(monkeypatch):
    monkeypatch.setattr(sys, "stderr", sys.__stderr__)
    root = logging.getLogger()
    before = [h for h in root.handlers if h is not logs._handler]  # which a server may have set
    try:
        logs.use("plain")
        logs.use("plain")
        assert len(root.handlers) == len(before) + 1
    finally:
        root.removeHandler(logs._handler)
        logs.log.setLevel(logging.NOTSET)
