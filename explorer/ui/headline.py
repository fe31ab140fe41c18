"""The headline: three sentences, each with its interval, and none stronger than its evidence.

Heun, 35 evaluations: median end error 0.005  0.0049–0.0052   [4 of 256 end elsewhere]
Steps 10, 11 and 15 make 52 % (51–53 %) of it.
Heun makes 0.75 × (0.71–0.84) of Euler's error, 35 evaluations each.
"""

import dataclasses
import math
import re

from ..analysis.intervals import Estimate, apart
from ..analysis.shares import Blame, runs_of
from ..lab.error import Errors
from ..lab.experiment import Run, is_random
from ..lab.judged import NOTHING
from ..lab.versus import Versus
from ..numerals import count, factor, number, percent, short, span
from ..study.names import sampler_name

CANCELS = 2.0  # from here on moves that cancel are said
NAMED = 4  # groups of steps named in a sentence
LINE = 88  # letters of a sentence that a line of the headline has room for at 1400 pixels


@dataclasses.dataclass(frozen=True)
class Headline:
    """What stands above the stage: of the run `name` the median end error `value`.  HTML may hold
    <b> and spans of class “ci”, “where”, “main” and “spare”: what is spare is seen where the line
    has room for it."""

    name: str
    value: str
    interval: str
    chips: list[dict]
    blame: str
    versus: str

    @property
    def title(self) -> str:
        """“Heun, 35 evaluations: median end error 0.005”."""
        return f"{self.name}: median end error {self.value}"

    def plain(self) -> dict:
        """For the message: sentences with their marks, and as text."""
        blame, beside = map(text, (self.blame, self.versus))
        return {
            "title": self.title,
            "name": self.name,
            "value": self.value,
            "interval": self.interval,
            "chips": self.chips,
            "blame": blame,
            "versus": beside,
            "subtitle": f"{blame} {beside}".strip(),
            "html": {"blame": self.blame, "versus": self.versus},
        }


def text(html: str) -> str:
    """A sentence without its marks."""
    return re.sub(r"<[^>]+>", "", html).replace("&nbsp;", " ")


def headline(
    r: Run, errors: Errors, blamed: Blame, other: Versus | None, draft: int = 0, more: bool = False
) -> Headline:
    """The sentences of a run.

    draft: how many samples will be compared at rest, where these are fewer; 0 if it is settled.
    more: further paths are on their way, that may decide which steps are to blame.
    """
    middle = errors.middle
    about = "≈ " if draft else ""
    return Headline(
        title(r),
        f"{about}{short(middle.value)}",
        span(middle.low, middle.high),
        _chips(errors, draft),
        _blame(r, errors, blamed, bool(draft), more),
        "Against Euler: when the slider rests." if draft and other else _versus(r, errors, other),
    )


def title(r: Run) -> str:
    """“Heun, 35 evaluations”."""
    return f"{sampler_name(r.experiment)}, {_evaluations(r.nfe)}"


def alone(r: Run, why: str) -> dict:
    """The headline of a run that has no path error."""
    e = r.experiment
    if is_random(e):
        chip, words = (
            "new noise, no reference",
            "These samples are judged by their distance to the data.",
        )
    else:
        chip, words = "one step, no reference" if r.steps < 2 else "not measured", why
    return {"name": title(r), "chip": chip, "words": words, "distance": is_random(e)}


def _evaluations(n: int) -> str:
    return f"{n} evaluation{'' if n == 1 else 's'}"


def _chips(errors: Errors, draft: int) -> list[dict]:
    size = len(errors.end)
    strayed = [] if errors.astray is None else errors.astray.nonzero().flatten().tolist()
    out = []
    if draft:
        out.append({"kind": "draft", "text": f"draft, {size} of {count(draft)} paths"})
    elif math.isnan(errors.middle.low):
        out.append({"kind": "few", "text": f"{size} path{'s' * (size != 1)}, no interval"})
    if strayed:
        ends = "end" if len(strayed) != 1 else "ends"
        words = f"{len(strayed)} of {size} {ends} elsewhere"
        out.append({"kind": "away", "text": words, "samples": strayed})
    return out


def _bold(value: str, interval: str) -> str:
    return f"<b>{value}</b>" + (f' <span class="ci">({interval})</span>' if interval else "")


def steps_named(steps: tuple[int, ...] | list[int]) -> str:
    """“Step 3”, “Steps 9–11 and 15”, “Steps 1, 4, 7, 9 and others”; counted from 1."""
    return ("Step " if len(steps) == 1 else "Steps ") + _numbers(steps)


