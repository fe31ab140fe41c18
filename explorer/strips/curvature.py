"""How much the true paths curve, in four measures and in each frame."""

from typing import Any

import torch

from ..analysis import geometry
from ..core.schedules import EDM, VE, VP
from ..figures.style import INK, INK3, REFERENCE
from ..lab.source import Watch
from ..lab.view import View
from .marks import (
    DASH,
    DASH_DOT,
    FINE,
    Drawing,
    band,
    digits,
    dots,
    label,
    line,
    linear_axis,
    log_axis,
)
from .strip import Choice, Help, Look, Numbers, Strip, plain

FRAMES = {"vp": VP(), "ve": VE(), "edm": EDM()}
FRAME_DASH = {"vp": DASH_DOT, "ve": DASH, "edm": FINE, "flow": DASH}
MEASURED = 64  # true paths
OWN = 24  # of the solver's polylines, whose median is shown
SHOWN = {  # measure -> (hint, the range that most data keep to, log)
    "bend": ("bend in t, per (ln σ)²", (0, 1.12), False),
    "kappa": ("κ of the curve (t, s x), in its own units", (1e-9, 30), True),
    "angle": ("angle between successive directions, rad", (0, 0.6), False),
    "chord": ("distance from the chord, ÷ its length", (1e-5, 0.2), True),
}
UNITS = {"bend": "bend, (ln σ)⁻²", "kappa": "κ", "angle": "angle, rad", "chord": "÷ chord"}
HELP = {
    "bend": Help(
        "How much the exact path bends in this frame’s own time. Half of it times (Δ ln σ)² is "
        "what one Euler step misses. Data space, relative to √(σ² + σ<sub>data</sub>²), RMS per "
        "coordinate. Line: median of the reference paths; band: 10–90 %. Open dots: the same on "
        "the solver’s own steps.",
        "‖<i>y″</i>(<i>t</i>)‖ (d<i>t</i>/d ln σ)² / <i>s</i>,  <i>y</i> = <i>s x</i>",
        "Karras et al. 2022, Fig. 3 and App. D.1",
    ),
    "kappa": Help(
        "Curvature of the graph t ↦ s x in the frame’s own coordinates, x in RMS per coordinate. "
        "It has the units of 1/t, so compare its shape between frames, not its size.",
        "κ = ‖<i>r′</i> × <i>r″</i>‖ / ‖<i>r′</i>‖³,  <i>r</i> = (<i>t</i>, <i>s x</i>/√<i>d</i>)",
        "Karras et al. 2022, Fig. 3",
    ),
    "angle": Help(
        "Angle between the directions of two successive steps, in data space. On the fine "
        "reference it is small by construction; the open dots show the angle that the solver’s "
        "own steps turn, which depends on their size.",
        "∠( <i>x</i><sub>i+1</sub> − <i>x</i><sub>i</sub>, <i>x</i><sub>i</sub> − "
        "<i>x</i><sub>i−1</sub> )",
        "turning angle of a polyline, data space",
    ),
    "chord": Help(
        "Distance from the straight line between the ends of the path, over its length, in data "
        "space. Diffusion paths stay astonishingly close to it.",
        "‖(<i>c</i> − <i>x</i>) − ((<i>c</i> − <i>x</i>)·<i>v</i>) <i>v</i>‖ / "
        "‖<i>c</i> − <i>b</i>‖",
        "Chen et al. 2024 (GITS), Fig. 2",
    ),
}


