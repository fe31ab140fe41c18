"""A trained network as a choice of model: names, classes, guidance, and what it refuses."""

import dataclasses

import pytest
import torch

from explorer.core.guidance import Guidance
from explorer.core.guided import passes
from explorer.data import DATASETS, Digits, Spiral
from explorer.errors import Cancelled, UserError
from explorer.lab import error, experiment, truth
from explorer.lab.experiment import Experiment, run
from explorer.lab.shapes import data_for
from explorer.lab.watched import PROMPT, Watched
from explorer.models import MODELS, Network, files, load
from explorer.models.architecture import build, describe
from explorer.models.precond import EDM
from explorer.settings import from_query, question, to_query
from explorer.store import weights

KWARGS = {
    "img_resolution": 8,
    "in_channels": 1,
    "out_channels": 1,
    "model_channels": 8,
    "channel_mult": (1, 2),
    "num_blocks": 1,
    "attn_resolutions": (4,),
}


def keep(name, seed=0, root=None, data="digits", **kwargs):
    d = describe("SongUNet", {**KWARGS, **kwargs}, EDM(), (1, 8, 8))
    torch.manual_seed(seed)
    module = build(d)
    for p in module.parameters():
        p.data += 0.1 * torch.randn_like(p)
    return files.save(module, {**d, "label": name.title(), "data": {"data": data}}, name, root)


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    """Two folders of networks: shipped ones and the user's own."""
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "shipped")
    keep("plain", 0, tmp_path / "shipped")
    keep("classes", 1, label_dim=10, label_dropout=0.1)
    keep("strict", 2, label_dim=10)
    keep("rgb", 3, in_channels=1, label_dim=3, label_dropout=0.1)
    for memo in experiment.MEMOS:
        memo.clear()
    return tmp_path


def small(model, **changes):
    return Experiment(data=Digits(), model=model, **{"nfe": 5, "samples": 3, **changes})


X, SIGMA = torch.randn(2, 1, 8, 8, dtype=torch.float64), torch.tensor(0.7)


def test_no_name_is_the_shipped_network_of_the_data():
    d = Network().load(Digits())
    assert torch.equal(d(X, SIGMA), load("plain")(X, SIGMA))
    with pytest.raises(UserError, match="Spiral"):
        Network().load(Spiral())


def test_a_name_travels_in_a_link():
    e = small(Network(checkpoint="classes", condition=3, guidance=2.0))
    assert "model=network&model.checkpoint=classes" in to_query(e)
    assert from_query(Experiment, to_query(e)) == e


def test_it_runs_and_the_first_samples_do_not_depend_on_the_number():
    few, more = (run(small(Network(), samples=n)).samples for n in (2, 5))
    assert few.shape == (2, 1, 8, 8)
    # float32 inside: kernels of another batch size sum in another order
    assert torch.allclose(few, more[:2], atol=1e-4)


def test_a_class_is_the_label():
    d = Network(checkpoint="classes", condition=4).load(Digits())
    whole = load("classes")
    assert torch.allclose(d(X, SIGMA), whole(X, SIGMA, torch.tensor([4, 4])), atol=1e-6)
    assert not torch.allclose(d(X, SIGMA), whole(X, SIGMA), atol=1e-3)


def test_classifier_free_guidance_by_hand():
    """D = D_any + w (D_class − D_any)."""
    d, whole = (
        Network(checkpoint="classes", condition=4, guidance=2.5).load(Digits()),
        load("classes"),
    )
    free, own = whole(X, SIGMA), whole(X, SIGMA, torch.tensor([4]))
    assert torch.allclose(d(X, SIGMA), free + 2.5 * (own - free), atol=1e-5)
    assert d.shape == (1, 8, 8) and d.operations == 2 * whole.operations
    assert torch.allclose(d.with_features(X, SIGMA)[0], d(X, SIGMA))


def test_autoguidance_by_another_network():
    """Karras et al. 2024: the weak network answers for the same class where it has one."""
    weak = load("rgb")
    d = Network(checkpoint="strict", condition=2, guidance=1.5, guide="rgb").load(Digits())
    strong = load("strict")(X, SIGMA, torch.tensor([2]))
    low = weak(X, SIGMA, torch.tensor([2]))
    assert torch.allclose(d(X, SIGMA), low + 1.5 * (strong - low), atol=1e-5)
    free = Network(guidance=1.5, guide="rgb").load(Digits())
    assert torch.allclose(
        free(X, SIGMA), weak(X, SIGMA) + 1.5 * (load("plain")(X, SIGMA) - weak(X, SIGMA)), atol=1e-5
    )


