"""Change the class, and between two images: what is known in closed form, and what is refused."""

import dataclasses
import math

import pytest
import torch

from explorer.core.encoding import decode, encode
from explorer.core.solvers import SOLVERS
from explorer.core.timesteps import Rho
from explorer.data import Digits, Moons
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, levels
from explorer.lab.source import prepared
from explorer.models.network import Network
from explorer.study import between as paths
from explorer.study import edit as study
from explorer.study import encoded
from explorer.study.between import Between, between_plan
from explorer.study.edit import Edited, Edits, classes_of, edit_plan

COND = Experiment(data=Digits(), model=Network(checkpoint="digits-f-cond"), nfe=5)
PLAIN = dataclasses.replace(COND, model=Network(checkpoint="digits-f"))


def test_an_edit_is_encode_as_one_class_and_decode_as_another():
    cell = edit_plan(COND, [3, 8])[0]
    e = dataclasses.replace(cell.experiment, samples=2)
    assert e.model.condition == 3 and e.last == "sigma_min"
    found = cell.measure(e)
    start, sigmas = study.images(e, "data"), levels(e)
    three, eight = (
        prepared(e.data, dataclasses.replace(e.model, condition=c)).denoiser for c in (3, 8)
    )
    latent = encode(three, start, sigmas, e.solver)
    edited = decode(eight, latent, sigmas, e.solver)
    off = (edited - start).flatten(1).square().mean(1).sqrt().tolist()
    assert found["own"][1] == pytest.approx(off, rel=1e-5)  # of float32 networks
    assert found["own"][0] == pytest.approx(found["missed"], rel=1e-5)  # 3 as 3 is the way back
    crossed = (edited.flip(0) - start).flatten(1).square().mean(1).sqrt().tolist()
    assert found["other"][1] == pytest.approx(crossed, rel=1e-5)  # of two, the other one’s
    seen = torch.tensor(found["pictures"])
    assert seen.shape == (2, 4, 1, 8, 8)  # image, back, as 3, as 8
    assert torch.allclose(seen[:, 3], edited.clamp(-1.2, 1.2).float(), atol=1e-3)  # DIGITS


def test_images_are_of_the_class_and_of_the_seed():
    e = edit_plan(COND, [7, 1])[0].experiment
    x, labels = study.images(e, "data"), e.data.labels()
    points = e.data.points()[labels == 7].flatten(1)
    gap = torch.cdist(x.flatten(1).double(), points).amin(1)
    assert float(gap.max()) < 0.002 * math.sqrt(64) * 2  # the noise of σ_min, and room
    other = study.images(dataclasses.replace(e, seed=e.seed + 1), "data")
    assert not torch.equal(x, other)


def test_samples_of_the_run_are_what_the_view_makes():
    from explorer.lab.experiment import run

    e = edit_plan(COND, [3, 8], "samples")[0].experiment
    assert torch.allclose(study.images(e, "samples"), run(e).samples, atol=1e-5)


def row(own: int, seen: list[list[int]], count: int = 2) -> Edits:
    flat = ((0.0,) * count,) * len(seen)
    return Edits(own, (3, 8, 5), 9, (80.0, 0.002), (0.1,) * count, tuple(map(tuple, seen)), flat,
                 flat, ())  # fmt: skip


def test_what_is_seen_counts_other_classes_alone_image_by_image():
    found = row(3, [[3, 3], [8, 3], [5, 8]])
    assert found.taken == [1.0, 0.0]  # of the first image both, of the second none
    assert study.taken([found]).value == 0.5
    assert study.taken([row(3, [])]) is None  # nobody judged


def test_what_is_kept_is_a_ratio_by_image():
    many = row(3, [[3] * 8, [8] * 8, [5] * 8], 8)
    near = dataclasses.replace(many, own=((9.0,) * 8, (0.2,) * 8, (0.4,) * 8),
                               other=((1.0,) * 8, (0.4,) * 8, (0.8,) * 8))  # fmt: skip
    kept = study.kept([near])
    assert (kept.value, kept.low, kept.high) == pytest.approx((0.5, 0.5, 0.5))


