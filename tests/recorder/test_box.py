"""What is recorded of a run is what the run was, in a file that stays small and whole."""

import json
import math

import pytest
import torch

import explorer
from explorer.analysis.geometry import bend, explained, residuals
from explorer.core.schedules import EDM
from explorer.data import Digits
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, run
from explorer.models import Exact
from explorer.recorder import read
from explorer.recorder.gram import Gram
from explorer.recorder.sketch import Sketch, relative_error


@pytest.fixture(scope="module")
def made():
    """A run of the program: digits by their exact denoiser, DDIM's steps."""
    from explorer.core.solvers import DDIM

    return run(Experiment(data=Digits(), model=Exact(), solver=DDIM(), samples=3, nfe=12))


def told(path, made, **options):
    """The same run, handed to a recording step by step."""
    t = made.trajectory
    with explorer.record(path, **options) as box:
        for sigma, x, d in zip(t.sigma, t.x, t.denoised, strict=False):
            if sigma > 0:
                box.step(x, sigma, d, timestep=float(sigma) * 3, guidance=7.5)
        box.end(t.samples)
    return box


def test_curvature_and_planes_are_those_of_the_run_inside_the_program(tmp_path, made):
    told(tmp_path / "run.jsonl", made)
    found = read(tmp_path / "run.jsonl")
    t = made.trajectory
    sigma, x, d = found.path()
    count = len(sigma)
    assert torch.allclose(sigma, t.sigma[:count].double())
    own_x, own_d = t.x[:count].double(), t.denoised[:count].double()
    per = math.sqrt(x.shape[2] / found.dimension)  # the bend is per number of a state
    _, ours = bend(sigma, x, d, EDM(), 0.5)
    _, known = bend(sigma, own_x, own_d, EDM(), 0.5)
    # where a path is straight its bend is rounding, 1e-8 on every machine and nowhere the same
    assert torch.allclose(ours * per, known, rtol=1e-5, atol=1e-7)
    assert torch.allclose(residuals(x, ks=(1, 2)), residuals(own_x, ks=(1, 2)), atol=1e-5)
    assert torch.allclose(explained(x, 3), explained(own_x, 3), atol=1e-5)
    assert found.timestep[0] == 240 and found.guidance[0] == 7.5 and not found.left_out


def test_norms_steps_and_turns_are_written_as_the_run_goes(tmp_path, made):
    told(tmp_path / "run.jsonl", made)
    t = made.trajectory
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    x = t.x.flatten(2)
    assert lines[1]["norm"] == pytest.approx(x[0].norm(dim=1).tolist(), rel=1e-6)
    assert lines[4]["moved"] == pytest.approx((x[3] - x[2]).norm(dim=1).tolist(), rel=1e-4)
    slope = [((t.x[k] - t.denoised[k]) / t.sigma[k]).flatten(1).double() for k in (2, 3)]
    turn = torch.cosine_similarity(*slope, dim=1).acos().rad2deg()
    assert lines[4]["turn"] == pytest.approx(turn.tolist(), rel=1e-2)


def test_a_run_that_is_cut_off_anywhere_is_read_to_its_last_whole_step(tmp_path, made):
    told(tmp_path / "run.jsonl", made)
    data = (tmp_path / "run.jsonl").read_bytes()
    ends = [i + 1 for i, b in enumerate(data) if b == 10]
    for cut in (ends[2], ends[5] - 1, ends[5] + 40, len(data) - 3):
        whole = sum(e <= cut for e in ends) - 1
        found = read(data[:cut])
        assert len(found.sigma) == min(whole, len(ends) - 2)
        assert found.x is not None and len(found.x) == len(found.sigma)


def test_states_in_flow_matchings_scale_are_the_same_run(tmp_path):
    g = torch.Generator().manual_seed(1)
    mean, noise = torch.full((2, 9), 0.3).double(), torch.randn(2, 9, generator=g).double()
    with explorer.record(tmp_path / "flow.jsonl") as box:
        for t in (1.0, 0.9, 0.6, 0.2):
            sigma = t / (1 - t) if t < 1 else math.inf
            box.step((1 - t) * mean + t * noise, sigma, mean, scale=1 - t)
    found = read(tmp_path / "flow.jsonl")
    assert found.sigma[0] == math.inf and found.scale.tolist() == pytest.approx([0, 0.1, 0.4, 0.8])
    sigma, x, d = found.path()
    slopes = (x - d) / sigma[:, None, None]  # the noise itself, at every level
    assert torch.allclose(slopes.norm(dim=2), noise.norm(dim=1).expand(3, 2), rtol=1e-9)
    assert torch.allclose(slopes[0], slopes[2], atol=1e-6)


