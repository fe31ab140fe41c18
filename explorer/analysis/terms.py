"""The sum that a step is (`anatomy`), in the words that suit its solver: answers, or slopes."""

import dataclasses
import math

from torch import Tensor

from .anatomy import Anatomy, Cut, Row

NOTHING = 1e-11  # of the largest coefficient: what is left of numbers that cancel


@dataclasses.dataclass(frozen=True)
class Term:
    """A coefficient and what it belongs to: a column's vector, or the slope of the evaluation whose
    answer that column is."""

    coefficient: float
    column: int
    slope: bool = False


def in_answers(row: Row) -> list[Term]:
    """Σ a v as it is: states, answers of D, noise; those of nothing are left out."""
    least = NOTHING * max(map(abs, row.values()), default=0)
    return [Term(a, j) for j, a in sorted(row.items()) if abs(a) > least]


def in_slopes(row: Row, anatomy: Anatomy) -> list[Term]:
    """The same sum with the slopes d = (X − D)/σ in the place of the answers.

    a D = a X − a σ d, last evaluations first, for X is a sum of those before.  Where D is asked at
    σ = ∞ there is no slope, and the answer stays.
    """
    rest, slopes = dict(row), []
    for column in range(max(row, default=-1), -1, -1):  # an X is a sum of columns before its answer
        asked = anatomy.asked.get(column)
        if asked is None or not rest.get(column) or not 0 < asked.sigma < math.inf:
            continue
        a = rest.pop(column)
        for j, b in asked.row.items():
            rest[j] = rest.get(j, 0.0) + a * b
        slopes.append(Term(-a * asked.sigma, column, True))
    sizes = [abs(a) for a in row.values()] + [abs(s.coefficient) for s in slopes]
    least = NOTHING * max(sizes, default=0)
    kept = [s for s in reversed(slopes) if abs(s.coefficient) > least]
    return [Term(a, j) for j, a in sorted(rest.items()) if abs(a) > least] + kept


def value_of(term: Term, anatomy: Anatomy) -> Tensor:
    """What the coefficient stands before, (D,)."""
    if not term.slope:
        return anatomy.vectors[term.column].value
    asked = anatomy.asked[term.column]
    return (asked.x - anatomy.vectors[term.column].value) / asked.sigma


def speaks_of_slopes(anatomy: Anatomy) -> bool:
    """Whether slopes are the plainer words for all steps, else answers: those with fewer terms.

    Where both have as many it is slopes if each step leaves the old state whole, x' = x + Σ w d; a
    step that shrinks it towards D is said in answers.
    """
    # at σ = 0 every step comes to D, whatever the solver
    cuts = [cut for cut in anatomy.cuts if cut.sigma_next > 0] or list(anatomy.cuts)
    slopes = [in_slopes(cut.row, anatomy) for cut in cuts]
    more = sum(map(len, slopes)) - sum(len(in_answers(cut.row)) for cut in cuts)
    return more < 0 or (more == 0 and all(map(_whole, slopes, cuts)))


def _whole(terms: list[Term], cut: Cut) -> bool:
    old = [t for t in terms if not t.slope and t.column == cut.begun]
    return len(old) == 1 and abs(old[0].coefficient - 1) < 1e-9
