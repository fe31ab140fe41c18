"""The Train page: one training at a time, in a process of its own, that can be found again."""

import base64
import json
import os
import subprocess
import sys
import threading
import time

import numpy as np
import torch

from ..errors import UserError
from ..figures import pack
from ..figures import training as figures
from ..numerals import count, duration, number
from ..settings import flatten, parameters
from ..store import places, trainings, weights
from ..training import augment, measure, runs
from ..training.configs import Hyper, Training, build, chosen, draw, loss_of
from ..ui.train import LETTERS, RUNGS
from . import owners

LARGEST = 3_000_000  # parameters of a network that a visitor may train
LONGEST = 3600.0  # seconds that one training may take without being taken up again
SHOWN = 36  # images of the data, before a training has any of its own
KEPT = 40  # trained networks and paused runs that a server holds
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
allowed = True  # the server owner’s switch


class Session:
    """A training under way or just over: its process, and the newest of what it said."""

    def __init__(self, name: str, letter: str, flat: dict, t: Training):
        self.name, self.training = name, t
        self.seen: dict = {}
        self.problem: str | None = None
        self.state = "starting"  # then running, done, paused, cancelled or failed
        self.started, self._ending = time.monotonic(), None
        self._place = trainings.folder(name)
        trainings.ask_to_stop(self._place, False)
        words = {"name": name, "letter": letter, "flat": flat, "parent": os.getpid()}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "explorer.training.child", json.dumps(words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=places.ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_MODULE_LOADING": "LAZY"},
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        return self.state in ("starting", "running", "stopping")

    def stop(self, how: str) -> None:
        """how: paused or cancelled."""
        self._ending = how
        self.state = "stopping"
        trainings.ask_to_stop(self._place)

    def join(self, seconds: float = 30.0) -> None:
        self._thread.join(seconds)

    def _listen(self) -> None:
        errors: list[str] = []
        drain = threading.Thread(
            target=lambda: errors.append(self._process.stderr.read()[-400:]), daemon=True
        )
        drain.start()
        for line in self._process.stdout:
            try:
                news = json.loads(line)
            except ValueError:
                continue
            if "problem" in news:
                self.problem = news["problem"]
            else:
                self.seen = self.seen | news
                if self.state == "starting":
                    self.state = "running"
            if self.state == "running" and time.monotonic() - self.started > LONGEST:
                self.problem = f"Paused after {LONGEST / 60:.0f} minutes; resume it to go on."
                self.stop("paused")
        code = self._process.wait()
        drain.join(5)
        trainings.ask_to_stop(self._place, False)
        if self.seen.get("done"):
            self.state = "done"
        elif self._ending:
            self.state = self._ending
            if self._ending == "cancelled":
                trainings.forget(self.name)
        else:
            self.state = "failed"
            why = errors[0].strip().splitlines()[-1][:160] if errors and errors[0].strip() else ""
            self.problem = self.problem or (
                f"The training process ended by itself (code {code}). {why} "
                "Resume it to go on from "
                "its last checkpoint.".replace("  ", " ")
            )


class Hall:
    """The one training of this server."""

    def __init__(self):
        self._lock = threading.Lock()
        self.session: Session | None = None

    def start(self, letter: str, flat: dict, name: str = "", token: str = "") -> Session:
        """Begin, or go on with, a training; token: of whoever does.  Raises UserError."""
        if not allowed:
            raise UserError(
                "The owner of this server has switched training off; it works on a "
                "machine of your own."
            )
        t = chosen(letter, flat)
        size = sum(p.numel() for p in build(t).parameters())
        if size > LARGEST:
            raise UserError(
                f"This network has {size:,} parameters; at most {LARGEST:,} can be "
                "trained here. Use fewer channels or widths."
            )
        with self._lock:
            if self.session is not None and self.session.busy:
                raise UserError(
                    f"“{self.session.name}” is being trained; one at a time. Pause or "
                    "cancel it first."
                )
            waiting = runs.unfinished()
            if not name:
                name = _free(f"{t.data.name}-{letter.lower()}", waiting)
            elif name not in waiting and any(c.name == name for c in weights.checkpoints()):
                raise UserError(f"A network “{name}” is already there; choose another name.")
            if name not in waiting and len(waiting) + _own() >= KEPT:
                raise UserError(
                    f"This server already holds {KEPT} trained networks; its owner has "
                    "to remove some first."
                )
            trainings.folder(name)  # says what is wrong with the name
            if name in waiting:
                owners.check(name, token)
            owners.claim(name, token)
            self.session = Session(name, letter, flat, t)
            return self.session

    def resume(self, name: str, token: str = "") -> Session:
        """Go on with a run that was paused or killed."""
        waiting = runs.unfinished()
        if name not in waiting:
            raise UserError(f"There is no paused training “{str(name)[:64]}”.")
        return self.start("F", flatten(waiting[name]), name, token)

    def stop(self, name: str, how: str, token: str = "") -> None:
        """Pause or cancel; a run that only lies on disk can be cancelled too."""
        session = self.session
        busy = session is not None and session.name == name and session.busy
        if busy or name in runs.unfinished():
            owners.check(name, token)
        if busy:
            session.stop(how)
        elif how == "cancelled" and name in runs.unfinished():
            trainings.forget(name)
        else:
            raise UserError(f"“{str(name)[:64]}” is not being trained.")


HALL = Hall()


def _free(stem: str, waiting) -> str:
    """stem, stem-2, stem-3 …: the first that names nothing yet."""
    taken = {c.name for c in weights.checkpoints()} | set(waiting)
    return next(n for n in (stem, *(f"{stem}-{k}" for k in range(2, 1000))) if n not in taken)


def _own() -> int:
    folder = weights.kept_folder()
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


# What the page asks


def act(request: dict) -> dict:
    """{"do": start | pause | resume | cancel | look | augment | defaults, …} -> what to show."""
    try:
        if not isinstance(request, dict):
            raise UserError("A training is asked for with what to do and its values.")
        kinds = {
            "start": _start,
            "pause": _pause,
            "resume": _resume,
            "cancel": _cancel,
            "look": _look,
            "augment": _augmented,
            "defaults": _defaults,
        }
        do = request.get("do")
        if not isinstance(do, str) or do not in kinds:
            raise UserError(f"Unknown request {do!r:.40}. Known: {', '.join(kinds)}.")
        return kinds[do](request)
    except UserError as error:
        return {"problem": str(error)}


def _asked(request: dict) -> tuple[str, dict]:
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


def _start(request: dict) -> dict:
    letter, flat = _asked(request)
    name = request.get("name")
    token = owners.token_of(request)
    HALL.start(letter.upper(), flat, name if isinstance(name, str) else "", token)
    return _look({**request, "token": token}) | {"token": token}


def _pause(request: dict) -> dict:
    HALL.stop(request.get("name"), "paused", request.get("token"))
    return _look(request)


def _resume(request: dict) -> dict:
    HALL.resume(request.get("name"), request.get("token"))
    return _look(request)


def _cancel(request: dict) -> dict:
    HALL.stop(request.get("name"), "cancelled", request.get("token"))
    return _look(request)


def _defaults(request: dict) -> dict:
    """What configuration `config` says for the page's data, to fill the form with."""
    letter, flat = _asked({**request, "training": {}})
    t = chosen(letter, flat)
    own = {k: v for k, v in flatten(t).items() if k in FIELDS} | _rungs_of(t, flat)
    levels, floor = measure.floor(t.data)
    bounds = {p.key: [p.spec.low, p.spec.high] for p in parameters(Training) if p.key in FIELDS}
    return {
        "form": own,
        "bounds": bounds,
        "about": LETTERS[letter.upper()],
        "image": t.data.kind == "image",
        "classes": t.data.classes > 0,
        "plan": figures.planned(levels, floor, loss_of(t), _ideal(t.data)),
        "table": [[number(s), None, None, v, None] for s, v in zip(levels, floor)][::-1],
        "data": _data(t),
        "parameters": sum(p.numel() for p in build(t).parameters()),
    }


def _look(request: dict) -> dict:
    """The state of the hall: the training under way with its figures, and the paused ones."""
    session, have, token = HALL.session, request.get("have"), request.get("token")
    busy = session is not None and session.busy
    out = {
        "paused": [
            {"name": n, "title": runs.title(t), "mine": owners.may(n, token)}
            for n, t in runs.unfinished().items()
            if not (busy and n == session.name)
        ],
        "allowed": allowed,
    }
    if session is None:
        return out
    s, t = session.seen, session.training
    out |= {
        "name": session.name,
        "title": runs.title(t),
        "state": session.state,
        "busy": busy,
        "trouble": session.problem,
        "mine": owners.may(session.name, token),
    }
    if not s:
        return out
    key = f"{session.name} {s['now']['mean']} {s['images'] if s['done'] else ''}"
    out |= {
        "key": key,
        "words": _words(session),
        "part": s["images"] / s["total"],
        "done": s["done"],
    }
    if key != have:
        out |= _figures(session)
    return out


def _words(session: Session) -> str:
    s = session.seen
    what = f"{count(s['images'])} of {count(s['total'])} {_unit(s)}"
    if session.state != "running":
        return f"{what}, {session.state}"
    left = (
        ""
        if s["left"] is None or not s["rate"]
        else f", {s['left'] / 60:.1f} minutes left"
        if s["left"] >= 60
        else f", {duration(round(s['left']))} left"
    )
    loss = "" if s["loss"] is None else f", loss {s['loss']:.3f}"
    return what + loss + (f", {count(round(s['rate']))} a second{left}" if s["rate"] else "")


def _unit(seen: dict) -> str:
    return "images" if len(seen["shape"]) == 4 else "points"


def _figures(session: Session) -> dict:
    s, t = session.seen, session.training
    first, now = s["first"], s["now"]
    sigma = figures.loss_by_sigma(
        now["sigma"],
        first["mean"],
        now["mean"],
        now["low"],
        now["high"],
        now["floor"],
        loss_of(t),
        _ideal(t.data),
    )
    table = [
        [number(a), b, c, d, c / d if d else None]
        for a, b, c, d in zip(now["sigma"], first["mean"], now["mean"], now["floor"])
    ][::-1]
    return {
        "sigma": sigma,
        "curve": figures.loss_curve(s["curve"], s["total"], _unit(s)),
        "table": table,
        "samples": _samples(session),
    }


def _ideal(data) -> str:
    """What to call the ideal denoiser of a data set, which knows no more than points()."""
    return f"ideal, knows these {len(data.points())}" if hasattr(data, "draw") else "ideal denoiser"


def _data(t: Training) -> dict:
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


def _samples(session: Session) -> dict:
    s = session.seen
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
    data = session.training.data
    return {
        "kind": "plane",
        "count": len(x),
        "data": pack.floats(_seen(data, x)),
        "truth": _flat(data),
    }


def _augmented(request: dict) -> dict:
    """Some images of the data, augmented, with what the network would be told."""
    letter, flat = _asked(request)
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
