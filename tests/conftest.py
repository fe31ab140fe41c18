"""What the tests share: a quiet environment, one served page and one browser."""

import os
import shutil
import tempfile

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ["EXPLORER_CACHE"] = tempfile.mkdtemp(prefix="explorer-tests-")
os.environ["GRADIO_TEMP_DIR"] = os.path.join(os.environ["EXPLORER_CACHE"], "gradio")

# after the environment, which they read when imported
import pytest
import torch

from explorer.bench import page
from explorer.data import published
from explorer.lab import experiment

torch.set_num_threads(
    1
)  # threads that wait for each other on a busy machine cost more than they give
experiment.use_device("cpu")


def pytest_sessionfinish():
    shutil.rmtree(os.environ["EXPLORER_CACHE"], ignore_errors=True)


@pytest.fixture(autouse=True)
def nothing_is_fetched():
    """What one test allowed, such as a training on MNIST, another must not wait for."""
    published.allow_fetch(False)


@pytest.fixture(scope="session")
def server():
    """The address of the real app, started as a newcomer starts it."""
    with page.served((*page.APP, "--threads", "1")) as app:
        yield app.url


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; without one the tests that need it are skipped, or fail in CI."""
    if page.chromium() is None:
        if os.environ.get("EXPLORER_REQUIRE_BROWSER") == "1":
            pytest.fail(page.CHROMIUM_ADVICE)
        pytest.skip(page.CHROMIUM_ADVICE)
    with page.browser() as chromium:
        yield chromium
