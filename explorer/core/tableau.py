"""Tableaux of exponential Runge–Kutta methods, as data: read, checked, and of measured order.

In λ = −ln σ the ODE is dx̂/dλ = −x̂ + D(x̂; σ).  With h = λ' − λ,

    x̂_i = e^{−c_i h} x̂ + h Σ_{j<i} a_ij(h) D_j          x̂' = e^{−h} x̂ + h Σ_i b_i(h) D_i

A table is one line: its rows are set apart by semicolons, the coefficients of a row by commas.  The
row of a stage begins with its place and a colon; the first stage, at 0, is not written:

    1/2: c2*phi1(c2); phi1 - 2*phi2, 2*phi2

Hochbruck and Ostermann 2005, doi:10.1137/040611434; Zhang et al. 2023, arXiv:2308.02157.
"""

import math
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from itertools import product
from typing import Any, NamedTuple

from ..errors import UserError
from .levels import exp
from .phi import Node, constant, evaluate, phi, read

STAGES = 8
CLOSE = 1e-9  # of sums of a few coefficients of size 1, each right to some 1e-15
STEPS = (0.25, 0.5, 1.0, 2.0)  # h at which a condition for every h is tried
TINY = 1e-7  # h that stands for 0: what it leaves is of its size


class Weights(NamedTuple):
    """Of one step: e^{−c_i h}, h a_ij of each stage after the first, and e^{−h}, h b_i."""

    stages: tuple[tuple[Any, tuple], ...]
    end: tuple[Any, tuple]


class Tableau:
    """c (s,), rows of nodes a (s − 1 rows of 1, 2, … nodes) and b (s nodes)."""

    def __init__(self, c: Sequence[float], a: Sequence[Sequence[Node]], b: Sequence[Node]):
        self.c, self.a, self.b = tuple(c), tuple(map(tuple, a)), tuple(b)

    @property
    def stages(self) -> int:
        return len(self.c)

    def values(self, h: Any, sign: float = -1.0) -> tuple[list[list], list]:
        """a_ij and b_i at this step; sign = 1: those of ε, whose φ are of +h."""
        z = sign * h
        at = lambda nodes: [evaluate(n, self.c, z) for n in nodes]
        return [at(row) for row in self.a], at(self.b)

    def weights(self, h: Any, sign: float = -1.0) -> Weights:
        """What a step of length h in λ multiplies with; kept where h is a number."""
        known = self._known if isinstance(h, float) else self._weights
        return known(h, sign)

    def end(self, h: Any) -> list:
        """h b_i of the last row alone."""
        return [h * evaluate(n, self.c, -h) for n in self.b]

    @cached_property
    def _known(self) -> Callable[[Any, float], Weights]:
        return lru_cache(maxsize=1024)(self._weights)

    def _weights(self, h: Any, sign: float) -> Weights:
        a, b = self.values(h, sign)
        scaled = lambda row: tuple(h * v for v in row)
        decay = [exp(sign * c * h) for c in self.c]
        return Weights(
            tuple((decay[i + 1], scaled(row)) for i, row in enumerate(a)),
            (exp(sign * h), scaled(b)),
        )

    @cached_property
    def order(self) -> int:
        """The order of the global error where steps go to 0, measured; see `measured_order`."""
        return measured_order(self)

    @cached_property
    def stiff_order(self) -> int:
        """The order that it keeps whatever the linear part; see `stiff_order`."""
        return stiff_order(self)


