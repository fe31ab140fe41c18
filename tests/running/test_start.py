"""What the server’s start leaves alone until somebody wants it."""

import json
import subprocess
import sys

import pytest

from explorer.store import places

LATER = ("pandas", "pyarrow", "mcp", "IPython", "scipy.integrate", "matplotlib.font_manager")
SCRIPT = f"""
import json, sys
from explorer.server import app
at_once = [name for name in {LATER} if name in sys.modules]
import gradio.caching
print(json.dumps([at_once, gradio.caching.pd.DataFrame.__module__, "pandas" in sys.modules]))
"""


@pytest.mark.slow
def test_what_most_pages_never_need_is_not_imported_at_the_start():
    """Gradio imports pandas for others, and has it here when it asks for something of it."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=places.ROOT, capture_output=True, text=True, check=True
    )
    at_once, of, there = json.loads(done.stdout.splitlines()[-1])
    assert at_once == [] and of.startswith("pandas") and there


CALLED = """
import json, os, sys
from explorer.bench.page import free_port
from explorer.server import app
from tests.server.test_classic import loaded
url = app.launch(port=free_port(), prevent_thread_lock=True)[2]
drawn = [loaded(url, 5, name) for name in ("first", "second")]  # what follows the first is begun
kinds = [[f["type"] for f in each if isinstance(f, dict) and "type" in f] for each in drawn]
print(json.dumps([kinds, "pandas" in sys.modules]), flush=True)
os._exit(0)
"""


@pytest.mark.slow
def test_an_answer_of_the_queue_is_counted_for_nobody():
    """Gradio makes a table of all calls after each, by pandas; the figures of another visitor met
    one half imported, and failed."""
    done = subprocess.run(
        [sys.executable, "-c", CALLED], cwd=places.ROOT, capture_output=True, text=True, check=True
    )
    kinds, there = json.loads(done.stdout.splitlines()[-1])
    assert [each.count("plotly") >= 6 for each in kinds] == [True, True] and not there
