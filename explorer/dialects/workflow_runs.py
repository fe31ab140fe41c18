"""A ComfyUI sampler that was followed, as a Run: its levels, its cost, its facts and its faults."""

from dataclasses import dataclass, field
from typing import Any

from . import comfy
from .comfy_models import BETA_NAMES
from .families import level
from .faults import faults_of
from .report import Fault, Run
from .workflow_follow import Model
from .workflow_names import calls
from .workflow_node import Node


@dataclass
class Pass:
    """One sampler node, followed.

    sources: nodes that its latent came through, the nearest first.  scheduler: None where a list
    is wired in that has no name.  steps: what was asked for, before a crop.
    """

    node: Node
    model: Model
    sampler: str
    sigmas: list[float]
    add_noise: bool
    scheduler: str | None = None
    steps: int | None = None
    denoise: float = 1.0
    sources: list[Node] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def report(passes: list[Pass]) -> tuple[tuple[Run, ...], tuple[Fault, ...]]:
    """The runs in their order, and their faults: each one's own, and those between two."""
    ids = {job.node.id: job for job in passes}
    feeds = {first.id for job in passes if (first := _before(job, ids))}
    runs = [_run(job, job.node.id in feeds, ids) for job in passes]
    faults: list[Fault] = []
    for run in runs:
        faults += faults_of(run)
    for job, run in zip(passes, runs, strict=True):
        first = _before(job, ids)
        if first and first is job.sources[0]:  # nothing between them makes it another latent
            faults += _between(ids[first.id], job, run)
    return tuple(runs), tuple(faults)


def _run(job: Pass, feeds: bool, ids: dict) -> Run:
    said = job.model.said
    frame: Any = "flow" if said["prediction"] == "CONST" else "ve"
    zero = bool(said.get("zsnr"))
    evaluations, unsure = calls(job.sampler, job.sigmas)
    notes = [*job.model.notes, *job.notes, *([unsure] if unsure else [])]
    steps = len(job.sigmas) - 1
    where = job.node.said
    return Run(
        text=f"{where}: {job.sampler}, {job.scheduler or 'a list'}, {steps} "
        f"{'step' if steps == 1 else 'steps'}",
        sigmas=tuple(job.sigmas),
        levels=tuple(level(s, "flow" if frame == "flow" else "discrete", zero) for s in job.sigmas),
        evaluations=evaluations,
        sampler=job.sampler,
        prediction=_WORDS.get(said["prediction"], "sample"),
        model=job.model.family.name if job.model.family else None,
        where=where,
        frame=frame,
        notes=tuple(notes),
        facts=_facts(job, feeds, ids),
    )


_WORDS = {
    "EPS": "epsilon",
    "LCM": "epsilon",
    "V_PREDICTION": "v_prediction",
    "CONST": "flow_prediction",
    "COSMOS_RFLOW": "flow_prediction",
    "EDM": "edm",
}


def _facts(job: Pass, feeds: bool, ids: dict) -> dict:
    """The pass as a run record."""
    found = {
        "model": _model(job.model),
        "goal": _goal(job, feeds, ids),
        "sampler": job.sampler,
        "steps": job.steps or len(job.sigmas) - 1,
        "scheduler": job.scheduler,
        "sigmas": job.sigmas,
        "add_noise": job.add_noise,
        "tool": "ComfyUI",
        "node": job.node.id,
        "class": job.node.kind,
        "model_sampling": job.model.said["class"],
    }
    return {key: value for key, value in found.items() if value is not None}


def _before(job: Pass, ids: dict) -> Node | None:
    """The sampler whose latent this one goes on with, also through other nodes."""
    return next((n for n in job.sources if n.id in ids and n is not job.node), None)


def _goal(job: Pass, feeds: bool, ids: dict) -> str:
    if len(job.sigmas) > 1 and job.sigmas[-1] > job.sigmas[0]:
        return "inversion: picture to noise"
    if feeds and job.sigmas[-1] > 0:
        return "first stage of two, leave noise for the second"
    if _before(job, ids) and not job.add_noise:
        return "second stage of two"
    if job.denoise < comfy.FULL:
        return f"image to image, denoise {job.denoise:g}"
    empty = not job.sources or job.sources[0].kind.startswith("Empty")
    if not job.add_noise or not empty:
        return "image to image" if job.node.kind != "KSampler" else "full denoise from noise"
    return "full denoise from noise"


def _model(model: Model) -> dict:
    """The model as it is sampled, in the words of a run record."""
    said, sampling = model.said, model.sampling
    name = model.family.label if model.family else "the model"
    low, high = sampling.low, sampling.high
    found: dict[str, Any] = {"name": name, "prediction": _WORDS.get(said["prediction"], "sample")}
    if said["prediction"] == "CONST":
        found |= {"kind": "flow", "timestep_scale": said.get("multiplier", 1.0)}
        found["mu" if said["class"] == "ModelSamplingFlux" else "shift"] = said.get("shift", 1.0)
        low, high = 0.0, 1.0
    elif said["class"].startswith("ModelSamplingDiscrete"):
        zero = bool(said.get("zsnr"))
        high = float("inf") if zero else high
        word = said.get("beta_schedule", "linear")
        found |= {
            "kind": "discrete",
            "beta_schedule": BETA_NAMES.get(word, word),
            "beta_start": said.get("linear_start", 0.00085),
            "beta_end": said.get("linear_end", 0.012),
            "num_train_timesteps": said.get("timesteps", 1000),
            "zero_terminal_snr": zero,
        }
    elif said["class"] == "StableCascadeSampling":
        found |= {"kind": "cosine", "shift": said.get("shift", 1.0)}
    else:
        found["kind"] = "edm" if said["prediction"] == "EDM" else "edm-v"
        found["sigma_data"] = said.get("sigma_data", 1.0)
    return found | {"sigma_min": low, "sigma_max": high}


def _between(first: Pass, second: Pass, run: Run) -> list[Fault]:
    """Faults of two samplers, one on the other's latent: noise left, added twice or missing."""
    stages = [
        {"add_noise": job.add_noise, "steps": job.steps, "sigmas": job.sigmas}
        for job in (first, second)
    ]
    facts = {"model": _model(second.model), "goal": "two stages, one picture", "stages": stages}
    both = Run(
        f"{first.node.said}, then {second.node.said}",
        (),
        (),
        0,
        model=run.model,
        frame=run.frame,
        facts=facts,
    )
    kinds = ("stage_gap", "noise_added_twice", "noise_removed_between_stages")
    return [fault for fault in faults_of(both) if fault.kind in kinds]