@lru_cache(maxsize=256)
def tableau(text: str) -> Tableau:
    """The tableau that is typed.  Raises UserError, naming the row, for one that is none, and for
    one that is not consistent: Σ_j a_ij(0) = c_i and Σ_i b_i(0) = 1."""
    rows = [row.strip() for row in text.replace("\n", ";").split(";")]
    rows = [row for row in rows if row]
    if not 1 <= len(rows) <= STAGES:
        raise UserError(
            f"A table has 1 to {STAGES} rows, set apart by semicolons; got {len(rows)} of "
            "them. The shortest is “phi1”, which is DDIM."
        )
    names = [f"Row {i + 1} of the table ({row[:60]!r})" for i, row in enumerate(rows)]
    c = [0.0]
    for i, row in enumerate(rows[:-1]):
        c.append(_place(row, names[i], len(rows)))
    a = [_coefficients(row.split(":", 1)[1], i + 1, c, names[i]) for i, row in enumerate(rows[:-1])]
    if ":" in rows[-1]:
        raise UserError(
            f"{names[-1]}: the last row makes the step, so it has no place and no colon; "
            f"got {rows[-1][:40]!r}."
        )
    made = Tableau(c, a, _coefficients(rows[-1], len(rows), c, names[-1]))
    _check_sums(made, names)
    return made


def _place(row: str, name: str, places: int) -> float:
    head, colon, _ = row.partition(":")
    if not colon:
        raise UserError(
            f"{name}: a stage begins with its place and a colon, as in “1/2: …”; got {row[:40]!r}."
        )
    node = read(head, 1, name)
    value = _value(node, [0.0], 0.0, name) if constant(node) else math.nan
    if not 0 <= value <= 1:
        raise UserError(f"{name}: the place {head.strip()[:40]!r} must be a number from 0 to 1.")
    return float(value)


def _coefficients(text: str, count: int, c: list[float], name: str) -> list[Node]:
    parts = text.split(",")
    if len(parts) != count:
        raise UserError(
            f"{name} has {len(parts)} coefficient{'s' * (len(parts) > 1)}; {count} "
            f"{'belong' if count > 1 else 'belongs'} there, with commas, one for each stage before."
        )
    return [read(part, len(c), name) for part in parts]


def _value(node: Node, c: Sequence[float], z: float, name: str) -> float:
    try:
        value = float(evaluate(node, c, z))
    except (ZeroDivisionError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"{name}: a coefficient is not finite at the step {-z:g}; it divides by 0.")
    return value


def _check_sums(made: Tableau, names: list[str]) -> None:
    """Raises UserError unless each row is finite, and its sum at h = 0 its place (the last: 1)."""
    for i, (row, name) in enumerate(zip([*made.a, made.b], names)):
        for h in STEPS:
            for node in row:
                _value(node, made.c, -h, name)
        found = sum(_value(node, made.c, 0.0, name) for node in row)
        last = i == len(names) - 1
        wanted = 1.0 if last else made.c[i + 1]
        if abs(found - wanted) > CLOSE:
            what = "the last row must sum to 1" if last else f"c{i + 2} = {wanted:g} is its place"
            raise UserError(
                f"{name} sums to {found:.6g} at h = 0, but {what}: it would not follow even "
                "constant data as steps become short."
            )


def exact_for_constants(made: Tableau) -> bool:
    """Whether each row sums to c_i φ_1(−c_i h) for every h, so that constant D is followed exactly:
    it is not so for methods of Lawson's kind."""
    return all(_off_sums(made, h) < CLOSE for h in STEPS)


def _off_sums(made: Tableau, h: float) -> float:
    a, b = made.values(h)
    off = [sum(row) - c * phi(1, -c * h) for row, c in zip(a, made.c[1:])]
    return max(abs(v) for v in [*off, sum(b) - phi(1, -h)])


def stiff_order(made: Tableau) -> int:
    """The highest order, up to 4, whose stiff conditions hold (Hochbruck and Ostermann 2005).

    Those of lower orders hold for every h, ψ_p of the last at h = 0 and its others with b_i(0), as
    their theorem on weakened conditions allows.  ψ_j = φ_j − Σ b_i c_i^{j−1}/(j−1)!, and ψ_{j,i} of
    a stage likewise.  Where D bends along any linear part, however stiff, this much of the order
    stays.
    """
    order = 0
    for p in range(1, 5):
        strong = all(_off(made, q, h, h) < CLOSE for q in range(1, p) for h in STEPS)
        if not strong or any(_off(made, p, TINY, h) > 10 * TINY for h in STEPS):
            break
        order = p
    return order


