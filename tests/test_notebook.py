"""A view within a notebook: a frame where a browser reaches the server, else a picture."""

import sys
from types import ModuleType

import httpx
import pytest

from explorer import notebook
from explorer.errors import UserError
from explorer.server import app, headers, hosts
from explorer.store import places

FEW = "data=moons&data.dimension=2&samples=16&nfe=5"


def test_a_kernel_elsewhere_shows_a_picture_and_says_why(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/a/")
    monkeypatch.setattr(notebook, "_server", lambda: pytest.fail("a server was started"))
    shown = notebook.show(FEW)._repr_html_()
    assert "data:image/png;base64," in shown and "JupyterHub" in shown and "<iframe" not in shown


def test_a_server_that_cannot_start_is_said(monkeypatch):
    def full():
        raise OSError("/secret/place")

    monkeypatch.setattr(notebook, "_server", full)
    frame = notebook.show(FEW)
    assert "could not be started" in frame.why and "secret" not in frame._repr_html_()


def test_what_is_no_view_or_height_is_refused():
    for given, height, said in ((3, 700, "an Experiment"), (None, 20, "height = 20")):
        with pytest.raises(UserError, match=said):
            notebook.show(given, height)


@pytest.mark.slow  # a kernel of its own and a server in it
def test_the_notebook_runs_from_top_to_bottom():
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    book = nbformat.read(places.assets("explorer.ipynb"), 4)
    root = str(places.assets().parent)
    done = nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": root}})
    with done.setup_kernel():
        for i, cell in enumerate(book.cells):
            done.execute_cell(cell, i)
        last = book.cells[-1].outputs[-1]["data"]["text/html"]
        address = last.partition('src="')[2].partition("/?")[0]
        assert "solver=rk2" in last and 'height="700"' in last
        answer = httpx.get(address, timeout=60)
        assert (
            answer.status_code == 200 and "localhost" in answer.headers["content-security-policy"]
        )
    with pytest.raises(httpx.HTTPError):  # the server has stopped with its kernel
        httpx.get(address, timeout=5)


def test_on_colab_its_proxy_s_address_is_shown_and_its_pages_alone_may_frame_it(monkeypatch):
    """Colab itself is not here: what it is asked for, and what the server is started with."""
    asked: list[str] = []
    output = ModuleType("google.colab.output")
    output.eval_js = lambda code: asked.append(code) or "https://abc-colab.googleusercontent.com/"
    for name, module in (("google.colab", ModuleType("google.colab")), (output.__name__, output)):
        monkeypatch.setitem(sys.modules, name, module)
    started: list[dict] = []
    monkeypatch.setattr(app, "launch", lambda *a, **more: started.append({"at": a, **more}))
    monkeypatch.setattr(notebook, "_address", [])
    frame = notebook.show("nfe=9")
    assert frame.url == "https://abc-colab.googleusercontent.com/?nfe=9"
    (options,) = started
    host, port = options["at"]
    assert host == "127.0.0.1" and asked == [f"google.colab.kernel.proxyPort({port})"]
    names = hosts.Names(host, options["allowed_hosts"])
    assert names.answers_to("abc-colab.googleusercontent.com") and not names.answers_to("x.org")
    said = headers.Headers(options["embed"])
    assert "https://colab.research.google.com" in said.frames and "*" not in said.frames.split()
    assert said.cookie == "SameSite=None; Secure; Partitioned", "its page frames another site's"
