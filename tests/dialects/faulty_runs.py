"""Runs with one fault each, made from lists that are right: (name of the fault, run record)."""

import math
from collections.abc import Iterator

from explorer.core.tables import Table, mu_of, shifted
from explorer.dialects import run

from .clean_runs import COMFY, DROPPING, KEEPING, MODELS, SCHEDULERS, SD, TABLE, good, record

STEPS = (4, 8, 12, 20, 25, 30, 50)
FLOWS = [name for name, (model, _) in MODELS.items() if model["kind"] == "flow"]
SHIFTED = [name for name in FLOWS if MODELS[name][0].get("shift", 2.0) > 1.1]
TABLES = ("SD1.5", "SD2.1 768 v", "PixArt", "HunyuanDiT")
ZERO = "SDXL v, zero SNR"
EDMS = ("Playground v2.5", "Stable Video Diffusion")


def listed(name: str, scheduler: str, steps: int) -> list[float]:
    """ComfyUI's list; empty where it has equal levels."""
    asked = {"model": name, "scheduler": scheduler, "steps": steps}
    sigmas = run("ComfyUI", "comfyui.scheduler", asked, COMFY).get("sigmas") or []
    return sigmas if good(sigmas) else []


def faulty_runs() -> Iterator[tuple[str, dict]]:
    """Every kind, over models, schedules and counts of steps."""
    for steps in STEPS:
        for make in (_shifts, _penultimate, _ends, _families, _ranges, _snr, _broken, _told, _gaps):
            yield from make(steps)
    yield from _intervals()
    yield from _stages()


def _shifts(n: int) -> Iterator[tuple[str, dict]]:
    even = [1 - i / n for i in range(n + 1)]
    for name in SHIFTED:
        model = MODELS[name][0]
        alpha = math.exp(model["mu"]) if "mu" in model else model["shift"]
        twice = [float(t) for t in shifted(even, alpha**2)]
        yield "missing_shift", record(name, even, n, "euler")
        yield "double_shift", record(name, twice, n, "euler")
        scale = model["timestep_scale"]
        told = record(name, twice, n, "euler") | {"timesteps": [scale * t for t in twice[:-1]]}
        yield "double_shift", told
        if n > 4 and "mu" in model:
            other = math.exp(mu_of(1024 if model["mu"] > 1 else 4096))
            yield "wrong_mu_for_size", record(name, shifted(even, other), n, "euler")


def _penultimate(n: int) -> Iterator[tuple[str, dict]]:
    for i, name in enumerate((*TABLES, ZERO, *SHIFTED[:3], *EDMS)):
        for j, scheduler in enumerate(("karras", "simple", "normal", "sgm_uniform", "exponential")):
            keeps, drops = KEEPING[(i + j) % 7], DROPPING[(i + j) % 4]
            if full := listed(name, scheduler, n):
                short = record(name, [*full[:-2], 0.0], n, keeps, scheduler)
                yield "penultimate_dropped", short
                if n > 4:
                    yield "penultimate_dropped", {k: short[k] for k in short if k != "scheduler"}
            if full := listed(name, scheduler, n + 1):
                yield "penultimate_added", record(name, full, n, drops, scheduler)


