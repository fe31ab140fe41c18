"""The network that ships for a data set, as the Train page opens: before, after, and the ideal."""

import base64
import json
from functools import lru_cache

from ..errors import UserError
from ..lab.source import current_device
from ..models import load
from ..numerals import capital, count, duration, factor, number
from ..settings import unflatten
from ..store import weights
from ..store.weights import Checkpoint
from ..training import runs
from ..training.configs import Training, chosen
from ..training.loop import samples_of
from .train import asked
from .train_shown import TRACE, losses_of, samples_shown


def shipped(request: dict) -> dict:
    """{"shipped": …} with title, words and figures of the network that ships for the page's data,
    all as recorded; with “samples” in the request some of its samples instead, made now.
    {"shipped": None, "why": …} where none does."""
    t = chosen(*asked({**request, "training": {}}))
    found = _of(t.data)
    if found is None:
        return {
            "shipped": None,
            "why": f"No network that learned from {t.data.label} as it is set here ships with the "
            "page: what stands here is the data and where a training would look.",
        }
    if request.get("samples"):
        return {"shipped": {"name": found.name, "samples": _sampled(found.name)}}
    return {"shipped": _told(found.name)}


def _of(data) -> Checkpoint | None:
    """The shipped network of these data whose training is recorded: of EDM, and without classes,
    before others."""
    known = []
    for c in weights.checkpoints():
        t = _training(c) if c.folder.parent == weights.SHIPPED and _losses(c) else None
        if t is not None and t.data == data:
            known.append(((t.precond != "edm", t.conditional, c.name), c))
    return min(known)[1] if known else None


def _training(c: Checkpoint) -> Training | None:
    """What it was trained with, as far as this version knows it."""
    try:
        return unflatten(Training, {k: v for k, v in c.config["training"].items() if k != "letter"})
    except (KeyError, UserError):
        return None


def _losses(c: Checkpoint) -> dict:
    """What was recorded while it learned, or nothing."""
    try:
        found = json.loads((c.folder / "losses.json").read_text(encoding="utf-8"))
        return found if {"per_sigma", "per_sigma_first", "curve"} <= found.keys() else {}
    except (OSError, ValueError):
        return {}


@lru_cache(maxsize=16)
def _told(name: str) -> dict:
    c = weights.find(name)
    t, losses = _training(c), _losses(c)
    first, now = losses["per_sigma_first"], losses["per_sigma"]
    images, unit = int(c.config["images"]), "images" if len(c.shape) == 3 else "points"
    seen = {
        "first": first,
        "now": now,
        "curve": losses["curve"],
        "total": images,
        "shape": [0, *c.shape],
    }
    return {
        "name": name,
        "title": title(first, now),
        "words": f"{_before(first, now)} {count(images)} {unit} in "
        f"{took(float(c.config['seconds']))} on {c.config['device']}, seed {t.seed}.",
        "how": runs.title(t),
        **losses_of(seen, t, "trained"),
    }


@lru_cache(maxsize=16)
def _sampled(name: str) -> dict:
    """Samples of it, as a training shows its own."""
    device, t = current_device(), _training(weights.find(name))
    samples, labels = samples_of(t, load(name, device.device), device)
    values = samples.contiguous().float().numpy().astype("<f4")
    seen = {
        "samples": base64.b64encode(values.tobytes()).decode(),
        "shape": list(values.shape),
        "labels": None if labels is None else labels.tolist(),
    }
    return samples_shown(seen, t.data)


def took(seconds: float) -> str:
    """“18 minutes”, “45 s”."""
    return duration(seconds) if seconds < 120 else f"{number(seconds / 60, 2)} minutes"


def title(first: dict, now: dict) -> str:
    """What the shipped network is worth: the most that it leaves to the ideal denoiser, with its
    interval; where the ideal has next to no loss, what training has made of the loss before."""
    worst = _worst(now)
    if worst is not None:
        ratio, low, high, sigma = worst
        return (
            f"Shipped network: {factor(ratio, low, high)} the ideal loss at σ = {sigma}, the worst "
            f"of {len(now['sigma'])} levels"
        )
    ratio, low, high, sigma = _most(first, now)
    return f"Shipped network: training leaves {factor(ratio, low, high)} of the loss at σ = {sigma}"


def _worst(now: dict) -> tuple[float, float, float, str] | None:
    rows = list(zip(now["mean"], now["low"], now["high"], now["floor"], now["sigma"]))
    if any(floor <= TRACE * mean for mean, _, _, floor, _ in rows):
        return None
    mean, low, high, floor, sigma = max(rows, key=lambda r: r[0] / r[3])
    return mean / floor, low / floor, high / floor, number(sigma)


def _most(first: dict, now: dict) -> tuple[float, float, float, str]:
    rows = zip(now["mean"], now["low"], now["high"], first["mean"], now["sigma"])
    mean, low, high, before, sigma = min(rows, key=lambda r: r[0] / r[3])
    return mean / before, low / before, high / before, number(sigma)


def _before(first: dict, now: dict) -> str:
    """What it made of the ideal loss before training, where that was most, with 95 % intervals."""
    both = zip(_over_ideal(first), _over_ideal(now), now["sigma"])
    known = [(before, after, sigma) for before, after, sigma in both if before and after]
    if not known:
        return ""
    before, after, sigma = max(known)
    where = (
        "" if len(known) == len(first["sigma"]) else "Where the ideal loss is not next to none: "
    )
    said = (
        f"before training it made up to {factor(*before)} the ideal loss, at σ = {number(sigma)}; "
        f"now {factor(*after)} there."
    )
    return where + said if where else capital(said)


def _over_ideal(losses: dict) -> list[tuple[float, float, float] | None]:
    """(ratio, low, high) of each level; None where the ideal has next to no loss."""
    rows = zip(losses["mean"], losses["low"], losses["high"], losses["floor"])
    return [
        (mean / floor, low / floor, high / floor) if floor > TRACE * mean else None
        for mean, low, high, floor in rows
    ]
