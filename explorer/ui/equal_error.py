"""What the page says of EDM's Fig. 2: three samplers, and what Algorithm 1 saves.

On the denoiser of the settings, or each on a network of its own design.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import cast

from ..analysis.equal import Times
from ..analysis.intervals import Estimate
from ..errors import UserError
from ..figures.equal_error import equal_error_figure
from ..lab.error import MATTERS
from ..lab.experiment import Experiment, levels
from ..lab.source import current_device, prepared
from ..models.denoiser import NetworkDenoiser
from ..numerals import count, number, short, span
from ..store import weights
from ..study import equal_error as study
from ..study.equal_error import DESIGNS, PACE, TARGET, Design, Found
from ..training.networks import FAMILIES
from . import words
from .measurement import Measurement

ON = ("settings", "networks")  # which denoisers
STUCK = 0.7  # of the error with half the evaluations, where order 2 leaves a quarter
TURNING = ("ddpmpp", "adm")  # whose fastest sine of c_noise turns by 1 rad for each 1


def ends(known: Mapping[str, Design]) -> dict[str, str]:
    """What stands at the end of each curve."""
    alone = len({d.ours for d in known.values()}) == 1
    said: dict[str, str] = {}
    for name, d in known.items():
        said |= {d.original: f"{name}, original", d.heun: f"{name} + Heun, ρ"}
    for name, d in known.items():
        said[d.ours] = "+ σ = t: Algorithm 1" if alone else f"{name} + Heun, ρ, σ = t"
    return said


def equal_error(base: Experiment, request: dict) -> Measurement:
    """VP, VE and iDDPM, each step by step to Algorithm 1."""
    on = request.get("on") or ON[0]
    if on not in ON:
        raise UserError(f"The three designs are on {' or '.join(ON)}, not on {on!r:.40}.")
    networks = on == "networks"
    plan = study.equal_error_plan(base, networks=networks)  # says at once what cannot work
    paths = plan[0].experiment.samples
    return Measurement(
        base,
        lambda watch: study.equal_error(base, watch, networks=networks),
        len(plan),
        lambda rows: shown(base, rows, paths, networks),
    )


def shown(base: Experiment, rows: list[Found], paths: int, networks: bool = False) -> dict:
    """The rows so far; paths: of each."""
    known, low = study.designs(networks), rows[0].range[1]
    zero = study.chance(dataclasses.replace(base, samples=paths), low)
    times = {n: study.as_many(rows, d.original, d.ours) for n, d in known.items()}
    ours = list(dict.fromkeys(d.ours for d in known.values()))
    return {
        "title": title(times, networks),
        "note": note(base, rows, paths, zero, networks),
        "figure": equal_error_figure(rows, ours, TARGET, zero, ends(known)),
        "columns": [
            "sampler",
            f"× NFE for Heun’s error at {TARGET}",
            "EDM",
            "at the data from NFE",
        ],
        "table": [line(rows, name, zero, known) for name in _order(rows, known)],
        "exact": {
            "columns": ["sampler", "NFE"]
            + [f"{k}{e}" for k in ("median", "distance") for e in ("", " from", " to")]
            + ["s"],
            "rows": [
                [
                    *(r.name, r.nfe, r.error.value, r.error.low, r.error.high),
                    *(r.distance.value, r.distance.low, r.distance.high, r.seconds),
                ]
                for r in rows
            ],
        },
    }


def note(
    base: Experiment, rows: Sequence[Found], paths: int, zero: Estimate, networks: bool = False
) -> str:
    """What was measured, and how fast it was beside the paper's network."""
    high, low = rows[0].range
    device = current_device().device.type.upper()
    pace = study.images_a_second(rows)
    ends = f" ({_many(pace.low)} to {_many(pace.high)})" if pace.low == pace.low else ""
    whose = (
        f"{base.data.label}, {told()}; each has a reference of its own, of the ODE that it defines"
        if networks
        else f"{words.data_name(base.data)}; one reference"
    )
    return (
        f"{_apart(rows, zero) if networks else ''}"
        f"{_unsure(rows) + _stuck(base, rows) if networks else ''}"
        f"{whose}, {paths} paths of one noise, σ from {short(high)} to {short(low)}, the "
        "levels of iDDPM, for all. Below: sliced Wasserstein; the band "
        f"holds 95 % of draws of the data. At {TARGET} evaluations {_many(pace.value)}{ends} "
        f"samples a second on {device}; the paper’s network: {number(PACE)} "
        "CIFAR-10 images a second on one V100. Karras et al. 2022, Fig. 2, Table 3."
    )


def _apart(rows: Sequence[Found], zero: Estimate) -> str:
    """Whose samples stay apart from the data where Algorithm 1 has long arrived."""
    far = [
        name
        for name, d in study.ON_NETWORKS.items()
        if study.at_the_data(rows, d.ours, zero) is None
        and any(r.name == d.ours and r.nfe > 2 * TARGET for r in rows)
    ]
    return "".join(
        f"With as many steps as were tried the samples of {name}’s network are not those of the "
        "data: that is its training, which no sampler mends. "
        for name in far
    )


