"""Named runs: how one goes on where it was stopped, and ends as a checkpoint.

run(t, name)               -> reports of a new or an interrupted run
finish(t, name, progress)  -> Checkpoint, which the model menu then shows
"""

import dataclasses
import platform
from collections.abc import Generator
from pathlib import Path

import torch

from ..core.device import Device, pick
from ..errors import UserError
from ..models import architecture, files
from ..models.denoiser import NetworkDenoiser
from ..settings import flatten
from ..store import trainings, weights
from .bank import Bank
from .configs import Training, config, description, sigma_data
from .loop import Progress, train
from .measure import per_sigma
from .state import resume, stored


def unfinished(root: str | Path | None = None) -> dict[str, Training]:
    """Runs that were stopped or killed and can go on, newest first."""
    out = {}
    for place in trainings.unfinished(root):
        try:
            out[place.name] = stored(place)
        except (UserError, ValueError, OSError):  # of another version, or damaged
            continue
    return out


def kept(root: str | Path | None = None) -> set[str]:
    """Names of all of which a state is on disk, also of another version or damaged."""
    return {place.name for place in trainings.unfinished(root)}


def run(
    t: Training,
    name: str,
    root: str | Path | None = None,
    out: str | Path | None = None,
    device: Device | None = None,
    replace: bool = False,
    lock: int | None = None,
    half: bool = False,
    bank: Bank | None = None,
    **options,
) -> Generator[Progress, None, None]:
    """Train under a name and keep the result as a checkpoint of that name.

    root: the cache folder; out: the folder for the checkpoint, the user's own if not given.  Stop
    iterating to pause; the same call goes on.  lock: the descriptor of the run's lock, where a
    parent took it for this process.  half: keep its weights in half precision.  bank: of images to
    draw from.  Raises UserError if the name is taken, or another process trains under it.
    """
    place, device = trainings.folder(name, root), device or pick("auto")
    taken = (Path(out) if out else weights.kept_folder(root)) / name
    if taken.exists() and not replace:
        raise UserError(f"A checkpoint {name!r} is already there; choose another name.")
    with trainings.alone(place, lock):
        for progress in train(t, place, device=device, bank=bank, **options):
            if progress.done:
                finish(t, name, progress, root, out, device, replace, half, bank)
            yield progress


def finish(
    t: Training,
    name: str,
    last: Progress,
    root=None,
    out=None,
    device: Device | None = None,
    replace: bool = False,
    half: bool = False,
    bank: Bank | None = None,
) -> weights.Checkpoint:
    """Keep the averaged weights with everything that is known of them, and forget the run.

    half: in half precision; the losses are then those of the rounded weights.
    """
    device = device or pick("auto")
    state = resume(t, trainings.folder(name, root), device)
    if half:
        last = _as_kept(t, state.average, last, device)
    words = description(t) | {
        "label": title(t),
        "sigma_data": sigma_data(t),
        "data": _own(t.data, "data"),
        "training": flatten(t) | {"letter": letter(t)},
        "images": last.images,
        "seconds": round(last.seconds),
        "device": device.label,
        "parameters": sum(p.numel() for p in state.average.parameters()),
        **({"precision": "float16"} if half else {}),
    }
    if bank is not None:
        words["bank"] = {"images": len(bank.images), "digest": bank.digest}
    losses = {
        "per_sigma": last.now.flat(),
        "per_sigma_first": last.first.flat(),
        "curve": [[i, float(f"{v:.5g}")] for i, v in last.curve],
    }
    checkpoint = files.save(
        state.average,
        words,
        name,
        _root(root, out),
        losses,
        card(t, name, words, last, bank),
        replace,
        half,
    )
    trainings.forget(name, root)
    return checkpoint


def title(t: Training) -> str:
    """What a menu says: data, configuration, classes."""
    known = letter(t)
    how = f"config {known}" if known else f"{t.precond}, {t.loss} loss"
    if t.precond == t.loss == "flow":
        how = "flow matching"
    if t.loss == "edm" and t.p_mean != -1.2:
        how += f" with P_mean {t.p_mean:g}".replace("-", "−")
    return f"{t.data.label}, {how}{', by class' if t.conditional else ''}"


def letter(t: Training) -> str:
    """A to F if this is that configuration in all that the ladder is about, whatever its sizes;
    else ""."""
    told = lambda a: (a.precond, a.loss, a.augment > 0, a.hyper.lr)
    letters = [x for x in "ABCDEF" if told(config(x, t.data)) == told(t)]
    if letters == ["B", "C"]:  # they differ in the network alone
        letters = [x for x in letters if _alike(config(x, t.data).network, t.network)]
    return letters[-1] if letters else ""


def card(t: Training, name: str, words: dict, last: Progress, bank: Bank | None = None) -> str:
    """The model card: what it is, how it was made, what was measured, what it is not for."""
    pairs = " ".join(
        f"{k}={','.join(f'{w:g}' for w in v) if isinstance(v, tuple) else v}"
        for k, v in flatten(t).items()
    )
    rows = "\n".join(
        f"| {s:.4g} | {m:.4g} ({lo:.4g} – {hi:.4g}) | {f:.4g} |"
        for s, m, lo, hi, f in zip(
            last.now.sigma, last.now.mean, last.now.low, last.now.high, last.now.floor
        )
    )
    half = words.get("precision") == "float16"
    kept, flag = ("Kept in half precision. ", " --half") if half else ("", "")
    taken = "" if bank is None else f", {bank.told},"
    file = "" if bank is None else " --images FILE"
    classes = f"{words['kwargs']['label_dim']} classes" if t.conditional else "unconditional"
    return f"""# {words["label"]}

`{name}`: a {words["network"]} with {words["parameters"]:,} parameters, {classes}, samples of
{" × ".join(map(str, words["shape"]))}. Preconditioning {t.precond}, loss {t.loss}, σ_data
{words["sigma_data"]}.

Trained by this project on {t.data.label} ({t.data.source}):
{last.images:,} images{taken} in {last.seconds / 60:.0f} minutes on {words["device"]}
({platform.machine()}, PyTorch {torch.__version__.split("+")[0]}), seed {t.seed}. {kept}Made
again with

    python -m explorer train name=again{file} {pairs}{flag}

Loss per number at each noise level, {last.now.count} samples, 95 % interval, beside the ideal
denoiser of the same points:

| σ | E‖D − y‖² | ideal |
|---|---|---|
{rows}

For looking at samplers and training choices. Its samples are of no use as data about anybody or
anything.
"""


# ---- from here on: the details ------------------------------------------------------------------


def _alike(a, b) -> bool:
    """Whether two networks share their capacity out alike, however wide they are."""
    if a.name != b.name or a.name != "unet":
        return a == b
    return dataclasses.replace(a, channels=b.channels) == b


def _as_kept(t: Training, average, last: Progress, device: Device) -> Progress:
    """The last report with the losses of the weights as a half precision file gives them back."""
    module = architecture.build(description(t), files.rounded(average)).to(device.device)
    now = per_sigma(t, NetworkDenoiser(module.eval()), last.now.count, device=device)
    return dataclasses.replace(last, now=now)


def _own(value, slot: str) -> dict:
    return {slot: value.name} | {f"{slot}.{k}": v for k, v in flatten(value).items()}


def _root(root, out) -> Path | None:
    return Path(out) if out else weights.kept_folder(root)
