"""A step with its numbers put in, term by term and stage by stage, for the page to write and draw.

{from, steps: [step], coordinates, note}; a step is

    {i, sigma, hat, next, form, forms: {slopes, answers: {lines, sum}}, marks}
    lines   [{name, is, terms: [[a, name]], value, at}]: x, what new noise makes of it, each stage,
            each answer of D, each slope, and the new x
    sum     [{name, a, value, part}]: the terms of the new x, which `part`s add up to
    marks   where to draw: {x, hat, asked: [{x, sigma, D}], to}

Values are coordinates on show, unscaled; of images the root mean square over the pixels, and then
the parts do not add up.
"""

import math

from torch import Tensor

from ..analysis.anatomy import Anatomy, Asked, Cut
from ..analysis.terms import Term, in_answers, in_slopes, speaks_of_slopes, value_of
from ..errors import UserError
from ..figures import stage
from ..lab.anatomy import anatomy
from ..lab.experiment import Experiment
from ..lab.source import Source, Watch, prepared

AROUND = 12  # steps on both sides of the one that is asked for
AGREES = 1e-9  # of what is added; float32 networks of a GPU without float64: 1e-3
FORMS = {"slopes": in_slopes, "answers": lambda row, _: in_answers(row)}


def of_path(e: Experiment, path: int, at: int, watch: Watch | None = None) -> dict:
    """The steps around step `at` of sample `path`.  Raises UserError where there are none."""
    if at < 0:
        raise UserError(f"Steps are counted from 0; got {at}.")
    source = prepared(e.data, e.model)
    found = anatomy(e, path, at + AROUND + 1, watch)
    first = max(0, min(at, len(found.cuts) - 1) - AROUND)
    say = _Words(found, source)
    form = "slopes" if speaks_of_slopes(found) else "answers"
    return {
        "path": path,
        "from": first,
        "coordinates": say.coordinates,
        "note": say.note,
        "steps": [say.step(cut) | {"form": form} for cut in found.cuts[first:]],
    }


