"""The page's list of networks, and what it says of each."""

import math
from collections import Counter

from ..data import DATASETS, Absent
from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.shapes import data_for
from ..models import catalogue, conditional, diffusers_unet, flow, latent, prompts
from ..models.discrete import precond_of
from ..numerals import number
from ..settings import flatten, unflatten
from ..store import weights
from ..study.equal_error import NETWORKS

STRANGE = (diffusers_unet.NETWORK, *conditional.NETWORKS)
KINDS = {"SongUNet": "U-Net", "DhariwalUNet": "ADM U-Net", "Mlp": "MLP"} | {
    name: "transformer of diffusers" if "Transformer" in name else "U-Net of diffusers"
    for name in STRANGE
}
CIFAR10 = (  # in the order of its labels; Krizhevsky 2009
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)


def listing(fetch: bool = False) -> dict:
    """What the menu shows: networks on this machine, then the catalogue's that could be
    fetched; fetch: whether the owner of the server lets visitors."""
    shipped = {c.name for c in weights.shipped()}
    here = [_row(c, c.name in shipped) for c in weights.checkpoints()]
    alike = Counter(r["label"] for r in here)
    here = [
        r | {"label": f"{r['label']} · {r['name']}"} if alike[r["label"]] > 1 else r for r in here
    ]
    here += [_rung(c) for c in weights.ladder()]
    rungs = {r["name"] for r in here}
    here += [_design(name) for name in NETWORKS.values() if name not in rungs]
    known = {r["name"] for r in here}
    away = [
        {
            "name": e.name,
            "label": e.label,
            "shape": list(e.shape),
            "classes": e.classes,
            "licence": e.licence,
            "note": e.note,
            "megabytes": e.megabytes,
            "group": "Published",
        }
        for e in catalogue.entries().values()
        if e.name not in known
    ]
    return {"networks": here + away, "fetch": fetch}


def _row(c: weights.Checkpoint, shipped: bool) -> dict:
    lacking = c.config.get("network") in STRANGE and not diffusers_unet.here()
    return {
        "name": c.name,
        "label": c.label + " (needs diffusers)" * lacking,
        "shape": list(c.shape),
        "classes": c.label_dim,
        "names": _names(c),
        "any": c.null_label,
        "prompts": bool(c.config.get("prompts")),
        "group": "With the page" if shipped else "Yours",
        "here": True,
        "data": data_of(c),
        "licence": str(c.config.get("licence", "")),
    }


def _shipped(c: weights.Checkpoint) -> bool:
    """Whether it comes with the page: its data fit, and need not be made to see that."""
    return c.folder.parent == weights.SHIPPED


def _is_of_cifar10(c: weights.Checkpoint) -> bool:
    """Whether it is published as such, or its file is called so, as EDM's are."""
    found = catalogue.entry(c.name)
    return "cifar10" in f"{c.name} {c.label} {found.data if found else ''}".lower().replace("-", "")


def _names(c: weights.Checkpoint) -> list[str]:
    """What its classes are called: as its file says, or the data that it was trained on; numbers
    where nobody does."""
    told = c.config.get("names")
    if isinstance(told, list) and len(told) == c.label_dim:
        return [str(name)[:80] for name in told]
    if c.label_dim == len(CIFAR10) and c.shape == (3, 32, 32) and _is_of_cifar10(c):
        return list(CIFAR10)
    cls = DATASETS.get(str(c.config.get("data", {}).get("data")))
    names = list(getattr(cls, "names", ()))
    return names if len(names) == c.label_dim else []


def _rung(c: weights.Checkpoint) -> dict:
    """A configuration of the ladder.  quiet: in the menu only while it is the open one, as all but
    the ladder's ends are; the Design page has them all."""
    letter = c.config["training"]["letter"]
    return _row(c, True) | {
        "label": f"{c.label} (ladder)",
        "group": "EDM’s configurations A to F",
        "quiet": letter not in "AF",
    }


