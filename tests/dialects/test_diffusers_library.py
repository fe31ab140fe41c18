"""Our diffusers without diffusers against diffusers itself, over random configs and calls."""

import inspect
import random

import pytest

from explorer.dialects.diffusers import DEFAULTS, config
from tests.dialects import library
from tests.dialects.recorded import near
from tests.rows import each

TABLE = 4e-6  # float32; its √ and exp may differ from numpy's by the last bit
LAST = 16 * 2.0**-24  # halves of the last bit of a float32 near 1: 14 were seen


@pytest.fixture(scope="module")
def diffusers():
    found = pytest.importorskip("diffusers", reason="diffusers is optional")
    found.utils.logging.set_verbosity_error()
    return found


@pytest.mark.slow  # seconds to import
def test_each_class_has_the_library_s_own_settings(diffusers):
    def check(name):
        theirs = inspect.signature(getattr(diffusers, name).__init__).parameters
        ours = {k: v for k, v in DEFAULTS[name].items() if k in theirs}
        assert ours == {k: theirs[k].default for k in ours}
        assert ours.keys() == DEFAULTS[name].keys()

    each(DEFAULTS, check)


def agree(row):
    asked, n, said = row
    theirs, ours = library.answer(asked, n, said), config(asked, n, said)
    assert theirs.get("error") == ours.get("error")
    for key, value in theirs.items():
        told = ours[key]
        if key == "timesteps" and "ancestral" in asked["_class_name"].lower():
            near(told[::2], value[::2], absolute=5e-3)  # the others are those of sigmas_interpol
        elif key == "timesteps":
            # where σ is the table's last entry, its last bit says whether 998.99… is cut to 998
            whole = theirs["timesteps_dtype"] == "int64"
            cut = int(whole and abs(told[0] - value[0]) == 1)
            near(told[cut:], value[cut:], absolute=0 if whole else 5e-3)
        elif key == "sigmas_interpol" and "Ancestral" in asked["_class_name"]:
            squares(told, value, theirs["sigmas"])
        elif isinstance(value, list) and key != "order_list":
            anywhere(told, value)
        elif isinstance(value, float):
            anywhere([told], [value])
        else:
            assert told == value


def anywhere(ours, theirs):
    """Near, and where σ = √((1 − ᾱ)/ᾱ) is small, as near as the last bits of ᾱ let it be: PyTorch's
    betas round them otherwise on another kind of processor (AVX2, AVX-512)."""
    assert len(ours) == len(theirs)
    for i, (a, b) in enumerate(zip(ours, theirs)):
        bits = LAST * (1 + b**2) / (2 * abs(b)) if 0 < abs(b) < 1 else 0.0
        try:
            near([a], [b], TABLE, 1e-9 + bits)
        except AssertionError as off:
            raise AssertionError(f"[{i}] {off}") from None


def squares(ours, theirs, sigmas):
    """σ_down is a difference of squares in float32 there: (σ/σ')² of their last bits is lost."""
    assert len(ours) == len(theirs)
    for a, b, after, before in zip(ours, theirs, sigmas[1::2], sigmas[:1] + sigmas[1::2]):
        assert a == b or abs(a - b) <= 3e-7 * a * (before / max(after, 1e-9)) ** 2 + TABLE * a


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the library's own, by the thousand
def test_random_configs_and_calls(diffusers):
    dice = random.Random(15)
    rows = [library.question(name, dice) for name in DEFAULTS for _ in range(40)]
    each(rows, agree)