def _unsure(rows: Sequence[Found]) -> str:
    """Whose errors are not far above what their reference may itself be off by."""
    found = {}
    for name, d in study.ON_NETWORKS.items():
        near = [r.floor for r in rows if r.name in (d.original, d.heun, d.ours) and unsure(r)]
        if near:
            found[name] = f"{name}’s to {number(max(near), 2)}"
    return (
        f"A reference is known only so far: {', '.join(found.values())}; smaller errors are its "
        "own. "
        if found
        else ""
    )


def _stuck(base: Experiment, rows: Sequence[Found]) -> str:
    """Whose error more evaluations of Algorithm 1 hardly lower, though the reference is known far
    better: steps too long for what the network is told to turn."""
    said = []
    for name, d in study.ON_NETWORKS.items():
        own = sorted((r for r in rows if r.name == d.ours and r.nfe > TARGET), key=lambda r: r.nfe)
        if len(own) < 2 or unsure(own[-1]) or own[-1].error.value < STUCK * own[-2].error.value:
            continue
        before, last = own[-2:]
        why = ""
        if weights.find(d.network).config["training"]["network.family"] in TURNING:
            far = _turn(base, d.ours, last.nfe)
            why = (
                f", as between two of its levels {name}’s network is told times up to "
                f"{number(far, 2)} apart, and its embedding turns by 1 rad for each"
            )
        said.append(
            f"By Heun {name}’s error stays near {number(last.error.value, 2)} from {before.nfe} to "
            f"{last.nfe} evaluations{why}. "
        )
    return "".join(said)


def _turn(base: Experiment, name: str, nfe: int) -> float:
    """The most that c_noise changes between two levels of a sampler on its network."""
    e = dataclasses.replace(study.samplers(base, True)[name], nfe=nfe)
    told = cast(NetworkDenoiser, prepared(e.data, e.model).denoiser).module.precond
    return float(told.c_noise(levels(e)).diff().abs().max())


def unsure(r: Found) -> bool:
    """Whether its reference is off by more than a settled error allows."""
    return r.floor > MATTERS * r.error.value


def told() -> str:
    """Whose networks these are: “VP: DDPM++, 0.18 M; …”, all by the same optimiser."""
    found = {name: weights.find(d.network) for name, d in study.ON_NETWORKS.items()}
    each = "; ".join(
        f"{name}: {families(c)}, {number(c.config['parameters'] / 1e6, 2)} M numbers"
        for name, c in found.items()
    )
    images = {int(c.config["images"]) for c in found.values()}
    many = " to ".join(count(n) for n in sorted({min(images), max(images)}))
    return f"a network trained here in each design with its own loss ({each}; {many} images each)"


def families(c: weights.Checkpoint) -> str:
    """“DDPM++”: EDM’s name of its architecture."""
    return dict(FAMILIES)[c.config["training"]["network.family"]]


def _many(value: float) -> str:
    """“12,500”: three digits of what varies anyway."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else short(value)


def _order(rows: Sequence[Found], known: Mapping[str, Design]) -> list[str]:
    there = {r.name for r in rows}
    every = [n for d in known.values() for n in (d.original, d.heun, d.ours)]
    once = len({d.ours for d in known.values()}) == 1  # then it stands last
    found = [n for n in dict.fromkeys(every) if n in there]
    return sorted(found, key=lambda n: n == study.OURS) if once else found


def line(
    rows: Sequence[Found], name: str, zero: Estimate, known: Mapping[str, Design]
) -> list[str]:
    """A sampler's row of the table."""
    d = next(d for d in known.values() if name in (d.original, d.heun, d.ours))
    there = study.at_the_data(rows, name, zero)
    most = max(r.nfe for r in rows if r.name == name)
    return [
        name,
        "1" if name == d.ours else said(study.as_many(rows, name, d.ours)),
        f"{number(d.quoted)} ×" if name == d.original else "",
        f"beyond {most}" if there is None else _from(*there),
    ]


def _from(before: int, at: int) -> str:
    return f"{at} or fewer" if not before else f"{before + 1} to {at}"


def said(times: Times | None) -> str:
    """“3.3 × (3.1–3.4)”; where an end lies beyond the budgets, only what the other end allows."""
    if times is None:
        return "–"
    low, high = times.low, times.high
    below, beyond = low == 0, high == float("inf")  # see `Times`
    if below and beyond:
        return "cannot be told"
    if below:
        return f"less than {short(max(high, times.least))} ×"
    if beyond:
        return f"more than {short(min(low, times.most))} ×"
    return f"{short(times.value)} × ({span(low, high)})"


def title(times: Mapping[str, Times | None], networks: bool = False) -> str:
    """What each original sampler needs for the error of Algorithm 1, beside the paper's number."""
    known = {n: t for n, t in times.items() if t is not None}
    where = ", each on its own network" if networks else ""
    if not known:
        return f"What three samplers need for the error of Heun with {TARGET} evaluations{where}"
    parts = [f"{n} {said(t)}, paper {number(DESIGNS[n].quoted)} ×" for n, t in known.items()]
    return f"For the error of Heun at {TARGET} evaluations{where}: {'; '.join(parts)}"
