"""The time steps: one arc a step, its weight the step's part of the error."""

import math

from ..analysis.shares import runs_of
from ..dialects import lists
from ..figures.style import INK2, INK3, ONE_STEP, REFERENCE, STOCHASTIC, SURFACE, rounded
from ..lab.notes import known_by
from ..lab.source import Watch
from ..lab.view import View
from ..numerals import percent
from . import guided
from .marks import (
    DOT,
    Drawing,
    Mark,
    arcs,
    axis,
    band,
    bars,
    digits,
    dots,
    line,
    nice,
    text,
)
from .markup import formula
from .strip import Help, Look, Numbers, Strip, plain
from .tried import hanging, opened, tried

LONGEST = 257  # levels that are written for other tools
WEIGHTS = ((0.62, 1), (0.85, 1.75), (1, 3))  # (alpha, width) of a light, a middling, a heavy step
MIDDLING = 0.03  # share from which a step is one
TICKS = {1.6: (0, 1), 3.2: (0, 1, 2, 3), 6.4: (0, 2, 4, 6), 12.8: (0, 4, 8, 12)}


class Steps(Strip):
    """A hop per step: its height Δ ln σ, its weight the step's part of the end error."""

    name, title = "steps", "Time steps"
    page = "schedules"
    hint = "height Δ ln σ, weight = part of the end error"
    unit = "Δ ln σ"
    layer, part, height = "run", "error", 1.1
    help = Help(
        "One arc is one step of the solver. Tall means long on the log axis; thick means much of "
        "the end error. With churn, noise first rises to σ̂ (arrows) and the step starts there. "
        "Steps that each sample chooses hang below, the first sample’s: dashed ones were refused."
    )  # its formula and source are those of the grid on show

    def measure(self, view: View, watch: Watch | None = None) -> Numbers:
        """sigma (N + 1,) with the final 0 if there is one; sigma_hat (N,); share and local (n,)
        over the steps that end above 0; hot: the steps to blame, where that is decided."""
        steps, found = view.errors.steps, view.blame
        hot = list(found.steps) if found.decided else []
        local = plain(steps.local.quantile(0.5, 1))
        return self.levels(view) | {"share": list(found.each), "hot": hot, "local": local}

    def levels(self, view: View) -> Numbers:
        """The levels alone, which wait for no error."""
        trajectory, churn = view.run.trajectory, view.experiment.churn
        return {
            "sigma": plain(trajectory.sigma),
            "sigma_hat": plain(trajectory.sigma_hat),
            "t": plain(trajectory.t),
            "churn": [churn.s_tmin, churn.s_tmax, churn.s_churn > 0],
            **guided.weights(view),
            **tried(view.run),
        }

    def draw(self, numbers: Numbers, look: Look) -> Drawing:
        """Arcs, the levels under them, and where churn acts."""
        sigma, hat = numbers["sigma"], numbers["sigma_hat"]
        share, hot = numbers.get("share"), numbers.get("hot", [])
        hops = [(a, b) for a, b in zip(hat, sigma[1:]) if b > 0]
        heights = [math.log(a / b) for a, b in hops]
        top = nice(max(heights, default=1), tuple(TICKS))
        low, high = (-1.0 if "tried" in numbers else -0.24) * top, 1.06 * top
        above = [s for s in sigma if s > 0]
        marks = [
            *_arcs(hops, heights, share, hot, look.colour),
            *_shares(hops, heights, share, hot, high, look.colour),
        ]
        if sigma[-1] == 0:
            marks += _last(above[-1], 0.55 * top, look.colour)
        marks.append(line([1e5, 1e-7], [0, 0], INK3, 1))
        marks.append(
            dots(
                above,
                [0] * len(above),
                INK2,
                7 if len(above) < 60 else 4,
                rim=SURFACE,
                ramp=True,
                drag=True,
            )
        )
        if "tried" in numbers:
            marks = hanging(numbers["tried"], top, look.colour) + marks
        elif "churn" in numbers:
            marks = _churn(sigma, hat, numbers["churn"], low, high, top) + marks
        if "guided" in numbers:
            marks = guided.weight_marks(*numbers["guided"]) + marks
        out = Drawing(
            axis=axis(low, high, ticks=TICKS[top], grid=False),
            marks=marks,
            reading={"columns": ["Δσ", "Δ ln σ"], "last": "last step, to 0"},
        )
        if share is not None and "local" in numbers:
            out["columns"] = [
                {"name": "local error", "values": digits(numbers["local"]), "as": "short"},
                {"name": "share", "values": digits(share), "as": "percent"},
            ]
        return out

    def quick(self, view: View, colour: str) -> dict[str, Drawing]:
        """The steps without their part of the error, their numbers, and the list for other
        tools."""
        numbers = self.levels(view)
        out = self.draw(numbers, Look(colour=colour))
        sigma, t = rounded(numbers["sigma"], 7), rounded(numbers["t"], 6)
        count = sum(s > 0 for s in sigma)
        curves = [
            {"name": "t", "values": t[:count], "colour": REFERENCE, "as": "number"},
            {"name": "σ", "values": sigma[:count], "colour": ONE_STEP, "as": "number"},
        ]
        out["columns"] = _columns(sigma, rounded(numbers["sigma_hat"], 7), t, count)
        if view.run.trajectory.pure:
            for column in out["columns"]:
                if column["name"] in ("σ", "σ̂", "Δσ", "Δ ln σ"):
                    column["values"] = ["∞", *column["values"][1:]]
        grid = view.experiment.timesteps
        out["told"] = {"formula": formula(grid.formula), "source": grid.source}
        told = [{"kind": "text", "html": note} for note in known_by(view.experiment)]
        out["about"] = [*told, {"kind": "profile", "curves": curves}]
        if len(view.run.levels) > 1 and len(sigma) <= LONGEST:
            ran = _exactly(view, _listed(view, numbers))
            if sum(s > 0 for s in ran) > 1:  # a small budget may end a sample's own steps at once
                out["about"].append({"kind": "copies", "texts": lists.formats(ran)})
        out["about"] += opened(view.run)
        return {"": out}


