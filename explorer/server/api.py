"""What a client calls by name, with named arguments; and the files that it may hand in.

The page's own calls are in `app`; both compute when their turn comes (`turns`).
"""

import inspect
import os
from pathlib import Path

from .. import __version__
from ..data.upload import taken
from ..dialects.lists import read_list
from ..dialects.xray import xray
from ..errors import UserError
from ..lab.experiment import Experiment, Run, run
from ..lab.notes import notes
from ..settings import flatten, jsonable, parameters, slots, to_query, unflatten
from ..store import room
from ..strips import STRIPS
from ..study.setting_error import axis_of
from ..ui import compare, decoded, parts
from . import curves, visitor
from .in_turn import when_served
from .quick import gr
from .sentences import for_a_client
from .turn import FOLLOWS, breathe
from .turns import ROOM


def register() -> None:
    """Add the endpoints to the Blocks that is open.  Those that compute wait in the room, where it
    is fair, and not in Gradio's queue, which is first come, first served."""
    for name, endpoint in {
        "explore": _named_arguments(explore_endpoint, strips=str),
        "sample": _named_arguments(sample_endpoint),
        "answer": _named_arguments(answer_endpoint, setting=str),
        "sweep": _named_arguments(sweep_endpoint, solvers=str, budgets=str, grids=str),
    }.items():
        gr.api(endpoint, api_name=name, concurrency_limit=None)
    gr.api(_receive_file, api_name="upload")
    gr.api(xray_endpoint, api_name="xray", concurrency_limit=None)


def uploaded(request: dict) -> Path:
    """The file that a request names, if it lies in the folder of uploads and nowhere else."""
    try:
        name = str(request.get("path", "")) if isinstance(request, dict) else ""
        folder = gr.utils.get_upload_folder()
        if not Path(os.path.abspath(name)).is_relative_to(os.path.abspath(folder)):
            name = ""  # by its name alone: a look at a foreign one may be one too many
        path = Path(name).resolve() if name else None
        if path and path.is_relative_to(Path(folder).resolve()) and path.is_file():
            return path
    except (ValueError, OSError):  # no path at all: a null byte, half a character, too long
        pass
    raise UserError("Only a file that was just uploaded can be opened here.")


def called(request: dict, path: Path) -> str:
    """What a request calls its file, cut short; half a character, which no file keeps, is "?"."""
    return str(request.get("name", path.name))[:200].encode("utf-8", "replace").decode("utf-8")


def receive(request: dict) -> dict:
    """Take in a file that the browser has just uploaded; its digest names the data from now on,
    and “read” says what was read of it.  “size”: the side in pixels that images of a .zip are
    brought to, 16 if not said."""
    try:
        path = uploaded(request)
        try:
            name, size = called(request, path), request.get("size", 16)
            digest, read = taken(path, name, size, visitor.current().name)
            return {"digest": digest, "read": read}
        finally:
            room.taken_in(path)
    except UserError as error:
        return {"problem": str(error)}


def _named_arguments(fn, **more: type):
    """Give fn one optional argument per setting, named like the flat key with an underscore.

    more: further optional arguments, which fn gets by name beside the settings.
    """
    names: dict[str, str] = {}
    kinds: dict[str, type] = {}
    for slot in slots(Experiment):
        names[slot], kinds[slot] = slot, str
    for p in parameters(Experiment):
        name = p.key.replace(".", "_")
        names[name] = p.key
        kinds[name] = str if isinstance(p.default, str | tuple) else float

    async def endpoint(*values) -> dict:
        given = {k: v for k, v in zip(kinds, values) if v is not None}
        with for_a_client(fn.__name__):
            for name, value in given.items():
                if not isinstance(value, str | int | float):
                    what = "text" if kinds[name] is str else "a number"
                    raise UserError(f"{name} must be {what}; got {value!r:.60}.")
            flat = {names[k]: v for k, v in given.items() if k in names}
            own = {k: v for k, v in given.items() if k in more}
            return await when_served(lambda: fn(flat, **own), FOLLOWS)

    kinds |= more
    arguments = [
        inspect.Parameter(
            n, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=kinds[n] | None
        )
        for n in kinds
    ]
    endpoint.__signature__ = inspect.Signature(arguments, return_annotation=dict)
    endpoint.__annotations__ = {n: kinds[n] | None for n in kinds} | {"return": dict}
    endpoint.__name__, endpoint.__doc__ = fn.__name__, fn.__doc__
    return endpoint


