"""A folder for uploads that is a test's own."""

import pytest


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Where they are kept."""
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "uploads"
