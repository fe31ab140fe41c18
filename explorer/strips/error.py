"""The run against the true paths: each step alone, and what has added up."""

from ..analysis import geometry
from ..figures.style import INK3, REFERENCE
from ..lab.source import Watch
from ..lab.versus import compared, comparison
from ..lab.view import View
from ..numerals import number
from ..study.names import solver_name
from .marks import (
    DASH,
    DOT,
    Axis,
    Drawing,
    Mark,
    axis,
    band,
    bars,
    digits,
    dots,
    label,
    line,
    nice,
    power,
)
from .strip import Help, Look, Numbers, Strip, plain

LEAST = 2e-6  # of the band


class Error(Strip):
    """Segments: each step alone.  Line: what has added up, with its band."""

    name, title = "error", "Error"
    hint = "median and 10–90 %, RMS per coordinate"
    unit = "error, RMS"
    layer, part, height = "run", "error", 1.15
    help = Help(
        "Segments: each step alone, started on the reference. Line: what has added up, the median; "
        "the band holds 10–90 % of the samples. A step’s share of a path is how far the end moves "
        "when that step is replaced by the true one; the paths’ shares are averaged, so that each "
        "counts once. Measured down to σ<sub>min</sub>: the last Euler step "
        "would hide it.",
        "τ<sub><i>i</i></sub> = step(<i>x</i>*<sub><i>i</i></sub>) − "
        "<i>x</i>*<sub><i>i</i>+1</sub>",
        "Karras et al. 2022, App. D.1",
    )

    def measure(self, view: View, watch: Watch | None = None) -> Numbers:
        """sigma, median, mean, low, high (n,) at the levels above 0, low and high of 10–90 % of the
        samples; local (n − 1,); hot: the steps to blame, where that is decided; other: the simplest
        solver at the same cost; floor: of the reference."""
        e = view.experiment
        if view.plan is None and compared(
            e
        ):  # first what does not wait for the reference, which may be under way
            comparison(e, watch, view.exact)
        errors, other = view.errors, view.versus
        truth = errors.truth
        middle, low, high = geometry.band(errors.path)
        known = {"sigma": plain(truth.sigma[::4]), "error": plain(truth.floor[::4])}
        return {
            "name": f"{solver_name(e.solver)}, {view.run.nfe} NFE",
            "sigma": plain(errors.sigma),
            "median": plain(middle),
            "mean": plain(errors.path.mean(1)),
            "low": plain(low),
            "high": plain(high),
            "samples": errors.path.shape[1],
            "local": plain(errors.steps.local.quantile(0.5, 1)),
            "hot": list(view.blame.steps) if view.blame.decided else [],
            "other": other
            and {
                "sigma": plain(other.run.levels),
                "error": plain(other.path.quantile(0.5, 1)),
                "nfe": other.run.nfe,
            },
            "floor": known if float(truth.floor.max()) else None,
            "reference": reference(truth),
        }

    def draw(self, numbers: Numbers, look: Look) -> Drawing:
        """The run in its family's colour, over the simplest solver and the floor."""
        colour = look.colour
        sigma, middle = digits(numbers["sigma"][1:]), digits(numbers["median"][1:])
        low, high = (digits([max(v, LEAST) for v in numbers[k][1:]]) for k in ("low", "high"))
        found = _axis(middle, high)
        bottom = found["range"][0]
        name = numbers["name"]
        own = label(name, colour, 0.004, True, name.split(",")[0])
        marks = [*_floor(numbers["floor"], bottom), band(sigma, low, high, colour)]
        if other := numbers["other"]:
            its = (
                "Euler in σ" if name.split(",")[0] == "Euler" else "Euler"
            )  # never two of one name
            named = label(f"{its}, {other['nfe']} NFE", colour, 0.006, short=its)
            x, y = other["sigma"][1:], other["error"][1:]
            marks.append(line(x, y, colour, 1.25, dash=list(DASH), label=named))
        marks += [
            *_alone(numbers, colour),
            line(sigma, middle, colour, 2, label=own, main=True, pin=True),
            dots(sigma, middle, colour, 4, pin=True),
        ]
        return Drawing(
            axis=found,
            marks=marks,
            reading={"as": "short", "within": True},
            about=[{"kind": "text", "html": f"Reference: {numbers['reference']}."}],
        )


def reference(truth) -> str:
    """What the error is measured against, and how well that is known."""
    known = float(truth.floor[-1])
    return f"{truth.method}, known to {number(known)}" if known else truth.method


def _alone(numbers: Numbers, colour: str) -> list[Mark]:
    """Each step by itself; the hottest are heavy.  All of them are one curve with one name."""
    sigma, local, hot = numbers["sigma"], numbers["local"], numbers["hot"]
    out = [
        bars(
            sigma[:-1],
            sigma[1:],
            local,
            colour,
            0,
            label=label("each step alone", INK3, 6),
        )
    ]
    for heavy, width, alpha in ((False, 1.5, 0.75), (True, 3.5, 1)):
        mine = [i for i in range(len(local)) if (i in hot) == heavy]
        start = [sigma[i] * 0.985 for i in mine]
        stop = [sigma[i + 1] * 1.015 for i in mine]
        out.append(bars(start, stop, [local[i] for i in mine], colour, width, alpha=alpha))
    return out


def _floor(floor: dict | None, bottom: float) -> list[Mark]:
    """The error of the reference itself, where the axis reaches down to it."""
    if floor is None or max(floor["error"]) <= bottom:
        return []
    y = [max(v, bottom / 2) for v in floor["error"]]
    named = label("floor: the reference", INK3, 0.02, short="floor")
    return [line(floor["sigma"], y, REFERENCE, 1.25, dash=list(DOT), label=named)]


def _axis(middle: list, high: list) -> Axis:
    highest = max([v for v in high + middle if v is not None], default=1)
    end = next((v for v in reversed(middle) if v), 1e-3)
    bottom = next(b for b in (6e-5, 6e-7, 6e-9, 6e-12, 0) if end > 1.5 * b) or 6e-15
    ticks = map(power, range(-14, 5, 2 if bottom > 1e-7 else 4))
    top = nice(highest, (2, 20, 200, 2000, 1e6))
    return axis(bottom, top, True, [t for t in ticks if t[0] >= bottom])
