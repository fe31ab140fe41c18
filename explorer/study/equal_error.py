"""EDM's Fig. 2: how many evaluations three published samplers need for the error of Algorithm 1.

VP, VE and iDDPM each with its own sampler, then with Heun and the steps of ρ = 7, then with σ = t;
all on the same denoiser, noise and range of levels, so that one reference holds for all.  Or each
on a network of its own design, as in the paper, and then with a reference of its own.  The range is
that of iDDPM's levels, which cannot move.  Paths are held against the reference, samples against
draws of the data.  Karras et al. 2022, Sec. 3 and Table 3.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis import distance
from ..analysis.equal import Times, times_as_many
from ..analysis.intervals import Estimate, median
from ..core.churn import Churn, Restart
from ..core.known import bounds
from ..core.schedules import EDM, VE, VP
from ..core.solvers import DDIM, Euler, Heun
from ..core.timesteps import IDDPM, Rho
from ..core.timesteps import VE as VESteps
from ..core.timesteps import VP as VPSteps
from ..data import Digits
from ..errors import UserError
from ..lab.experiment import Experiment, ends
from ..lab.source import MEMOS, Source, Watch, prepared, weights
from ..memo import Memo
from ..models.network import Network
from ..settings import param, setting
from . import engine
from .affordable import FEWEST as FEWEST_PATHS
from .affordable import compared_within_work
from .distances import as_plain
from .end_error import reached
from .plan import Cell
from .sweep import check_budgets_count

BUDGETS = (9, 17, 35, 69, 137, 273, 545, 901)
FEWEST = 4  # budgets, where the cap on work allows no more
PATHS = 32  # on networks, whose paths cost more than all else here
HALVINGS = 4  # of a network's reference: to 2,048 levels, where VP's is off by 2e-6
TARGET = 35  # evaluations of Algorithm 1 whose error the others have to reach: EDM's for VP
HELD = 2048  # draws of the data
DIRECTIONS, RESAMPLES = 64, 32  # of a distance, which no cancel can interrupt
OURS = "Heun, ρ steps, σ = t"
NETWORKS = {"VP": "digits-ladder-b", "VE": "digits-ve", "iDDPM": "digits-iddpm"}


@dataclasses.dataclass(frozen=True)
class Design:
    """Names of its sampler, of Heun and ρ steps in its frame, and of Algorithm 1; quoted: how many
    times fewer evaluations EDM says; network: its own, or empty for the view's denoiser.
    """

    original: str
    heun: str
    ours: str
    quoted: float
    network: str = ""


DESIGNS = {
    "VP": Design("VP: Euler, its own steps", "VP: Heun, ρ steps", OURS, 7.3),
    "VE": Design("VE: Euler, its own steps", "VE: Heun, ρ steps", OURS, 300.0),
    "iDDPM": Design("iDDPM: DDIM, its own steps", OURS, OURS, 3.2),
}
ON_NETWORKS = {
    name: dataclasses.replace(
        d,
        ours=f"{name}: {OURS}",
        heun=d.heun.replace(OURS, f"{name}: {OURS}"),
        network=NETWORKS[name],
    )
    for name, d in DESIGNS.items()
}
PACE = 26.3  # images a second, EDM Sec. 3: CIFAR-10 on one V100


@setting
class Reached:
    """The end error of every sample, and the distance of the samples to draws of the data, both at
    the last level above 0.
    """

    name: ClassVar[str] = "reached"
    version: ClassVar[int] = 2
    halvings: int = param(
        1, 1, 6, 1, before=1, label="Halvings", help="of a reference, on networks"
    )

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """{"each", "nfe", "seconds", "distance", "range"}, and of a network "floor": what the
        reference may be off by; raises UserError where a run cannot be compared.
        """
        row, states = reached(e, watch, count=e.samples, halvings=self.halvings)
        if states is None or row.median is None:
            raise UserError(row.note)
        more = {"floor": row.floor} if self.halvings > 1 else {}
        held = law(e, row.ends[1])
        far = distance.sliced_wasserstein(
            states, held, torch.Generator().manual_seed(13), DIRECTIONS, RESAMPLES
        )
        return {
            "each": list(row.each),
            "nfe": row.nfe,
            "seconds": row.seconds,
            "distance": as_plain(far),
            "range": list(row.ends),
            **more,
        }

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


_laws = Memo(16 * 2**20)
MEMOS.append(_laws)


def law(e: Experiment, sigma: float) -> Tensor:
    """Draws of p(x; σ) of the data, (HELD, *shape); made once."""
    key = (e.data, e.model, *weights(e.data, e.model), sigma)
    return _laws(key, lambda: _noisy(prepared(e.data, e.model), HELD, sigma, 31))


def _noisy(source: Source, count: int, sigma: float, seed: int) -> Tensor:
    clean = source.clean(count, seed)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed + 1)).to(clean)
    return clean + sigma * noise


def chance(e: Experiment, sigma: float) -> Estimate:
    """The distance of as many draws of the data themselves, with what holds 95 % of them."""
    key = (e.data, e.model, *weights(e.data, e.model), sigma, e.samples)

    def make() -> Estimate:
        source, seed = prepared(e.data, e.model), iter(range(100, 10**6, 2))
        held = law(e, sigma)
        fresh = lambda n, g: held if n == HELD else _noisy(source, n, sigma, next(seed))
        g = torch.Generator().manual_seed(13)
        far = lambda x, y, g, resamples: distance.sliced_wasserstein(x, y, g, DIRECTIONS, resamples)
        return distance.floor(far, fresh, e.samples, g, HELD, repeats=12)

    return _laws(key, make)


@dataclasses.dataclass(frozen=True)
class Found:
    """One sampler at one budget.  floor: what its reference may be off by, 0 where that is far
    below every error."""

    name: str
    nfe: int
    each: tuple[float, ...]
    distance: Estimate
    seconds: float
    range: tuple[float, float]
    floor: float = 0.0

    @property
    def error(self) -> Estimate:
        """The median end error."""
        return median(torch.tensor(self.each, dtype=torch.float64))


def designs(networks: bool) -> dict[str, Design]:
    """All on the view's denoiser, or each on a network of its own."""
    return ON_NETWORKS if networks else DESIGNS


