"""What the page says and shows of guidance: its rule, what it costs, what it means and draws."""

from typing import Any

from ..core.guidance import Guidance
from ..core.guided import Guided, passes
from ..figures import pack, stage
from ..lab.experiment import Experiment, Run
from ..lab.source import Source
from ..numerals import number

WIDTH = 0.08  # of the blur of both pictures, in spreads of the data


def about(e: Experiment) -> str:
    """How a view is guided, in HTML; empty where its model has no guidance, or a constant one that
    its sliders say."""
    how: Guidance | None = getattr(e.model, "how", None)
    if how is None:
        return ""
    w, own = e.model.guidance, e.model.name == "guided"
    if how.plain(w):
        return "Nothing is guided: w = 1 at every level that guidance is for." if own else ""
    if how == Guidance() and not own:
        return ""
    weight = _curve(how) if how.curve else f"w = {number(w)}"
    place = "" if how.everywhere else f" {_place(how)}; elsewhere one denoiser answers alone"
    return f"{RULES[how.rule](how)} {weight}{place}."


def meant_by(law: Any) -> float:
    """The weight of the density that is meant: the largest, where it changes with σ."""
    return max((w for _, w in law.how.knots), default=law.weight)


def cost(r: Run) -> str:
    """“, 62 passes: both denoisers in 27”; empty where each evaluation asks one."""
    denoiser = r.source.denoiser
    asked = passes(denoiser, r.trajectory.evaluated)
    if not isinstance(denoiser, Guided):
        return ""
    return f", {asked} passes: both denoisers asked in {asked - r.nfe}"


def spent(r: Run) -> str:
    """What guidance costs, as a sentence; empty where nothing is guided."""
    denoiser = r.source.denoiser
    asked = passes(denoiser, r.trajectory.evaluated)
    if not isinstance(denoiser, Guided):
        return ""
    both = asked - r.nfe
    return f"Guidance asks both denoisers in {both} of {r.nfe} evaluations: {asked} passes."


def meant(source: Source, spread: float) -> dict:
    """The density that guidance means, on the grid of the stage, and what it is called; nothing
    where it is not known, or not in the plane."""
    law = source.denoiser
    if source.shape != (2,) or not isinstance(law, Guided) or not hasattr(law.strong, "means"):
        return {}
    w = meant_by(law)
    classes = len(law.strong) < len(law.weak)  # the weak one is of all classes
    names = ("p(x|c)", "p(x)") if classes else ("p(x)", "worse p(x)")
    return {
        "meant": pack.grey(stage.meant_map(law, w, source.view, spread, WIDTH), 0, 1),
        "meant_words": f"meant: {names[0]}{_raised(w)} {names[1]}{_raised(1 - w)}",
        "law": "guided p",
    }


def drawn(r: Run, spread: float) -> dict:
    """The density of the samples, on the same grid with the same blur; where `meant` is known."""
    source = r.source
    if source.shape != (2,) or not isinstance(source.denoiser, Guided):
        return {}
    found = stage.drawn_map(r.samples @ source.view.T, spread, WIDTH)
    return {"drawn": pack.grey(found, 0, 1), "drawn_words": f"drawn: {len(r.samples)} samples"}


def _raised(power: float) -> str:
    """“²·⁵”."""
    written = number(round(power, 4)).replace("−", "-")
    return written.translate(str.maketrans("0123456789.-", "⁰¹²³⁴⁵⁶⁷⁸⁹·⁻"))


def _place(how: Guidance) -> str:
    if how.highest == float("inf"):
        return f"above σ = {number(how.sigma_lo)}"
    if how.sigma_lo == 0:
        return f"up to σ = {number(how.sigma_hi)}"
    return f"for {number(how.sigma_lo)} &lt; σ ≤ {number(how.sigma_hi)}"


def _curve(how: Guidance) -> str:
    weights = [w for _, w in how.knots]
    return f"w(σ) a curve between {number(min(weights))} and {number(max(weights))}"


def _plain(how: Guidance) -> str:
    return "<i>D</i> = <i>D</i><sub>u</sub> + w (<i>D</i><sub>c</sub> − <i>D</i><sub>u</sub>):"


def _cfgpp(how: Guidance) -> str:
    return (
        "CFG++ steps to <i>D</i> = <i>D</i><sub>u</sub> + w (<i>D</i><sub>c</sub> − <i>D</i>"
        "<sub>u</sub>) and adds the noise of <i>D</i><sub>u</sub> again; the paper’s w lies in 0 "
        "to 1. The dotted true path is that of <i>D</i>’s own ODE:"
    )


def _apg(how: Guidance) -> str:
    kept = f"{number(how.parallel)} of what" if how.parallel else "without what"
    short = f", no longer than {number(how.norm)}" if how.norm else ""
    past = f", with {number(how.momentum)} of the ones before" if how.momentum else ""
    return (
        f"APG adds (w − 1) times the difference {kept} is parallel to <i>D</i><sub>c</sub>"
        f"{short}{past}:"
    )


RULES = {"cfg": _plain, "cfgpp": _cfgpp, "apg": _apg}
