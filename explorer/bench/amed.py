"""AMED's table: every solver at 3, 5, 7 and 9 evaluations against the reference, on held-out seeds.

Error is RMS per coordinate at σ_min, mean over seeds that no training saw, with its 95 % interval;
distance is the sliced Wasserstein distance to as many draws of the data.
"""

import copy
import time

import torch

from ..analysis import geometry
from ..core import trained as known
from ..core.solvers import AMED, Plugin
from ..errors import UserError
from ..lab.experiment import Experiment, prepared, use_device
from ..lab.learned import sample
from ..lab.truth import reference_for
from ..settings import to_query, unflatten
from ..store import predictors as store
from ..study import predictors
from ..study import table as contest
from ..training.recipe import Progress
from .report import side_by_side, table, verdict
from .sampler import Shrink, clock_of

UNTRAINED = "usual"


def options(command) -> None:
    """Declare what `bench amed` may be given."""
    command.add_argument(
        "--view",
        action="append",
        default=None,
        metavar="QUERY",
        help="data and model as in a link; may be given again; default: every "
        "model with shipped predictors",
    )
    command.add_argument("--samples", type=int, default=1000, help="held-out seeds")
    command.add_argument("--points", type=int, default=65, help="nodes of the reference, RK4")
    command.add_argument(
        "--train",
        action="store_true",
        help="time the training of a predictor at 5 evaluations, not kept",
    )


def measure(given) -> None:
    """Print the tables and whether each target is met."""
    device = use_device(given.device)
    print(f"{device.label}, {device.note}; {given.samples} held-out seeds")
    for query in given.view or shipped_views():
        flat = dict(pair.partition("=")[::2] for pair in query.split("&") if pair)
        one(unflatten(Experiment, flat), given)


def shipped_views() -> list[str]:
    """The data and model of every shipped predictor, once each."""
    found: dict[str, None] = {}
    for path in sorted(store.SHIPPED.glob("*.json")):
        e = predictors.opened(path.stem)
        found[to_query(Experiment(data=e.data, model=e.model))] = None
    if not found:
        raise UserError("No predictors are shipped here; name a view, as in --view data=digits.")
    return list(found)


def one(e: Experiment, given) -> None:
    """The table of one model, its targets, the cost of sampling and the plane of its paths."""
    print(f"\n{e.data.label}, {e.model.label}")
    cells = list(contest.amed_table(e, count=given.samples, points=given.points))
    rows = sorted({(c.name, c.steps) for c in cells}, key=[(c.name, c.steps) for c in cells].index)
    at = {(c.name, c.steps, c.nfe): c for c in cells}
    for what, title in (("error", "mean end error"), ("distance", "sliced W₁ to the data")):
        print()
        table(
            (f"{title} at NFE", "steps", *map(str, contest.BUDGETS)),
            [
                (name, steps, *(_shown(at.get((name, steps, n)), what) for n in contest.BUDGETS))
                for name, steps in rows
            ],
        )
    z = contest.held_out(e, given.samples, given.points).zero
    print(f"(the reference's own distance to the data: {z.value:.4f} ± {z.value - z.low:.4f})")
    targets(cells)
    overhead(e, cells, given)
    plane(e)
    if given.train:
        training(e)


def _shown(cell, what: str) -> str:
    if cell is None:
        return "–"
    v = getattr(cell, what)
    return f"{v.value:.4f} ± {v.value - v.low:.4f}"


def targets(cells) -> None:
    """AMED-Solver against DPM-Solver-2 and DDIM; the plug-in against iPNDM and the best."""

    def best(name: str, nfe: int, steps: str | None = None) -> float | None:
        found = [
            c.error.value
            for c in cells
            if c.name == name and c.nfe == nfe and (steps is None or c.steps == steps)
        ]
        return min(found) if found else None

    for c in (c for c in cells if c.name == "AMED-Solver" and c.nfe == 5):
        verdict(
            f"AMED-Solver, {c.steps} steps, over DPM-Solver-2 + AFS at 5 NFE",
            c.error.value / best("DPM-Solver-2 + AFS", 5, UNTRAINED),
            0.5,
        )
        verdict(
            f"AMED-Solver, {c.steps} steps, over DDIM at 5 NFE",
            c.error.value / best("DDIM", 5, UNTRAINED),
            1.0,
        )
    plugs = [c for c in cells if c.learned and c.name.startswith("AMED-Plugin on iPNDM")]
    for c in plugs:
        same = c.name.removeprefix("AMED-Plugin on ")  # iPNDM of the same order
        if (rival := best(same, c.nfe, UNTRAINED)) is not None:
            verdict(
                f"{c.name}, {c.steps} steps, over {same} at {c.nfe} NFE", c.error.value / rival, 1.0
            )
    at_5 = min((c for c in plugs if c.nfe == 5), key=lambda c: c.error.value, default=None)
    if at_5 is not None:
        others = [c for c in cells if c.nfe == 5 and not c.learned]
        for words, among in (
            ("the best untrained", [c for c in others if c.steps == UNTRAINED]),
            ("the best of the others, GITS steps too", others),
        ):
            least = min(among, key=lambda c: c.error.value)
            verdict(
                f"{at_5.name} over {words} at 5 NFE ({least.name}, {least.steps})",
                at_5.error.value / least.error.value,
                1.0,
            )


