"""Reader of ComfyUI workflows: every sampler node that samples, with the sigmas that reach it.

Graphs as the page saves them or as a run sends them.  What cannot be followed is said with the
node and the input, and the other samplers are answered all the same.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import UserError
from ..numerals import capital
from . import comfy, res4lyf
from .asked import count
from .report import Report
from .workflow_follow import LATENTS, Walk
from .workflow_graph import Broken, Graph, graph, is_api, is_ui
from .workflow_node import BYPASS, NEVER, Node
from .workflow_runs import Pass, report

WHAT = "ComfyUI workflow"
NEEDS = 'nodes with "type" and "links", or with "class_type" and "inputs"'
CUSTOM = ("SamplerCustom", "SamplerCustomAdvanced", "SharkSampler_Beta")
SAMPLERS = ("KSampler", "KSamplerAdvanced", *CUSTOM, "ClownsharKSampler_Beta")
MOST_SAMPLERS = 100
_PLAIN = ("steps", "sampler_name", "scheduler")  # a KSampler of another name has these


def looks(thing: Any) -> bool:
    """A graph of either format, bare or under "prompt" or "workflow"."""
    return _graph(thing) is not None


def _graph(thing: Any) -> dict | None:
    if is_ui(thing) or is_api(thing):
        return thing
    for key in ("prompt", "workflow", "output"):
        inner = thing.get(key) if isinstance(thing, dict) else None
        if is_ui(inner) or is_api(inner):
            return inner
    return None


def read(thing: dict, model: str | dict | None = None) -> Report:
    """The runs in the file's order, their faults, and what could not be followed.

    model: the family of every loader, or {node of a loader: family}; files' names are used where
    it is not told.  Raises UserError where no sampler at all can be answered.
    """
    found = graph(_graph(thing) or {})
    walk = Walk(found, model if isinstance(model, str | Mapping) else None)
    passes: list[Pass] = []
    notes: list[str] = []
    for i, node in enumerate(_samplers(found)):
        if i == MOST_SAMPLERS:
            notes.append(f"Only the first {MOST_SAMPLERS} samplers are followed.")
            break
        try:
            job = _followed(walk, node)
        except Broken as error:
            notes.append(_sentence(str(error)))
            continue
        if job.sigmas and len(job.sigmas) > 1:
            passes.append(job)
        else:
            notes.append(f"{capital(node.said)} samples nothing: {_why(job)}.")
    notes += [note for node in found.nodes.values() if (note := _unread(node))]
    notes += [
        f"{capital(n.said)} is {'muted' if n.mode == NEVER else 'bypassed'}: it does not sample."
        for n in found.nodes.values()
        if _is_sampler(n) and n.mode in (NEVER, BYPASS)
    ]
    if not passes:
        _refuse(notes)
    return Report(WHAT, *report(passes), tuple(notes))


def _samplers(found: Graph) -> Iterator[Node]:
    for node in found.nodes.values():
        if node.mode not in (NEVER, BYPASS) and _is_sampler(node):
            yield node


def _is_sampler(node: Node) -> bool:
    """A sampler by its class, or one that has the inputs of a KSampler."""
    if node.kind in SAMPLERS:
        return True
    has = {*node.values, *(slot.name for slot in node.slots)}
    return has.issuperset(_PLAIN) and any(s.name == "model" for s in node.slots)


def _unread(node: Node) -> str | None:
    """What is said of a node that may sample and is not followed."""
    if node.mode in (NEVER, BYPASS) or node.inner or node.outer or _is_sampler(node):
        return None
    if node.kind.startswith(("workflow>", "workflow/")):
        return f"{capital(node.said)} is a group node, whose inside is not read: ungroup it."
    latent = "LATENT" in node.outputs or any(node.wire(name) for name in LATENTS)
    if "sampler" in node.kind.lower() and latent:
        return f"{capital(node.said)} is not known here: if it samples, its run is missing."
    return None


def _refuse(notes: list[str]):
    """Raise UserError where nothing can be answered and something should have been."""
    silent = [n for n in notes if "samples nothing" not in n and "does not sample" not in n]
    if silent:
        raise UserError(" ".join(silent[:5]))
    if not notes:
        raise UserError(
            f"The workflow has no sampler that is known here: {', '.join(SAMPLERS)}, or a node "
            "with a model, steps, sampler_name and scheduler."
        )


def _why(job: Pass) -> str:
    if job.denoise <= 0:
        return "denoise is 0"
    return "no step is left of its list" if job.sigmas else "its list is empty"


def _followed(walk: Walk, node: Node) -> Pass:
    """A sampler with all that reaches it.  Raises Broken."""
    try:
        job = _custom(walk, node) if _is_custom(node) else _plain(walk, node)
    except Broken as error:
        raise Broken(f"{node.said} cannot be followed. {_sentence(str(error))}") from None
    except UserError as error:
        raise Broken(f"{node.said} cannot be followed. {error}") from None
    wired = [name for name in LATENTS if node.wire(name)]
    job.sources = walk.latents(node, wired[0]) if wired else []
    return job


def _is_custom(node: Node) -> bool:
    return node.kind in CUSTOM or (node.kind not in SAMPLERS and node.wire("sigmas") is not None)


def _plain(walk: Walk, node: Node) -> Pass:
    """KSampler, KSamplerAdvanced and what is made like them."""
    model = walk.model(node)
    sampler, scheduler, steps = (
        walk.value(node, k) for k in ("sampler_name", *_PLAIN[2:], "steps")
    )
    notes = [] if node.kind in SAMPLERS else [f"{node.kind[:60]} is read as a KSampler."]
    if sampler is None or scheduler is None or steps is None:
        raise Broken(f"{node.said} lacks its sampler_name, scheduler or steps.")
    walk.afford(steps, walk.value(node, "denoise", 1.0))
    make = (model.sampling, sampler, scheduler, steps)
    job = Pass(node, model, str(sampler)[:60], [], True, str(scheduler)[:60], None, notes=notes)
    if "start_at_step" in node.values or node.wire("start_at_step"):
        start, end = walk.value(node, "start_at_step", 0), walk.value(node, "end_at_step", 10_000)
        leftover = walk.value(node, "return_with_leftover_noise", "disable") in ("enable", True)
        start, end = (min(v, 10_000) if isinstance(v, int) else v for v in (start, end))
        made = comfy.ksampler_advanced(*make, start, end, leftover, make=res4lyf.schedule)
        job.add_noise = walk.value(node, "add_noise", "enable") in ("enable", True)
    else:
        job.denoise = walk.value(node, "denoise", 1.0)
        made = comfy.ksampler(*make, job.denoise, make=res4lyf.schedule)
    if node.kind == "ClownsharKSampler_Beta":
        made = _clownshark(walk, node, made, notes)
    job.sigmas, job.steps = made, count(steps, "steps", 1)
    return job


def _clownshark(walk: Walk, node: Node, made: list[float], notes: list[str]) -> list[float]:
    """RES4LYF's own sampler: a list that is wired in goes first, and only some steps may run."""
    if node.wire("sigmas"):
        made = walk.sigmas(node)
    run = walk.value(node, "steps_to_run", -1)
    if isinstance(run, int) and 0 <= run < len(made) - 1:
        made = made[: run + 1]
    if walk.value(node, "sampler_mode", "standard") == "unsample":
        made = made[::-1]
    notes.append("RES4LYF's sampler may put steps of its own between the last level and 0.")
    return made


