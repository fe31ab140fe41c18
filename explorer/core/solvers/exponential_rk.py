"""Exponential Runge–Kutta by tableau, in the (x̂, σ) frame: the coefficients are data.

    x̂_i = e^{−c_i h} x̂ + h Σ_{j<i} a_ij(h) D_j          x̂' = e^{−h} x̂ + h Σ_i b_i(h) D_i

h = ln σ/σ'.  The linear part of dx̂/dλ = −x̂ + D is followed exactly, so a long step decays noise as
it should.  Two orders are said of each table: that where steps go to 0, and the stiff order, which
is kept whatever the linear part of D: at few steps h is not small, and the second is what one has.
"""

from typing import ClassVar

from torch import Tensor

from ...errors import UserError
from ...settings import param, setting
from ..levels import exp, number
from ..ode import Ode, State
from ..tableau import KROGSTAD, Tableau, exact_for_constants, tableau
from .exponential import _gap
from .multistep import _evaluate, _SigmaFrame, added

SCHEMES = {
    "etdrk2": ("ETDRK2 (Cox, Matthews)", "1: phi1; phi1 - phi2, phi2"),
    "etdrk3": (
        "ETDRK3 (Cox, Matthews)",
        "1/2: phi1(c2)/2; 1: -phi1, 2*phi1;phi1 - 3*phi2 + 4*phi3, 4*phi2 - 8*phi3, 4*phi3 - phi2",
    ),
    "etdrk4": (
        "ETDRK4 (Cox, Matthews)",
        "1/2: phi1(c2)/2; 1/2: 0, phi1(c3)/2; 1: phi1(1/2)/2*(phi0(1/2) - 1), 0, phi1(1/2);"
        "phi1 - 3*phi2 + 4*phi3, 2*phi2 - 4*phi3, 2*phi2 - 4*phi3, 4*phi3 - phi2",
    ),
    "krogstad": ("ETDRK4 (Krogstad)", KROGSTAD),
    "hochbruck": (
        "5 stages (Hochbruck, Ostermann)",
        "1/2: phi1(c2)/2; 1/2: phi1(c3)/2 - phi2(c3), phi2(c3); 1: phi1 - 2*phi2, phi2, phi2;"
        # a52 = φ_2(h/2)/2 − φ_3 + φ_2/4 − φ_3(h/2)/2
        "1/2: phi1(c5)/2 - phi2(c5)/4 - (phi2(c5)/2 - phi3 + phi2/4 - phi3(c5)/2),"
        "phi2(c5)/2 - phi3 + phi2/4 - phi3(c5)/2, phi2(c5)/2 - phi3 + phi2/4 - phi3(c5)/2,"
        "phi2(c5)/4 - (phi2(c5)/2 - phi3 + phi2/4 - phi3(c5)/2);"
        "phi1 - 3*phi2 + 4*phi3, 0, 0, 4*phi3 - phi2, 4*phi2 - 8*phi3",
    ),
}


class _Tableau(_SigmaFrame):
    """Shared: the steps of a table."""

    family: ClassVar[str] = "one-step"
    memory: ClassVar[int] = 1

    @property
    def text(self) -> str:
        """Its table, as it would be typed."""
        raise NotImplementedError

    @property
    def table(self) -> Tableau:
        """Its coefficients."""
        return tableau(self.text)

    @property
    def order(self) -> int:
        """Where steps go to 0."""
        return self.table.order

    @property
    def stiff_order(self) -> int:
        """Whatever the linear part of D."""
        return self.table.stiff_order

    @property
    def evaluations(self) -> int:  # type: ignore[override]  # elsewhere one, of the class
        return self.table.stages

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        here, table = state.here, self.table
        x, sigma, h = here.plain, number(here.sigma), _gap(here, sigma_next)
        weights, answers = table.weights(h), [here.denoised]
        for (keep, row), c in zip(weights.stages, table.c[1:]):
            inner = added(keep * x, row, answers)
            answers.append(_evaluate(ode, inner, sigma * exp(-c * h)).denoised)
        keep, row = weights.end
        return added(keep * x, row, answers)


def _place(default: float, which: str):
    return param(
        default, 0.05, 1.0, 0.01, label=f"c_{which}", help="where this stage lies in λ, 1: the end"
    )


@setting
class RES2S(_Tableau):
    """RES of two stages: Σ b_i c_i = φ_2 at every h, which DPM-Solver++(2S) has at h = 0 only.

        b_2 = φ_2/c_2,   b_1 = φ_1 − b_2,   a_21 = c_2 φ_1(−c_2 h)

    Zhang et al. 2023, arXiv:2308.02157; Hochbruck and Ostermann 2005.
    """

    name: ClassVar[str] = "res_2s"
    label: ClassVar[str] = "RES 2S"
    card: ClassVar[str] = (
        "Order 2, stiff order 2, two evaluations a step, no memory. Exponential Runge–Kutta whose "
        "conditions hold at every step length."
    )
    source: ClassVar[str] = "Zhang et al. 2023, arXiv:2308.02157"
    aliases: ClassVar[tuple[str, ...]] = ("res_2s (RES4LYF)", "res_2s_ode", "etdrk2_2s (RES4LYF)")
    c2: float = _place(0.5, "2")

    @property
    def text(self) -> str:
        """Its table."""
        return f"{self.c2!r}: c2*phi1(c2); phi1 - phi2/c2, phi2/c2"


