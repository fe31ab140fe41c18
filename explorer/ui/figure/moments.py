"""Where the samples of a run are at any noise level, in the plane that the stage shows."""

import math

import torch
from torch import Tensor

from ...figures import stage
from ...lab.view import View


class Moments:
    """Places (K, 2) in units of the data's spread or, not at true size, of the noisy spread.

    Between steps x follows the solver's chord, straight in the frame's own (t, s x); D is blended
    in ln σ.  spread: of the data; what: x, D or e.
    """

    PARTS = 6  # points a step, whose chord is curved in the scaled frame

    def __init__(self, view: View, spread: float, what: str, true: bool):
        tr = view.run.trajectory
        plane = lambda v: stage.project(v.cpu().double(), view.source.view.cpu().double()) / spread
        self.view, self.spread, self.what, self.true = view, spread, what, true
        self.sigma, self.hat = tr.sigma.tolist(), tr.sigma_hat.tolist()
        self._x, self._from, self._denoised = plane(tr.x), plane(tr.x_hat), plane(tr.denoised)
        self.count = self._x.shape[1]
        self.highest = max(self.sigma)
        self.lowest = self.sigma[-1] if what == "x" else [s for s in self.sigma if s > 0][-1]
        self._plane = plane

    def size(self, sigma: float) -> float:
        """Noisy spread over clean spread."""
        return math.hypot(1.0, sigma / self.spread)

    def step(self, sigma: float) -> int:
        """The step that passes this level."""
        below = [i for i, b in enumerate(self.sigma[1:]) if b <= sigma]
        return below[0] if below else len(self.hat) - 1

    def at(self, sigma: float, i: int | None = None) -> Tensor:
        """(K, 2) at a level, on step i where that is said."""
        i = self.step(sigma) if i is None else i
        a, b = self.hat[i], self.sigma[i + 1]
        along = (
            min(max(math.log(a / sigma) / math.log(a / b), 0), 1) if b > 0 and sigma > 0 else 0.0
        )
        after = self._denoised[min(i + 1, len(self.hat) - 1)]
        answer = (1 - along) * self._denoised[i] + along * after
        if self.what == "D":
            return answer
        x = self._chord(i, a, b, sigma)
        if self.what == "e":
            level = max(sigma, [s for s in self.sigma if s > 0][-1])
            return (x - answer) * self.spread / level
        return x if self.true else x / self.size(sigma)

    def _chord(self, i: int, a: float, b: float, sigma: float) -> Tensor:
        frame = self.view.experiment.schedule
        level = lambda s: torch.tensor(max(s, 0.0), dtype=torch.float64)
        t = {s: float(frame.time(level(s))) for s in (a, b, sigma)}
        f = min(max((t[a] - t[sigma]) / (t[a] - t[b]), 0), 1) if t[a] != t[b] else 1.0
        scale = lambda s: float(frame.scale(torch.tensor(t[s], dtype=torch.float64)))
        first, last, here = scale(a), scale(b), scale(sigma)
        return (self._from[i] * first * (1 - f) + self._x[i + 1] * last * f) / here

    def whole(self) -> Tensor:
        """(T, K, 2): every path with PARTS points a step, and its end."""
        out = []
        for i, a in enumerate(self.hat):
            b = self.sigma[i + 1]
            for part in range(self.PARTS):
                u = part / self.PARTS
                out.append(self.at(a * (b / a) ** u if b > 0 else a * (1 - u), i))
        out.append(self.at(self.sigma[-1], len(self.hat) - 1))
        return torch.stack(out)

    def truth(self, k: int) -> Tensor | None:
        """(T, 2): the true path of sample k, where there is one."""
        from ...lab import judged

        if judged.unknown(self.view) or k >= self.view.paths.x.shape[1]:
            return None
        path = self.view.paths
        x = self._plane(path.x[:, k])
        if self.true:
            return x
        return x / torch.tensor([self.size(s) for s in path.sigma.tolist()])[:, None]

    def jumps(self, k: int) -> list[Tensor]:
        """With churn: from each state to the state with new noise, (2, 2) each."""
        size = (lambda s: 1.0) if self.true else self.size
        return [
            torch.stack([self._x[i, k] / size(s), self._from[i, k] / size(hat)])
            for i, (s, hat) in enumerate(zip(self.sigma, self.hat))
            if hat > s
        ]