def samplers(base: Experiment, networks: bool = False) -> dict[str, Experiment]:
    """name -> the base with that sampler, all over the levels of iDDPM that the base's range holds,
    and that all networks know.

    EDM's σ_max of 80 means u_8 = 80.2 there (Table 1), hence the hundredth above.  Raises UserError
    where there is no data, and where no networks of the three designs ship for it.
    """
    check_budgets_count(base)
    prepared(base.data, base.model).clean(1)
    known = designs(networks)
    models = {
        n: Network(checkpoint=d.network) if networks else base.model for n, d in known.items()
    }
    if networks and base.data != Digits():
        raise UserError(
            f"Networks of VP, VE and iDDPM ship for {Digits.label}, not for {base.data.label}; "
            "choose these, or the denoiser of the settings for all three."
        )
    plain = dataclasses.replace(
        base, churn=Churn(), restart=Restart(), afs=False, last="zero", solver=Heun()
    )
    learned = [bounds(prepared(base.data, m).denoiser) for m in models.values()]
    low = max(base.timesteps.sigma_min, *(b for b, _ in learned))
    high = min(1.01 * base.timesteps.sigma_max, *(t for _, t in learned))
    own = IDDPM(sigma_max=high, sigma_min=low)
    high, low = ends(dataclasses.replace(plain, timesteps=own, model=models["iDDPM"]))
    both = {"sigma_max": high, "sigma_min": low}
    wider: dict[str, Any] = {"sigma_max": high * (1 + 1e-9), "sigma_min": low / (1 + 1e-9)}
    usual: dict[str, tuple] = {
        "VP": (VP(), Euler(), VPSteps(**both)),
        "VE": (VE(), Euler(), VESteps(**both)),
        "iDDPM": (EDM(), DDIM(), dataclasses.replace(own, **wider)),
    }
    found: dict[str, Experiment] = {}
    for name, (schedule, solver, steps) in usual.items():
        d, e = known[name], dataclasses.replace(plain, model=models[name], schedule=schedule)
        rho = Rho(**both)
        found[d.original] = dataclasses.replace(e, solver=solver, timesteps=steps)
        found[d.heun] = dataclasses.replace(e, timesteps=rho)
        found[d.ours] = dataclasses.replace(e, timesteps=rho, schedule=EDM())
    return found