def _run_of(flat: dict) -> tuple[Run, dict]:
    """The run, and under "notes" what was guessed in reading a pasted list of noise levels, what
    was changed for a network that does not know them all, and what is odd in the time steps."""
    flat, told = read_list(flat)
    with ROOM.taking(FOLLOWS):
        r = run(unflatten(Experiment, flat), breathe)
        told = told + notes(r.experiment)
        return r, {"notes": told} if told else {}


def explore_endpoint(flat: dict, strips: str | None = None) -> dict:
    """Run an experiment: its link, its cost, its error and which steps make it; where new noise
    leaves no path to compare with, "mean_error" is null and "why" says so.

    With strips="curvature, loss" also the numbers of these strips of the page.
    """
    asked = [name.strip() for name in (strips or "").split(",") if name.strip()]
    if unknown := [name for name in asked if name not in STRIPS]:
        raise UserError(f"Unknown strip {unknown[0]!r:.40}. Known: {', '.join(STRIPS)}.")
    r, told = _run_of(flat)
    with ROOM.taking(FOLLOWS):
        measured = parts.numbers(r, asked, breathe)
    return {
        "query": to_query(r.experiment),
        "settings": jsonable(flatten(r.experiment)),
        **measured,
        **told,
        "version": __version__,
    }


def sample_endpoint(flat: dict) -> dict:
    """Run an experiment and return its samples, (samples, *shape), as nested lists; those of a
    network over latents also decoded, as PNGs in “images”."""
    r, told = _run_of(flat)
    if decoder := getattr(r.source.denoiser, "decoder", None):
        told = {**told, "images": decoded.pictures(decoder, r.samples, breathe)}
    return {
        "query": to_query(r.experiment),
        "nfe": r.nfe,
        "shape": list(r.samples.shape),
        "samples": r.samples.tolist(),
        **told,
        "version": __version__,
    }


def sweep_endpoint(
    flat: dict, solvers: str | None = None, budgets: str | None = None, grids: str | None = None
) -> dict:
    """Error against NFE: solvers="ddim, heun", budgets="5, 9, 17" and time steps
    grids="rho, comfy:karras", all else as in /explore.

    Without solvers and budgets, those of the Compare page; without grids, the time steps of the
    settings.  One row for each run, whose "end_error" is that of /explore; for each curve the order
    fitted to its medians with its 95 % interval; and "best": which is ahead at the largest cost
    that all were measured at, or that it cannot be told.
    """
    with ROOM.taking(FOLLOWS):
        base = unflatten(Experiment, flat)
        return compare.sweep_numbers(base, solvers, budgets, grids, breathe)


def answer_endpoint(flat: dict, setting: str | None = None) -> dict:
    """The median end error along one numeric setting, all else as it is: setting="rho", or any key
    of “settings” with a range.

    "points" holds the values tried, each with its median and 95 % interval; "span" the values
    around the best whose median is within 1.5 × of the lowest, and "lead" and "rest" say it.
    """
    with ROOM.taking(FOLLOWS):
        base = unflatten(Experiment, flat)
        if not setting:
            raise UserError('Name the setting to go along, such as setting="rho".')
        return curves.grown(base, axis_of(base, setting), False, breathe)


async def xray_endpoint(thing: str, model: str | None = None) -> dict:
    """X-ray a text: a scheduler's config, a ComfyUI workflow, an A1111 infotext, a list of noise
    levels or a run.  model: the family of the model, such as "sdxl".

    "runs" holds every pass with its "levels" (σ; "inf" where it starts at pure noise), "faults"
    what is wrong with it and, under "mend", a list without the fault.
    """
    with for_a_client("xray"):
        if not isinstance(thing, str):
            raise UserError(f"thing must be text; got {thing!r:.60}.")
        if model is not None and not isinstance(model, str):
            raise UserError(f"model must be the name of a family; got {model!r:.60}.")
        return await when_served(lambda: xray(thing, model or None).json(), FOLLOWS)


def upload_endpoint(file: str) -> dict:
    """Take in a data file (.npy, .npz, .csv, .zip of images); use it as data="upload"."""
    with for_a_client("upload"):
        answer = receive({"path": file, "name": Path(file).name})
    if "problem" in answer:
        raise gr.Error(answer["problem"], print_exception=False)
    return answer


def _receive_file(file: dict) -> dict:
    """Take in a data file (.npy, .npz, .csv, .zip of images); use it as data="upload" with its
    digest as data_digest."""
    return upload_endpoint(str(file.get("path", "") if isinstance(file, dict) else file))
