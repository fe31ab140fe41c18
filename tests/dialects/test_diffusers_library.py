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
            anywhere(key, told, value)
        elif isinstance(value, float):
            anywhere(key, [told], [value])
        else:
            assert told == value


def anywhere(key, ours, theirs):
    """Near, and where σ = √((1 − ᾱ)/ᾱ) is small, as near as the last bits of ᾱ let it be, two
    thousandths at most: PyTorch's betas round them otherwise on another kind of processor."""
    assert len(ours) == len(theirs), key
    for a, b in zip(ours, theirs):
        small = "sigma" in key and 0 < abs(b) < 1
        bits = min(LAST * (1 + b**2) / (2 * abs(b)), 2e-3 * abs(b)) if small else 2.0**-24
        near([a], [b], TABLE, 1e-9 + bits)


def squares(ours, theirs, sigmas):
    """σ_down is a difference of squares in float32 there: (σ/σ')² of their last bits is lost."""
    assert len(ours) == len(theirs)
    for a, b, after, before in zip(ours, theirs, sigmas[1::2], sigmas[:1] + sigmas[1::2]):
        assert a == b or abs(a - b) <= 3e-7 * a * (before / max(after, 1e-9)) ** 2 + TABLE * a


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the library's own, by the thousand
def test_random_configs_and_calls(diffusers):
    dice = random.Random(15)
    rows = [library.question(name, dice) for name in DEFAULTS for _ in range(15)]
    each(rows, agree)