@setting
class RES3S(_Tableau):
    """RES of three stages, with γ so that 2(γ c_2 + c_3) = 3(γ c_2² + c_3²):

        γ = (3 c_3² − 2 c_3)/(c_2 (2 − 3 c_2)),   b_3 = φ_2/(γ c_2 + c_3),   b_2 = γ b_3
        a_32 = γ c_2 φ_2(−c_2 h) + c_3²/c_2 φ_2(−c_3 h)

    With 3 c_3³ in γ, as it is often written, order 3 is left only at c_3 = 1.
    Zhang et al. 2023, arXiv:2308.02157; Hochbruck and Ostermann 2005.
    """

    name: ClassVar[str] = "res_3s"
    label: ClassVar[str] = "RES 3S"
    card: ClassVar[str] = (
        "Order 3, stiff order 3, three evaluations a step, no memory. Exponential Runge–Kutta with "
        "the stiff order conditions."
    )
    source: ClassVar[str] = "Zhang et al. 2023, arXiv:2308.02157"
    aliases: ClassVar[tuple[str, ...]] = ("res_3s (RES4LYF)", "res_3s_ode")
    c2: float = _place(0.5, "2")
    c3: float = _place(1.0, "3")

    def check(self) -> None:
        """c_2 = 2/3 has no γ; where γ c_2 + c_3 = 0 there is no b_3."""
        if abs(2 - 3 * self.c2) < 0.01 or abs(self.gamma * self.c2 + self.c3) < 0.01:
            raise UserError(
                f"RES 3S has no order 3 at c_2 = {self.c2:g}, c_3 = {self.c3:g}; "
                "c_2 = 0.5, c_3 = 1 works."
            )

    @property
    def gamma(self) -> float:
        """γ = b_2/b_3."""
        return (3 * self.c3**2 - 2 * self.c3) / (self.c2 * (2 - 3 * self.c2))

    @property
    def text(self) -> str:
        """Its table."""
        g = f"({self.gamma!r})"
        a32 = f"({g}*c2*phi2(c2) + c3*c3/c2*phi2(c3))"
        b3 = f"phi2/({g}*c2 + c3)"
        return (
            f"{self.c2!r}: c2*phi1(c2); {self.c3!r}: c3*phi1(c3) - {a32}, {a32};"
            f"phi1 - {b3} - {g}*{b3}, {g}*{b3}, {b3}"
        )


@setting
class ETDRK(_Tableau):
    """Exponential time differencing: one table of five, each with the orders that its card says.

    Cox and Matthews 2002, doi:10.1006/jcph.2002.6995; Krogstad 2005,
    doi:10.1016/j.jcp.2004.08.006; Hochbruck and Ostermann 2005.
    """

    name: ClassVar[str] = "etdrk"
    label: ClassVar[str] = "ETDRK"
    card: ClassVar[str] = (
        "Exponential Runge–Kutta of order 2 to 4, one evaluation a stage, no memory. Stiff order 2 "
        "of Cox and Matthews’ three, 3 of Krogstad’s, 4 of Hochbruck and Ostermann’s five stages."
    )
    source: ClassVar[str] = (
        "Cox & Matthews 2002; Krogstad 2005; Hochbruck & Ostermann 2005, doi:10.1137/040611434"
    )
    aliases: ClassVar[tuple[str, ...]] = (
        "etdrk2_2s",
        "etdrk3_a_3s (RES4LYF)",
        "etdrk4_4s (RES4LYF)",
        "krogstad_4s (RES4LYF)",
        "ETDRK2, ETDRK3, ETDRK4",
    )
    full_label: ClassVar[str] = "ETDRK {scheme}"
    scheme: str = param(
        "krogstad",
        label="Table",
        choices=tuple((k, label) for k, (label, _) in SCHEMES.items()),
        help="whose coefficients; the number is the order where steps go to 0",
    )

    @property
    def text(self) -> str:
        """Its table."""
        return SCHEMES[self.scheme][1]


@setting
class TypedRK(_Tableau):
    """Exponential Runge–Kutta with coefficients that a person types; see `core.tableau`.

    Its order is measured, and its stiff order found from the conditions, when it is made.
    """

    name: ClassVar[str] = "erk"
    label: ClassVar[str] = "Own RK table"
    short: ClassVar[str] = "own table"
    card: ClassVar[str] = (
        "Exponential Runge–Kutta with coefficients that you type: numbers, c2, c3, … and φ of c·h. "
        "Its orders are found as it is typed; a table that is not consistent is refused by its row."
    )
    source: ClassVar[str] = "Hochbruck & Ostermann 2005, doi:10.1137/040611434"
    aliases: ClassVar[tuple[str, ...]] = ("tableau", "Butcher table", "rk_type (RES4LYF)", "Lawson")
    coefficients: str = param(
        "1/2: c2*phi1(c2); phi1 - 2*phi2, 2*phi2",
        label="Table",
        longest=1200,
        help="a row for each stage, set apart by semicolons: its place, a colon, and its "
        "coefficients with commas; the last row makes the step. phi1(c2) is φ₁(−c₂h), phi1 φ₁(−h)",
    )

    def check(self) -> None:
        """It is a table, and a consistent one."""
        tableau(self.coefficients)

    @property
    def text(self) -> str:
        """Its table."""
        return self.coefficients

    @property
    def told(self) -> str:
        """What its coefficients come to, in a sentence."""
        table = self.table
        said = (
            f"{table.stages} stage{'s' * (table.stages > 1)}, order {self.order} where steps go "
            f"to 0, stiff order {self.stiff_order}"
        )
        if exact_for_constants(table):
            return f"{said}."
        return f"{said}; its rows sum to c φ₁ only at h = 0, so constant D is not followed exactly."
