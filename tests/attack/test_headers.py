"""Every answer says where scripts may come from and who may frame it; another script is not run."""

import pytest

from explorer.server.headers import Headers

pytestmark = pytest.mark.slow  # real servers and processes

WAYS = [
    ("GET", "/"),
    ("HEAD", "/"),
    ("GET", "/config"),
    ("GET", "/theme.css"),
    ("GET", "/nowhere"),
    ("GET", "/gradio_api/info"),
    ("GET", "/gradio_api/file=/etc/passwd"),
    ("GET", "/gradio_api/proxy=x"),
    ("GET", "/assets/nothing.js"),
    ("POST", "/gradio_api/component_server"),
    ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/run/nothing"),
    ("OPTIONS", "/gradio_api/queue/join"),
]


@pytest.mark.parametrize("method, path", WAYS)
@pytest.mark.parametrize("headers", [{}, {"host": "evil.example"}], ids=["ours", "foreign"])
def test_every_answer_has_them(client, method, path, headers):
    said = client.request(method, path, headers=headers).headers
    assert said["x-content-type-options"] == "nosniff"
    assert said["referrer-policy"] == "no-referrer"
    assert said["x-frame-options"] == "DENY"
    assert said["cross-origin-resource-policy"] == "same-origin"
    if "javascript" not in said["content-type"] and "css" not in said["content-type"]:
        policy = said["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy


def test_the_pages_policy_names_its_scripts_and_no_other_place(client):
    policy = client.get("/").headers["content-security-policy"]
    scripts = next(p for p in policy.split("; ") if p.startswith("script-src"))
    assert "'unsafe-inline'" not in scripts and "'sha256-" in scripts
    assert "http" not in policy and "*" not in policy
    assert "object-src 'none'" in policy and "base-uri 'self'" in policy


def test_the_owner_says_who_may_frame_it():
    some = Headers(["https://a.example", "http://localhost:*"])
    assert b"frame-ancestors https://a.example http://localhost:*" in some.page(b"")
    assert b"x-frame-options" not in dict(some._plain)
    assert Headers().cookie == Headers(["http://localhost:*"]).cookie == "SameSite=Lax"
    assert "SameSite=None; Secure" in some.cookie  # or all of a Space's visitors would be one


def test_a_script_that_is_not_the_pages_is_not_run(browser, server):
    context = browser.new_context()
    page = context.new_page()
    page.goto(server)
    page.wait_for_selector("body.ready", timeout=300_000)
    done = page.evaluate("""async () => {
      const box = document.createElement('div');
      box.innerHTML = '<img src="data:," onerror="window.stolen = 1">';
      const script = document.createElement('script');
      script.textContent = 'window.stolen = 2';
      const far = document.createElement('script');
      far.src = 'http://127.0.0.1:1/x.js';
      const failed = (node) => new Promise((good) => node.addEventListener('error', good));
      const gone = Promise.all([failed(far), failed(box.firstChild)]);
      document.body.append(box, script, far);
      await gone;
      const sent = await fetch('http://localhost:1/').then(() => 'sent', (e) => String(e));
      return [window.stolen ?? null, sent.includes('sent')];
    }""")
    assert done == [None, False]
    context.close()
