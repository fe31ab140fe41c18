"""The page's scripts come from a path that names their content, and nothing else does."""

import re
import shutil
from urllib.parse import urljoin

import httpx
import pytest

from explorer.server import files, head
from tests.waiting import PATIENCE

OURS = re.compile(r"/explorer/[^\"'\\]+")


def test_any_change_of_a_script_is_another_path(tmp_path):
    (tmp_path / "a.js").write_text("1")
    (tmp_path / "b.css").write_text("2")
    first = files.digest(tmp_path)
    assert files.digest(tmp_path) == first
    (tmp_path / "notes.txt").write_text("not served")
    assert files.digest(tmp_path) == first
    (tmp_path / "b.css").write_text("3")
    assert (second := files.digest(tmp_path)) != first
    (tmp_path / "b.css").rename(tmp_path / "c.css")
    assert files.digest(tmp_path) not in (first, second)


def test_every_link_of_the_page_is_there_and_may_be_kept(server):
    links = set(OURS.findall(httpx.get(server, timeout=PATIENCE).text))
    assert {f"{files.base()}/{files.SHEET}", head.script()} <= links
    with httpx.Client(timeout=PATIENCE) as visitor:  # one for all, as a browser
        for link in links:
            answer = visitor.get(urljoin(server, link))
            assert answer.status_code == 200, link
            assert "immutable" in answer.headers["cache-control"], link


@pytest.mark.parametrize(
    "name",
    [
        "page.html",
        "checkpoints.json",
        "weights",
        "nothing.js",
        "",
        "../app.py",
        "%2e%2e/explorer/cli.py",
    ],
)
def test_nothing_but_scripts_and_styles_is_served(server, name):
    assert (
        httpx.get(f"{server.rstrip('/')}{files.base()}/{name}", timeout=PATIENCE).status_code == 404
    )
    assert (
        httpx.get(
            f"{server}gradio_api/file={files.ASSETS / 'js/app.js'}", timeout=PATIENCE
        ).status_code
        == 403
    )


def test_the_style_sheet_is_of_all_areas(server):
    """One request for all of them; a file that is in no list would be on no screen."""
    assert {f.stem for f in files.STYLES.glob("*.css")} == {*files.AREAS, *files.ALONE}
    sheet = httpx.get(f"{server.rstrip('/')}{files.base()}/{files.SHEET}", timeout=PATIENCE).text
    for area in files.AREAS:
        assert (files.STYLES / f"{area}.css").read_text(encoding="utf-8") in sheet


def _asked(browser, address: str, ready: str) -> list[str]:
    """What a browser fetches to show a page."""
    page = browser.new_page()
    page.goto(address)
    page.wait_for_function(ready)
    names = page.evaluate("performance.getEntriesByType('resource').map((r) => r.name)")
    page.close()
    return names


def test_a_visit_asks_for_one_script_and_for_nothing_late(browser, server):
    """The bundle is of today's scripts; Gradio's own pieces are named in the page's head."""
    assert head.bundled(), "npm --prefix .ci run bundle"
    names = _asked(browser, server, "() => document.body.classList.contains('ready')")
    ours = [n for n in names if "/explorer/" in n and n.endswith(".js")]
    assert [n for n in ours if "/plotly-" not in n] == [urljoin(server, head.script())]
    links = re.findall(
        r'rel="modulepreload" href="([^"]+)"', httpx.get(server, timeout=PATIENCE).text
    )
    late = {n for n in names if n.endswith(".js")} - {urljoin(server, link) for link in links}
    # Gradio's first script, that of frames, and two small pieces of components
    assert len(late) <= 4 + len([n for n in ours if "/plotly-" in n]), late
    assert any("/HTML-" in link for link in links) and any("/Blocks-" in link for link in links)


@pytest.mark.parametrize(
    "link, query",
    [
        ("", ""),
        ("nfe=19&sigma=3&tab=design&section=sampling", "nfe=19"),
        ("measure=kappa&nfe=19&weight=vp", "nfe=19"),  # what the strips show is the page's too
        ("lesson=why-rho-7", "timesteps.rho=3"),
    ],
)
def test_the_first_view_is_asked_for_once_before_gradio_has_put_the_page_up(
    browser, server, link, query
):
    page, calls = browser.new_page(), []
    page.on("request", lambda r: "component_server" in r.url and calls.append(r.post_data_json))
    page.goto(f"{server}?{link}")
    page.wait_for_function("() => document.body.classList.contains('ready')")
    first = [c["data"] for c in calls if c["fn_name"] == "explore" and c["data"]["id"] == 1]
    assert first == [calls[0]["data"]] and first[0]["query"] == query
    page.close()


def test_the_page_is_drawn_before_gradio_begins_and_then_moves_into_its_component(browser, server):
    page, held = browser.new_page(), []
    page.route("**/assets/index-*.js", lambda route: held.append(route))
    page.goto(f"{server}?nfe=19&sigma=1")
    page.wait_for_function("() => document.body.classList.contains('ready')")
    assert page.title() == head.TITLE
    page.focus("#theme")
    page.evaluate("() => { window.was = document.querySelector('#ahead > .page'); }")
    for route in held:
        route.continue_()
    page.wait_for_function("() => document.querySelector('#explorer .page')")
    assert page.evaluate("document.querySelector('#explorer .page') === was")
    assert page.locator(".page").count() == 1 and page.locator("#ahead").count() == 0
    assert page.evaluate("document.activeElement.id") == "theme"
    page.close()


def test_a_page_that_gradio_describes_otherwise_waits_for_gradio(browser, server):
    page, said = browser.new_page(), []
    page.on("console", lambda m: said.append(m.text))

    def other(route):
        told = route.fetch().text()
        route.fulfill(body=told.replace('"version": "', '"version": 6, "was": "'))

    page.route(server, other)
    page.goto(server)
    page.wait_for_function("() => document.body.classList.contains('ready')")
    assert any("waits for Gradio" in text for text in said)
    page.close()


def test_a_link_that_is_passed_on_tells_of_this_page_and_not_of_gradio(server):
    page = httpx.get(server, timeout=PATIENCE).text
    assert re.findall(r"<title>.*?</title>", page) == [f"<title>{head.TITLE}</title>"]
    about = dict(
        re.findall(r'<meta (?:name|property)="((?:og|twitter)?:?\w+)" content="(.*?)">', page)
    )
    assert about["og:title"] == head.TITLE and about["og:description"] == about["description"]
    assert "twitter:" not in page and page.count("og:") == 3


def test_a_script_newer_than_the_bundle_is_served_itself(monkeypatch, tmp_path):
    scripts = tmp_path / "js"
    shutil.copytree(files.SCRIPTS, scripts)
    monkeypatch.setattr(files, "SCRIPTS", scripts)
    assert files.of_bundle() == files.of_scripts()
    (scripts / "job.js").write_text("// another")
    assert head.bundled.__wrapped__() is False
    (scripts / "job.js").write_bytes((files.ASSETS / "js" / "job.js").read_bytes())
    assert head.bundled.__wrapped__() is True
    (scripts / "pages" / "learn.js").unlink()
    assert head.bundled.__wrapped__() is False


def test_another_build_of_gradio_is_asked_for_nothing_ahead(monkeypatch, tmp_path):
    (tmp_path / "index.html").write_text("<script src='./other.js'></script>")
    monkeypatch.setattr(files, "GRADIO", tmp_path)
    assert head.pieces.__wrapped__() == ()
