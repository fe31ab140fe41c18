"""AMED's table: every solver at 3, 5, 7 and 9 evaluations against the reference, on held-out seeds.

Error is RMS per coordinate at σ_min over seeds that no training saw: median and mean with 95 %
intervals, and what each part of a learned solver adds, as the median of ratios seed by seed;
distance is the sliced Wasserstein distance to as many draws of the data.
"""

import copy
import time

import torch

from ..analysis import geometry
from ..analysis.intervals import apart
from ..core import trained as known
from ..core.solvers import AMED, Plugin
from ..errors import UserError
from ..lab.experiment import Experiment, prepared, use_device
from ..lab.learned import sample
from ..lab.truth import reference_for
from ..settings import to_query, unflatten
from ..store import places
from ..store import predictors as store
from ..study import predictors
from ..study import table as contest
from ..training.recipe import Progress
from .report import side_by_side, table, verdict
from .sampler import Shrink, clock_of


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
        "--searched",
        default=",".join(map(str, contest.SEARCHED)),
        metavar="N,N",
        help="budgets at which the steps of every solver are searched too",
    )
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
    searched = [int(n) for n in given.searched.split(",") if n]
    how = {"count": given.samples, "points": given.points, "searched": searched}
    cells = list(contest.amed_table(e, **how, folder=places.cache("studies")))
    rows = list(dict.fromkeys(c.row for c in cells))
    at = {(*c.row, c.nfe): c for c in cells}
    for what, title in (
        ("median", "median end error"),
        ("error", "mean end error"),
        ("distance", "sliced W₁ to the data"),
    ):
        print()
        table(
            (f"{title} at NFE", "steps", *map(str, contest.BUDGETS)),
            [(*row, *(_shown(at.get((*row, n)), what) for n in contest.BUDGETS)) for row in rows],
        )
    z = contest.held_out(e, given.samples, given.points).zero
    print(f"(the reference's own distance to the data: {z.value:.4f} ± {z.value - z.low:.4f})")
    print()
    for line in told(cells):
        print(line)
    targets(cells)
    overhead(e, cells, given)
    plane(e)
    if given.train:
        training(e)


def _shown(cell, what: str) -> str:
    return "–" if cell is None else str(getattr(cell, what))


def told(cells) -> list[str]:
    """What each part of a learned solver adds, and which are the best of each budget."""
    out = []
    for c in cells:
        before = contest.came_from(c, cells)
        if before is not None:
            found = c.over(before)
            verdict = "" if apart(found) else ": cannot be told apart"
            out.append(
                f"{c.nfe} NFE, {', '.join(c.row)}: {found} × {', '.join(before.row)}{verdict}"
            )
    for nfe in sorted({c.nfe for c in cells}):
        first, *others = contest.best([c for c in cells if c.nfe == nfe])
        alike = "".join(f"; not to be told apart: {', '.join(c.row)}" for c in others)
        out.append(f"{nfe} NFE, least median: {', '.join(first.row)}, {first.median}{alike}")
    return out


def targets(cells) -> None:
    """AMED-Solver against DPM-Solver-2 and DDIM; the plug-in against iPNDM and the best, each by
    the median of ratios seed by seed.
    """
    final = [c for c in cells if c.learned and c.stage == contest.LEARNED]

    def hold(c, among: list, words: str, target: float = 1.0) -> None:
        if among:
            least = min(among, key=lambda o: o.median.value)
            name = f" ({', '.join(least.row)})" if len(among) > 1 else ""
            verdict(
                f"{c.name}, {c.steps} steps, over {words} at {c.nfe} NFE{name}",
                c.over(least).value,
                target,
            )

    for c in final:
        rivals = [o for o in cells if o.nfe == c.nfe and not o.learned and not o.stage]
        usual = {o.name: o for o in rivals if o.steps == contest.USUAL}
        if c.name == "AMED-Solver":
            if c.nfe == 5:
                hold(c, [usual["DPM-Solver-2 + AFS"]], "DPM-Solver-2 + AFS", 0.5)
                hold(c, [usual["DDIM"]], "DDIM")
            continue
        same = c.name.removeprefix("AMED-Plugin on ")  # iPNDM of the same order
        hold(c, [usual[same]] if same in usual else [], same)
        if c.nfe == 5:
            hold(c, list(usual.values()), "the best on usual steps")
            hold(c, rivals, "the best of the others, steps by GITS or searched")


@torch.no_grad()
def overhead(e: Experiment, cells, given) -> None:
    """What the predictor itself costs: the same run with r, c and a by hand.

    Two runs of a network waver by more than they differ; so what counts is what a predictor adds
    where the network's answer and its features lie ready, over the time of the run with the
    network.  On a CPU all of it is processor time of one thread.
    """
    mine = next((c for c in cells if c.stage == contest.LEARNED and c.nfe == 5), None)
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
        assert isinstance(step, Progress) and step.standing  # the last report is of the training
        standing = step.standing
        plane_data = prepared(e.data, e.model).kind == "plane"
        verdict(
            f"seconds to train {solver.label} at 5 NFE, median end errors "
            + ", ".join(f"{k} {standing.median(k)}" for k in standing.errors),
            time.perf_counter() - started,
            30 if plane_data else 180,
        )
