"""What is imported at a start is waste neither then nor later, and is what is needed."""

import gc
import subprocess
import sys

import pytest

from explorer import start
from explorer.store import places


def test_libraries_are_not_looked_through_and_what_comes_after_them_is():
    frozen = gc.get_freeze_count()
    with start.libraries():
        assert not gc.isenabled()
        library: list = []
        library.append(library)
    assert gc.isenabled() and gc.get_freeze_count() > frozen
    assert not any(found is library for found in gc.get_objects())
    later: list = []
    later.append(later)
    assert any(found is later for found in gc.get_objects())


OPTIMIZES = """
import sys, torch
from explorer import start
start.compiler_later()

def learned():
    torch.manual_seed(0)
    layer = torch.nn.Linear(2, 2)
    adam = torch.optim.Adam(layer.parameters(), lr=0.1)
    for _ in range(3):
        adam.zero_grad()
        layer(torch.ones(1, 2)).square().sum().backward()
        adam.step()
    adam.load_state_dict(adam.state_dict())
    return layer.weight.tolist()

before = learned()
assert not any(name.startswith("torch._dynamo.") for name in sys.modules)
import torch._dynamo.config  # as what compiles imports it
assert sys.modules["torch._dynamo"].optimize and torch._dynamo.is_compiling() is False
compiled = torch.compile(lambda x: x + 1, backend="eager")
assert compiled(torch.ones(1)).item() == 2 and learned() == before
print("the same")
"""


@pytest.mark.slow
def test_an_optimizer_does_without_the_compiler_which_is_there_when_it_is_wanted():
    line = [sys.executable, "-c", OPTIMIZES]
    done = subprocess.run(line, cwd=places.ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == "the same\n", done.stderr
