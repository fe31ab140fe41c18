"""A foreign page and a rebound name in a real browser: nothing that they try gets through.

The same script, on the server's own page, gets all of it done: what it tries is what works.
"""

import http.server
import json
import threading

import pytest

from explorer.bench import page as served
from explorer.server import app
from tests.waiting import until

ATTACK = """async ([target, html]) => {
  const call = (name) => JSON.stringify({data: {act: 'start', name}, component_id: html,
    session_hash: 'x', fn_name: 'training'});
  const form = () => {
    const data = new FormData();
    data.append('files', new File(['1,2'], 'stolen.csv'));
    return data;
  };
  const say = (work) => work.catch((error) => 'failed: ' + error);
  const post = (path, body, more = {}) =>
    say(fetch(target + path, {method: 'POST', body, ...more}).then((a) => a.text()));
  const plain = {headers: {'content-type': 'text/plain'}, mode: 'no-cors', credentials: 'include'};
  const typed = {headers: {'content-type': 'application/json'}};
  const said = {
    page: await say(fetch(target).then((a) => a.text())),
    config: await say(fetch(target + 'config').then((a) => a.text())),
    token: await say(fetch(target + 'gradio_api/token').then((a) => a.text())),
    simple: await post('gradio_api/component_server', call('simple'), plain),
    typed: await post('gradio_api/component_server', call('typed'), typed),
    upload: await post('gradio_api/upload', form()),
    blind: await post('gradio_api/upload', form(), {mode: 'no-cors'}),
    queue: await post('gradio_api/call/upload', JSON.stringify({data: [null]}), typed),
    login: await post('login', new URLSearchParams({username: 'a', password: 'b'}), plain),
  };
  navigator.sendBeacon(target + 'gradio_api/component_server', call('beacon'));
  said.picture = await say(new Promise((good, bad) => {
    const img = new Image();
    img.onload = () => good('shown');
    img.onerror = () => bad('not shown');
    img.src = target + 'favicon.ico';
  }));
  said.events = await say(new Promise((good, bad) => {
    const source = new EventSource(target + 'gradio_api/heartbeat/stolen');
    source.onmessage = (message) => { source.close(); good(message.data); };
    source.onerror = () => { source.close(); bad('closed'); };
  }));
  said.socket = await say(new Promise((good, bad) => {
    const socket = new WebSocket(target.replace('http', 'ws') + 'gradio_api/queue/data');
    socket.onopen = () => good('open');
    socket.onerror = () => bad('closed');
  }));
  const frame = document.createElement('iframe');
  frame.name = 'frame';
  document.body.append(frame);
  const sent = document.createElement('form');
  Object.assign(sent, {method: 'post', enctype: 'text/plain', target: 'frame',
    action: target + 'gradio_api/component_server'});
  const input = document.createElement('input');
  input.name = call('form').slice(0, -1) + ',"x":"';
  input.value = '"}';
  sent.append(input);
  document.body.append(sent);
  const loaded = new Promise((good) => { frame.onload = () => good('loaded'); });
  sent.submit();
  await say(loaded);
  return said;
}"""
SECRETS = ("gradio_config", "component", "token", "event_id", "stolen.csv", "ALIVE", "done")


@pytest.fixture(scope="module")
def attacked():
    """The real server, whose trainings are noted and not begun: address, component, the notes."""
    begun = []

    def training(request):
        begun.append(request["name"])
        return {"done": True}

    with pytest.MonkeyPatch.context() as patch:
        calls = [training if c.__name__ == "training" else c for c in app.CALLS]
        patch.setattr(app, "CALLS", calls)
        port = served.free_port()
        demo, *_ = app.launch("127.0.0.1", port, prevent_thread_lock=True)
    html = next(k for k, b in demo.blocks.items() if b.get_block_name() == "html")
    yield f"http://127.0.0.1:{port}/", html, begun
    demo.close()


@pytest.fixture(scope="module")
def elsewhere():
    """The port of another web server of this machine, which knows one empty page."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><body>a page")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def rebinding(browser):
    """A browser for which evil.example has become this machine."""
    args = ["--no-sandbox", "--host-resolver-rules=MAP evil.example 127.0.0.1"]
    started = browser.browser_type.launch(executable_path=served.chromium(), args=args)
    yield started
    started.close()


@pytest.mark.parametrize("where", ["127.0.0.1", "localhost", "evil.example", "rebound", "its own"])
def test_only_the_servers_own_page_gets_anything_done(rebinding, attacked, elsewhere, where):
    url, html, begun = attacked
    port = url.rstrip("/").rpartition(":")[2]
    begun.clear()
    context = rebinding.new_context()
    page, target = context.new_page(), url
    if where == "rebound":  # as the page stays when its name begins to mean another machine
        target = f"http://evil.example:{port}/"
        page.route(f"{target}a", lambda r: r.fulfill(body="<body>", content_type="text/html"))
        page.goto(f"{target}a")
    elif where == "its own":
        page.goto(f"{url}theme.css")  # a page of this origin with no scripts of its own
    else:
        page.goto(f"http://{where}:{elsewhere}/")
    said = page.evaluate(ATTACK, [target, html])
    context.close()
    got = {name: text for name, text in said.items() if any(s in text for s in SECRETS)}
    if where == "its own":
        assert {"typed", "simple", "beacon", "form"} <= set(until(lambda: len(begun) > 3 and begun))
        assert {"page", "config", "upload", "queue", "events", "typed"} <= set(got)
        return
    assert not got and not begun
    assert said["picture"] != "shown" and said["socket"] != "open"
    refused = json.loads(page_says(rebinding, f"http://evil.example:{port}/"))
    assert "does not answer to the name “evil.example”" in refused["error"]


def page_says(browser, address: str) -> str:
    page = browser.new_page()
    page.goto(address)
    text = page.inner_text("body")
    page.context.close()
    return text


@pytest.mark.parametrize("embed, shown", [((), False), (["http://localhost:*"], True)])
def test_who_may_show_the_page_in_a_frame(rebinding, elsewhere, embed, shown):
    port = served.free_port()
    demo, *_ = app.launch("127.0.0.1", port, prevent_thread_lock=True, embed=embed)
    try:
        for host in ("localhost", "evil.example"):
            page = rebinding.new_page()
            page.goto(f"http://{host}:{elsewhere}/")
            page.evaluate(
                """(src) => new Promise((good) => {
                  const frame = document.createElement('iframe');
                  frame.onload = good;
                  frame.src = src;
                  document.body.append(frame);
                })""",
                f"http://127.0.0.1:{port}/",
            )
            until(lambda: page.evaluate("1") and page.frames[-1].url)
            inside = page.frames[-1]
            if shown and host == "localhost":
                inside.wait_for_selector("body.ready", timeout=90_000, state="attached")
            else:
                assert inside.url.startswith("chrome-error:")
            page.context.close()
    finally:
        demo.close()
