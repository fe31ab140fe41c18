"""ComfyUI's nodes that make a list of sigmas, by their class names and inputs.

comfy_extras/nodes_custom_sampler.py, nodes_align_your_steps.py, nodes_gits.py,
nodes_optimalsteps.py, nodes_lt.py and nodes_flux.py.
"""

from collections.abc import Callable

import numpy as np

from ..core import tables
from . import comfy_schedules as schedules
from . import gits
from .asked import count, numbers
from .comfy_cuts import CHANGES, manual
from .comfy_inputs import Inputs, Lists, choice, longer, needs, steps_of, within
from .comfy_models import Sampling
from .published import ALIGN_YOUR_STEPS, OPTIMAL_STEPS, read_off
from .refused import Refused


def basic(
    inputs: Inputs,
    model: Sampling | None,
    make: Callable[[Sampling, str, int], list[float]] = schedules.schedule,
) -> Lists:
    """A named scheduler; denoise < 1 makes steps/denoise of them and keeps the last.

    make: who knows the scheduler's name, where a pack adds some.
    """
    steps, part = steps_of(inputs), within(inputs, "denoise", 1.0, 0, 1)
    if part <= 0:
        return ([],)
    name = inputs.get("scheduler", "simple")
    made = make(needs(model, "BasicScheduler"), name, longer(steps, part))
    return (made[-(steps + 1) :],)


def _ends(inputs: Inputs) -> tuple[float, float]:
    low = within(inputs, "sigma_min", 0.0291675, 0, 5000)
    return low, within(inputs, "sigma_max", 14.614642, 0, 5000)


def karras(inputs: Inputs, model: Sampling | None) -> Lists:
    """Karras' spacing between two ends."""
    rho = within(inputs, "rho", 7.0, 0, 100)
    return (schedules.karras_between(steps_of(inputs), *_ends(inputs), rho),)


def exponential(inputs: Inputs, model: Sampling | None) -> Lists:
    """Even in ln σ between two ends."""
    return (schedules.polyexponential_between(steps_of(inputs), *_ends(inputs), 1.0),)


def polyexponential(inputs: Inputs, model: Sampling | None) -> Lists:
    """A power of the ramp in ln σ between two ends."""
    rho = within(inputs, "rho", 1.0, 0, 100)
    return (schedules.polyexponential_between(steps_of(inputs), *_ends(inputs), rho),)


def laplace(inputs: Inputs, model: Sampling | None) -> Lists:
    """A Laplace density's quantiles, without a final 0."""
    mu, beta = within(inputs, "mu", 0.0, -10, 10), within(inputs, "beta", 0.5, 0, 10)
    return (schedules.laplace_between(steps_of(inputs), *_ends(inputs), mu, beta),)


def vp(inputs: Inputs, model: Sampling | None) -> Lists:
    """Song's VP in continuous time."""
    d, least = (within(inputs, *box, 0, 5000) for box in (("beta_d", 19.9), ("beta_min", 0.1)))
    end = within(inputs, "eps_s", 0.001, 0, 1)
    with np.errstate(over="ignore"):  # the tool answers inf as well
        return (schedules.vp_between(steps_of(inputs), d, least, end),)


def beta(inputs: Inputs, model: Sampling | None) -> Lists:
    """The beta scheduler with its two numbers."""
    a, b = within(inputs, "alpha", 0.6, 0, 50), within(inputs, "beta", 0.6, 0, 50)
    return (schedules.beta(needs(model, "BetaSamplingScheduler"), steps_of(inputs), a, b),)


def sd_turbo(inputs: Inputs, model: Sampling | None) -> Lists:
    """Timesteps 999, 899, … 99, from the one that denoise names."""
    steps, part = steps_of(inputs, 1, 1, 10), within(inputs, "denoise", 1.0, 0, 1)
    first = 10 - int(10 * part)
    at = np.arange(999, 0, -100)[first : first + steps]
    return ([*needs(model, "SDTurboScheduler").sigma(at).tolist(), 0.0],)


def _cut(levels: list[float], steps: int, inputs: Inputs) -> Lists:
    """The last round(steps·denoise) steps of a list, its end set to 0; all of it at 1."""
    part = within(inputs, "denoise", 1.0, 0, 1)
    if part <= 0:
        return ([],)
    kept = levels[-((round(steps * part) if part < 1 else steps) + 1) :]
    return ([*kept[:-1], 0.0],)


def align_your_steps(inputs: Inputs, model: Sampling | None) -> Lists:
    """The published list of ten steps, or one read off it."""
    name, steps = choice(inputs, "model_type", ALIGN_YOUR_STEPS, "SD1"), steps_of(inputs, 10)
    return _cut(read_off(ALIGN_YOUR_STEPS[name], steps + 1), steps, inputs)


