"""What the page says of what lies between two images."""

from ..analysis.intervals import Estimate, apart
from ..figures.pictures import picture_table
from ..lab.experiment import Experiment
from ..numerals import interval, number, percent1, short
from ..study import between as paths
from ..study.between import Paths
from . import words
from .edit import told
from .measurement import Measurement

WAY_NAMES = {"circle": "great circle", "line": "straight line", "pixels": "pixels averaged"}
OTHERS = ("line", "pixels")


def between(base: Experiment, request: dict) -> Measurement:
    """What lies between two images, by three ways."""
    plan = paths.between_plan(base)  # says at once what cannot work
    return Measurement(
        base,
        lambda watch: paths.between(base, watch),
        len(plan),
        lambda found: shown_between(base, found[-1]),
    )


def shown_between(base: Experiment, found: Paths) -> dict:
    """The pairs so far."""
    top, bottom = found.ends
    tiles = [
        (WAY_NAMES[way], images)
        for pair in found.pictures[:3]
        for way, images in zip(paths.WAYS, pair, strict=True)
    ]
    count = len(found.pictures[0][0])
    names = ["image", *[""] * (count // 2 - 1), "half way", *[""] * (count // 2 - 1), "image"]
    judged = found.good != ()
    line = lambda way: [(found.share(way), percent1)] * judged + [(found.away(way), short)]
    measured = ["in the data’s manifold"] * judged + ["to the nearest image of the data"]
    return {
        "title": title_between(found),
        "note": f"{gains(found)}{words.data_name(base.data)}, {len(found.missed)} pairs of "
        "images up to their latents and what lies between down again, "
        f"{base.solver.label}, {found.nfe} evaluations each way (NFE in the settings), "
        f"σ = {number(bottom)} to {number(top)}; an end comes back "
        f"within {told(found.off, short)}. Judged is the image half way"
        f"{f', by {words.judge(base.data)}' if judged else ''}. Latents that are "
        f"averaged have {number(_mean(found.length[1]))} of the length of noise there, on the "
        f"circle {number(_mean(found.length[0]))}. 95 % intervals. Song et al. 2021, App. D.5.",
        "figure": picture_table(tiles, names),
        "columns": ["way", *measured],
        "table": [[WAY_NAMES[way], *(told(e, w) for e, w in line(way))] for way in paths.WAYS],
        "exact": {
            "columns": ["way", "pairs"]
            + [f"{k}{e}" for k in measured for e in ("", " from", " to")],
            "rows": [
                [WAY_NAMES[way], len(found.missed)]
                + [v for e, _ in line(way) for v in (e.value, e.low, e.high)]
                for way in paths.WAYS
            ],
        },
    }


def _mean(values) -> float:
    return sum(values) / len(values)


def title_between(found: Paths) -> str:
    """What the great circle is worth half way against the two other ways, as far as pairs tell."""
    good = found.share("circle")
    if good is None:
        return "Half way to the nearest image of the data: " + ", ".join(
            f"{WAY_NAMES[w]} {told(found.away(w), short)}" for w in paths.WAYS
        )
    said = ", ".join(f"{_by(way)} {_beside(found.gain('circle', way))}" for way in OTHERS)
    return f"Good images half way: {told(good, percent1)} on the great circle; {said}"


def gains(found: Paths) -> str:
    """By how much the circle is ahead of either way, pair by pair; nothing without a judge."""
    known = [(way, gain) for way in OTHERS if (gain := found.gain("circle", way)) is not None]
    if not known:
        return ""
    points = lambda v: number(100 * v)
    much = lambda e: interval(e.value, e.low, e.high, points)
    said = ", ".join(f"over {_by(way)} {much(gain)}" for way, gain in known)
    return f"Points of a hundred that the circle gains, pair by pair: {said}. "


def _beside(gain: Estimate | None) -> str:
    """Of another way, where this is by how much the circle is ahead of it."""
    if gain is None or not apart(gain, 0.0):
        return "cannot be told apart"
    return "gives fewer" if gain.value > 0 else "gives more"


def _by(way: str) -> str:
    return {"line": "the straight line", "pixels": "averaging pixels"}[way]