def _numbers(steps: tuple[int, ...] | list[int], most: int = NAMED) -> str:
    """Neighbours together, at most so many of them."""
    names = [
        name
        for g in runs_of(steps)
        for name in ([f"{g[0] + 1}–{g[-1] + 1}"] if len(g) > 2 else [str(i + 1) for i in g])
    ]
    if len(names) > most:
        return f"{', '.join(names[:most])} and others"
    return " and ".join(", ".join(names).rsplit(", ", 1))


def _blame(r: Run, errors: Errors, found: Blame, draft: bool, more: bool) -> str:
    if errors.middle.value < NOTHING:
        return "The run is exact to nine digits."
    if not found.steps:
        return "No step makes an error that could be measured."
    whole, spare = "of it", ""
    if found.cancels >= CANCELS:
        whole = "of the steps’ moves, which cancel"
        spare = f"Together they are {short(found.cancels)} × the error."
    if not found.decided:
        return _undecided(found, draft, more)
    groups, sigma = runs_of(found.steps), r.trajectory.sigma.tolist()
    where = ""
    if len(groups) == 1:
        first, last = sigma[groups[0][0]], sigma[groups[0][-1] + 1]
        where = f' <span class="where">(σ {number(first)} → {number(last)})</span>'
    made = _bold(percent(found.share.value), span(found.share.low, found.share.high, percent))
    make = "makes" if len(found.steps) == 1 else "make"
    return _line(f"{steps_named(found.steps)}{where} {make} {made} {whole}.", spare)


def _line(main: str, spare: str) -> str:
    """A sentence, and one that follows where there is room for it."""
    if not spare:
        return main
    return f'<span class="main">{main}</span><span class="spare"> {spare}</span>'


def _undecided(found: Blame, draft: bool, more: bool) -> str:
    """Which steps some of the paths name; nothing that could be taken back."""
    paths = f"{count(found.paths)} path{'s' * (found.paths != 1)}"
    on = f" on {paths}" if not draft or found.paths < 6 else ""
    if math.isnan(found.share.low):
        return f"Which steps: undecided, {paths} {'are' if found.paths != 1 else 'is'} too few."
    if found.spread or not (found.sure or draft or more):
        largest = _bold(
            percent(found.largest.value), span(found.largest.low, found.largest.high, percent)
        )
        return f"Which steps: undecided{on}; none stands out, the largest makes {largest}."
    told = [f"Which steps make half: undecided; {_among(found, n)}." for n in range(NAMED, 0, -1)]
    main = next((text for text in told if len(text) <= LINE), told[-1])
    return _line(main, f"{paths} were compared{', more follow' * more}." if on else "")


def _among(found: Blame, most: int) -> str:
    """“10 and 15 are among them, 9, 11 and 14 may be”: what nearly all draws name, and some."""
    sure, maybe = _numbers(found.sure, most), _numbers(found.maybe, most)
    if not sure:
        return f"{maybe} may be among them" if maybe else "none stands out yet"
    among = f"{sure} {'is' if len(found.sure) == 1 else 'are'} among them"
    return f"{among}, {maybe or 'another'} may be"


def _versus(r: Run, errors: Errors, other: Versus | None) -> str:
    e = r.experiment
    if e.churn.s_churn > 0:
        return "Reference: same noise, exact flow between."
    if other is None or errors.middle.value < NOTHING:
        return ""
    mine, its = sampler_name(e), "Euler in σ" if e.solver.name == "euler" else "Euler"
    return beside(mine, its, other.ratio, r.nfe, other.run.nfe)


def ratio_of(found: Estimate) -> str:
    """“0.75 × (0.71–0.84)”, its number bold."""
    said, _, between = factor(found.value, found.low, found.high).partition(" (")
    return _bold(said, between.removesuffix(")"))


def beside(mine: str, its: str, found: Estimate, nfe: int, other_nfe: int) -> str:
    """“Heun makes 0.75 × (0.71–0.84) of Euler's error, 35 evaluations each.”, or that it cannot be
    told; found: the ratio of their errors path by path."""
    cost = (
        f"{_evaluations(nfe)} each"
        if nfe == other_nfe
        else f"{_evaluations(nfe)} against {other_nfe}"
    )
    ratio = ratio_of(found)
    if apart(found) and ratio == _bold("1 ×", ""):  # apart only beyond the digits that are shown
        return f"{mine} makes the same error as {its} to the digits shown, {cost}."
    if apart(found):
        return f"{mine} makes {ratio} {'of ' * (found.value < 1)}{its}’s error, {cost}."
    samples = f"{count(found.count)} sample{'s' * (found.count != 1)}"
    if math.isnan(found.low):
        return f"{mine} and {its} cannot be told apart with {samples}."
    return _line(
        f"{mine} and {its} cannot be told apart: {ratio}, {cost}.", f"{samples} were compared."
    )
