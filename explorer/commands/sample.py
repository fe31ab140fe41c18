"""Run an experiment and print its numbers."""

import argparse
import json
import sys
from pathlib import Path

from ..errors import UserError
from .devices import device_option, precision_option
from .words import pairs


def sample(arguments: list[str]) -> int:
    """python -m explorer sample solver=rk2 [--model FOLDER --prompt WORDS] [--out FILE]"""
    options = _options(arguments)
    from ..dialects.lists import read_list
    from ..lab import experiment, notes
    from ..settings import unflatten

    if options.out and not Path(options.out).absolute().parent.is_dir():
        raise UserError(f"There is no folder {str(Path(options.out).parent)!r} to save in.")
    experiment.use_device(options.device, options.precision)
    flat, told = read_list(pairs(options.settings))
    flat |= _model(options)
    r = experiment.run(unflatten(experiment.Experiment, flat))
    for note in told + notes.notes(r.experiment):
        print(note, file=sys.stderr)
    if options.out:  # first, for the error may take longer than the run
        _save(r, options.out)
    print(json.dumps(_numbers(r), indent=1, ensure_ascii=False))
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    p = argparse.ArgumentParser(
        prog="python -m explorer sample",
        description="Run an experiment and print its numbers as JSON.",
    )
    p.add_argument(
        "settings",
        nargs="*",
        metavar="key=value",
        help="as in a link: data=moons solver=rk2 solver.alpha=0.5 nfe=20",
    )
    p.add_argument(
        "--model",
        default="",
        metavar="NETWORK",
        help="a network: its name, or a folder or file that is kept and opened as “fetch” does",
    )
    p.add_argument("--prompt", default="", help="for a network that reads prompts")
    p.add_argument("--negative", default="", help="what guidance leads away from")
    device_option(p)
    precision_option(p)
    p.add_argument("--out", default=None, metavar="FILE.npz", help="save samples and paths here")
    return p.parse_intermixed_args(arguments)


def _model(options: argparse.Namespace) -> dict:
    """The settings of a network that was named, with data of its shape; a folder is kept first."""
    words = {"model.prompt": options.prompt, "model.negative": options.negative}
    words = {k: v for k, v in words.items() if v}
    if not options.model:
        return words
    from ..store import weights
    from ..ui.networks import data_of
    from .fetch import kept

    path = Path(options.model)
    here = path.exists() or "/" in options.model or "\\" in options.model
    c = kept(options.model, "") if here else weights.find(options.model)
    return {**data_of(c), "model": "network", "model.checkpoint": c.name, **words}


def _save(r, out: str) -> None:
    """Samples and paths; of a network over latents also the samples decoded, as “images”."""
    import numpy as np

    t = r.trajectory
    decoder = getattr(r.source.denoiser, "decoder", None)
    images = {"images": decoder.images(t.samples)} if decoder else {}
    paths = {"x": t.x.cpu(), "denoised": t.denoised.cpu()}
    np.savez_compressed(out, samples=t.samples.cpu(), sigma=t.sigma, **paths, **images)


def _numbers(r) -> dict:
    """What is printed of a run; "why" where it has no path error."""
    from ..core.guided import passes
    from ..lab.judged import judged
    from ..lab.view import View
    from ..settings import to_query

    out = {
        "query": to_query(r.experiment),
        "nfe": r.nfe,
        "passes": passes(r.source.denoiser, r.trajectory.evaluated),
        "steps": r.steps,
        "seconds": round(r.seconds, 4),
        "ms_per_evaluation": r.ms_per_evaluation,
        "device": r.source.device.label,
    }
    return out | judged(View(r.experiment, exact=True, more=True))
