"""Hostile calls, the same for the same seed: (method, path, headers, body as bytes)."""

import json
import random

CALLS = [
    "explore", "progress", "cancel", "receive", "reshape", "beside", "answer", "job_start",
    "job_poll", "job_cancel", "amed_keep", "amed_picture", "amed_shipped", "training",
    "network_list", "network_open", "design", "schedules", "claim_list", "ablation_record",
    "amed_headline", "leave", "card_open",
]  # fmt: skip
FIELDS = [  # that one or another of the page's calls reads
    "query", "values", "page", "id", "have", "want", "design", "pin", "levels", "count",
    "insert", "job", "kind", "name", "token", "tokens", "letter", "do", "flat", "path", "plane",
    "step", "data", "training", "settings", "parts", "theme", "size", "full", "opening", "about",
    "text", "packed", "reading", "model", "steps", "shift", "pick", "rows", "mended", "strength",
    "split", "setting", "what", "of", "link", "table",
]  # fmt: skip
NUMBERS = ["NaN", "-Infinity", "1e999", "1" + "0" * 400, "-0.0", "1e-320", "9007199254740993"]
RAW = [  # JSON, or nearly, as it stands in the body
    "null",
    "true",
    "[]",
    "{}",
    '""',
    "-1",
    "0.5",
    '"\\ud800"',
    '"\\u0000"',
    '"../../etc/passwd"',
    '"\\\\\\\\evil.example\\\\share"',
    '"http://127.0.0.1:1/x"',
    '"<script>alert(1)</script>"',
    '"%s%n{0}{x!r}"',
    '{"__class__": 1, "__proto__": {"a": 1}}',
    '{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}',
    '{"path": "http://127.0.0.1:1/x", "url": "http://127.0.0.1:1/x",'
    ' "meta": {"_type": "gradio.FileData"}}',
    "[[[[1, null], []]], {}]",
    "[" * 40 + "]" * 40,
    "[" * 5000 + "]" * 5000,
    '{"a":' * 900 + "1" + "}" * 900,
    '"' + "a" * 60_000 + '"',
    "[" + "1," * 9000 + "1]",
    '"data=rings&samples=4&nfe=9"',
    '"data=nothing&samples=-1&nfe=1e9"',
    '"solver=heun&solver.alpha=NaN&timesteps=custom&timesteps.levels=1e400"',
    '"model=network&model.checkpoint=../../etc/passwd&model.guide=%2e%2e%2fx&model.guidance=2"',
    '"model=network&model.checkpoint=http://127.0.0.1:1/x&data=none&data.size=1e9&data.channels=-1"',
    '"model=network&model.prompt=<script>alert(1)</script>&model.negative=%00%ff&samples=2"',
    f'"model=network&model.prompt={"a" * 5000}"',
    '"data=none&data.channels=../../x&data.thickness=NaN"',
    '"data=none&data.size=256&data.channels=16&data.thickness=1e999&model=network"',
    '["run", ["run"], {"run": 1}, null, 1e999]',
    *NUMBERS,
]
PATHS = [
    "config", "theme.css", "gradio_api/info", "gradio_api/openapi.json", "gradio_api/app_id",
    "gradio_api/user", "gradio_api/token", "gradio_api/login_check",
    "gradio_api/startup-events", "gradio_api/queue/status", "gradio_api/upload_progress",
    "gradio_api/queue/data", "gradio_api/file=", "gradio_api/file", "gradio_api/proxy=",
    "gradio_api/deep_link", "gradio_api/stream/1/2/3/playlist.m3u8", "static/", "assets/",
    "svelte/", "explorer/", "custom_component/", "gradio_api/custom_component/", "pwa_icon",
    "manifest.json", "robots.txt", "favicon.ico", "logout", "login", "monitoring", "docs",
    "openapi.json", "gradio_api/call/explore", "gradio_api/runs", "gradio_api/mcp",
    "gradio_api/dev/reload", "gradio_api/vibe-code", "gradio_api/cancel", "gradio_api/reset",
    "gradio_api/process_recording", "gradio_api/component_server", "gradio_api/nothing",
    "nothing",
]  # fmt: skip
TAILS = [
    "", "/", "/..%2f..%2fetc%2fpasswd", "%00", "/%ff%fe", "?page=compare", "?page=%00", "?x[]=1",
    "?session_hash=", "?session_hash=zz&upload_id=zz", "/" + "a" * 3000, "//", "/1/2/3/4", "?%",
    ";", "/con", "/~root", "?deep_link=../../x",
]  # fmt: skip
JSON = {"content-type": "application/json"}


def hostile(seed: int, html: int, endpoints: dict[str, int], functions: list[int]):
    """Without end. html: the page's component; endpoints: name -> how many values it takes."""
    chance = random.Random(seed)
    kinds = [_page_call] * 4 + [_endpoint] * 3 + [_queue] * 2 + [_upload, _route, _route, _broken]
    while True:
        yield chance.choice(kinds)(chance, html, endpoints, functions)


