"""The published wrappers and architectures against the outputs of the reference implementation.

tests/data/pickles: tiny networks with random weights in the layout of EDM's snapshots; the source
text inside each is a line that raises.  networks.npz: what the reference answers, in float32.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.models.edm_pickle import load_pickle
from explorer.models.precond import EDM, IDDPM, VE, VP

pytestmark = pytest.mark.usefixtures("in_this_process")
DATA = Path(__file__).parents[1] / "data"
GOLDEN = np.load(DATA / "networks.npz")
NETWORKS = {  # preconditioning, parameters, classes
    "edm_ddpmpp_uncond": (EDM(), 189_491, 0),
    "edm_ncsnpp_cond": (EDM(), 191_459, 10),
    "vp_ddpmpp_uncond": (VP(), 189_347, 0),
    "ve_ncsnpp_uncond": (VE(), 190_819, 0),
    "iddpm_adm_cond": (IDDPM(), 829_254, 7),
}


def of(name: str, what: str):
    key = f"{name}_{what}"
    return torch.from_numpy(GOLDEN[key]) if key in GOLDEN else None


def apart(a, b) -> float:
    """The largest relative distance of a sample."""
    return float(((a - b).flatten(1).norm(dim=1) / b.flatten(1).norm(dim=1)).max())


@pytest.mark.parametrize("name", NETWORKS)
def test_golden(name):
    """1e-5: two orders of summing in float32 differ by some 1e-6 over these depths."""
    precond, parameters, classes = NETWORKS[name]
    d = load_pickle(DATA / "pickles" / f"{name}.pkl")
    assert sum(p.numel() for p in d.module.parameters()) == parameters
    assert d.module.precond == precond and d.shape == (3, 16, 16) and d.label_dim == classes
    x, sigma, labels = of(name, "x"), of(name, "sigma"), of(name, "labels")
    with torch.no_grad():
        assert apart(d(x, sigma, labels), of(name, "denoised_no_augment")) < 1e-5
        assert apart(d.module(x, sigma, labels, of(name, "augment")), of(name, "denoised")) < 1e-5
        state64 = d(x.double(), sigma.double(), labels)
    assert state64.dtype == torch.float64
    assert apart(state64.float(), of(name, "denoised_no_augment")) < 1e-5


@pytest.mark.parametrize("name", NETWORKS)
def test_augment_and_labels_matter(name):
    """Else agreement would say little of them."""
    if (augment := of(name, "augment")) is not None:
        assert apart(of(name, "denoised"), of(name, "denoised_no_augment")) > 1e-4
        assert augment.shape == (4, 9)
    d, labels = load_pickle(DATA / "pickles" / f"{name}.pkl"), of(name, "labels")
    if labels is not None:
        x, sigma = of(name, "x"), of(name, "sigma")
        assert apart(d(x, sigma), of(name, "denoised_no_augment")) > 1e-4
