"""The Train page's choices: what can be asked for, and in which words."""

import dataclasses

import torch

from ..errors import UserError
from ..figures import pack
from ..figures import training as figures
from ..numerals import number
from ..settings import flatten, jsonable, parameters
from ..training import augment, measure, runs
from ..training.configs import Hyper, Training, build, chosen, draw, loss_of
from ..training.pace import measured
from .train_shown import data_of, ideal

LETTERS = {
    "A": "as before EDM: VP preconditioning, loss and hyper-parameters",
    "B": "A with EDM’s hyper-parameters",
    "C": "B with the capacity moved to high resolutions",
    "D": "C with EDM’s preconditioning",
    "E": "D with EDM’s loss: λ(σ) and p_train",
    "F": "E with augmentation that does not leak",
}
RUNGS = {  # what a rung of the ladder changes at once: the letter of each end, and its name
    "hyper": (("A", "as before EDM"), ("B", "EDM’s")),
    "capacity": (("A", "as before EDM"), ("C", "EDM’s")),
}
FIELDS = (
    "precond",
    "loss",
    "augment",
    "conditional",
    "kimg",
    "batch",
    "lr",
    "seed",
    "p_mean",
    "p_std",
)
LOOKS = ("loss", "p_mean", "p_std")  # where a training looks: its p_train


def form() -> dict:
    """What the page must know before anything is asked."""
    rungs = {k: [{"value": v, "label": text} for v, text in ends] for k, ends in RUNGS.items()}
    return {
        "letters": LETTERS,
        "rungs": rungs,
        "columns": [
            {"value": v, "label": text}
            for v, text in next(p.spec.choices for p in parameters(Training) if p.key == "loss")
        ],
    }


def asked(request: dict) -> tuple[str, dict]:
    """The letter and the flat settings: the data of the page, and the fields of this one."""
    values = request.get("values") if isinstance(request.get("values"), dict) else {}
    own = dict(request["training"]) if isinstance(request.get("training"), dict) else {}
    flat = {k: v for k, v in values.items() if str(k).split(".")[0] == "data"}
    rungs = {k: own.pop(k) for k in RUNGS if k in own}
    unknown = next((k for k in own if k not in FIELDS and not str(k).startswith("network")), None)
    if unknown is not None:
        raise UserError(f"Unknown setting {str(unknown)[:40]!r}. Known: {', '.join(FIELDS)}.")
    return str(request.get("config", "F"))[:8], flat | _of_rungs(rungs, flat) | own


def _of_rungs(rungs: dict, data: dict) -> dict:
    """The flat settings of rungs that are chosen alone: {"hyper": "A", "capacity": "C"}."""
    out = {}
    for key, letter in rungs.items():
        known = [v for v, _ in RUNGS[key]]
        if letter not in known:
            raise UserError(f"Unknown {key} {str(letter)[:40]!r}. Known: {', '.join(known)}.")
        t = flatten(chosen(letter, data))
        mine = (
            flatten(Hyper()) if key == "hyper" else [k for k in t if k.split(".")[0] == "network"]
        )
        out |= {k: t[k] for k in mine}
    return out


def _rungs_of(t: Training, data: dict) -> dict:
    """Which end of each rung a training is at."""
    same = lambda a, key: a.hyper == t.hyper if key == "hyper" else a.network == t.network
    return {
        key: next((v for v, _ in ends[::-1] if same(chosen(v, data), key)), ends[0][0])
        for key, ends in RUNGS.items()
    }


def of(t: Training) -> dict:
    """What a training was begun with, as the page has it: the data's settings, the letter, and the
    form's fields."""
    flat = jsonable(flatten(t))
    data = {k: v for k, v in flat.items() if k.split(".")[0] == "data"}
    fields = {k: v for k, v in flat.items() if k in FIELDS} | _rungs_of(t, data)
    return {"data": data, "config": runs.letter(t) or "F", "form": fields}


def pace(request: dict) -> dict:
    """{"seconds"} that the training of the form would take at the pace of a step made now."""
    t = chosen(*asked(request))
    return {"seconds": measured(dataclasses.replace(t, kimg=1.0)) * t.images}


def defaults(request: dict) -> dict:
    """What configuration `config` says for the page's data, to fill the form with.  looks: a loss,
    p_mean and p_std that the plan is to show instead of its own.
    """
    letter, flat = asked({**request, "training": {}})
    t = chosen(letter, flat)
    looks = request.get("looks") if isinstance(request.get("looks"), dict) else {}
    meant = chosen(*asked({**request, "training": {k: v for k, v in looks.items() if k in LOOKS}}))
    own = {k: v for k, v in flatten(t).items() if k in FIELDS} | _rungs_of(t, flat)
    levels, floor = measure.floor(t.data)
    bounds = {p.key: [p.spec.low, p.spec.high] for p in parameters(Training) if p.key in FIELDS}
    return {
        "form": own,
        "bounds": bounds,
        "about": LETTERS[letter.upper()],
        "image": t.data.kind == "image",
        "classes": t.data.classes > 0,
        "plan": figures.planned(levels, floor, loss_of(meant), ideal(t.data)),
        "table": [[number(s), None, None, v, None] for s, v in zip(levels, floor)][::-1],
        "data": data_of(t),
        "parameters": sum(p.numel() for p in build(t).parameters()),
    }


def augmented(request: dict) -> dict:
    """Some images of the data, augmented, with what the network would be told."""
    letter, flat = asked(request)
    t = chosen(letter, flat)
    if t.data.kind != "image":
        raise UserError("Augmentation turns and moves images; choose image data.")
    seed = request.get("seed")
    g = torch.Generator().manual_seed(seed % 2**31 if isinstance(seed, int) else 0)
    images, _ = draw(t.data, 12, g)
    # each operation shown here happens to every second image; in training to few
    after, told = augment.augment(images, max(0.5, t.augment), g, t.mirror)
    return {
        "augmented": {
            "shape": list(images.shape[1:]),
            "count": len(images),
            "before": pack.grey(images, -1.2, 1.2),
            "after": pack.grey(after, -1.2, 1.2),
            "labels": [[float(f"{v:.2f}") for v in row] for row in told.tolist()],
            "names": list(augment.NAMES),
        }
    }