def _exactly(view: View, sigma: list[float]) -> list[float]:
    """The levels with ∞ where the first stands for it."""
    trajectory = view.run.trajectory
    if not trajectory.pure:
        return sigma
    stands = float(trajectory.sigma[0])
    return [math.inf, *(s for s in sigma if s < 0.9999 * stands)]


def _listed(view: View, numbers: Numbers) -> list[float]:
    """The levels for other tools: of steps that each sample chose, those of the first."""
    found = view.run.trajectory.tried
    if found is None or len(found.levels) > LONGEST:
        return numbers["sigma"]
    return found.levels + [0.0] * (numbers["sigma"][-1] == 0)


def _arcs(hops, heights, share, hot, colour) -> list[Mark]:
    """Each step by its weight: in the hottest, at MIDDLING or more of the error, or less."""
    weights = [
        2 if i in hot else 1 if share is not None and share[i] >= MIDDLING else 0
        for i in range(len(hops))
    ]
    out = []
    for weight, (alpha, width) in enumerate(WEIGHTS):
        mine = [i for i, w in enumerate(weights) if w == weight]
        out.append(
            arcs(
                [hops[i][0] for i in mine],
                [hops[i][1] for i in mine],
                [heights[i] for i in mine],
                colour,
                width,
                alpha=alpha,
                pin=True,
            )
        )
    return out


def _shares(hops, heights, share, hot, high, colour) -> list[Mark]:
    """What the hottest steps make of the error, over the middle of each group of neighbours."""
    out = []
    for steps in runs_of(hot):
        middle = steps[len(steps) // 2] if len(steps) > 2 else steps[0]
        a, b = hops[middle]
        words = percent(sum(share[i] for i in steps))
        y = min(0.8 * high, heights[middle])
        out.append(text(math.sqrt(a * b), y, words, colour, side="above", bold=True))
    return out


def _last(level: float, height: float, colour: str) -> list[Mark]:
    """The step to 0, which has no place on a log axis: the first half of an arc."""
    x = [level * 0.675 ** (u / 8) for u in range(9)]
    y = [height * math.sin(u / 16 * math.pi) for u in range(9)]
    return [
        line(x, y, colour, 1, alpha=0.8, dash=DOT),
        text(x[-1], height, "→ 0", anchor="right", side="above"),
    ]


def _churn(sigma, sigma_hat, churn, low, high, top) -> list[Mark]:
    """The range of churn, and the way from σ up to σ̂ where it is on."""
    bottom, ceiling, on = churn
    ends = [max(min(ceiling, 1e5), 1e-6), max(bottom, 1e-6)]
    inside = min(ends[0], sigma[0])
    ground = band(ends, [low, low], [high, high], STOCHASTIC, 0.1 if on else 0)
    if not on:
        ground["edge"] = {"alpha": 0.55, "dash": list(DOT)}
        words = text(inside, -0.12 * top, "churn range (off)", STOCHASTIC, "left", shift=4)
        return [ground, words]
    raised = [(a, hat) for a, hat in zip(sigma, sigma_hat) if hat > a * 1.0001]
    y = [-0.12 * top] * len(raised)
    words = text(
        inside,
        high,
        "churn: noise up to σ̂, then step",
        STOCHASTIC,
        "left",
        short="churn, σ̂ ◂",
        shift=3,
        side="below",
    )
    return [
        ground,
        bars([a for a, _ in raised], [b for _, b in raised], y, STOCHASTIC, 1.5),
        dots([b for _, b in raised], y, STOCHASTIC, 8, "triangle"),
        words,
    ]


def _columns(sigma, hat, t, count) -> list[dict]:
    """Level, time and step, one row for each level above 0."""
    after = [sigma[k + 1] if k + 1 < len(sigma) else None for k in range(count)]

    def of(f) -> list:
        return [None if b is None else f(sigma[k], b, k) for k, b in enumerate(after)]

    return [
        {"name": "i", "values": list(range(1, count + 1)), "as": "text"},
        {"name": "σ", "values": sigma[:count], "as": "number"},
        {"name": "t", "values": t[:count], "as": "number"},
        {"name": "Δσ", "values": rounded_gaps(of(lambda a, b, _: a - b)), "as": "number"},
        {
            "name": "Δ ln σ",
            "values": of(lambda a, b, _: round(math.log(a / b), 4) if b else "→ 0"),
            "as": "fixed2",
        },
        {
            "name": "γ",
            "values": rounded_gaps(of(lambda a, _, k: hat[k] / a - 1)),
            "as": "short",
        },
        {"name": "σ̂", "values": of(lambda a, b, k: hat[k]), "as": "number"},
    ]


def rounded_gaps(values: list) -> list:
    """Six digits, which hide the rounding of the levels that are subtracted."""
    return [None if v is None else float(f"{v:.6g}") for v in values]