def _design(name: str) -> dict:
    """A network that Compare's three designs run on; in the menu while it is open."""
    return _row(weights.find(name), True) | {"group": "EDM’s three designs", "quiet": True}


def data_of(c: weights.Checkpoint) -> dict:
    """The data it was trained on, or else the first of its shape, in flat form."""
    try:
        e = unflatten(Experiment, c.config.get("data", {}))
        if c.config.get("data") and (_shipped(c) or tuple(e.data.points().shape[1:]) == c.shape):
            return {k: v for k, v in flatten(e).items() if k.split(".")[0] == "data"}
    except UserError:  # data of a file that is gone, or of another version
        pass
    same = sorted(data_for(c.shape), key=lambda d: not getattr(d, "photographs", False))
    if not same:
        return _without(c)
    return {"data": same[0].name} | {f"data.{k}": v for k, v in flatten(same[0]).items()}


def _without(c: weights.Checkpoint) -> dict:
    """No data, of the shape and spread that the checkpoint says; nothing for those of points, and
    for images that are not square."""
    if len(c.shape) != 3 or c.shape[1] != c.shape[2]:
        return {}
    told = c.config.get("sigma_data") or c.config.get("precond_kwargs", {}).get("sigma_data")
    spread = float(told) if isinstance(told, int | float) and 0.01 <= told <= 10 else 0.5
    try:
        data = Absent(channels=c.shape[0], size=c.shape[1], thickness=spread)
    except UserError:  # larger than the page shows
        return {}
    return {"data": data.name} | {f"data.{k}": v for k, v in flatten(data).items()}


def about(e: Experiment) -> str:
    """A sentence on the network of a view, for under its controls; empty for exact denoisers."""
    if not hasattr(e.model, "found"):
        return ""
    c = e.model.found(e.data)
    size = c.config.get("parameters")
    kind = KINDS[c.config["network"]]
    count = f", {_count(size)} parameters" if isinstance(size, int) and size > 0 else ""
    licence = f"; {c.config['licence']}" if c.config.get("licence") else ""
    return f"{c.label}: {kind}{count}, {_trained_for(c.config)}{_over_latents(c)}{licence}."


def _over_latents(c: weights.Checkpoint) -> str:
    """What is to be known of a network whose samples are no images."""
    if not (decoder := c.config.get("decoder")):
        return ""
    _, *sides = latent.image_shape(decoder, c.shape)
    latents, image = (" × ".join(map(str, shape)) for shape in (c.shape, sides))
    scale = decoder.get("scaling_factor")
    unit = f" of unit spread (its factor {number(scale)})" if scale else ""
    text = "" if c.config.get("prompts") else "; without text encoders"
    return (
        f"; it denoises latents of {latents} numbers{unit}, which {decoder['network']} decodes to "
        f"{image} pixels: x and D are shown decoded, and steps, curvature and PCA are those of the "
        f"latents{text if c.config['network'] in prompts.PIPELINES else ''}"
    )


def _trained_for(config) -> str:
    if (s := config.get("scheduler")) is None:
        return f"preconditioning {config['precond'].upper()}"
    means = {
        "epsilon": "ε",
        "v_prediction": "v",
        "sample": "the clean image",
        flow.PREDICTION: "the flow ε − y",
    }
    kind = flow.PREDICTION if flow.is_flow(s) else s.get("prediction_type", "epsilon")
    ends = getattr(found := precond_of(s), "ends_in_noise", False)
    noise = f"; its table ends in pure noise, so runs begin at σ = {number(found.sigma_max)}"
    return f"trained for {s['_class_name']}, it predicts {means[kind]}{noise * ends}"


def _count(n: int) -> str:
    power = int(math.log10(n)) // 3
    return f"{number(n / 1000**power)}{['', ' k', ' M', ' G'][min(power, 3)]}"