def _custom(walk: Walk, node: Node) -> Pass:
    """SamplerCustom and SamplerCustomAdvanced: the list is wired in, and is taken as it is."""
    at = node
    if node.wire("guider"):
        at, _ = walk.above(node, "guider")
    model = walk.model(at)
    sampler, around = walk.sampler(node)
    notes = [f"{capital(name)} wraps the sampler; what it changes is not shown." for name in around]
    scheduler = steps = None
    denoise = 1.0
    if node.wire("sigmas"):
        sigmas = walk.sigmas(node)
        maker, _ = walk.above(node, "sigmas")
        if maker.kind == "BasicScheduler":
            scheduler, steps = walk.value(maker, "scheduler"), walk.value(maker, "steps")
        denoise = walk.value(maker, "denoise", 1.0)
    elif node.kind == "SharkSampler_Beta":
        scheduler, steps = walk.value(node, "scheduler"), walk.value(node, "steps")
        denoise = walk.value(node, "denoise", 1.0)
        sigmas = comfy.ksampler(
            model.sampling, "", scheduler, steps, denoise, make=res4lyf.schedule
        )
    else:
        raise Broken(f"Input sigmas of {node.said} has nothing connected.")
    noise = walk.value(node, "add_noise", True) in (True, "enable")
    if node.wire("noise"):
        noise = walk.above(node, "noise")[0].kind != "DisableNoise"
    return Pass(node, model, sampler, sigmas, noise, scheduler, steps, denoise, notes=notes)


def _sentence(text: str) -> str:
    text = capital(text.strip())
    return text if text.endswith((".", "}.")) else text + "."
