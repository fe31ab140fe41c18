"""Tools over MCP, by a real client; what bounds the page's calls bounds them."""

import asyncio
import base64
import json
import sys

import httpx
import pytest

from explorer.bench.page import free_port
from explorer.errors import UserError
from explorer.server import app, bodies, hosts, logs, tools, visitor
from explorer.server.door import Door
from explorer.server.knocks import FREE, checker
from explorer.server.mcp import MISSING, Mcp
from explorer.server.turns import AT_ONCE, EACH, ROOM
from tests.beside import given_slots
from tests.waiting import PATIENCE, answer_of, until

HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@pytest.fixture(scope="module")
def url():
    """A server of this process's, with tools."""
    demo, _, local, _ = app.launch("127.0.0.1", free_port(), prevent_thread_lock=True, tools=True)
    yield local + "mcp"
    demo.close(verbose=False)


def talk(url: str, *calls: tuple[str, dict]) -> list:
    """What a client of the package's is answered: the tools, then each call's result."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def talked() -> list:
        async with (
            streamable_http_client(url) as (reads, writes, *_),
            ClientSession(reads, writes) as client,
        ):
            await client.initialize()
            listed = (await client.list_tools()).tools
            return [listed, *[await client.call_tool(name, given) for name, given in calls]]

    return answer_of(talked())


def refused(result) -> str:
    assert result.isError and result.structuredContent is None
    words = result.content[0].text
    assert "Traceback" not in words and "/explorer/" not in words
    return words


@pytest.mark.slow  # a server, and a sweep
def test_a_client_uses_all_four_and_reads_sentences_where_it_errs(url):
    levels = "14.6, 5.8, 0.9, 0.03, 0"
    listed, view, seen, rows, made, *wrong = talk(
        url,
        ("run_view", {"settings": {"nfe": 9, "samples": 16}, "strips": "curvature"}),
        ("xray_schedule", {"schedule": levels, "model": "sdxl"}),
        ("sweep", {"settings": {"samples": 16}, "solvers": "ddim, heun", "budgets": "5, 9"}),
        ("convert_schedule", {"settings": {"nfe": 9}, "to": "diffusers"}),
        ("run_view", {"settings": {"solver": "hune"}}),
        ("run_view", {"settings": {"nfe": [1, [2]]}}),
        ("run_view", {"settings": "nfe=9"}),
        ("run_view", {"nfe": 9}),
        ("xray_schedule", {}),
        ("xray_schedule", {"schedule": levels, "model": "sd99"}),
        ("convert_schedule", {"schedule": levels, "to": "fortran"}),
        ("convert_schedule", {}),
        ("sweep", {"budgets": "many"}),
        ("paint", {}),
    )
    assert [t.name for t in listed] == list(tools.tools())
    assert all(t.description and t.inputSchema["type"] == "object" for t in listed)
    assert view.structuredContent["query"] == "nfe=9&samples=16"
    assert json.loads(view.content[0].text) == view.structuredContent
    assert seen.structuredContent["runs"][0]["levels"][0] == 14.6
    assert rows.structuredContent["rows"] and "best" in rows.structuredContent
    assert list(made.structuredContent["dialects"]) == ["diffusers"]
    words = [refused(w) for w in wrong]
    for text, meant in zip(
        words,
        ["Did you mean|hune", "nfe must be", "must be an object", "takes no 'nfe'",
         "needs “schedule”", "sd99", "fortran", "one of them", "many", "There is no tool 'paint'"],
        strict=True,
    ):  # fmt: skip
        assert any(m in text for m in meant.split("|")), (meant, text)


@pytest.mark.slow  # a server
def test_the_doors_bounds_hold_for_tools(url, monkeypatch):
    who = []
    seen = lambda name, given: who.append((visitor.current(), logs.current_id())) or {"x": 1e999}
    monkeypatch.setattr(tools, "use", seen)
    used = {**CALL, "method": "tools/call", "params": {"name": "sweep", "arguments": {}}}
    with httpx.Client(headers=HEADERS, timeout=PATIENCE) as client:
        fine = client.post(url, json=used, headers={"x-request-id": "of-a-tool"})
        assert fine.json()["result"]["structuredContent"] == {"x": "Infinity"}
        assert fine.headers["x-request-id"] == "of-a-tool"
        assert fine.headers["x-frame-options"] == "DENY"
        assert who[0][0].name == "address 127.0.0.1" and who[0][0].way == "api"
        assert who[0][1] == "of-a-tool"
        assert client.post(url, json=CALL, headers={"host": "evil.example"}).status_code == 421
        foreign = client.post(url, json=CALL, headers={"origin": "https://evil.example"})
        assert foreign.status_code == 403 and "may not use this server" in foreign.json()["error"]
        stream = client.get(url)
        assert stream.status_code == 405 and "by POST" in stream.json()["error"]
        assert client.delete(url).status_code == 405
        deep = client.post(url, content=b"[" * 5000 + b"]" * 5000)
        assert deep.status_code == 400 and "nested too deeply" in deep.json()["error"]
        assert "is not JSON" in client.post(url, content=b"{").json()["error"]
        large = client.post(url, content=b'"' + b"x" * (5 << 20) + b'"')
        assert large.status_code == 413 and "too large" in large.json()["error"]
        assert client.post(url.replace("/mcp", "/gradio_api/mcp/"), json=CALL).status_code == 404
        monkeypatch.setattr(tools, "use", lambda name, given: 1 / 0)
        fell = client.post(url, json=used).json()["result"]
    assert fell["isError"] and "did not expect" in fell["content"][0]["text"]


SECURE = ("x-content-type-options", "x-frame-options", "content-security-policy", "x-request-id")


@pytest.mark.slow  # a server
def test_clients_at_once_wait_fairly_and_starve_no_reader(url, monkeypatch):
    """Three by the addresses they come from: seventy calls of one, six of which are refused for
    their number; then one of another, and a page's view, which are given a slot before most: in
    which order threads then get to work is the machine's."""
    monkeypatch.setattr(tools, "use", lambda name, given: {})
    held = [ROOM.enter(visitor.Visitor(f"holder {k}", "page")) for k in range(AT_ONCE)]

    def waits(name: str) -> int:
        return sum(name in (t.who.name, t.page) for t in list(ROOM.waiting))

    def used(name: str) -> dict:
        return {**CALL, "method": "tools/call", "params": {"name": name, "arguments": {}}}

    async def all_of_it():
        at = lambda host: httpx.AsyncHTTPTransport(local_address=host, limits=httpx.Limits())
        async with (
            httpx.AsyncClient(
                transport=at("127.0.0.2"), headers=HEADERS, timeout=PATIENCE
            ) as flood,
            httpx.AsyncClient(
                transport=at("127.0.0.3"), headers=HEADERS, timeout=PATIENCE
            ) as other,
            httpx.AsyncClient(transport=at("127.0.0.4"), timeout=PATIENCE) as reader,
        ):
            ask = lambda client, name: asyncio.create_task(client.post(url, json=used(name)))
            tasks = [ask(flood, "sweep") for _ in range(EACH + 6)]
            await asyncio.to_thread(until, lambda: sum(t.done() for t in tasks) == 6)
            await asyncio.to_thread(until, lambda: waits("address 127.0.0.2") == EACH)
            refused_ = [t.result().json()["result"] for t in tasks if t.done()]
            tasks += [ask(other, "run_view"), asyncio.create_task(page(reader))]
            await asyncio.to_thread(until, lambda: waits("address 127.0.0.3") and waits("reads"))
            given = given_slots(monkeypatch)
            for turn in held:
                ROOM.leave(turn)
            return refused_, await asyncio.gather(*tasks), given

    async def page(client: httpx.AsyncClient) -> httpx.Response:
        view = {"values": {"samples": 4, "nfe": 5, "seed": 8600}, "page": "reads", "id": 1}
        (part,) = [
            c["id"]
            for c in (await client.get(url.replace("mcp", "config"))).json()["components"]
            if c["props"].get("elem_id") == "explorer"
        ]
        body = {"data": view, "component_id": part, "fn_name": "explore", "session_hash": "r"}
        return await client.post(url.replace("mcp", visitor.PAGE_CALL[1:]), json=body)

    refused_, answers, given = answer_of(all_of_it())
    order = ["page" if t.who.way == "page" else t.who.name for t in given]
    assert all(f"{EACH} of your requests wait already" in str(r) for r in refused_)
    assert len(refused_) == 6 and order.count("address 127.0.0.2") >= EACH
    assert order.index("address 127.0.0.3") <= 2 * AT_ONCE
    assert order.index("page") <= 2 * AT_ONCE
    assert all(answer.status_code == 200 for answer in answers)
    assert "run" in answers[-1].json()["parts"]