def _off(made: Tableau, p: int, end: float, h: float) -> float:
    """By how much the conditions of order p fail, with b and ψ_p at the step `end`, stages at h."""
    a, _ = made.values(h)
    _, b = made.values(end)
    c, n = made.c, made.stages
    a = [[0.0] * n, *([*row, *[0.0] * (n - len(row))] for row in a)]

    def psi(j: int, i: int) -> float:
        past = sum(a[i][k] * c[k] ** (j - 1) for k in range(n)) / math.factorial(j - 1)
        return phi(j, -c[i] * h) * c[i] ** j - past

    ends = sum(b[i] * c[i] ** (p - 1) for i in range(n)) / math.factorial(p - 1)
    found = [phi(p, -end) - ends]
    if p == 1:  # a stage that is off for constant data is off by order 1: ψ_{1,i} = 0 is of order 2
        return abs(found[0])
    if p == 2:
        found += [psi(1, i) for i in range(n)]
    if p == 3:
        found.append(sum(b[i] * psi(2, i) for i in range(n)))
    if p == 4:
        found.append(sum(b[i] * psi(3, i) for i in range(n)))
        found.append(sum(b[i] * c[i] * psi(2, i) for i in range(n)))
        found.append(sum(b[i] * a[i][j] * psi(2, j) for i, j in product(range(n), repeat=2)))
    return max(abs(v) for v in found)


def measured_order(made: Tableau) -> int:
    """The order, up to 4, from steps of a pair of equations whose D bends in x and in λ.

    The error of one step falls as h^{p+1}, and its slope from h = 1/32 to 1/64 is within 0.3 of
    that; at a single start its first term may happen to be small, so there are several.  The truth
    is 16 steps of a method of order 4.
    """
    coarse, fine = (sum(_one_step_errors(made, h)) for h in (1 / 32, 1 / 64))
    if fine < 1e-13:  # all that float64 can tell
        return 4
    return max(0, min(4, round(math.log2(coarse / fine)) - 1))


STARTS = ((0.7, -0.4), (-1.1, 0.3), (0.1, 1.2), (1.6, 0.9), (-0.5, -1.3))


def _one_step_errors(made: Tableau, h: float) -> list[float]:
    truth = tableau(KROGSTAD)
    return [math.dist(_walk(made, x, h, 1), _walk(truth, x, h, 16)) for x in STARTS]


def _bent(x: tuple[float, float], u: float) -> tuple[float, float]:
    return math.sin(1.3 * x[0] + x[1] + 2 * u), math.cos(x[0] * x[1] - 1.7 * x[1] + u)


def _walk(made: Tableau, x: tuple[float, float], h: float, n: int) -> tuple[float, float]:
    """n steps of dx/dλ = −x + D(x, λ) over the length h, in plain numbers."""
    step = h / n
    weights = made.weights(step)
    for k in range(n):
        answers = [_bent(x, k * step)]
        for (keep, row), c in zip(weights.stages, made.c[1:]):
            inner = _added(x, keep, row, answers)
            answers.append(_bent(inner, (k + c) * step))
        keep, row = weights.end
        x = _added(x, keep, row, answers)
    return x


def _added(x, keep: float, row, answers) -> tuple[float, float]:
    first, second = (keep * x[d] + sum(w * v[d] for w, v in zip(row, answers)) for d in (0, 1))
    return first, second


KROGSTAD = (
    "1/2: phi1(c2)/2; 1/2: phi1(c3)/2 - phi2(c3), phi2(c3);"
    "1: phi1 - 2*phi2, 0, 2*phi2;"
    "phi1 - 3*phi2 + 4*phi3, 2*phi2 - 4*phi3, 2*phi2 - 4*phi3, -phi2 + 4*phi3"
)
