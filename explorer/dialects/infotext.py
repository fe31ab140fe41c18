"""Reader of A1111's infotext, the text under a picture: its passes, as pasting it would run them.

    txt2img    from noise
    hires      its second pass, where the text names an upscale
    img2img    where it has a denoising strength and no upscale

Old texts have the schedule in the sampler's name; what an older version did otherwise comes back
by settings that the text turns on, each said in a note.
"""

import math
import re
from dataclasses import replace
from typing import Any

from ..core.tables import STABLE_DIFFUSION
from ..errors import UserError
from . import a1111, a1111_timesteps
from . import a1111_names as names
from . import infotext_parts as parts
from .asked import count
from .families import Family, family, level
from .faults import faults_of
from .report import Fault, Report, Run

WHAT = "A1111 infotext"
NEEDS = "“Steps: 20” and a “Sampler: …” among the fields"
_LEAST = re.compile(r"(?:^|[\n,])[ \t]*Steps:[ \t]*\d")  # linear also in a text of blanks


def looks(thing: Any) -> bool:
    """Text with "Steps: 20" and a sampler, a seed or a guidance scale among its fields."""
    if not isinstance(thing, str) or not _LEAST.search(thing):
        return False
    return any(f"{name}:" in thing for name in ("Sampler", "CFG scale", "Seed"))


def read(thing: str, model: str | dict | None = None) -> Report:
    """The passes in their order, and their faults.

    model: a family of Stable Diffusion 1.5, 2 or XL.

    Raises UserError where a number is none, and for a family that A1111 does not sample.
    """
    fields = parts.parse(thing)
    if "Steps" not in fields:
        raise UserError(
            "This looks like A1111's infotext, but its last line has no fields such as "
            '"Steps: 20, Sampler: Euler, CFG scale: 7".'
        )
    settings = parts.settings(fields)
    found, notes = _family(fields, model, settings)
    runs = [_run(job, fields, settings, found, notes) for job in _jobs(fields, notes)]
    return Report(WHAT, tuple(runs), tuple(f for run in runs for f in _faults(run)))


def _faults(run: Run) -> list[Fault]:
    """A run's faults; that DDIM, PLMS and UniPC stop above 0 is A1111's way and no slip."""
    own = names.SAMPLERS[run.sampler or ""].timesteps
    return [
        replace(fault, severity="note") if own and fault.kind == "leftover_noise" else fault
        for fault in faults_of(run)
    ]


def _family(fields: dict, model: Any, settings: dict) -> tuple[Family, list[str]]:
    """The model's family, told or taken from the file's name and the picture's size."""
    if "Distilled CFG Scale" in fields:
        raise UserError(
            "This text is of a flow model (it has a Distilled CFG Scale), and A1111's schedules "
            "are those of Stable Diffusion 1.5 and XL. Bring its ComfyUI workflow or its list."
        )
    notes: list[str] = []
    if isinstance(model, dict):
        model = next(iter(model.values()), None)
    if model is None:
        model = _guess(fields)
        notes.append(f"Taken for {family(model).label}, by the model's name and the size.")
    found = family(model)
    if found.betas != STABLE_DIFFUSION:
        raise UserError(
            f"A1111 has no schedules for {found.label}. Families that it samples: "
            "sd15, sdxl, sd21_v, sdxl_vpred, sdxl_vpred_zsnr."
        )
    if found.zero_snr:
        settings["sd_noise_schedule"] = "Zero Terminal SNR"
    elif settings.get("sd_noise_schedule") == "Zero Terminal SNR":
        notes.append("“Noise Schedule: Zero Terminal SNR” rescales the table: it begins at σ = ∞.")
        if found.prediction == "v_prediction":
            found = family("sdxl_vpred_zsnr")
    return found, notes


def _guess(fields: dict) -> str:
    name = fields.get("Model", "").lower()
    area = _whole(fields.get("Size-1", "0"), "Size") * _whole(fields.get("Size-2", "0"), "Size")
    words = ("xl", "pony", "illustrious", "noob", "animagine")
    if any(word in name for word in words) or (not name and area >= 1024 * 1024):
        return "sdxl_vpred" if re.search(r"v-?_?pred", name) else "sdxl"
    return "sd21_v" if re.search(r"v2-1_768|768-v|v2-1-768", name) else "sd15"


