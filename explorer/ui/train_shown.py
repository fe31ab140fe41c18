"""What the Train page shows: how far a training is, its figures, samples and data."""

import base64

import numpy as np
import torch

from ..figures import pack
from ..figures import training as figures
from ..numerals import count, duration, factor, number, span, times
from ..training import runs
from ..training.configs import Training, draw, loss_of

TRACE = 1e-2  # part of a loss below which an ideal loss is no measure of it
SHOWN = 36  # images of the data, before a training has any of its own


def progress(s: dict, state: str) -> str:
    """“640 of 3,000 images, loss 0.31, 900 a second, 3 s left”; s: the newest that was said."""
    what = f"{count(s['images'])} of {count(s['total'])} {_unit(s)}"
    if state != "running":
        return f"{what}, {state}"
    left = (
        ""
        if s["left"] is None or not s["rate"]
        else f", {number(s['left'] / 60, 2)} minutes left"
        if s["left"] >= 60
        else f", {duration(round(s['left']))} left"
    )
    loss = "" if s["loss"] is None else f", loss {number(s['loss'])}"
    return what + loss + (f", {count(round(s['rate']))} a second{left}" if s["rate"] else "")


def how(t: Training) -> str:
    """With what it was begun: “Spiral, config F, 60 thousand points”."""
    return f"{runs.title(t)}, {number(t.kimg)} thousand {_words(t.data)}"


def _words(data) -> str:
    return "images" if data.kind == "image" else "points"


def _unit(seen: dict) -> str:
    return "images" if len(seen["shape"]) == 4 else "points"


def figures_of(s: dict, t: Training, called: str = "now") -> dict:
    """The figures, table and samples of a training.  called: what its newest loss is."""
    return losses_of(s, t, called) | {"samples": samples_shown(s, t.data)}


def losses_of(s: dict, t: Training, called: str = "now") -> dict:
    """The figures and the table of a training."""
    first, now = s["first"], s["now"]
    sigma = figures.loss_by_sigma(
        now["sigma"],
        first["mean"],
        now["mean"],
        now["low"],
        now["high"],
        now["floor"],
        loss_of(t),
        ideal(t.data),
        called,
    )
    if (mark := bracket(s)) is not None:
        sigma = figures.bracketed(sigma, *mark)
    table = [
        [number(a), b, c, d, c / d if d else None, b / e if e else None]
        for a, b, c, d, e in zip(
            now["sigma"], first["mean"], now["mean"], now["floor"], first["floor"]
        )
    ][::-1]
    return {
        "sigma": sigma,
        "curve": figures.loss_curve(s["curve"], s["total"], _unit(s)),
        "table": table,
        "beside": _beside(first, now),
    }


def bracket(s: dict) -> tuple[float, str] | None:
    """Where a training has gained most over what it began with, as the ideal denoiser counts, and
    “10.3 × (9.9–10.7) → 1.06 × (1.02–1.11)” in two lines, times the ideal's loss with its 95 %
    interval; None while it has gained nothing that the interval bears, and of data where the ideal
    denoiser has next to no loss."""
    first, now = s["first"], s["now"]
    found = []
    for i, sigma in enumerate(now["sigma"]):
        a, b, mean, ideal = first["mean"][i], first["floor"][i], now["mean"][i], now["floor"][i]
        if b > TRACE * a and ideal > TRACE * mean and now["high"][i] < a:
            said = (_factor(look, i) for look in (first, now))
            found.append((a / b, sigma, " →<br>".join(said)))
    return max(found)[1:] if found else None


def _factor(look: dict, i: int) -> str:
    """A loss as times the ideal's."""
    return factor(*(look[name][i] / look["floor"][i] for name in ("mean", "low", "high")))


def _beside(first: dict, now: dict) -> list[list[str]]:
    """The 95 % intervals of the loss before and now, and of how many times the ideal's it is, to
    stand below the cells of the table.  The ideal's own loss, on the same samples and noise, is
    taken as known.
    """
    looks = [list(zip(s["low"], s["high"], s["floor"])) for s in (first, now)]
    losses = [[span(low, high) for low, high, _ in rows] for rows in looks]
    factors = [[_times_ideal(*row) for row in rows] for rows in looks]
    return [
        ["", before, after, "", times_after, times_before]
        for before, after, times_before, times_after in zip(*losses, *factors)
    ][::-1]


def _times_ideal(low: float, high: float, ideal: float) -> str:
    return span(low / ideal, high / ideal, times) if ideal else ""


def ideal(data) -> str:
    """What to call the ideal denoiser of a data set, which knows no more than points()."""
    return f"ideal, knows these {len(data.points())}" if hasattr(data, "draw") else "ideal denoiser"


def data_of(t: Training) -> dict:
    """Some of what a network would learn from, as samples are shown."""
    if t.data.kind == "image":
        images, _ = draw(t.data, SHOWN, torch.Generator().manual_seed(0))
        return {
            "kind": "image",
            "shape": list(images.shape[1:]),
            "count": len(images),
            "data": pack.grey(images, -1.2, 1.2),
        }
    none = torch.zeros(0, 2)
    return {"kind": "plane", "count": 0, "data": pack.floats(none), "truth": _flat(t.data)}


def _flat(data) -> str:
    """The points of a data set as they are looked at, packed."""
    return pack.floats(_seen(data, data.points().float()))


def _seen(data, x: torch.Tensor) -> torch.Tensor:
    view = data.view().float()
    return x @ view.T if view.shape[0] == 2 else torch.cat([x, torch.zeros_like(x)], 1)


def samples_shown(s: dict, data) -> dict:
    """The newest samples of a training, packed as the page draws them."""
    x = np.frombuffer(base64.b64decode(s["samples"]), "<f4").reshape(s["shape"])
    x = torch.from_numpy(x.copy())
    if x.ndim == 4:
        return {
            "kind": "image",
            "shape": s["shape"][1:],
            "count": len(x),
            "data": pack.grey(x, -1.2, 1.2),
            "labels": s["labels"],
        }
    return {
        "kind": "plane",
        "count": len(x),
        "data": pack.floats(_seen(data, x)),
        "truth": _flat(data),
    }
