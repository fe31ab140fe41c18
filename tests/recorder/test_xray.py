"""A recording is X-rayed: its levels as they were asked, and what is wrong with its scheduler."""

import math

import pytest
import torch

import explorer

diffusers = pytest.importorskip("diffusers")

from .test_diffusers import CASES, Pipe  # noqa: E402

POINT = torch.linspace(-1, 1, 48).reshape(1, 3, 4, 4)


def recorded(tmp_path, pipe, **call):
    with explorer.record(tmp_path / "run.jsonl", pipe):
        pipe(POINT, **call)
    return (tmp_path / "run.jsonl").read_bytes()


@pytest.mark.parametrize(
    "name", ["EulerDiscreteScheduler", "HeunDiscreteScheduler", "UniPCMultistepScheduler"]
)
def test_its_levels_are_the_schedulers(tmp_path, name):
    pipe = Pipe(name, CASES[name])
    report = explorer.xray(recorded(tmp_path, pipe, steps=8))
    (run,) = report.runs
    own = torch.unique_consecutive(pipe.scheduler.sigmas).tolist()
    assert list(run.levels) == pytest.approx(own, rel=1e-6) and run.sampler == name
    assert run.evaluations == (15 if "Heun" in name else 8) and run.frame == "ve"
    assert report.what.startswith("a recording") and not report.wrong


def test_a_flow_run_is_in_flow_times(tmp_path):
    pipe = Pipe("FlowMatchEulerDiscreteScheduler", {"shift": 3.0})
    (run,) = explorer.xray(recorded(tmp_path, pipe)).runs
    assert run.frame == "flow" and run.levels[0] == math.inf and run.sigmas[0] == 1
    assert list(run.sigmas) == pytest.approx(pipe.scheduler.sigmas.tolist(), abs=1e-6)


def test_one_that_was_cut_off_says_so(tmp_path):
    data = recorded(tmp_path, Pipe("DDIMScheduler", CASES["DDIMScheduler"]))
    (run,) = explorer.xray(data[: len(data) // 2]).runs
    assert "cut off" in run.notes[0] and run.levels[-1] > 0
