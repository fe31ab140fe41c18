"""Trained predictors by name: small JSON files that ship with the page or were trained on it.

    keep(trained) -> name           find(name) -> Trained           names() -> [...]

A name holds no path, so a link can open nothing else.
"""

import base64
import contextlib
import dataclasses
import re
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from ..core.predictor import Predictor
from ..core.solvers.inside import spoken
from ..core.trained import Trained, weights_of
from ..errors import UserError
from . import places, reading, writing
from .unsaved import saving

SHIPPED = places.assets("weights", "predictors")
MOST = 200  # that a page keeps; who sits at the machine may keep more
LARGEST = 2**20  # bytes of a file that is read
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{12}")
_loaded: dict[str, Trained] = {}
_lock = threading.Lock()


def folder() -> Path:
    """Where predictors trained here are kept, beside the networks."""
    return places.cache("predictors")


def names() -> list[str]:
    """All names that `find` knows: shipped ones first, then the user's, newest first."""
    aged = []
    for path in folder().glob("*.json"):
        with contextlib.suppress(OSError):  # just removed, or a circle of links
            if path.is_file():
                aged.append((-path.stat().st_mtime, path))
    own = [path for _, path in sorted(aged)]
    shipped = sorted(SHIPPED.glob("*.json")) if SHIPPED.is_dir() else []
    return list(dict.fromkeys(p.stem for p in [*shipped, *own] if _NAME.fullmatch(p.stem)))


def is_shipped(name: str) -> bool:
    """Whether it comes with the project."""
    return (SHIPPED / f"{name}.json").is_file()


def called(name: str) -> str:
    """The name that a person gave it; empty for one that is kept by its digest."""
    return "" if _DIGEST.fullmatch(name) else name


def find(name: str) -> Trained:
    """The predictor of this name, read once.  UserError if there is none, or a damaged one."""
    if name in _loaded:
        return _loaded[name]
    if _NAME.fullmatch(name):
        for place in (SHIPPED, folder()):
            path = place / f"{name}.json"
            if path.is_file():
                trained = read(path)
                with _lock:
                    return _loaded.setdefault(name, trained)
    known = names()
    shown = f"Known: {', '.join(known[:12])}." if known else "Train one on the AMED page."
    raise UserError(f"There is no predictor {name[:64]!r} on this machine. {shown}")


def hold(trained: Trained, name: str) -> str:
    """Make a predictor known in this process without a file; returns its name."""
    with _lock:
        _loaded[name] = dataclasses.replace(trained, name=name)
    return name


def keep(trained: Trained, place: Path | None = None, name: str | None = None) -> str:
    """Write a predictor as NAME.json, its digest if no name is given; returns the name.

    Raises Unsaved where the disk is full or read-only.
    """
    name = name or trained.digest
    if not _NAME.fullmatch(name):
        raise UserError(
            f"A predictor cannot be called {name[:64]!r}: use small letters, digits and hyphens."
        )
    place = folder() if place is None else place
    with saving(f"The predictor {name}"):
        writing.write_json(place / f"{name}.json", plain(trained), indent=1)
    return hold(trained, name)


def plain(trained: Trained) -> dict:
    """A predictor as its file has it."""
    p = trained.predictor
    return {
        "kind": "AMED predictor",
        "version": 1,
        "solver": trained.solver,
        "sigmas": list(trained.sigmas),
        "afs": trained.afs,
        "scale_dir": p.scale_dir,
        "scale_time": p.scale_time,
        "look": p.look,
        "feature_scale": p.feature_scale,
        "shape": list(trained.shape),
        "answers": list(trained.answers),
        "query": trained.query,
        "record": trained.record,
        "digest": trained.digest,
        "weights": base64.b64encode(weights_of(p)).decode(),
    }


def check_room() -> None:
    """Raise UserError where so many are kept that a page takes no more."""
    if sum(1 for _ in folder().glob("*.json")) >= MOST:
        raise UserError(
            f"This machine already holds {MOST} predictors, so this one was not saved; its owner "
            "can remove some with “python -m explorer cache clear predictors”."
        )


def read(path: Path) -> Trained:
    """A predictor from its file.  Raises UserError, saying what is wrong with it."""
    try:
        return of(reading.json(path, LARGEST), path.stem)
    except UserError:  # it is said already
        raise
    except (OSError, ValueError) as problem:
        raise UserError(f"Predictor {path.stem} cannot be read: {reading.why(problem)}.") from None


def of(d: dict, name: str = "") -> Trained:
    """A predictor from its plain values.  Raises UserError, saying what is wrong with them."""
    try:
        p = Predictor(float(d["scale_dir"]), float(d["scale_time"]), bool(d["look"]))
        p.feature_scale = float(d["feature_scale"])
        numbers = np.frombuffer(base64.b64decode(d["weights"], validate=True), "<f4")
        if len(numbers) != sum(v.numel() for v in p.parameters()) or not np.isfinite(numbers).all():
            raise ValueError("its weights do not fit")
        with torch.no_grad():
            for v, part in zip(
                p.parameters(),
                np.split(numbers, np.cumsum([v.numel() for v in p.parameters()])[:-1]),
            ):
                v.copy_(torch.from_numpy(part.copy()).view_as(v))
                v.requires_grad_(False)
        sigmas = tuple(float(s) for s in d["sigmas"])
        if len(sigmas) < 2 or not all(0 < b < a < 1e4 for a, b in pairwise(sigmas)):
            raise ValueError("its levels do not fall")
        trained = Trained(
            p,
            sigmas,
            bool(d["afs"]),
            str(d["solver"]),
            tuple(int(n) for n in d["shape"]),
            tuple(float(v) for v in d["answers"]),
            str(d["query"]),
            dict(d["record"]),
            name,
        )
        spoken(trained.solver)
        if trained.digest != d["digest"]:
            raise ValueError("its digest does not match its contents")
        return trained
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as problem:
        raise UserError(f"Predictor {name} cannot be read: {reading.why(problem)}.") from None
