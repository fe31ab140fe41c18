"""Other tools' words: their noise levels by their own names, lists as they write them."""

from importlib import import_module

from ..errors import UserError

RUNS = {  # the tool as its records call it: the module beside this one whose `run` speaks for it
    "A1111 webui": "a1111",
    "ComfyUI": "comfy",
    "RES4LYF": "res4lyf",
    "k-diffusion": "kdiffusion",
    "NVlabs edm": "nvlabs",
}


def run(tool: str, group: str, inputs: dict, models: dict | None = None) -> dict:
    """What a tool answers to `inputs`, in its own words and numbers.

    tool: a key of RUNS.  group: which of its functions, such as "comfyui.scheduler".
    models: description of each model that `inputs` may name; None for the well-known ones.
    The answer holds "sigmas", "timesteps" and such as lists of floats, in the tool's order, or
    {"error": name of the exception} where the tool itself refuses.  Raises UserError for what is
    no question to the tool: an unknown name, a number that cannot be one.
    """
    if tool not in RUNS:
        raise UserError(f"No tool is called {tool!r}; known are {', '.join(RUNS)}.")
    if not isinstance(group, str) or not isinstance(inputs, dict):
        raise UserError("A question to a tool is a group's name and a dict of inputs.")
    return import_module(f".{RUNS[tool]}", __name__).run(group, inputs, models)


def config(config: dict, n: int, call: dict | None = None) -> dict:
    """What a diffusers scheduler of this config holds after set_timesteps(n), without the library.

    config: a scheduler_config.json.  call: other arguments of set_timesteps (mu, sigmas, timesteps,
    strength, …), or {"name": "pipeline", "pipeline": …, "image_seq_len": …}, as in
    dialects.diffusers.calls.
    Gives "timesteps", by class "sigmas", "init_noise_sigma" and more, or {"error": name of the
    exception} where the library refuses.  Raises UserError for what is no config or no call.
    """
    return import_module(".diffusers", __name__).config(config, n, call)