class _Words:
    """How the vectors of one path are called and shown."""

    def __init__(self, found: Anatomy, source: Source):
        self.found, self.source = found, source
        whole = math.prod(source.shape)
        self.note = {
            "plane": ""
            if whole == 2
            else f"Stage by stage, the two coordinates on show of {whole}",
            "line": "",
        }.get(source.kind, f"Size of each: root mean square over {whole} numbers")
        self.coordinates = {"plane": 2, "line": 1}.get(source.kind, 0)

    def step(self, cut: Cut) -> dict:
        """One step; one that is no sum says so instead of its terms."""
        out = {
            "i": cut.step,
            "sigma": _level(cut.sigma),
            "hat": _level(cut.sigma_hat),
            "next": cut.sigma_next,
            "marks": self._marks(cut),
        }
        allowed = AGREES if self.source.device.dtype.itemsize == 8 else 1e-3
        if not cut.off <= allowed:
            return out | {
                "refused": "The solver does more than add in this step, so it has no such sum."
            }
        forms = {name: self._form(cut, name) for name in FORMS}
        return out | {"forms": forms}

    # ---- names ----------------------------------------------------------------------------------

    def name(self, cut: Cut, column: int, slope: bool = False) -> str:
        """x, D₁, d₂, x₋₁, D₋₁, n: of an earlier step with how many steps before."""
        vector = self.found.vectors[column]
        kind = "d" if slope else {"D": "D", "b": "D", "n": "n", "c": "x̂", "x": "x"}[vector.kind]
        same = [
            j
            for j, v in enumerate(self.found.vectors)
            if v.step == vector.step and v.kind == vector.kind
        ]
        back = vector.step - cut.step
        mark = "w" if vector.kind == "b" else f"{back}".replace("-", "−") if back else ""
        if vector.kind == "n" or (vector.kind == "D" and (back == 0 or len(same) > 1)):
            number = same.index(column) + 1
            if len(same) > 1 or vector.kind == "D":
                mark = f"{mark},{number}" if mark else f"{number}"
        return f"<i>{kind}</i>" + (f"<sub>{mark}</sub>" if mark else "")

    def shown(self, value: Tensor) -> list[float]:
        """What is written of a vector."""
        if self.source.kind == "plane":
            value = stage.project(value.cpu(), self.source.view.cpu().to(value))
        elif self.source.kind != "line":
            value = value.square().mean().sqrt()[None]
        return [_rounded(v) for v in value.flatten().tolist()]

    # ---- one step -------------------------------------------------------------------------------

    def _form(self, cut: Cut, form: str) -> dict:
        terms = lambda row: sorted(FORMS[form](row, self.found), key=self._place)
        written = lambda row: [[_rounded(t.coefficient), self._term(cut, t)] for t in terms(row)]
        begun = self.found.vectors[cut.begun]
        lines = [self._line("<i>x</i>", "begins", [], begun.value, cut.sigma)]
        hat_is_x = list(cut.hat_row) == [cut.begun]
        churned = not hat_is_x and cut.sigma_hat != cut.sigma
        if churned:
            row = written(cut.hat_row)
            lines.append(self._line("<i>x̂</i>", "noised", row, cut.hat, cut.sigma_hat))
        for k, asked in enumerate(cut.asked):
            lines += self._asked(cut, asked, k, form, written, churned)
        if not hat_is_x and not churned:
            lines.append(
                self._line("<i>x̂</i>", "corrected", written(cut.hat_row), cut.hat, cut.sigma)
            )
        lines.append(self._line("<i>x</i>′", "new", written(cut.row), cut.x, cut.sigma_next))
        return {"lines": lines, "sum": [self._part(cut, t) for t in terms(cut.row)]}

    def _asked(self, cut: Cut, asked: Asked, k: int, form: str, written, churned: bool) -> list:
        """The stage, its answer and its slope."""
        own, out = ("<i>x̂</i>" if churned else "<i>x</i>"), []
        if k and list(asked.row) != [cut.begun]:
            own = f"<i>x</i><sub>{k + 1}</sub>"
            out.append(self._line(own, "stage", written(asked.row), asked.x, asked.sigma))
        answer, level = self.found.vectors[asked.column].value, _level(asked.sigma)
        name = self.name(cut, asked.column)
        out.append(self._line(name, "asked", [[None, own]], answer, level))
        if form == "slopes" and 0 < asked.sigma < math.inf:
            slope = (asked.x - answer) / asked.sigma
            words = [[None, own], [None, name]]
            label = self.name(cut, asked.column, True)
            out.append(self._line(label, "slope", words, slope, level))
        return out

    def _line(self, name: str, kind: str, terms: list, value: Tensor, at: float | str) -> dict:
        level = _level(at) if isinstance(at, float) else at
        return {"name": name, "is": kind, "terms": terms, "value": self.shown(value), "at": level}

    def _place(self, term: Term) -> tuple:
        """States first, noise last, and each in the order in which they came."""
        kind = "d" if term.slope else self.found.vectors[term.column].kind
        return kind not in "xc", kind == "n", term.column

    def _term(self, cut: Cut, term: Term) -> str:
        return self.name(cut, term.column, term.slope)

    def _part(self, cut: Cut, term: Term) -> dict:
        value = value_of(term, self.found)
        return {
            "name": self._term(cut, term),
            "a": _rounded(term.coefficient),
            "value": self.shown(value),
            "part": self.shown(term.coefficient * value),
        }

    def _marks(self, cut: Cut) -> dict:
        if not self.coordinates:
            return {}
        answers = self.found.vectors
        return {
            "x": self.shown(answers[cut.begun].value),
            "hat": self.shown(cut.hat),
            "asked": [
                {
                    "x": self.shown(a.x),
                    "sigma": _level(a.sigma),
                    "D": self.shown(answers[a.column].value),
                }
                for a in cut.asked
            ],
            "to": self.shown(cut.x),
        }


def _level(sigma: float) -> float | str:
    """A level as JSON knows it."""
    return "inf" if math.isinf(sigma) else sigma


def _rounded(value: float) -> float:
    """Digits enough to read, and to add."""
    return float(f"{value:.8g}")