class _Job(dict):
    """One pass: name, sampler, schedule, steps, denoise, hires, notes."""


def _jobs(fields: dict, notes: list[str]) -> list[_Job]:
    """What runs, in order, in A1111's words."""
    first = names.chosen(fields.get("Sampler"), fields["Schedule type"])
    steps = _whole(fields["Steps"], "Steps")
    denoise = fields.get("Denoising strength")
    strength = None if denoise is None else a1111.strength(_number(denoise, "Denoising strength"))
    hires = _hires(fields)
    job = _Job(sampler=first.sampler, schedule=first.schedule, steps=steps, hires=False)
    job |= {"notes": _naming(fields.get("Sampler"), fields["Schedule type"], first)}
    if strength is not None and not hires:
        return [_Job(job, name="img2img", denoise=strength)]
    jobs = [_Job(job, name="txt2img", denoise=None)]
    if hires and strength is None:
        notes.append("Without a denoising strength A1111 leaves the Hires pass out.")
    elif hires:
        second = _second(fields, first)
        more = _whole(fields.get("Hires steps", "0"), "Hires steps") or steps
        jobs.append(_Job(second, name="hires", steps=more, denoise=strength, hires=True, notes=[]))
    return jobs


def _hires(fields: dict) -> bool:
    """Does the text name a second, larger pass?  "First pass size" is how that was told in 2022."""
    words = ("Hires upscale", "Hires upscaler", "Hires resize-1", "First pass size-1")
    return any(word in fields for word in words)


def _second(fields: dict, first: names.Chosen) -> dict:
    """Sampler and schedule of the Hires pass.

    A schedule equal to the text's "Schedule type" counts as "use the same", which is what pasting
    has set for the first pass: "Automatic" where the first sampler has that schedule anyway.
    """
    sampler = fields["Hires sampler"]
    sampler = fields.get("Sampler") if sampler == "Use same sampler" else sampler
    schedule = fields["Hires schedule type"]
    schedule = fields["Schedule type"] if schedule == "Use same scheduler" else schedule
    found = names.chosen(sampler, schedule)
    same = found.schedule == fields["Schedule type"]
    return {"sampler": found.sampler, "schedule": first.schedule if same else found.schedule}


def _naming(sampler: str | None, schedule: str, first: names.Chosen) -> list[str]:
    """What was made of the names, where it is not what stands there."""
    notes = [
        f"A1111 does not know {word!r:.60} and sets "
        f"{first.sampler if word != schedule else first.schedule} instead."
        for word in first.unknown
    ]
    if sampler and not notes and sampler != first.sampler:
        rest = sampler[len(first.sampler) + 1 :]
        notes.append(f"{rest} stands in the sampler's name, as A1111 wrote it before 1.9.")
    return notes


def _run(job: _Job, fields: dict, settings: dict, found: Family, notes: list[str]) -> Run:
    """One pass as a Run; the tool's own words for it are in `facts`."""
    asked = a1111.settings("sdxl" if "sdxl" in found.name else "sd15", settings)
    sampler, schedule = names.SAMPLERS[job["sampler"]], names.schedule(job["schedule"])
    steps = count(job["steps"], "Steps", 1, a1111.MOST_STEPS)
    common = (steps, job["denoise"], job["hires"])
    if sampler.timesteps:
        said = a1111.on_steps(asked, sampler, *common)
    else:
        said = a1111.on_sigmas(asked, sampler, schedule, *common)
    if "error" in said:
        raise UserError(
            f"A1111 itself fails on {job['name']} with {steps} steps of {sampler.name} "
            f"({said['error']}); more steps or another strength work."
        )
    runs_as = names.runs_as(sampler.name, schedule.label)
    word = "Uniform (model table)" if runs_as is None else names.SCHEDULES[runs_as].label
    word = "timesteps" if sampler.timesteps else word
    sigmas, told, calls = _numbers(said, sampler, asked)
    zero = asked.options["sd_noise_schedule"] == "Zero Terminal SNR"
    own = [*notes, *job["notes"], *_remarks(fields, settings, sampler, runs_as, sigmas)]
    return Run(
        text=f"{job['name']}: {sampler.name}, {word}, {_counted(max(len(sigmas) - 1, 0))}",
        sigmas=tuple(sigmas),
        levels=tuple(level(s, "discrete", zero) for s in sigmas),
        evaluations=calls,
        sampler=sampler.name,
        prediction=found.prediction,
        model=found.name,
        where=job["name"],
        timesteps=told,
        notes=tuple(own),
        facts=_facts(job, said, word, schedule.label, found, sigmas),
    )


