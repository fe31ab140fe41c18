"""A server of this process has no worker warm, as in the tests of the server."""

from tests.server.conftest import none_is_kept_warm  # noqa: F401
