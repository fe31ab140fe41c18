"""Multiplications of a dry run are those of torch's own counter, without its compiler."""

import subprocess
import sys

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from explorer.models import files
from explorer.models.counting import Counting
from explorer.store import weights


@pytest.mark.parametrize("name", ["digits-f", "spiral-2d"])
def test_it_counts_what_torchs_counter_counts(name):
    denoiser = files.load(next(w for w in weights.shipped() if w.name == name))
    with FlopCounterMode(display=False) as usual, torch.no_grad():
        denoiser(torch.zeros(1, *denoiser.shape), torch.tensor(1.0))
    assert denoiser.operations == usual.get_total_flops() / 2 > 1e5


def test_a_product_of_matrices_and_a_convolution():
    with Counting() as counter, torch.no_grad():
        torch.ones(3, 5) @ torch.ones(5, 7)
        torch.conv2d(torch.ones(1, 2, 6, 6), torch.ones(4, 2, 3, 3), padding=1)
    assert counter.multiplications == 3 * 5 * 7 + 36 * 4 * 2 * 9


@pytest.mark.slow  # a process of its own
def test_a_first_network_imports_no_compiler():
    code = (
        "import sys; from explorer.models import files; from explorer.store import weights\n"
        "for w in weights.shipped(): files.load(w).operations\n"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=300).returncode == 0
