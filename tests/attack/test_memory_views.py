"""Views within a bound on memory: counted, refused with what would do, in turn, and in pieces."""

import gc
import re
import threading

import pytest
import torch

from explorer.analysis import geometry, reference
from explorer.core.denoisers import Gaussian
from explorer.core.timesteps import Rho
from explorer.data import Digits, Patches
from explorer.errors import Cancelled, UserError
from explorer.lab import error, experiment, memory
from explorer.lab.experiment import Experiment, run, too_much, use_device
from explorer.lab.source import prepared
from explorer.lab.view import View
from explorer.server.message import message
from explorer.strips import STRIPS

from ..core.problems import mixture, normal

pytestmark = pytest.mark.slow  # real servers and processes

MB = 1e6


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """An account of its own, and nothing remembered."""
    use_device("cpu")
    monkeypatch.setattr(memory, "ACCOUNT", memory.Account(memory.ACCOUNT.limit, memory.MEMOS))
    yield
    use_device("cpu")


def test_a_view_above_the_bound_says_how_many_samples_would_do_and_they_do():
    """4096 images of 8 × 8 with new noise for 16 steps at a time: some 160 MB."""
    e = Experiment(data=Digits(), solver=experiment.SOLVERS["euler_a"](), samples=4096, nfe=5)
    assert too_much(e) is None
    memory.use(120 * MB)
    why = too_much(e)
    assert why.startswith("4096 samples of Digits") and "at most 120 MB" in why
    with pytest.raises(UserError, match="samples would do"):
        run(e)
    enough = int(re.search(r"(\d+) samples would do", why)[1])
    few = experiment.dataclasses.replace(e, samples=enough)
    more = experiment.dataclasses.replace(e, samples=enough + 1)
    assert 1 < enough < 4096 and too_much(few) is None and too_much(more)
    assert len(run(few).samples) == enough


def test_the_page_is_cut_to_what_memory_allows_and_says_so():
    memory.use(120 * MB)
    values = {"data": "digits", "solver": "euler_a", "samples": 4096, "nfe": 5}
    answer = message({"values": values})
    said = answer["cut"]["words"].replace(",", "")
    few = int(re.match(r"Cut to (\d+) of 4096 samples: .* more memory", said)[1])
    e = Experiment(data=Digits(), solver=experiment.SOLVERS["euler_a"](), samples=few, nfe=5)
    assert 1 < few < 4096 and too_much(e) is None
    assert f"{few} samples" in str(answer["parts"]["run"]["status"]).replace(",", "")


def test_loading_is_counted_too():
    memory.use(1 * MB)
    with pytest.raises(UserError, match=r"Exact denoiser on Digits.*needs about \d+ MB.*at most 1"):
        prepared(Digits(), experiment.Exact())


def test_views_at_once_on_little_memory_are_all_answered_and_stay_within_it():
    """Six with seeds of their own, where two have room at a time."""
    memory.use(150 * MB)
    answers: dict = {}
    most = []

    def ask(seed: int):
        values = {"data": "patches", "data.size": 8, "seed": seed, "nfe": 9, "samples": 32}
        answers[seed] = message({"values": values, "page": f"memory {seed}", "id": 1})
        most.append(memory.ACCOUNT.held)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    for answer in answers.values():
        assert "problem" not in answer and "run" in answer["parts"]
    assert max(most) <= 150 * MB


def test_fewer_paths_are_compared_where_their_references_have_no_room():
    source = prepared(Patches(size=16), experiment.Exact())
    memory.use(4e9)
    assert (source.compared, source.settled) == (64, 256)
    memory.use(200 * MB)
    assert 1 <= source.settled < 64 and source.compared == source.settled
    memory.use(100 * MB)
    found = View(Experiment(data=Patches(size=16), samples=16, nfe=5))
    with found.room():
        assert len(found.errors.end) == source.compared < 16
        assert found.reference.x.shape[1] == source.compared


