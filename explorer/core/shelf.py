"""Trained predictors by name: small JSON files that ship with the page or were trained on it.

    keep(trained) -> name           find(name) -> Trained           names() -> [...]

They are the only files that `core` reads: a solver is a setting, and a setting can carry a name but
no weights.  A name holds no path, so a link can open nothing else.
"""

import base64
import dataclasses
import hashlib
import itertools
import json
import os
import re
import threading
import weakref
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from .predictor import Predictor

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "weights" / "predictors"
LARGEST = 2**20  # bytes of a file that is read
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_loaded: dict[str, "Trained"] = {}
_answers: "weakref.WeakKeyDictionary[object, Tensor]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


@dataclasses.dataclass(frozen=True, eq=False)
class Trained:
    """A predictor and what it was trained for.

    sigmas (K,): its levels.  afs: whether its first step was analytic.  solver: "amed", or
    "plugin" with the solver inside as "plugin:ipndm4".  shape and answers: of the model (`answers`
    in this module).  query: the view it was trained on.  record: how, for people to read.
    """

    predictor: Predictor
    sigmas: tuple[float, ...]
    afs: bool
    solver: str
    shape: tuple[int, ...]
    answers: tuple[float, ...]
    query: str = ""
    record: dict = dataclasses.field(default_factory=dict)
    name: str = ""

    @property
    def nfe(self) -> int:
        """Evaluations that a run with it takes."""
        return 2 * (len(self.sigmas) - 1) - self.afs

    @property
    def digest(self) -> str:
        """What the weights and their purpose come to, in 12 characters."""
        purpose = json.dumps(
            [
                self.sigmas,
                self.afs,
                self.solver,
                self.shape,
                self.answers,
                self.predictor.feature_scale,
            ]
        )
        return hashlib.sha256(_bytes(self.predictor) + purpose.encode()).hexdigest()[:12]

    def __call__(self, features: Tensor | None, sigma: float, sigma_next: float, count: int):
        with torch.no_grad():
            return self.predictor(features, sigma, sigma_next, count)

    def on(self, device: torch.device) -> "Trained":
        """The same with its weights on this device; moved once."""
        if self.predictor.fc_r.weight.device != device:
            self.predictor.to(device)
        return self

    def knows(self, answers: Tensor, shape: tuple[int, ...]) -> bool:
        """Whether these are the answers of the model that it was trained for."""
        own = torch.tensor(self.answers, dtype=torch.float64)
        return shape == self.shape and bool(((answers - own).abs() <= 2e-3 * own.abs().max()).all())

    def check(
        self, solver: str, denoiser, sigma: float, sigma_next: float, top: float, afs: bool
    ) -> None:
        """Raise UserError unless it was trained for this step of this solver on this model.

        top: where the run begins.  afs: whether nothing has been evaluated yet.
        """
        of = f"Predictor {self.name or self.digest}"
        if solver != self.solver:
            raise UserError(
                f"{of} was trained for {spoken(self.solver)}, not for "
                f"{spoken(solver)}; choose that solver or train another."
            )
        same = lambda a, b: abs(a / b - 1) <= 1e-5
        near = [i for i, s in enumerate(self.sigmas[:-1]) if same(sigma, s)]
        if not (near and same(sigma_next, self.sigmas[near[0] + 1]) and same(top, self.sigmas[0])):
            steps = len(self.sigmas) - 1
            shown = ", ".join(f"{s:.4g}" for s in self.sigmas)
            raise UserError(
                f"{of} was trained for {steps} step{'s' if steps > 1 else ''}, "
                f"{self.nfe} evaluations, over σ = {shown}; this run steps from "
                f"{sigma:.4g} to {sigma_next:.4g}. Open the view it was trained on or "
                "train another."
            )
        if near[0] == 0 and afs != self.afs:
            wanted = "an analytic" if self.afs else "an evaluated"
            raise UserError(f"{of} was trained with {wanted} first step; change “First step”.")
        if not self.knows(*answers_of(denoiser)):
            raise UserError(
                f"{of} was trained for another model"
                + (f" ({m})" if (m := self.record.get("model")) else "")
                + "; open the view it was trained on or train one for this model."
            )