def equal_error_plan(
    base: Experiment, budgets: Sequence[int] = BUDGETS, networks: bool = False
) -> list[Cell]:
    """Round by round from the cheapest budget up, on networks one after the other, so that the
    reference of each is made once.  Where the cap on work allows too few samples the largest
    budgets are left out, down to FEWEST of them.  On networks at most PATHS are followed.

    Raises UserError where even these are too many, and for a typed list of levels.
    """
    paths = min(base.samples, PATHS) if networks else base.samples
    known = samplers(dataclasses.replace(base, samples=paths), networks)
    for most in range(len(budgets), FEWEST - 1, -1):
        trials = [dataclasses.replace(e, nfe=b) for b in budgets[:most] for e in known.values()]
        if networks:
            first = list(dict.fromkeys(e.model for e in known.values())).index
            trials.sort(key=lambda e: first(e.model))
        try:
            fewest = PATHS if networks else FEWEST_PATHS
            made = compared_within_work(trials, fewest, paced=not networks)
            return [Cell(e, Reached(HALVINGS if networks else 1)) for e in made]
        except UserError:
            if most == FEWEST:
                raise
    raise UserError(f"At least {FEWEST} budgets are needed to say where two samplers are equal.")


def equal_error(
    base: Experiment,
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
    networks: bool = False,
) -> Iterator[Found]:
    """Each sampler at each budget; those that cannot be compared are left out."""
    names = {_key(e): name for name, e in samplers(base, networks).items()}
    plan = equal_error_plan(base, networks=networks)
    for done in engine.in_order(engine.run(plan, folder, workers, watch)):
        if (v := done.value) is not None:
            yield Found(
                names[_key(done.cell.experiment)],
                v["nfe"],
                tuple(v["each"]),
                Estimate(**v["distance"]),
                v["seconds"],
                (v["range"][0], v["range"][1]),
                v.get("floor", 0.0),
            )


def _key(e: Experiment) -> tuple:
    return e.model, e.schedule, e.solver, e.timesteps


def as_many(rows: Sequence[Found], name: str, ours: str = OURS) -> Times | None:
    """How many times the evaluations of Algorithm 1 a sampler needs for the error that it makes
    with TARGET of them on the same denoiser; None before that is known.
    """
    curve = {r.nfe: r.each for r in rows if r.name == name}
    own = next((r for r in rows if r.name == ours and r.nfe >= TARGET), None)
    if own is None or len(curve) < 2:
        return None
    return times_as_many(curve, own.each, own.nfe)


def at_the_data(rows: Sequence[Found], name: str, zero: Estimate) -> tuple[int, int] | None:
    """(n, m): from m evaluations on the samples cannot be told from draws of the data, with n they
    still could, 0 where the first budget is enough; None where they always can.
    """
    own = sorted((r for r in rows if r.name == name), key=lambda r: r.nfe)
    apart = [r.distance.low > zero.high for r in own]
    if not own or apart[-1]:
        return None
    first = max((i + 1 for i, a in enumerate(apart) if a), default=0)
    return (own[first - 1].nfe if first else 0), own[first].nfe


def images_a_second(rows: Sequence[Found]) -> Estimate:
    """At TARGET evaluations: the median over all runs."""
    pace = [len(r.each) / (r.seconds * TARGET / r.nfe) for r in rows if r.seconds > 0]
    return median(torch.tensor(pace or [math.nan], dtype=torch.float64))
