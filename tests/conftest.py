"""What tests share: a quiet environment, a cache for each, one served page and one browser.

With pytest-xdist each worker is a process with all of this of its own.
"""

import atexit
import gc
import itertools
import os
import random
import shutil
import sys
import tempfile

WORKER = tempfile.mkdtemp(prefix="explorer-tests-")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ["EXPLORER_CACHE"] = os.path.join(WORKER, "shared")
os.environ["GRADIO_TEMP_DIR"] = os.path.join(WORKER, "gradio")
# threads that wait for each other on a busy machine cost more than they give; children inherit it
os.environ["OMP_NUM_THREADS"] = "1"
# a hundred processes of the tests read what the first has compiled
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
gc.disable()  # while tests are found nothing of it is waste; see pytest_collection_finish

import pytest  # noqa: E402  after the environment, which plugins read when imported

from .waiting import PATIENCE  # noqa: E402

NUMBER = itertools.count()
# Chromium has two pages of its own behind the address line of each window, which no test sees: a
# fifth of what a visitor costs.  What Playwright turns off itself is named again: the last list
# holds.
WITHOUT = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    *("AimEnabled", "HttpsUpgrades", "MediaRouter", "OptimizationHints", "PaintHolding"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "HttpsFirstBalancedModeAutoEnable", "LensOverlay"),
    *("DestroyProfileOnBrowserClose", "NetworkTimeServiceQuerying", "PreconnectToSearch"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "ThirdPartyStoragePartitioning"),
)
OTHER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 2
COLLECTED = pytest.StashKey[list[str]]()  # what was found, before any of it is left out


def pytest_configure(config):
    """Who hands out tests runs none, and starts seconds earlier without the project's libraries."""
    if config.getoption("dist", "no") == "no":  # so it is in each worker too
        import hypothesis
        import torch

        from explorer.lab import experiment

        torch.set_num_threads(1)
        experiment.use_device("cpu")
        # the same examples each time, so that no run fails by chance, and no limits of time;
        # `--hypothesis-profile default` draws others
        slow = [hypothesis.HealthCheck.too_slow]
        same = dict(derandomize=True, deadline=None, suppress_health_check=slow)
        hypothesis.settings.register_profile("same", **same)
        hypothesis.settings.load_profile("same")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Every other worker reads the tests from the end, so that on a new checkout each compiles one
    half of them and reads the other; pytest_collection_modifyitems puts them in one order.
    """
    report = yield
    if OTHER and isinstance(collector, pytest.Directory):
        report.result.reverse()
    return report


def pytest_collection_finish():
    """What stands now stands to the end: whoever looks for waste need not look through it."""
    gc.freeze()
    atexit.register(gc.unfreeze)  # after the five looks with which pytest ends
    gc.enable()


def pytest_addoption(parser):
    parser.addoption("--order", help="run the tests reversed, or shuffled by this number")


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(config, items):
    """Who asks for a browser or a server is marked so; the order is the one asked for."""
    items.sort(key=lambda item: item.path.parts)
    config.stash[COLLECTED] = [item.nodeid for item in items]
    order = config.getoption("--order")
    if order is None:
        items.sort(key=first)  # what asks for one server, beside each other
    elif order == "reversed":
        items.reverse()
    else:
        random.Random(order).shuffle(items)  # the same in each worker
    for item in items:
        asks = getattr(item, "fixturenames", ())
        if "browser" in asks:
            item.add_marker("browser")
        if "server" in asks or "toy_server" in asks:
            item.add_marker("slow")  # a process of its own
        if item.get_closest_marker("gpu") and not accelerator():
            item.add_marker(pytest.mark.skip(reason="needs an accelerator"))


def first(item) -> int:
    """Who asks for a server, a browser or a process that measures comes first, one after another:
    work is handed out in runs of neighbours, so one worker starts them and not each its own.
    """
    asks = [name in getattr(item, "fixturenames", ()) for name in ("toy_server", "server")]
    return 0 if asks[0] else 1 if asks[1] else 2 if "tests/server/" in item.nodeid else 3


def accelerator() -> bool:
    import torch

    return torch.cuda.is_available()


def pytest_sessionfinish():
    shutil.rmtree(WORKER, ignore_errors=True)


@pytest.fixture(autouse=True)
def cache_of_its_own(monkeypatch):
    """What one test keeps or removes, no other sees; what a fixture of a module keeps, all do."""
    monkeypatch.setenv("EXPLORER_CACHE", os.path.join(WORKER, f"cache-{next(NUMBER)}"))


@pytest.fixture(autouse=True)
def the_cpu_unless_it_says_gpu(request, monkeypatch):
    """A command without --device takes the CPU here; no test leaves another device behind."""
    from explorer.core import device
    from explorer.lab import experiment, source

    if request.node.get_closest_marker("gpu") is None:
        monkeypatch.setattr(device, "AUTO", ("cpu",))
    before = experiment.current_device(), list(source._precision)
    yield
    if (experiment.current_device(), source._precision) != before:
        experiment.use_device("cpu")


@pytest.fixture(autouse=True)
def nothing_is_fetched():
    """What one test allowed, such as a training on MNIST, another must not wait for."""
    from explorer.data import published

    published.allow_fetch(False)


@pytest.fixture(autouse=True)
def nothing_goes_on_beside():
    """What one test left at work is over before the next begins."""
    if "explorer.server.message" in sys.modules:
        from .beside import nothing_beside

        nothing_beside()


# how long a server waits for others, where a test counts on their answer: a busy machine is slow
WAITS = {
    "bench.caller": {"LONGEST": PATIENCE},
    "server.jobs": {"ABANDONED": 2 * PATIENCE},  # longer than whoever begins a job is held up
    "server.measurements": {"AT_ONCE": PATIENCE},
    "server.workers": {"GRACE": PATIENCE, "SHOWING": PATIENCE},
}


@pytest.fixture(autouse=True)
def nobody_is_in_a_hurry(monkeypatch):
    """Who does not answer in a moment is given up; tests of that say after how long."""
    for name, waits in WAITS.items():
        if module := sys.modules.get(f"explorer.{name}"):
            for wait, seconds in waits.items():
                monkeypatch.setattr(module, wait, seconds)


@pytest.fixture
def in_this_process(monkeypatch, request):
    """From now on a file is read here, without limits, by the same function with the same words.

    For what is read; who reads, and within which limits, is the claim of tests marked `apart` and
    of tests/attack.
    """
    if request.node.get_closest_marker("apart"):
        return
    from explorer.store import apart, apart_child

    def run(job: dict, patience: float) -> tuple[int, bool]:
        apart_child.serve(job, apart_child.found(job))
        return 0, False

    monkeypatch.setattr(apart, "_run", run)


@pytest.fixture(scope="session")
def server():
    """The address of the real app, started as a newcomer starts it, with a cache of its own."""
    from explorer.bench import page

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLORER_CACHE", os.path.join(WORKER, "server"))
        with page.served((*page.APP, "--threads", "1")) as app:
            yield app.url


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; without one the tests that need it are skipped, or fail in CI."""
    from explorer.bench import page

    if page.chromium() is None:
        if os.environ.get("EXPLORER_REQUIRE_BROWSER") == "1":
            pytest.fail(page.CHROMIUM_ADVICE)
        pytest.skip(page.CHROMIUM_ADVICE)
    with page.browser(f"--disable-features={','.join(WITHOUT)}") as chromium:
        yield chromium