def spoken(solver: str) -> str:
    """“AMED-Solver”, “AMED-Plugin on iPNDM-4”."""
    from .solvers.learned import INNER

    kind, _, inner = solver.partition(":")
    return "AMED-Solver" if kind == "amed" else f"AMED-Plugin on {INNER[inner][0]}"


@torch.no_grad()
def answers_of(denoiser) -> tuple[Tensor, tuple[int, ...]]:
    """The fingerprint of a model: 8 numbers of what it answers to 4 fixed questions; its shape.

    It depends neither on device nor on precision, and any callable has one.
    """
    shape = tuple(denoiser.shape)
    try:
        with _lock:
            return _answers[denoiser], shape
    except (KeyError, TypeError):  # TypeError: something that cannot be referred to weakly
        pass
    size = int(np.prod(shape))
    k = torch.arange(1, size + 1, dtype=torch.float64)
    sigma = torch.tensor([0.1, 0.5, 2.0, 20.0], dtype=torch.float64)
    x = torch.stack([(s + 0.5) * torch.cos((i + 1.3) * k + i) for i, s in enumerate(sigma)])
    where, dtype = _place(denoiser)
    answer = denoiser(x.reshape(4, *shape).to(where, dtype), sigma.to(where, dtype))
    answer = answer.reshape(4, -1).cpu().double()
    found = torch.cat([(answer * v).mean(1) for v in (torch.cos(0.7 * k), torch.sin(1.9 * k))])
    try:
        with _lock:
            _answers[denoiser] = found
    except TypeError:
        pass
    return found, shape


def _place(denoiser) -> tuple[torch.device, torch.dtype]:
    """Where a model's numbers are, and their precision; a network takes float64 where it exists."""
    for v in [denoiser, *vars(denoiser).values()] if hasattr(denoiser, "__dict__") else []:
        if isinstance(v, Tensor) and v.is_floating_point():
            return v.device, v.dtype
        if isinstance(v, torch.nn.Module) and (p := next(v.parameters(), None)) is not None:
            return p.device, torch.float32 if p.device.type == "mps" else torch.float64
    return torch.device("cpu"), torch.float64


# ---- files ---------------------------------------------------------------------------------------


def folder() -> Path:
    """Where predictors trained here are kept: beside the checkpoints, in EXPLORER_CACHE or the
    place that XDG names for caches.
    """
    base = os.environ.get("EXPLORER_CACHE")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (Path(base) if base else cache / "diffusion-sampler-explorer") / "predictors"


def names() -> list[str]:
    """All names that `find` knows: shipped ones first, then the user's, newest first."""
    own = (
        sorted(folder().glob("*.json"), key=lambda p: -p.stat().st_mtime)
        if folder().is_dir()
        else []
    )
    shipped = sorted(SHIPPED.glob("*.json")) if SHIPPED.is_dir() else []
    return list(dict.fromkeys(p.stem for p in [*shipped, *own] if _NAME.fullmatch(p.stem)))


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
    """Write a predictor as NAME.json, its digest if no name is given; returns the name."""
    name = name or trained.digest
    if not _NAME.fullmatch(name):
        raise UserError(
            f"A predictor cannot be called {name[:64]!r}: use small letters, digits and hyphens."
        )
    place = folder() if place is None else place
    place.mkdir(parents=True, exist_ok=True)
    p = trained.predictor
    out = {
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
        "weights": base64.b64encode(_bytes(p)).decode(),
    }
    part = place / f".{name}.{os.getpid()}"
    part.write_text(json.dumps(out, indent=1, ensure_ascii=False), encoding="utf-8")
    part.replace(place / f"{name}.json")
    return hold(trained, name)


def read(path: Path) -> Trained:
    """A predictor from its file.  Raises UserError, saying what is wrong with it."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it is larger than {LARGEST} bytes")
        d = json.loads(path.read_text(encoding="utf-8"))
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
        if len(sigmas) < 2 or not all(0 < b < a < 1e4 for a, b in itertools.pairwise(sigmas)):
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
            path.stem,
        )
        spoken(trained.solver)
        if trained.digest != d["digest"]:
            raise ValueError("its digest does not match its contents")
        return trained
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise UserError(f"Predictor {path.stem} cannot be read: {problem}.") from None


def _bytes(p: Predictor) -> bytes:
    with torch.no_grad():
        return b"".join(v.detach().cpu().numpy().astype("<f4").tobytes() for v in p.parameters())