@pytest.mark.parametrize("nodes", (5, 7))
def test_a_reference_read_in_pieces_is_the_same(nodes, monkeypatch):
    law = mixture(3)
    paths = reference.reference(law, 40 * normal(6, *law.shape), 40.0, 0.01, 33)
    levels = torch.logspace(1.5, -2, nodes, dtype=torch.float64)
    whole = paths.at(levels), reference.shortened(law, paths, 0.1)
    monkeypatch.setattr(reference, "AT_ONCE", 20)
    assert torch.equal(paths.at(levels), whole[0])
    again = reference.shortened(law, paths, 0.1)
    # a product of other shape may round its last bit otherwise
    torch.testing.assert_close(again.denoised, whole[1].denoised, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ("curvature", "plane"))
def test_strips_measure_in_pieces_what_they_measure_at_once(name, monkeypatch):
    """But for the random walk, which is drawn piece by piece: another one, of the same kind."""
    view = View(Experiment(data=Digits(), samples=24, nfe=9))
    whole = STRIPS[name].measure(view)
    monkeypatch.setattr(geometry, "AT_ONCE", 1)
    monkeypatch.setattr(geometry, "PIECE", 7 * view.reference.x[:, 0].numel())
    parts = STRIPS[name].measure(view)
    for key, value in whole.items():
        if key in ("walk", "walked"):
            # the mean of 24 walks in 64-D: 15 % is five times what it varies by
            torch.testing.assert_close(
                torch.tensor(parts[key]), torch.tensor(value), rtol=0.15, atol=0.02
            )
        else:
            assert_same(parts[key], value)


def assert_same(a, b):
    """Nested numbers, but for rounding."""
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, str):
        assert a == b
    else:
        torch.testing.assert_close(torch.tensor(a), torch.tensor(b), rtol=1e-9, atol=1e-12)


def test_large_samples_have_their_steps_replaced_in_smaller_blocks(monkeypatch):
    e = Experiment(data=Digits(), samples=24, nfe=9)
    whole = error.steps_of(e)
    assert error.block_of(e) == error.BLOCK
    assert error.block_of(Experiment(data=Patches(size=64))) < 16
    monkeypatch.setattr(error, "BATCH", 1)
    use_device("cpu")
    torch.testing.assert_close(error.steps_of(e).moved, whole.moved, rtol=1e-9, atol=1e-12)


def test_a_gaussian_of_large_photographs_has_its_paths_in_closed_form_and_within_the_bound():
    """64 paths of 12,288 numbers at 193 levels would be 2.4 GB: fewer are compared."""
    memory.use(500 * MB)
    e = Experiment(data=Patches(size=64), model=experiment.MODELS["gaussian"](), samples=8, nfe=5)
    view = View(e)
    with view.room():
        assert isinstance(view.source.denoiser, Gaussian)
        assert view.reference.closed is not None
        assert view.reference.x.numel() * 16 < 500 * MB


class Stop:
    """Asked at each step; cancels at the k-th, and notes what is held by then."""

    def __init__(self, last: int):
        self.left, self.peak = last, 0.0

    def __call__(self):
        self.left -= 1
        if self.left < 0:
            raise Cancelled


def test_cancelled_views_leave_nothing_however_many():
    """By reference counts alone: no traceback, memo or thread holds what a run had made."""
    gc.collect()
    gc.disable()
    try:
        live = lambda: sum(
            v.nbytes for v in gc.get_objects() if type(v) is torch.Tensor and v.numel() > 20_000
        )
        prepared(Patches(size=16), experiment.Exact())
        before = live()
        for seed in range(3):
            e = Experiment(data=Patches(size=16), seed=seed, samples=32, nfe=19, timesteps=Rho(5))
            for what, last in (("run", 5), ("reference", 20), ("steps", 70)):
                view = View(e, Stop(last))
                with pytest.raises(Cancelled), view.room():
                    getattr(view, what)
                del view
            for memo in memory.MEMOS[1:]:
                memo.clear()
        assert memory.ACCOUNT.promised == 0
        assert live() - before < 5 * MB  # a run of this alone is 12 MB
    finally:
        gc.enable()
