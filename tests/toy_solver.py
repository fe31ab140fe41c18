"""The solver that the tests add, like none that is listed: three evaluations a step, a memory of
six points, one slider and a carry."""

from typing import ClassVar

from torch import Tensor

from explorer.core.ode import Ode, State
from explorer.settings import param, setting


@setting
class Kutta3:
    """Three evaluations a step and five points back: the exact slopes' mean, bent by old ones.

    x' = x + h/6 (d_1 + 4 d_2 + d_3) + w h Δ⁵d        Kutta's third-order rule, Δ⁵ over the past

    Kutta 1901, Beitrag zur näherungsweisen Integration totaler Differentialgleichungen.
    """

    name: ClassVar[str] = "kutta3"
    label: ClassVar[str] = "Kutta"
    family: ClassVar[str] = "multistep"
    order: ClassVar[int] = 3
    evaluations: ClassVar[int] = 3
    memory: ClassVar[int] = 6
    card: ClassVar[str] = "Order 3, three evaluations a step."
    source: ClassVar[str] = "Kutta 1901"
    aliases: ClassVar[tuple[str, ...]] = ("wilhelm",)
    weight: float = param(0.0, 0, 1, 0.01, label="w", help="how much the past bends it")

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, tuple[int, Tensor]]:
        """It hands on how many points it has seen, and one number of each sample."""
        assert len(state.past) <= self.memory
        here, h = state.here, t_next - state.here.t
        d = ode.velocity(here)
        seen = (0 if state.carry is None else state.carry[0]) + 1
        assert len(state.past) == min(seen, self.memory)
        carry = seen, here.x.flatten(1)[:, :1]
        if float(ode.schedule.sigma(t_next)) == 0:
            return here.x + h * d, carry
        d2 = ode.velocity(ode.evaluate(here.x + h / 2 * d, here.t + h / 2))
        d3 = ode.velocity(ode.evaluate(here.x - h * d + 2 * h * d2, t_next))
        x = here.x + h / 6 * (d + 4 * d2 + d3)
        if len(state.past) == self.memory:
            signs = (-1.0, 5.0, -10.0, 10.0, -5.0, 1.0)
            x = x + self.weight * h * sum(s * p.noise for s, p in zip(signs, state.past))
        return x, carry
