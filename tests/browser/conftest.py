"""A visitor for each test, who leaves only if nothing went wrong and nothing left the server."""

import pytest

from .walk import Walk


@pytest.fixture
def walk(browser, server):
    """One page of its own."""
    visitor = Walk(browser, server)
    yield visitor
    assert not visitor.errors and not visitor.outside
    visitor.leave()
