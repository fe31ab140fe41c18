"""A server of this process's own, for what is attacked over HTTP."""

from urllib.parse import urlsplit

import httpx
import pytest

from tests.server.conftest import none_is_kept_warm  # noqa: F401  nor here
from tests.waiting import PATIENCE


@pytest.fixture(scope="session")
def client(server):
    """One who asks and asks again."""
    fresh = httpx.Limits(keepalive_expiry=2)  # the server closes after 5 s, perhaps just now
    with httpx.Client(base_url=server, timeout=PATIENCE, limits=fresh) as asking:
        yield asking


@pytest.fixture(scope="session")
def html(client):
    """The id of the page's component, which its calls name."""
    parts = client.get("/config").json()["components"]
    return next(c["id"] for c in parts if c["type"] == "html")


@pytest.fixture(scope="session")
def place(server):
    """host:port of the server."""
    return urlsplit(server).netloc