@pytest.mark.slow  # a server
def test_what_tools_hold_is_bounded_let_go_and_answered_with_the_pages_headers(url, monkeypatch):
    used = {**CALL, "method": "tools/call", "params": {"name": "sweep", "arguments": {}}}
    with httpx.Client(headers=HEADERS, timeout=PATIENCE) as client:
        monkeypatch.setattr(bodies, "HELD", 50)
        full = client.post(url, json=used)
        monkeypatch.undo()
        assert full.status_code == 503 and "too many requests" in full.json()["error"]
        answers = [
            full,
            client.get(url),
            client.post(url, content=b"{"),
            client.post(url, json=CALL),
        ]
        answers.append(client.post(url, json=used, headers={"origin": "https://evil.example"}))
        for answer in answers:
            assert not [name for name in SECURE if name not in answer.headers], answer.status_code
    held = [ROOM.enter(visitor.Visitor(f"holder {k}", "page")) for k in range(AT_ONCE)]
    try:
        with pytest.raises(httpx.ReadTimeout):  # who leaves while it waits is not worked for
            httpx.post(url, json=used, headers=HEADERS, timeout=httpx.Timeout(PATIENCE, read=1.0))
        until(lambda: not ROOM.waiting)
    finally:
        for turn in held:
            ROOM.leave(turn)


