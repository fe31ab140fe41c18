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