def optimal_steps(inputs: Inputs, model: Sampling | None) -> Lists:
    """The published list of times of flow matching, or one read off it."""
    name, steps = choice(inputs, "model_type", OPTIMAL_STEPS, "FLUX"), steps_of(inputs, 20, 3, 1000)
    return _cut(read_off(OPTIMAL_STEPS[name], steps + 1), steps, inputs)


def gits_steps(inputs: Inputs, model: Sampling | None) -> Lists:
    """The searched list of up to 20 steps, or one read off that of 20."""
    steps = steps_of(inputs, 10, 2, 1000)
    coefficient = round(within(inputs, "coeff", 1.2, 0.8, 1.5), 2)
    if coefficient not in gits.COEFFICIENTS:
        known = ", ".join(f"{c:g}" for c in gits.COEFFICIENTS)
        raise Refused("KeyError", f"GITS has lists for {known}; not for {coefficient:g}.")
    rows = gits.rows(coefficient)
    levels = rows[steps - 2] if steps <= gits.MOST else read_off(rows[-1], steps + 1)
    return _cut(list(levels), steps, inputs)


def tokens_shift(tokens: float, base: float, most: float) -> float:
    """μ of LTX-Video: `base` at 1024 tokens, `most` at 4096."""
    return tables.mu_of(tokens, 1024, 4096, base, most)


def ltxv(inputs: Inputs, model: Sampling | None) -> Lists:
    """Even t with a shift by the latent's size, stretched to end at `terminal` before the 0.

    In float32 as in the tool: the stretch subtracts from 1, and one step is 0/0 where e^μ · (1/e^μ)
    is 1 to the last bit, else `terminal`.
    """
    steps = steps_of(inputs)
    most, base = (
        within(inputs, *box, 0, 100) for box in (("max_shift", 2.05), ("base_shift", 0.95))
    )
    one, alpha = (
        np.float32(1),
        np.float32(tables.alpha_of(tokens_shift(latent_tokens(inputs), base, most))),
    )
    t = one / (alpha + (one / _even_line(steps)[:-1] - one)) * alpha
    if inputs.get("stretch", True):
        left = one - t
        with np.errstate(invalid="ignore", divide="ignore"):
            t = one - left / (left[-1] / np.float32(1 - _terminal(inputs)))
    return ([*t.tolist(), 0.0],)


def _terminal(inputs: Inputs) -> float:
    return within(inputs, "terminal", 0.1, 0, 0.99)


def _even_line(steps: int) -> np.ndarray:
    """From 1 to 0 in float32, the second half counted from its end as torch.linspace counts."""
    i, step = np.arange(steps + 1, dtype=np.float32), np.float32(-1 / steps)
    return np.where(i < (steps + 1) // 2, 1 + step * i, -step * (np.float32(steps) - i))


def latent_tokens(inputs: Inputs) -> float:
    """Cells of the latent, frames × height × width; 4096 where none is given."""
    size = inputs.get("latent_fhw")
    if size is None:
        return 4096.0
    return float(np.prod([count(n, "latent_fhw", 1) for n in numbers(size, "latent_fhw")]))


def flux2_mu(width: int, height: int, steps: int) -> float:
    """μ that FLUX.2 was fitted to, by the picture's tokens of 16 × 16 and the number of steps."""
    tokens = round(width * height / 256)
    most = 0.00016927 * tokens + 0.45666666  # at 200 steps, and for large pictures at any
    if tokens > 4300:
        return most
    at_10 = 8.73809524e-05 * tokens + 1.89833333
    slope = (most - at_10) / 190
    return slope * (steps - 200) + most


def flux2(inputs: Inputs, model: Sampling | None) -> Lists:
    """Even t shifted by e^μ."""
    steps = steps_of(inputs, 20, 1, 4096)
    width, height = (count(inputs.get(k, 1024), k, 16, 16384) for k in ("width", "height"))
    return (_shifted_line(steps, flux2_mu(width, height, steps)).tolist(),)


def _shifted_line(steps: int, mu: float) -> np.ndarray:
    return np.asarray(tables.shifted(np.linspace(1, 0, steps + 1), tables.alpha_of(mu)))


NODES: dict[str, Callable[[Inputs, Sampling | None], Lists]] = {
    "BasicScheduler": basic,
    "KarrasScheduler": karras,
    "ExponentialScheduler": exponential,
    "PolyexponentialScheduler": polyexponential,
    "LaplaceScheduler": laplace,
    "VPScheduler": vp,
    "BetaSamplingScheduler": beta,
    "SDTurboScheduler": sd_turbo,
    "AlignYourStepsScheduler": align_your_steps,
    "OptimalStepsScheduler": optimal_steps,
    "GITSScheduler": gits_steps,
    "LTXVScheduler": ltxv,
    "Flux2Scheduler": flux2,
    "ManualSigmas": manual,
    **CHANGES,
}
