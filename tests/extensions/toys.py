"""What a newcomer would add: a solver (tests/toy_solver.py), a data set, a strip, a page and a
dialect (tests/extensions/toy_dialect.py), each one class or file; `install` is the one line.

`python -m tests.extensions.toys ...` is the command line of a project that has them.
"""

import math
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from explorer.core.solvers import SOLVERS
from explorer.data import DATASETS
from explorer.dialects import xray
from explorer.settings import param, setting
from explorer.strips import STRIPS, Choice, Help, Look, Strip
from explorer.strips.marks import axis, dots, label, line
from explorer.strips.strip import plain
from explorer.ui.pages import PAGES, Page

from ..toy_solver import Kutta3
from . import toy_dialect

HERE = Path(__file__).parent
PAGE = Page("toy", "Toy", file=HERE / "toy_page.html")


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
    xray.READERS = (toy_dialect, *xray.READERS)


def serve_page(tab) -> None:
    """Give a browser's tab the script of the toy page, as if it stood in assets/js/pages."""
    tab.route("**/js/pages/toy.js", lambda route: route.fulfill(path=HERE / "toy_page.js"))


if __name__ == "__main__":
    import sys

    from explorer.cli import main

    install()
    sys.exit(main())
