"""The levels of a network that was trained on discrete steps."""

import math
from typing import ClassVar

import torch
from torch import Tensor

from ...errors import UserError
from ...settings import param, setting
from .ranges import Range, ramp, sigma_max, sigma_min


@setting
class IDDPM(Range):
    """The levels u_j of a network trained on M discrete steps, picked evenly over j.

    u_M = 0, u_{j−1} = √((u_j² + 1)/max(ᾱ_{j−1}/ᾱ_j, C_1) − 1), ᾱ_j = sin²(π/2 · j/(M(C_2+1))).
    The first j_0 levels and those outside [σ_min, σ_max] are left out: EDM's j_0 = 8 of 1000 and
    its σ_max = 81 both start at u_8 = 80.2.  Karras et al. 2022, Table 1 and App. C.3.
    """

    name: ClassVar[str] = "iddpm"
    label: ClassVar[str] = "iDDPM levels"
    short: ClassVar[str] = "iDDPM"
    formula: ClassVar[str] = (
        "u_{j−1} = √((u_j² + 1)/max(ᾱ_{j−1}/ᾱ_j, C_1) − 1),  u_M = 0;  σ_i: N of them, evenly in j"
    )
    source: ClassVar[str] = "Karras et al. 2022, Table 1 and App. C.3; Nichol & Dhariwal 2021"
    sigma_max: float = sigma_max(81.0)
    sigma_min: float = sigma_min(0.002)
    steps: int = param(1000, 100, 4000, 1, label="M", help="levels the network was trained on")
    c_1: float = param(0.001, 1e-5, 0.1, label="C₁", log=True, help="clips the largest levels")
    c_2: float = param(0.008, 1e-4, 0.1, label="C₂", log=True, help="offset of the cosine")
    j_0: int = param(
        0,
        0,
        3990,
        1,
        label="j₀",
        help="how many of the largest levels are left out, whatever σ_max says; 8 in "
        "EDM, where u₈ = 80.2",
    )

    def check(self):
        super().check()
        if self.j_0 > self.steps - 2:
            raise UserError(
                f"j₀ = {self.j_0} leaves out all of M = {self.steps} levels; at most "
                f"{self.steps - 2} works."
            )

    def levels(self) -> Tensor:
        """u_0 > ... > u_M = 0, (M + 1,)."""
        j = torch.arange(self.steps + 1, dtype=torch.float64)
        alpha_bar = torch.sin(math.pi / 2 * j / (self.steps * (self.c_2 + 1))) ** 2
        ratio = (alpha_bar[:-1] / alpha_bar[1:]).clamp(min=self.c_1)
        # u² + 1 is a running product, so the recursion needs no loop
        return torch.cat(
            [
                (1 / ratio).flip(0).cumprod(0).flip(0).sub(1).sqrt(),
                torch.zeros(1, dtype=torch.float64),
            ]
        )

    def sigmas(self, n: int) -> Tensor:
        u = self.levels()[self.j_0 :]
        u = u[(u >= self.sigma_min) & (u <= self.sigma_max)]
        if n > len(u):
            skipped = f" after the first {self.j_0}" if self.j_0 else ""
            raise UserError(
                f"{n} steps from {len(u)} iDDPM levels between {self.sigma_min:g} and "
                f"{self.sigma_max:g}{skipped}: use at most {len(u)} or widen the range."
            )
        return u[torch.round(ramp(n) * (len(u) - 1)).long()]