def _value(chance) -> str:
    """One value as JSON, or nearly."""
    if chance.random() < 0.75:
        return chance.choice(RAW)
    return json.dumps({chance.choice(FIELDS): None}).replace("null", chance.choice(RAW))


def _object(chance, fields) -> str:
    some = chance.sample(fields, min(len(fields), chance.randrange(1, 6)))
    return "{" + ",".join(f'"{f}":{_value(chance)}' for f in some) + "}"


def _page_call(chance, html, endpoints, functions):
    name = chance.choice(CALLS)
    data = _value(chance) if chance.random() < 0.3 else _object(chance, FIELDS)
    if name == "training":  # no network is trained here; what begins one has tests of its own
        data = data.replace('"do"', '"did"')
    if name == "job_start":
        data = data.replace('"kind"', '"kinds"')
    call = {"data": data, "component_id": str(html), "session_hash": '"h"', "fn_name": f'"{name}"'}
    if chance.random() < 0.15:
        call[chance.choice(list(call))] = _value(chance)
    if chance.random() < 0.1:
        del call[chance.choice(list(call))]
    body = "{" + ",".join(f'"{k}":{v}' for k, v in call.items()) + "}"
    return "POST", "gradio_api/component_server", JSON, body.encode("utf-8", "surrogatepass")


def _endpoint(chance, html, endpoints, functions):
    name = chance.choice([*endpoints, "nothing", "%2e%2e", "explore%00"])
    way = chance.choice(["run", "api", "call", "call/v2"])
    count = endpoints.get(name, 3)
    if chance.random() < 0.5:
        count = chance.choice([0, 1, count - 1, count + 1, 2 * count])
    data = ["null"] * max(0, count)
    for _ in range(chance.randrange(1, 3)):
        if data:
            data[chance.randrange(len(data))] = _value(chance)
    body = f'{{"data":[{",".join(data)}]}}' if chance.random() < 0.8 else _object(chance, FIELDS)
    if chance.random() < 0.2:
        body = body[:-1] + f',"{chance.choice(("fn_index", "session_hash", "event_id"))}":'
        body += _value(chance) + "}"
    return "POST", f"gradio_api/{way}/{name}", JSON, body.encode("utf-8", "surrogatepass")


def _queue(chance, html, endpoints, functions):
    call = {"data": f"[{_value(chance)}]", "session_hash": '"q"', "fn_index": "0"}
    call["fn_index"] = str(chance.choice(functions)) if chance.random() < 0.5 else _value(chance)
    for key in ("event_data", "trigger_id", "batched", "simple_format", "oauth_token"):
        if chance.random() < 0.2:
            call[key] = _value(chance)
    if chance.random() < 0.3:
        call[chance.choice(list(call))] = _value(chance)
    body = "{" + ",".join(f'"{k}":{v}' for k, v in call.items()) + "}"
    path = chance.choice(["queue/join", "queue/join", "cancel", "reset"])
    return "POST", f"gradio_api/{path}", JSON, body.encode("utf-8", "surrogatepass")


def _upload(chance, html, endpoints, functions):
    name = chance.choice(["a.csv", "../../a", "a\\b", "\x01", "ä.npz", "a" * 400, "", 'x"y', "con"])
    field = chance.choice(["files", "file", "data", ""])
    head = f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    body = head.encode() + chance.randbytes(chance.choice([0, 9, 900])) + b"\r\n--x--\r\n"
    body = body[: chance.choice([len(body), len(body) // 2, len(body) - 4])]
    form = "multipart/form-data"
    kinds = [f"{form}; boundary=x", form, "text/plain", f"{form}; boundary={'y' * 300}"]
    kind = chance.choice([*kinds, "application/json"])
    path = chance.choice(
        ["upload", "upload", "upload?upload_id=%00", "component_server", "run/upload"]
    )
    return "POST", f"gradio_api/{path}", {"content-type": kind}, body


def _route(chance, html, endpoints, functions):
    method = chance.choice(
        ["GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
    )
    headers = {}
    if chance.random() < 0.3:
        odd = ["accept", "range", "cookie", "accept-language", "authorization", "if-none-match"]
        headers[chance.choice(odd)] = chance.choice(
            ["x" * 3000, "bytes=9-1", "\xff=;", "*/*;q=z", ""]
        )
    return method, chance.choice(PATHS) + chance.choice(TAILS), headers, b""


def _broken(chance, html, endpoints, functions):
    """A body that is no JSON, or not of the kind that it says."""
    body = chance.choice(
        [b"", b"{", b"\xff\xfe\x00", b'{"data":', b"data=1&x=2", b"nul", b"\x1f\x8b"]
    )
    kind = chance.choice(
        ["application/json", "text/plain", "application/x-www-form-urlencoded", "\xff"]
    )
    path = chance.choice(
        [*PATHS[12:], "gradio_api/component_server", "gradio_api/run/explore", "login"]
    )
    return "POST", path, {"content-type": kind}, body