def test_every_setting_is_told_with_its_help_and_range():
    schema = tools.settings_schema()
    assert len(schema) > 100 and all(len(one["description"]) > 2 for one in schema.values())
    assert schema["nfe"]["type"] == "integer" and schema["nfe"]["minimum"] >= 1
    assert "heun" in schema["solver"]["enum"] and "heun: " in schema["solver"]["description"]
    rho = schema["timesteps.rho"]
    assert rho["description"].startswith("Of timesteps=") and rho["maximum"] > rho["minimum"]
    for tool in tools.tools().values():
        assert set(tool.schema["required"]) <= set(tool.schema["properties"])
        for about in tool.schema["properties"].values():
            assert about["description"] and about["examples"]


def asking(knocks_of: Door, mcp: Mcp, *words: str) -> tuple[int, bytes]:
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"{"}

    given = [(b"authorization", w.encode("latin-1")) for w in words]
    scope = {"type": "http", "method": "POST", "path": "/mcp", "root_path": "", "headers": given,
             "client": ("192.0.2.1", 1)}  # fmt: skip
    answer_of(mcp.answer(scope, receive, send, bodies.Reader(), knocks_of.knocks))
    return sent[0]["status"], sent[1]["body"]


def test_passwords_of_the_page_are_asked_of_tools_too():
    door, mcp = Door(hosts.Names()), Mcp(checker([("ada", "love:lace")]))
    basic = lambda text: "Basic " + base64.b64encode(text.encode()).decode()
    in_ = (400, b"is not JSON")
    for words in ((), ("Bearer abc",), ("Basic %%%",), ("Basic " + "YQ==",)):
        status, body = asking(door, mcp, *words)
        assert status == 401 and b"asks for a name and a password" in body
    status, body = asking(door, mcp, basic("ada:love:lace"))
    assert status == in_[0] and in_[1] in body, "let in, and read"
    for _ in range(FREE):
        assert asking(door, mcp, basic("ada:wrong"))[0] == 401
    status, body = asking(door, mcp, basic("ada:love:lace"))
    assert status == 429 and b"try again in" in body


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp.server.streamable_http_manager", None)
    with pytest.raises(UserError, match="pip install 'mcp") as error:
        Mcp()
    assert str(error.value) == MISSING


def test_without_the_option_there_is_none():
    scope = {"path": "/mcp", "root_path": "", "headers": [(b"host", b"localhost")], "method": "GET",
             "type": "http"}  # fmt: skip
    assert Door(hosts.Names())._refusal(scope)[0] == 404