def _ends(n: int) -> Iterator[tuple[str, dict]]:
    for name in (*TABLES, *SHIFTED[:3], *EDMS):
        for scheduler in ("karras", "simple", "normal", "kl_optimal"):
            if full := listed(name, scheduler, n):
                yield "leftover_noise", record(name, full[:-1], n, "euler", scheduler)
                yield "wrong_direction", record(name, full[::-1], n, "euler", scheduler)
                if n >= 12:
                    part = full[: 2 * n // 3]
                    yield "leftover_noise", record(name, part, n, "euler", scheduler)


def _gaps(n: int) -> Iterator[tuple[str, dict]]:
    """A third of the levels gone from the middle."""
    for name in (*TABLES[:2], *SHIFTED[:3], *EDMS):
        for scheduler in ("karras", "exponential", "sgm_uniform", "normal", "kl_optimal"):
            if n >= 20 and (full := listed(name, scheduler, n)):
                left = [*full[: n // 3 + 1], *full[n // 3 + 1 + n // 3 :]]
                yield "gap_in_levels", record(name, left, len(left) - 1, "euler")


def _families(n: int) -> Iterator[tuple[str, dict]]:
    for flow in FLOWS:
        for scheduler in ("simple", "beta"):
            for name in (*TABLES[:2], *EDMS):
                if full := listed(flow, scheduler, n):
                    yield "flow_list_on_eps_model", record(name, full, n, "euler", scheduler)
    for name in (*TABLES, *EDMS):
        for scheduler in SCHEDULERS:
            if full := listed(name, scheduler, n):
                yield "eps_list_on_flow_model", record(FLOWS[n % 5], full, n, "euler", scheduler)


def _ranges(n: int) -> Iterator[tuple[str, dict]]:
    for name in (*TABLES, *EDMS):
        low, high = MODELS[name][0]["sigma_min"], MODELS[name][0]["sigma_max"]
        for a, b in ((low, 3 * high), (low / 5, high), (low / 10, 1.5 * high)):
            asked = {"n": n, "sigma_min": a, "sigma_max": b, "rho": 7.0}
            full = run("k-diffusion", "kdiff.get_sigmas_karras", asked)["sigmas"]
            yield "outside_trained_range", record(name, full, n, "dpmpp_2m")
    if n >= 12:
        yield "outside_trained_range", record(EDMS[0], listed("SD1.5", "karras", n), n, "euler")


def _snr(n: int) -> Iterator[tuple[str, dict]]:
    for scheduler in ("normal", "simple", "karras", "sgm_uniform", "beta"):
        plain, zero = listed("SD2.1 768 v", scheduler, n), listed(ZERO, scheduler, n)
        if plain:
            yield "no_zero_terminal_snr", record(ZERO, plain, n, "euler", scheduler)
        if zero:
            yield "zero_snr_on_ordinary_model", record("SD1.5", zero, n, "euler", scheduler)
    config = {**SD, "num_train_timesteps": 1000, "_class_name": "DDIMScheduler"}
    leading = [float((n - 1 - i) * (1000 // n) + 1) for i in range(n)]
    trailing = [float(round(1000 - i * 1000 / n) - 1) for i in range(n)]
    for name, rescaled, spacing, kind in (
        (ZERO, True, "leading", "terminal_timestep_short"),
        (ZERO, False, "trailing", "no_zero_terminal_snr"),
        ("SD2.1 768 v", True, "trailing", "zero_snr_on_ordinary_model"),
    ):
        told = config | {"rescale_betas_zero_snr": rescaled, "timestep_spacing": spacing}
        told |= {"prediction_type": "v_prediction", "steps_offset": int(spacing == "leading")}
        made = record(name, [], n, "DDIMScheduler") | {"scheduler_config": told}
        times = leading if spacing == "leading" else trailing
        yield kind, {k: v for k, v in made.items() if k != "sigmas"} | {"timesteps": times}
    if n <= 8:
        turbo = MODELS["SD1.5"][0] | {"name": "SDXL Turbo", "few_step": True}
        sigmas = [*map(float, Table.of("scaled_linear", 0.00085, 0.012).sigma(leading)), 0.0]
        made = record("SD1.5", sigmas, n, "euler") | {"model": turbo, "timesteps": leading}
        yield "terminal_timestep_short", made


def _broken(n: int) -> Iterator[tuple[str, dict]]:
    for name in (*TABLES, *SHIFTED[:3], *EDMS):
        full = listed(name, "sgm_uniform", n)
        yield "not_a_number", record(name, [*full[:2], "nan", *full[3:]], n, "euler")
        yield "not_a_number", record(name, ["nan", *full[1:]], n, "euler")
        yield "duplicate_sigmas", record(name, [*full[:3], full[2], *full[3:]], n + 1, "euler")
        yield "duplicate_sigmas", record(name, [*full, 0.0], n + 1, "euler")


def _told(n: int) -> Iterator[tuple[str, dict]]:
    times = [float(round(1000 - i * 1000 / n) - 1) for i in range(n)]
    for name in TABLES:
        model = MODELS[name][0]
        betas = [model[k] for k in ("beta_schedule", "beta_start", "beta_end")]
        sigmas = [*map(float, Table.of(*betas).sigma(times)), 0.0]
        right = record(name, sigmas, n, "euler")
        for off in (1, -1):
            yield "off_by_one_timesteps", right | {"timesteps": [t + off for t in times]}
        yield "timestep_scale_wrong", right | {"timesteps": [t / 1000 for t in times]}
        for word in ("epsilon", "v_prediction", "sample", "flow_prediction"):
            config = {"_class_name": "DPMSolverMultistepScheduler", "prediction_type": word}
            if word != model["prediction"]:
                yield (
                    "prediction_mismatch",
                    right | {"timesteps": times, "scheduler_config": TABLE | config},
                )
    for name in FLOWS:
        full, scale = listed(name, "simple", n), MODELS[name][0]["timestep_scale"]
        told = [t * (1000 if scale == 1 else 1) for t in full[:-1]]
        yield "timestep_scale_wrong", record(name, full, n, "euler") | {"timesteps": told}


def _intervals() -> Iterator[tuple[str, dict]]:
    for unit, start, end, models in (
        ("fraction_of_schedule", 0.8, 0.2, ("SD1.5", "SD3 medium")),
        ("fraction_of_schedule", 20, 80, ("SD1.5", "SD3 medium")),
        ("sigma", 0.2, 0.8, ("SD1.5", "SD3 medium", "Playground v2.5")),
        ("sigma", 5.42, 1.5, ("SD3 medium", "FLUX.1 dev 1024x1024")),
        ("sigma", 80.0, 20.0, ("SD1.5",)),
        ("timestep", 100, 900, ("SD1.5", "SD3 medium")),
        ("timestep", 0.9, 0.1, ("SD1.5", "Wan 2.1 14B")),
    ):
        for name in models:
            told = {"unit": unit, "start": start, "end": end}
            made = record(name, listed(name, "simple", 20), 20, "euler")
            yield "guidance_interval_bad", made | {"guidance_interval": told}


def _stages() -> Iterator[tuple[str, dict]]:
    for name in (*TABLES[:2], "SD3 medium", "Wan 2.1 14B"):
        for scheduler in ("karras", "simple"):
            for n, at, other in ((20, 12, 30), (30, 20, 25), (12, 4, 20)):
                full, second = listed(name, scheduler, n), listed(name, scheduler, other)
                head, tail = full[: at + 1], full[at:]
                gap = second[round(other * at / n) + 2 :]
                for kind, stages in (
                    ("stage_gap", ((head, True), (gap, False))),
                    ("noise_added_twice", ((head, True), (tail, True))),
                    ("noise_removed_between_stages", (([*head[:-1], 0.0], True), (tail, False))),
                    ("leftover_noise", ((head, True), (tail[:-1], False))),
                ):
                    told = [{"add_noise": b, "steps": n, "sigmas": s} for s, b in stages]
                    goal = {"goal": "two stages, one picture", "stages": told}
                    yield kind, {"model": MODELS[name][0]} | goal


def mended(told: dict, mend) -> dict:
    """The run with the mended list in its place."""
    told = dict(told)
    if mend.stage is not None:
        stages = [dict(stage) for stage in told["stages"]]
        stages[mend.stage]["sigmas"] = list(mend.sigmas)
        return told | {"stages": stages}
    if mend.sigmas:
        if told["steps"] > len(mend.sigmas) - 1 > 0:
            told["steps"] = len(mend.sigmas) - 1  # some were taken out
        told["sigmas"] = list(mend.sigmas)
    if mend.timesteps is not None:
        told["timesteps"] = list(mend.timesteps)
    config = told.get("scheduler_config")
    if config and mend.label in ("Use the right table", "Use trailing", "Use offset 1"):
        rescaled = told["model"].get("zero_terminal_snr") is True
        told["scheduler_config"] = config | {"rescale_betas_zero_snr": rescaled, "steps_offset": 1}
    return told
