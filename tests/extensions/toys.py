"""What a newcomer would add: a solver, a data set, a strip and a page, each one class or file;
`install` is the one line.

`python -m tests.extensions.toys ...` is the command line of a project that has them.
"""

import math
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from explorer.core.levels import is_zero, moved, number
from explorer.core.ode import Ode, State
from explorer.core.solvers import SOLVERS
from explorer.data import DATASETS
from explorer.settings import param, setting
from explorer.strips import STRIPS, Choice, Help, Look, Strip
from explorer.strips.marks import axis, dots, label, line
from explorer.strips.strip import plain
from explorer.ui.pages import PAGES, Page

HERE = Path(__file__).parent
PAGE = Page("toy", "Toy", file=HERE / "toy_page.html")


@setting
class Kutta3:
    """The Runge-Kutta methods of order 3 with stages at 0, α and 1; Kutta's own at α = ½.

    It looks at nothing but where it is, and remembers six points so that a run must hand them on.
    Kutta 1901, Beitrag zur näherungsweisen Integration totaler Differentialgleichungen.
    """

    name: ClassVar[str] = "kutta3"
    label: ClassVar[str] = "Kutta"
    family: ClassVar[str] = "one-step"
    order: ClassVar[int] = 3
    evaluations: ClassVar[int] = 3
    memory: ClassVar[int] = 6
    needs_schedule: ClassVar[bool] = True
    card: ClassVar[str] = "Order 3, three evaluations a step."
    source: ClassVar[str] = "Kutta 1901"
    aliases: ClassVar[tuple[str, ...]] = ("wilhelm",)
    alpha: float = param(
        0.5, 0.2, 0.6, 0.01, label="α of Kutta", help="where the second stage lies"
    )

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, int]:
        assert len(state.past) == min(6, (state.carry or 0) + 1)
        here, h = state.here, number(t_next - state.here.t)
        first = ode.velocity(here)
        if is_zero(number(ode.schedule.sigma(t_next))):
            return moved(here.x, h, first), len(state.past)
        a = self.alpha
        middle = torch.lerp(here.t, t_next, a)
        second = ode.velocity(ode.evaluate(moved(here.x, a * h, first), middle))
        back = (1 - a) / (a * (3 * a - 2))
        x = moved(moved(here.x, (1 + back) * h, first), -back * h, second)
        third = ode.velocity(ode.evaluate(x, t_next))
        weights = (0.5 - 1 / (6 * a), 1 / (6 * a * (1 - a)), (2 - 3 * a) / (6 * (1 - a)))
        for weight, slope in zip(weights, (first, second, third), strict=True):
            x = slope * (weight * h) + (here.x if slope is first else x)
        return x, len(state.past)


@setting
class Week:
    """Seven days on a circle, a class each."""

    name: ClassVar[str] = "week"
    label: ClassVar[str] = "Seven days"
    kind: ClassVar[str] = "plane"
    about: ClassVar[str] = "Seven points on a circle, a class each."
    source: ClassVar[str] = "made by formula"
    thickness: ClassVar[float] = 0.02
    classes: ClassVar[int] = 7
    radius: float = param(0.7, 0.1, 2, 0.1, label="Radius of the week", help="of the circle")

    def points(self) -> Tensor:
        """(7, 2)."""
        turn = torch.arange(7, dtype=torch.float64) * (2 * math.pi / 7)
        return self.radius * torch.stack([turn.cos(), turn.sin()], 1)

    def labels(self) -> Tensor:
        """(7,)."""
        return torch.arange(7)

    def view(self) -> Tensor:
        """(2, 2)."""
        return torch.eye(2, dtype=torch.float64)


class Size(Strip):
    """How large the true paths are, as they are or against their start."""

    name, title, hint = "size", "Size of a sample", "root mean square per coordinate"
    layer, part, height = "data", "path", 0.8
    choices = Choice("size", {"plain": "as it is", "start": "against its start"})
    help = Help("How large the noisy samples are.", "√(E x²)", "a test")

    def measure(self, view, watch=None):
        """sigma, size (T,): root mean square over samples and coordinates."""
        ref = view.reference
        size = ref.x.flatten(1).square().mean(1).sqrt()
        return {"sigma": plain(ref.sigma), "size": plain(size)}

    def draw(self, numbers, look: Look):
        """One curve."""
        sigma, size = numbers["sigma"], numbers["size"]
        y = size if look.choice == "plain" else [v / size[0] for v in size]
        named = label("true paths", "#1a202c", 1, True)
        return {
            "axis": axis(0.9 * min(y), 1.1 * max(y), True),
            "marks": [line(sigma, y, "#1a202c", 2, label=named, main=True)],
            "reading": {"as": "number", "after": " rms"},
        }

    def quick(self, view, colour):
        """Where the solver evaluated."""
        tr = view.run.trajectory
        size = tr.x_hat.flatten(1).square().mean(1).sqrt()
        return {"plain": {"over": [dots(plain(tr.sigma_hat), plain(size), colour, 5, "ring")]}}


def install() -> None:
    """One line each."""
    SOLVERS[Kutta3.name] = Kutta3
    DATASETS[Week.name] = Week
    STRIPS[Size.name] = Size()
    PAGES.append(PAGE)


def serve_page(tab) -> None:
    """Give a browser's tab the script of the toy page, as if it stood in assets/js/pages."""
    tab.route("**/js/pages/toy.js", lambda route: route.fulfill(path=HERE / "toy_page.js"))


if __name__ == "__main__":
    import sys

    from explorer.cli import main

    install()
    sys.exit(main())