@pytest.mark.parametrize(
    "setting, words",
    [
        ({"checkpoint": "absent"}, "no network 'absent'.*plain"),
        ({"checkpoint": "../plain"}, "no network"),
        ({"checkpoint": "plain", "condition": 3}, "knows no classes"),
        ({"checkpoint": "classes", "condition": 10}, "0 to 9"),
        ({"checkpoint": "strict"}, "does not know “any”"),
        ({"checkpoint": "classes", "guidance": 2.0}, "pick a class"),
        ({"checkpoint": "strict", "condition": 1, "guidance": 2.0}, "does not know “any”"),
        ({"checkpoint": "plain", "guidance": 2.0, "guide": "nobody"}, "no network 'nobody'"),
    ],
)
def test_what_cannot_be(setting, words):
    with pytest.raises(UserError, match=words):
        run(small(Network(**setting)))


def test_other_data_are_refused_with_those_that_fit():
    with pytest.raises(UserError, match=r"16 numbers\. Data that fit: Digits 8×8, .*of your own"):
        run(dataclasses.replace(small(Network(checkpoint="plain")), data=Spiral()))


@pytest.mark.parametrize(
    "shape, name",
    [((2,), "spiral"), ((1, 8, 8), "digits"), ((3, 64, 64), "patches"), ((1,), "diracs")],
)
def test_data_that_fit(shape, name):
    found = data_for(shape)
    assert name in [d.name for d in found]
    assert all(tuple(d.points().shape[1:]) == shape for d in found)


def test_new_weights_under_an_old_name_are_another_run(shelf):
    e = small(Network(checkpoint="classes", condition=1))
    before = run(e).samples
    assert run(e).samples is before
    weights.delete("classes")
    keep("classes", 9, label_dim=10, label_dropout=0.1)
    assert not torch.equal(run(e).samples, before)


def test_the_work_of_a_network_is_bounded(monkeypatch):
    e = small(Network())
    each = experiment.work(e) / (3 * 5)
    assert each == pytest.approx(load("plain").operations / 100)
    monkeypatch.setattr(experiment.cost, "WORK_LIMIT", each * 7)
    with pytest.raises(UserError, match=r"\(1 samples would do\)"):
        run(e)
    monkeypatch.setattr(experiment.cost, "WORK_LIMIT", 0.99 * each)
    with pytest.raises(UserError, match="Even one sample"):
        run(e)


def test_operations_by_hand():
    """Of a network that is one 3 x 3 convolution at 8 x 8 on the way in: 9 · 64 · channels."""
    d = load("plain")
    first = 9 * 64 * 1 * 8
    assert d.operations > 20 * first  # and a few dozen wider ones
    assert float(d.operations).is_integer()


def test_a_draft_is_a_part_of_the_whole(monkeypatch):
    e = small(Network(), nfe=9, samples=64)
    source = experiment.prepared(e.data, e.model)
    slow = dataclasses.replace(source, pace=0.01, least=0)  # the whole would take 5.76 s
    monkeypatch.setattr(experiment, "prepared", lambda data, model: slow)
    assert experiment.draft(e, 1.0) == dataclasses.replace(e, samples=11)
    assert experiment.draft(e, 0.4) == dataclasses.replace(e, samples=4)
    assert experiment.draft(e, 0.2) == dataclasses.replace(e, samples=2)
    assert experiment.draft(e, 0.1) == dataclasses.replace(e, samples=1)
    assert experiment.draft(e, 0.01) == dataclasses.replace(e, samples=1, nfe=8)
    assert experiment.draft(e, 4.0) is None  # not much longer than that
    quick = dataclasses.replace(source, pace=None)
    monkeypatch.setattr(experiment, "prepared", lambda data, model: quick)
    assert experiment.draft(e, 1e-9) is None


def test_a_draft_counts_what_a_call_takes_however_few_the_samples(monkeypatch):
    """A small network spends its time on calls: fewer samples would not help, fewer calls do."""
    e = small(Network(), nfe=35, samples=64)
    source = experiment.prepared(e.data, e.model)
    calls = dataclasses.replace(source, pace=0.001, least=0.01)
    assert calls.seconds(1) == calls.seconds(10) == 0.01 and calls.seconds(64) == 0.064
    monkeypatch.setattr(experiment, "prepared", lambda data, model: calls)
    assert experiment.draft(e, 0.15) == dataclasses.replace(e, samples=4, nfe=15)


