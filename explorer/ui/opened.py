"""The headline opened: what the median and the ratio above the stage are made of."""

from ..figures.style import rounded
from ..lab.view import View
from ..numerals import count, percent, short
from ..study.names import sampler_name


def opened(view: View) -> dict:
    """Every end error and every ratio, in order, and what is said beside them.

    ends: sorted.  far: which of these end elsewhere.  middle, low, high: median and 10–90 % range.
    ratios: of the run's error and Euler's, path by path, sorted; none where there is no such run.
    """
    errors, other = view.errors, view.versus
    end, order = errors.end.sort()
    far = errors.astray[order].nonzero().flatten()
    low, middle, high = end.quantile(end.new_tensor([0.1, 0.5, 0.9])).tolist()
    mean = short(float(end.mean()))
    if len(far):
        part = float(end[far].sum() / end.sum().clamp(min=1e-300))
        them = f"the {count(len(far))} paths make" if len(far) > 1 else "the one path makes"
        mean += f"; {them} {percent(part)} of it"
    rows = [f"end error, {count(len(end))} paths", f"median {short(middle)}"]
    out = {
        "ends": rounded(end, 3),
        "far": far.tolist(),
        "range": rounded([low, middle, high], 3),
        "words": rows,
        "mean": mean,
    }
    if other is None:
        return out
    ratios = errors.end / other.path[-1].to(errors.end)
    ratios = ratios[ratios.isfinite() & (ratios > 0)].sort().values
    found = other.ratio
    return out | {
        "ratios": rounded(ratios, 3),
        "ratio": rounded([found.low, found.value, found.high], 3),
        "ratio_words": [
            f"{sampler_name(view.experiment)} ÷ Euler, path by path",
            f"{count(other.smaller)} of {count(found.count)} below 1",
        ],
    }