def _numbers(said: dict, sampler: names.Sampler, asked: a1111.Settings) -> tuple:
    """(σ visited, steps the network is told or None, network calls) of a pass."""
    if not sampler.timesteps:
        sigmas = said["sigmas"]
        calls = sampler.calls * (len(sigmas) - 1)
        return sigmas, None, max(calls - (sampler.calls > 1 and sigmas[-1] == 0), 0)
    table = asked.table()
    if "t_continuous" in said:
        times = said["t_continuous"]
        told = tuple(a1111_timesteps.unipc_steps(times)[:-1])
        return a1111_timesteps.unipc_sigmas(times, table), told, len(times) - 1
    made, told = said["timesteps_tool"], tuple(said["timesteps_run"])
    return [float(table.sigmas[int(t)]) for t in reversed(made)], told, len(told)


def _remarks(fields: dict, settings: dict, sampler: names.Sampler, runs_as, sigmas) -> list[str]:
    """What a person should know of this pass."""
    notes = []
    if settings.get("use_downcasted_alpha_bar"):
        why = f" as {fields['Version']} did" if parts.half_precision(fields) else ""
        notes.append(f"ᾱ is cast down to half precision{why}: σ differs by up to 7 %.")
    if sampler.timesteps:
        if fields["Schedule type"] != "Automatic":
            notes.append(f"{sampler.name} runs on its own steps: no schedule changes them.")
        if sampler.name != "UniPC" and sigmas:
            notes.append(f"It stops at step 1, σ = {sigmas[-1]:.2g}: its last level is never left.")
    if sampler.name == "DPM fast":
        notes.append("DPM fast makes its own levels between the ends; its calls are the steps.")
    if sampler.name == "DPM adaptive":
        notes.append("DPM adaptive chooses its own levels; how many calls it takes is not known.")
    if runs_as == "beta" and "Beta schedule alpha" in fields:
        a, b = fields["Beta schedule alpha"], fields.get("Beta schedule beta", "0.6")
        if (a, b) != ("0.6", "0.6"):
            notes.append(f"Made with α = {a:.20}, β = {b:.20}; pasting brings back 0.6, 0.6.")
    if "Refiner switch at" in fields:
        at = fields["Refiner switch at"]
        notes.append(f"A refiner takes over at {at:.10} of the run; its levels are the same list.")
    return notes


def _facts(job, said: dict, word: str, label: str, found: Family, sigmas: list[float]) -> dict:
    """The pass as a run record, with A1111's own lists beside."""
    denoise = job["denoise"]
    goal = "full denoise from noise"
    if denoise is not None:
        goal = f"image to image, denoise {denoise:g}"
        if job["hires"]:
            goal = f"hires pass, denoising strength {denoise:g}"
    own = ("timesteps_tool", "timesteps_run", "t_continuous", "noise_added_at_timestep")
    return {
        "model": found.facts(),
        "goal": goal,
        "sampler": job["sampler"],
        "steps": job["steps"],
        "scheduler": word,
        "sigmas": sigmas,
        "tool": "A1111 webui",
        "pass": job["name"],
        "schedule_set": label,
        "schedule_run": word,
    } | {key: said[key] for key in own if key in said}


def _counted(n: int) -> str:
    return f"{n} step" if n == 1 else f"{n} steps"


def _number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"{name}: {text!r:.40} is no number.")
    return value


def _whole(text: str, name: str) -> int:
    value = _number(text, name)
    if value != int(value) or not 0 <= value <= 1e6:
        raise UserError(f"{name}: {text!r:.40} is no whole number from 0 to 1,000,000.")
    return int(value)