def test_a_class_that_the_view_asks_for_is_where_edits_start():
    three = dataclasses.replace(COND, model=dataclasses.replace(COND.model, condition=3))
    plan = edit_plan(three, [3, 8])
    assert {c.experiment.model.condition for c in plan} == {3} and len(plan) > 1
    assert len({c.experiment.seed for c in plan}) == len(plan)
    assert {c.experiment.model.condition for c in edit_plan(COND)} == set(range(10))


@pytest.mark.parametrize(
    "view, classes, origin, said",
    [
        (Experiment(data=Moons(dimension=2)), [], "data", "is no set of images.*choose digits"),
        (Experiment(data=Digits()), [], "data", "knows no classes.*digits-f-cond"),
        (PLAIN, [], "data", "Digits 8×8.*knows no classes.*choose the network digits-f-cond"),
        (COND, [3, 12], "data", "no class 12; its classes are 0 to 9"),
        (COND, [3], "data", "of class 3 already"),
        (COND, range(11), "data", "no class 10|at most 10"),
        (dataclasses.replace(COND, solver=SOLVERS["unipc"]()), [], "data", "cannot run upwards"),
    ],
)
def test_what_cannot_be_edited_is_said_with_what_would_work(view, classes, origin, said):
    with pytest.raises(UserError, match=said):
        edit_plan(view, classes, origin)


def test_steps_beyond_what_a_network_knows_are_refused(monkeypatch):
    monkeypatch.setattr(encoded, "bounds", lambda denoiser: (0.01, 50.0))
    for make in (edit_plan, between_plan):
        with pytest.raises(UserError, match="knows σ from 0.01 to 50, and the steps go from 0.002"):
            make(COND)
    inside = dataclasses.replace(COND, timesteps=Rho(sigma_min=0.02, sigma_max=40.0))
    assert edit_plan(inside)


def test_classes_are_numbers_with_commas():
    assert classes_of(" 3, 8,3 ") == [3, 8] and classes_of("") == []
    for text in ("three", "-1", "3;8", "3.5", "٣", "1234567"):
        with pytest.raises(UserError, match="whole numbers with commas"):
            classes_of(text)


def test_between_ends_come_back_and_the_middles_are_what_they_are():
    view = Experiment(data=Digits(), nfe=9)
    e = dataclasses.replace(between_plan(view)[0].experiment, samples=8)
    found = Between(3)(e)
    start, sigmas = paths.images(e), levels(e)
    denoiser = prepared(e.data, e.model).denoiser
    latent = encode(denoiser, start, sigmas, e.solver)
    back = decode(denoiser, latent, sigmas, e.solver)
    off = (back - start).flatten(1).square().mean(1).sqrt()
    assert found["missed"] == pytest.approx(((off[::2] + off[1::2]) / 2).tolist(), rel=1e-6)
    seen = torch.tensor(found["pictures"], dtype=torch.float64)
    assert seen.shape == (2, 3, 3, 1, 8, 8)  # pairs shown, ways, images
    middle = (start[:4:2] + start[1:4:2]) / 2
    assert torch.allclose(seen[:, 2, 1], middle, atol=1e-3)  # pixels; DIGITS
    whole, shorter = (torch.tensor(v) for v in found["length"])
    lengths = latent.flatten(1).square().mean(1).sqrt() / 80
    assert bool((shorter < whole).all())  # the chord runs inside the circle
    assert torch.allclose(whole, ((lengths[::2] + lengths[1::2]) / 2).float(), rtol=0.15)


def test_each_way_between_is_judged_by_its_own_images():
    data = Digits()
    noise = 3 * torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0)).double()
    images = data.points()[:4]
    middle = {"circle": images, "line": noise.to(images), "pixels": noise.to(images)}
    good = paths._good(Experiment(data=data), middle, None)
    assert good == [[1] * 4, [0] * 4, [0] * 4]


def test_between_refuses_points():
    with pytest.raises(UserError, match="no set of images"):
        between_plan(Experiment(data=Moons(dimension=2)))


def test_answers_are_kept_by_what_they_depend_on():
    a, b = edit_plan(COND, [3, 8])[0], edit_plan(COND, [3, 8], "samples")[0]
    assert a.question != b.question and isinstance(a.measure, Edited)
    assert COND.model.digests(COND.data)[0] in a.question