def test_a_network_is_asked_in_pieces_and_can_be_stopped_between_them():
    """The same answers, and the work that nobody wants ends within a batch."""
    source = experiment.prepared(Digits(), Network())
    asked = []
    cut = dataclasses.replace(source, pace=PROMPT / 3).watched(lambda: asked.append(1))
    x = torch.randn(7, 1, 8, 8, dtype=torch.float64)
    each = torch.linspace(0.1, 5, 7, dtype=torch.float64)
    for sigma in (torch.tensor(0.5), each):
        asked.clear()
        whole, features = source.denoiser.with_features(x, sigma)
        assert torch.allclose(cut(x, sigma), whole, atol=1e-5) and len(asked) == 3
        assert torch.allclose(cut.with_features(x, sigma)[1], features, atol=1e-5)
    assert cut.shape == source.shape and cut.sigma_max == source.denoiser.sigma_max

    def stop():
        if len(asked) == 8:  # six until here, and two pieces more
            raise Cancelled
        asked.append(1)

    with pytest.raises(Cancelled):
        dataclasses.replace(source, pace=1.0).watched(stop)(x, torch.tensor(0.5))


def test_slow_networks_are_measured_on_fewer_samples():
    source = experiment.prepared(Digits(), Network())
    slow = dataclasses.replace(source, pace=0.001)
    assert slow.compared == int(2 / 0.257) and dataclasses.replace(source, pace=1.0).compared == 4
    assert dataclasses.replace(source, pace=None).compared == 64


@pytest.mark.slow
def test_errors_of_a_network():
    """Against its own flow: half the step, a good deal less error."""
    rough, fine = (
        error.errors_of(run(small(Network(), nfe=n, samples=2))).end.mean() for n in (7, 25)
    )
    assert 0 < float(fine) < 0.5 * float(rough)
    exact = truth.reference_for(small(Network(), samples=2), exact=True)
    assert "corrected at 257 levels" in exact.method and len(exact.floor) == len(exact.sigma) == 129
    assert float(exact.floor[-1]) > 0


def test_every_model_but_this_needs_no_file():
    assert [n for n, cls in MODELS.items() if hasattr(cls(), "found")] == ["network"]
    assert "upload" in DATASETS


@pytest.mark.slow
def test_guidance_by_sigma_of_a_network():
    """Guided nowhere it is the network to the bit, everywhere plain guidance; what it costs."""
    plain = dict(checkpoint="classes", condition=4)
    alone = run(small(Network(**plain))).samples
    whole = run(small(Network(**plain, guidance=2.5))).samples
    empty = Guidance(sigma_lo=1.0, sigma_hi=1.0)
    assert run(small(Network(**plain, guidance=2.5, how=empty))).samples.equal(alone)
    assert run(small(Network(**plain, how=Guidance(sigma_lo=1.0)))).samples.equal(alone)
    wide = Guidance(sigma_lo=1e-4, sigma_hi=90.0)
    assert run(small(Network(**plain, guidance=2.5, how=wide))).samples.equal(whole)
    part = run(small(Network(**plain, guidance=2.5, how=Guidance(sigma_lo=1.0))))
    above = int((part.trajectory.evaluated > 1.0).sum())
    assert 0 < above < part.nfe == 5
    assert passes(part.source.denoiser, part.trajectory.evaluated) == 5 + above
    assert not part.samples.equal(whole) and not part.samples.equal(alone)


def test_in_pieces_guidance_tells_a_run_the_same():
    how = Guidance(rule="apg", momentum=-0.5)
    d = Network(checkpoint="classes", condition=4, guidance=2.5, how=how).load(Digits())
    x = torch.randn(5, 1, 8, 8, dtype=torch.float64)
    before = d.told(x, SIGMA).memory
    pieces = Watched(d, lambda: None, 2).told(x, SIGMA, before)
    for mine, its in zip(pieces, d.told(x, SIGMA, before), strict=True):
        # float32, and a batch of two takes other kernels than one of five
        assert (mine is None and its is None) or torch.allclose(mine, its, atol=1e-5)


def test_links_before_guidance_by_sigma_mean_what_they_meant():
    e = small(Network(checkpoint="classes", condition=4, guidance=2.5))
    assert "sigma_lo" not in to_query(e)
    assert set(question(e.model)) == {
        "checkpoint", "condition", "guidance", "guide", "prompt", "negative"
    }  # fmt: skip