@pytest.mark.slow
def test_the_file_stays_below_its_limit_and_says_what_it_left_out(tmp_path):
    g = torch.Generator().manual_seed(2)
    with explorer.record(tmp_path / "long.jsonl", limit=500_000, thumbnails=True) as box:
        for i in range(400):
            x = torch.randn(4, 3, 8, 8, generator=g)
            box.step(x, 400.0 - i, 0.5 * x)
        box.end(x)
    assert (tmp_path / "long.jsonl").stat().st_size <= 500_000
    found = read(tmp_path / "long.jsonl")
    assert found.left_out == ("gram", "sketch", "thumbnail") and len(found.sigma) > 120
    assert 20 < len(found.path()[0]) < len(found.sigma)  # as far as the table goes
    assert found.thumbnails[0] is not None and found.thumbnails[0][:2] == (24, 24)


def test_memory_for_states_is_bounded_by_following_fewer_samples():
    gram, x = Gram(memory=3 * 2 * 4 * 100 * 4), torch.randn(4, 100)
    counts = [len(gram.add(x, x)) for _ in range(12)]
    assert counts == [4] * 3 + [2] * 3 + [1] * 6
    assert [len(gram.add(x, x)) for _ in range(2)] == [0, 0]


def test_fixed_directions_keep_lengths_to_the_stated_error_and_add_up():
    g, sketch = torch.Generator().manual_seed(3), Sketch(5_000)
    x = torch.randn(200, 5_000, generator=g)
    off = sketch(x).norm(dim=1) / x.norm(dim=1) - 1
    assert (
        0.7 < float(off.std()) / relative_error(sketch.buckets) < 1.3
        and abs(float(off.mean())) < 0.02
    )
    assert torch.allclose(sketch(x[:1] - x[1:2]), sketch(x[:1]) - sketch(x[1:2]), atol=1e-4)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no recording"),
        (b"{}", "no recording"),
        (b'{"format": "explorer-recording"}\n', "damaged"),
        (
            b'{"format": "explorer-recording", "shape": [4], "samples": 1, "buckets": 2}\n{]\n',
            "Line 2",
        ),
        (
            b'{"format": "explorer-recording", "shape": [4], "samples": 1, "buckets": 2}\n{}\n',
            "damaged",
        ),
        (
            b'{"format": "explorer-recording", "shape": [1e99], "samples": 1, "buckets": 2}\n',
            "damaged",
        ),
        (b'{"format": "explorer-recording", "x": ' + b"[" * 100_000 + b"\n", "damaged"),
    ],
)
def test_what_is_no_recording_is_refused_in_a_sentence(data, words):
    with pytest.raises(UserError, match=words):
        read(data)


def test_what_cannot_be_recorded_is_refused_and_nothing_is_written_over(tmp_path):
    x = torch.zeros(1, 3)
    with explorer.record(tmp_path / "run.jsonl") as box:
        with pytest.raises(UserError, match="before the end"):
            box.end(x)
        with pytest.raises(UserError, match=r"\(1, 3\) and \(1, 4\)"):
            box.step(x, 1.0, torch.zeros(1, 4))
        box.step(x, 1.0, x)
        with pytest.raises(UserError, match="another shape"):
            box.step(torch.zeros(1, 4), 1.0, torch.zeros(1, 4))
    with pytest.raises(UserError, match="run.jsonl is there already"):
        explorer.record(tmp_path / "run.jsonl")
    with pytest.raises(UserError, match="samples must be from 1 to 64; got 0"):
        explorer.record(tmp_path / "other.jsonl", samples=0)
    with pytest.raises(UserError, match="has no scheduler"):
        explorer.record(tmp_path / "other.jsonl", object())


def test_callbacks_of_k_diffusion_and_comfyui_tell_the_same_as_a_loop(tmp_path):
    x, d = torch.ones(2, 5), torch.full((2, 5), 0.5)
    with explorer.record(tmp_path / "a.jsonl") as a, explorer.record(tmp_path / "b.jsonl") as b:
        comfy = b.comfyui([4.0, 1.0, 0.0])
        for i, level in enumerate((4.0, 1.0)):
            a.kdiffusion({"x": x, "i": i, "sigma": level, "sigma_hat": level, "denoised": d})
            comfy(i, d, x, 2)
    texts = [(tmp_path / n).read_text() for n in ("a.jsonl", "b.jsonl")]
    assert texts[0] == texts[1] and texts[0].count("\n") == 3
    with explorer.record(tmp_path / "c.jsonl") as c:
        c.comfyui([0.5, 0.0], flow=True)(0, d, x)
    found = read(tmp_path / "c.jsonl")
    assert float(found.sigma[0]) == 1 and float(found.scale[0]) == 0.5


def test_a_picture_has_a_size(tmp_path):
    x = torch.zeros(1, 3, 4, 4)
    with explorer.record(tmp_path / "run.jsonl", thumbnails=True) as box:
        box.step(x, 1.0, x)
    data = (tmp_path / "run.jsonl").read_bytes()
    assert read(data).thumbnails[0][:2] == (24, 24)
    with pytest.raises(UserError, match="damaged"):
        read(data.replace(b"[24,24]", b"[-24,-24]"))