class Curvature(Strip):
    """One measure on the true paths; the chosen frame in ink with its band."""

    name, title = "curvature", "Curvature"
    unit = UNITS
    choices = Choice(
        "measure",
        {
            "bend": "bend in t, per (ln σ)²",
            "kappa": "κ of the curve (t, s x)",
            "angle": "turning angle",
            "chord": "distance from the chord",
        },
    )
    help = HELP

    def measure(self, view: View, watch: Watch | None = None) -> Numbers:
        """measure -> {sigma, curves}, curves: frame -> (median, low, high), each (T,); measures of
        data space have one, under "edm"."""
        ref = view.paths
        own = {"own": ref.method} if view.own else {}
        schedule, spread = view.experiment.schedule, view.source.sigma_data
        return own | of_paths(ref.sigma, ref.x, ref.denoised, schedule, spread, exact=not view.own)

    def draw(self, numbers: Numbers, look: Look) -> Drawing:
        """The chosen frame last, over the others."""
        hint, usual, log = SHOWN[look.choice]
        sigma, curves = digits(numbers[look.choice]["sigma"]), numbers[look.choice]["curves"]
        chosen = numbers["frame"] if numbers["frame"] in curves else "edm"
        several = len(curves) > 1
        median, low, high = (digits(v) for v in curves[chosen])
        shown = [v for v in high if v is not None]
        marks = []
        for name, values in curves.items():
            y = digits(values[0])
            shown += [v for v in y if v is not None]
            if name != chosen:
                named = label(name.upper(), INK3, _peak(sigma, y) * 2)
                marks.append(
                    line(sigma, y, REFERENCE, 1.25, dash=list(FRAME_DASH[name]), label=named)
                )
        spread = numbers.get("spread", "10–90 %")
        own = label(
            f"{chosen.upper()}, {spread}" if several else spread,
            INK,
            _peak(sigma, median) / 4,
            True,
            chosen.upper() if several else "",
        )
        marks += [
            band(sigma, low, high, INK),
            line(sigma, median, INK, 2, label=own, main=True),
        ]
        angle = look.choice == "angle"
        return Drawing(
            hint=hint,
            axis=(log_axis if log else linear_axis)(usual, shown),
            marks=marks,
            reading={
                "as": "fixed3" if angle else "short",
                "before": f"{chosen.upper()} " if several else "",
                "after": " rad" if angle else "",
            },
        )

    def quick(self, view: View, colour: str) -> dict[str, Drawing]:
        """The measures on the solver's own steps, a dot each: its polyline, step size and all."""
        tr, e = view.run.trajectory, view.experiment
        if len(tr.sigma_hat) < 4 or e.churn.s_churn > 0:
            return {}
        x, answers, sigma = tr.x_hat[:, :OWN], tr.denoised[:, :OWN], tr.sigma_hat
        t = tr.t[: len(x)]
        inner, bend = geometry.bend(sigma, x, answers, e.schedule, view.source.sigma_data)
        y = x.flatten(2) * e.schedule.scale(t).to(x).reshape(-1, 1, 1)
        chord = geometry.chord_deviation(x) / geometry.chord_length(x)
        values = {
            "bend": bend,
            "kappa": geometry.curvature(t, y),
            "angle": geometry.turning(x),
            "chord": chord[1:-1],
        }
        where = {"bend": inner}
        return {
            name: Drawing(
                over=[
                    dots(
                        plain(where.get(name, sigma[1:-1])),
                        plain(v.median(1).values),
                        colour,
                        4.5,
                        "ring",
                    )
                ]
            )
            for name, v in values.items()
        }


def of_paths(
    sigma: torch.Tensor,
    x: torch.Tensor,
    answers: torch.Tensor,
    schedule: Any,
    sigma_data: float,
    exact: bool,
) -> Numbers:
    """The numbers of paths at these levels (T,), x and D (T, B, *shape), at least three levels.

    schedule: whose frame is chosen.  exact: whether they follow the ODE; a solver's own states
    would show their errors in place of the change."""
    found = [
        _measured(sigma, x[:, paths], answers[:, paths], schedule, sigma_data, exact)
        for paths in geometry.blocks(x, MEASURED)
    ]
    curves = {
        measure: {name: _band(torch.cat([f[measure][name] for f in found], 1)) for name in of}
        for measure, of in found[0].items()
    }
    inside = plain(sigma[1:-1])
    of = {measure: {"sigma": inside, "curves": curves[measure]} for measure in SHOWN}
    return {"frame": schedule.name, **of}


def _measured(sigma, x, answers, chosen, sigma_data, exact) -> dict[str, dict[str, torch.Tensor]]:
    """measure -> frame -> (T − 2, B) of these paths; measures of data space have one frame."""
    bends, kappas = {}, {}
    change = geometry.answer_change(sigma, x, answers) if exact else None
    for name, schedule in {**FRAMES, chosen.name: chosen}.items():
        _, bends[name] = geometry.bend(sigma, x, answers, schedule, sigma_data, change)
        t = schedule.time(sigma)
        y = x.flatten(2)
        if schedule.scaled:
            y = y * schedule.scale(t).to(x).reshape(-1, 1, 1)
        kappas[name] = geometry.curvature(t, y)
    chord = geometry.chord_deviation(x) / geometry.chord_length(x)
    return {
        "bend": bends,
        "kappa": kappas,
        "angle": {"edm": geometry.turning(x)},
        "chord": {"edm": chord[1:-1]},
    }


def _band(values) -> list[list]:
    return [plain(v) for v in geometry.band(values)]


def _peak(x, y) -> float:
    return x[max(range(len(y)), key=lambda k: y[k] or 0)]
