"""Runs of a loop of one's own, recorded: 24 points in 64 dimensions by their exact denoiser."""

import itertools

import torch

import explorer
from explorer.recorder import Recording, read

POINTS = torch.randn(24, 64, generator=torch.Generator().manual_seed(3)) * 0.6


def denoised(x: torch.Tensor, sigma: float, points: torch.Tensor = POINTS) -> torch.Tensor:
    far = (x.flatten(1)[:, None] - points).square().sum(2)
    return (torch.softmax(-far / (2 * sigma**2), 1) @ points).view_as(x)


def levels(steps: int) -> list[float]:
    """From 14.6 to 0.03 in even steps of ln σ, then 0."""
    return [14.6 * (0.03 / 14.6) ** (i / steps) for i in range(steps + 1)] + [0.0]


def run(path, steps=10, seed=0, samples=3, sigmas=None, points=POINTS, stop=None, **options):
    """Euler's steps in float64.  Returns the recording, states and answers (T + 1, B, 64)."""
    g = torch.Generator().manual_seed(seed)
    sigmas = sigmas or levels(steps)
    x = torch.randn(samples, 4, 4, 4, generator=g, dtype=torch.float64) * sigmas[0]
    points, states, answers = points.double(), [x], []
    with explorer.record(path, about={"pipeline": "A loop"}, **options) as box:
        for i, (now, after) in enumerate(itertools.pairwise(sigmas)):
            if i == stop:
                break
            answers.append(denoised(x, now, points))
            box.step(x, now, answers[-1], guidance=7.5)
            x = x + (after - now) * (x - answers[-1]) / now
            states.append(x)
        else:
            box.end(x)
    return read(path), torch.stack(states).flatten(2), torch.stack(answers).flatten(2)


def lines_without(path, *keys: str) -> Recording:
    """The recording, of whose lines these keys are taken."""
    import json

    header, *lines = path.read_text().splitlines()
    kept = [{k: v for k, v in json.loads(line).items() if k not in keys} for line in lines]
    return read("\n".join([header, *map(json.dumps, kept), ""]).encode())