@torch.no_grad()
def overhead(e: Experiment, cells, given) -> None:
    """What the predictor itself costs: the same run with r, c and a by hand.

    Two runs of a network waver by more than they differ; so what counts is what a predictor adds
    where the network's answer and its features lie ready, over the time of the run with the
    network.  On a CPU all of it is processor time of one thread.
    """
    mine = next((c for c in cells if c.learned and c.nfe == 5), None)
    if mine is None:
        return
    trained, source = store.find(mine.predictor), prepared(e.data, e.model)
    solver = predictors.with_predictor(e, mine.predictor).solver
    plain = AMED() if isinstance(solver, AMED) else Plugin(solver.solver)
    noise = torch.randn(16, *source.shape, dtype=source.device.dtype).to(source.device.device)
    grid, ready = torch.tensor(trained.sigmas, dtype=torch.float64), _ready(source.denoiser, noise)

    def beside(denoiser, rounds: int) -> tuple[float, float, float]:
        run = lambda s: lambda: sample(denoiser, noise, grid, s, afs=trained.afs)
        return side_by_side(
            run(solver), run(plain), rounds, source.device.synchronize, clock_of(source.device)
        )

    threads = torch.get_num_threads()
    if source.device.device.type == "cpu":
        torch.set_num_threads(1)
    try:
        _ours, alone, ratio = beside(source.denoiser, 60)
        with_it, without, _ = beside(ready, 200)
    finally:
        torch.set_num_threads(threads)
    verdict(
        f"sampling with a predictor over the same without, batch 16 "
        f"({1e3 * (with_it - without):.2f} ms on {1e3 * alone:.1f} ms; timed whole, {ratio:.3f})",
        1 + (with_it - without) / alone,
        1.03,
    )


def _ready(denoiser, noise):
    """The denoiser with its network's answer and bottleneck known beforehand; readers stay."""
    if hasattr(denoiser, "module"):
        answer = denoiser.module(
            noise, torch.ones((), dtype=noise.dtype), denoiser.labels, features=True
        )
        ready = copy.copy(denoiser)
        ready.module = lambda x, sigma, labels, features=False: answer if features else answer[0]
    else:
        ready = Shrink(denoiser.shape)
    known._answers[ready] = known.answers_of(denoiser)[0]  # a predictor takes it for its own model
    return ready


@torch.no_grad()
def plane(e: Experiment) -> None:
    """AMED Fig. 4: how far paths leave their own plane."""
    truth = reference_for(e)
    if truth.x[0, 0].numel() < 3:
        return
    keep = torch.linspace(0, len(truth.sigma) - 1, 41).round().long()
    path = truth.x[keep]
    residual = geometry.residuals(path)
    walk = geometry.residuals(
        geometry.walk_like(path, torch.Generator().manual_seed(4)),
        scale=path.flatten(2).norm(dim=2),
        ks=(2,),
    )[0]
    verdict("largest mean residual out of the plane", float(residual[1].mean(1).max()), 0.08)
    print(f"      a random walk of the same steps: {float(walk.mean(1).max()):.2f}")


def training(e: Experiment) -> None:
    """How long a predictor at 5 evaluations takes."""
    for solver in (AMED(), Plugin()):
        view = unflatten(Experiment, {"nfe": 5, "afs": True}, e)
        view = predictors.student(
            Experiment(data=e.data, model=e.model, solver=solver, nfe=view.nfe, afs=True)
        )
        trainer = predictors.trainer(view)
        started = time.perf_counter()
        *_, step = trainer.run()
        assert isinstance(step, Progress)  # the last report is of the training
        plane_data = prepared(e.data, e.model).kind == "plane"
        verdict(
            f"seconds to train {solver.label} at 5 NFE, error {step.before:.4f} to "
            f"{step.error:.4f}",
            time.perf_counter() - started,
            30 if plane_data else 180,
        )
