"""The page's list of networks: what is here, what a file brings, what the owner may fetch."""

import math
from collections import Counter
from pathlib import Path

from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.shapes import data_for
from ..models import catalogue, diffusers_folder, diffusers_unet, files
from ..models.edm_pickle import convert
from ..server.jobs import Jobs
from ..settings import flatten, unflatten

ALLOW_FETCH = False  # the owner's switch: --allow-fetch
UPLOADED = "opened through the page"
KEPT, KEPT_BYTES = 20, 4 * 2**30  # of networks that came through the page
JOBS = Jobs()


def listing(_=None) -> dict:
    """What the menu shows: networks on this machine, then the catalogue's that could be fetched."""
    shipped = {c.name for c in files.shipped()}
    here = [_row(c, c.name in shipped) for c in files.checkpoints()]
    alike = Counter(r["label"] for r in here)
    here = [
        r | {"label": f"{r['label']} · {r['name']}"} if alike[r["label"]] > 1 else r for r in here
    ]
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
    return {"networks": here + away, "fetch": ALLOW_FETCH}


def receive(path: Path, name: str) -> dict:
    """Keep the network of an EDM .pkl, or of a zipped diffusers folder, that was just uploaded; it
    is in the list from now on."""
    read = diffusers_folder.convert_zip if name.lower().endswith(".zip") else convert
    kept = read(path, name, origin=UPLOADED)
    _forget()
    return {"network": kept.name, **listing()}


def fetch(request: dict) -> dict:
    """Begin to fetch, or ask how far it is.  Raises UserError where the owner does not allow it."""
    if not ALLOW_FETCH:
        raise UserError(
            "Fetching is off on this page. Its owner can start it with --allow-fetch, "
            "or fetch with “python -m explorer fetch NAME”."
        )
    job = request.get("job")
    if not job:
        entry = catalogue.wanted(str(request.get("name", "")))
        return {"job": JOBS.start(lambda watch: _fetched(entry, watch), 1, entry)}
    running = JOBS.get(job)
    if request.get("cancel"):
        running.cancel()
    done, total = running.rows[-1] if running.rows else (0, 0)
    out = {"done": done, "total": total, "finished": running.done}
    if running.problem:
        raise UserError(running.problem)
    return out | ({"network": running.about.name, **listing()} if running.done else {})


def _fetched(entry: catalogue.Entry, watch):
    for progress in catalogue.fetch(entry):
        watch()
        yield progress


def _row(c: files.Checkpoint, shipped: bool) -> dict:
    lacking = c.config.get("network") == diffusers_unet.NETWORK and not diffusers_unet.here()
    return {
        "name": c.name,
        "label": c.label + " (needs diffusers)" * lacking,
        "shape": list(c.shape),
        "classes": c.label_dim,
        "any": c.null_label,
        "group": "With the page" if shipped else "Yours",
        "here": True,
        "data": _data(c),
        "licence": str(c.config.get("licence", "")),
    }


def _data(c: files.Checkpoint) -> dict:
    """The data it was trained on, or else the first of its shape, in flat form."""
    try:
        e = unflatten(Experiment, c.config.get("data", {}))
        if c.config.get("data") and tuple(e.data.points().shape[1:]) == c.shape:
            return {k: v for k, v in flatten(e).items() if k.split(".")[0] == "data"}
    except UserError:  # data of a file that is gone, or of another version
        pass
    same = sorted(data_for(c.shape), key=lambda d: d.name != "patches")  # photographs, if it can be
    if not same:
        return {}
    return {"data": same[0].name} | {f"data.{k}": v for k, v in flatten(same[0]).items()}


def _forget() -> None:
    """Of what came through the page keep the newest, and not too much."""
    total, mine = 0, [c for c in files.checkpoints() if c.config.get("origin") == UPLOADED]
    for i, c in enumerate(mine):
        total += (c.folder / files.WEIGHTS).stat().st_size
        if i and (i >= KEPT or total > KEPT_BYTES):
            files.delete(c.name)


def about(e: Experiment) -> str:
    """A sentence on the network of a view, for under its controls; empty for exact denoisers."""
    if not hasattr(e.model, "found"):
        return ""
    c = e.model.found(e.data)
    size = c.config.get("parameters")
    kind = {
        "SongUNet": "U-Net",
        "DhariwalUNet": "ADM U-Net",
        "Mlp": "MLP",
        diffusers_unet.NETWORK: "U-Net of diffusers",
    }[c.config["network"]]
    count = f", {_count(size)} parameters" if isinstance(size, int) and size > 0 else ""
    licence = f"; {c.config['licence']}" if c.config.get("licence") else ""
    return f"{c.label}: {kind}{count}, {_trained_for(c.config)}{licence}."


def _trained_for(config) -> str:
    if (s := config.get("scheduler")) is None:
        return f"preconditioning {config['precond'].upper()}"
    means = {"epsilon": "ε", "v_prediction": "v", "sample": "the clean image"}
    return (
        f"trained for {s['_class_name']}, it predicts {means[s.get('prediction_type', 'epsilon')]}"
    )


def _count(n: int) -> str:
    power = int(math.log10(n)) // 3
    return f"{n / 1000**power:.3g}{['', ' k', ' M', ' G'][min(power, 3)]}"
