"""EDM's Fig. 1 on the stage: rows of images, and the sentence on where the answer changes."""

import pytest

from explorer.analysis.loss import Peak
from explorer.data import DATASETS
from explorer.lab.experiment import Experiment
from explorer.lab.view import View
from explorer.models import MODELS
from explorer.ui.denoise_strip import strip, told

VIEW = lambda data, model="exact": View(
    Experiment(data=DATASETS[data](), model=MODELS[model](), samples=4)
)


def test_the_sentence_of_a_narrow_band_stands_only_where_it_is_one():
    narrow, wide, low = Peak(1.5, 1.0, 2.7, 1.0), Peak(1.5, 0.2, 9.0, 1.0), Peak(0.3, 0.2, 0.4, 0.5)
    assert told([narrow])[0].endswith("The answer changes in a narrow band, σ 2.7 to 1.")
    assert told([wide])[0].endswith("The answer changes over a wide band, σ 9 to 0.2.")
    full, fewer, least = told([narrow], 0.524)
    assert fewer == least[:-1] + ", which holds 52 % of the change." and full.endswith(fewer)
    assert (
        told([narrow, low], 0.4)[1]
        == "The answer changes at 2 places, not in one band: σ 1.5 and 0.3."
    )


def test_digits_have_one_narrow_band_and_photo_patches_none():
    """“The answer changes in a narrow band” stood under patches too, where it changes from 39 to 8
    and, on a shoulder, at 4."""
    digits, patches = strip(VIEW("digits"), 1.0), strip(VIEW("patches"), 1.0)
    assert len(digits["bands"]) == 1 and "narrow band" in digits["words"][0]
    assert "wide band, σ 39 to 7.7" in patches["words"][0]
    for s in (digits, patches):  # half or a little more: the rest is said to be elsewhere
        band, levels = s["bands"][0], zip(s["fine"], s["change"])
        inside = sum(c for v, c in levels if 0.999 * band["low"] < v < 1.001 * band["high"])
        assert f"holds {100 * inside / sum(s['change']):.0f} % of" in s["words"][0]
    for s in (digits, patches):
        assert "exact" not in s and max(s["trains"]) == 1 and s["trained"] == "EDM trains here"
        assert all(b["low"] <= b["at"] <= b["high"] for b in s["bands"])


@pytest.mark.slow
def test_beside_a_network_stands_the_exact_denoiser_and_its_own_training():
    of = strip(VIEW("digits", "network"), 1.0)
    alone = strip(VIEW("digits"), 1.0)
    assert of["exact"] == alone["denoised"] and of["denoised"] != alone["denoised"]
    assert of["noisy"] == alone["noisy"] and "trained here" in of["trained"]
