"""The page's scripts come from a path that names their content, and nothing else does."""

import re
from urllib.parse import urljoin

import httpx
import pytest

from explorer.server import files

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
    links = set(OURS.findall(httpx.get(server).text))
    assert len(links) > 20 and f"{files.base()}/{files.SHEET}" in links
    with httpx.Client() as visitor:  # one for all, as a browser
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
    assert httpx.get(f"{server.rstrip('/')}{files.base()}/{name}").status_code == 404
    assert httpx.get(f"{server}gradio_api/file={files.ASSETS / 'js/app.js'}").status_code == 403


def test_the_style_sheet_is_of_all_areas(server):
    """One request for all of them; a file that is in no list would be on no screen."""
    assert {f.stem for f in files.STYLES.glob("*.css")} == {*files.AREAS, *files.ALONE}
    sheet = httpx.get(f"{server.rstrip('/')}{files.base()}/{files.SHEET}").text
    for area in files.AREAS:
        assert (files.STYLES / f"{area}.css").read_text(encoding="utf-8") in sheet


def test_modules_find_each_other_under_the_same_path(browser, server):
    page = browser.new_page()
    page.goto(server)
    page.wait_for_function("() => document.body.classList.contains('ready')")
    scripts = page.evaluate(
        "performance.getEntriesByType('resource').map((r) => r.name)"
        ".filter((n) => n.includes('/explorer/'))"
    )
    page.close()
    ours = [s for s in scripts if "/plotly-" not in s]
    assert len(ours) > 20 and all(files.base() in s for s in ours)
