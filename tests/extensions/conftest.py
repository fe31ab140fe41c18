"""The project with toys in it: in this process for one test, and in a server and a command line of
their own."""

import os
import subprocess
import sys

import pytest
from gradio_client import Client

from explorer.bench import page
from explorer.core.solvers import SOLVERS
from explorer.data import DATASETS
from explorer.dialects import xray
from explorer.strips import STRIPS
from explorer.ui.pages import PAGES

from . import toys

TOYS = ("-m", "tests.extensions.toys")


@pytest.fixture
def installed(monkeypatch):
    """The toys are there for one test."""
    for known in (SOLVERS, DATASETS):
        for name in [*known]:
            monkeypatch.setitem(known, name, known[name])  # what is there stays in its order
    monkeypatch.setattr(xray, "READERS", xray.READERS)
    toys.install()
    yield
    SOLVERS.pop(toys.Kutta3.name)
    DATASETS.pop(toys.Week.name)
    STRIPS.pop(toys.Size.name)
    PAGES.remove(toys.PAGE)


@pytest.fixture(scope="session")
def toy_server():
    """The address of an app with the toys in it."""
    with page.served((*TOYS, "serve", "--threads", "1")) as app:
        yield app.url


@pytest.fixture(scope="session")
def toy_client(toy_server):
    return Client(toy_server, verbose=False)


@pytest.fixture
def shell():
    """Run a command of a project that has the toys; its standard output."""

    def run(*arguments: str) -> str:
        line = [sys.executable, *TOYS, *arguments]
        done = subprocess.run(
            line, cwd=page.ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    return run


@pytest.fixture
def visit(browser, toy_server):
    """Open a link of the app with the toys; the page, drawn.  Its console stays silent."""
    opened, said = [], []

    def open_link(query: str):
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        tab.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda error: said.append(str(error)))
        toys.serve_page(tab)
        tab.goto(f"{toy_server}?{query}")
        tab.wait_for_function("() => document.body.classList.contains('ready')")
        opened.append(tab)
        return tab

    yield open_link
    for tab in opened:
        tab.close()
    assert not said
