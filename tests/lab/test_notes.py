"""What is said of time steps that a formula made: true, and nothing where nothing is odd."""

import pytest

from explorer.core.timesteps import TIMESTEPS, VE, VP, Custom, Rho
from explorer.data import DATASETS, Glyphs
from explorer.lab.designs import DESIGNS
from explorer.lab.experiment import ENDINGS, Experiment
from explorer.lab.notes import notes
from explorer.settings import unflatten

BUDGETS = (1, 2, 3, 4, 5, 7, 9, 11, 15, 19, 27, 35, 51, 79, 127, 255, 511, 1023)
CALM = ("rho", "logsnr", "ve")  # no step of theirs stands out
HERE = [d for d in DATASETS if d not in ("published", "upload")]


@pytest.mark.parametrize("data", HERE)
def test_nothing_is_said_of_the_page_as_it_opens(data):
    """At every budget and ending, on every data set, also with a network."""
    for nfe in BUDGETS:
        for last, _ in ENDINGS:
            assert notes(Experiment(data=DATASETS[data](), nfe=nfe, last=last)) == []


@pytest.mark.parametrize("name", CALM)
def test_even_grids_are_passed_over(name):
    for nfe in BUDGETS:
        assert notes(Experiment(timesteps=TIMESTEPS[name](), nfe=nfe)) == []


@pytest.mark.parametrize(
    "changes, said",
    [
        (
            {"timesteps": VP()},
            "The last step is a jump: step 17 from 0.206 to 0.0105 divides σ by 20, the usual "
            "step by 1.5.",
        ),
        (
            {"timesteps": Rho(rho=1.0)},
            "The last step is a jump: step 17 from 4.71 to 0.002 divides σ by 2354, the usual "
            "step by 1.1.",
        ),
        (
            {"timesteps": VE(), "last": "sigma_min"},
            "The time steps end at 0.02: noise of this size stays unless a final denoise is added.",
        ),
        ({"timesteps": VE(), "last": "denoise"}, ""),
        (
            {"timesteps": VE(), "data": Glyphs()},
            "The last level above 0 is 0.02, 7 % of the data's spread 0.277: finer detail is left "
            "to one guess of the denoiser.",
        ),
        (
            {"timesteps": Rho(sigma_max=3.0)},
            "At σ_max = 3 the data still show through: 2.7 % of the variance is theirs, and "
            "samples that start as pure noise miss it.",
        ),
        # a list is judged as it runs: whether the last 0 is typed or comes with the ending
        ({"timesteps": Custom((80.0, 9.0, 1.0, 0.1, 0.02)), "last": "denoise"}, ""),
        (
            {"timesteps": Custom((80.0, 9.0, 1.0, 0.1, 0.02, 0.0)), "last": "sigma_min"},
            "The list ends at 0.02: noise of this size stays unless a final denoise is added.",
        ),
    ],
)
def test_what_is_odd_in_a_grid_is_said(changes, said):
    assert " ".join(notes(Experiment(**changes))) == said


def test_a_design_is_told_only_of_its_jumps():
    """The grids of VP and iDDPM have one at an end, as EDM shows; those of EDM and VE have none."""
    talk = {k: notes(unflatten(Experiment, d.flat)) for k, d in DESIGNS.items()}
    assert talk["edm"] == [] == talk["ve"] and talk["vp"] and talk["iddpm"]
    assert all("is a jump" in note for notes_ in talk.values() for note in notes_)
