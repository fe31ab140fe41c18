"""Diffusion Sampler Explorer: how diffusion models are sampled, live in the browser.

One user action is one straight line, and nothing flows back:

    click / drag / link -> values -> Experiment -> run -> Run -> analysis -> figures -> screen

Layers; imports only point down:

    notebook                    the page within Jupyter, marimo and Colab
    server, commands, bench     gradio, starlette, argparse (cli finds the commands)
    blocks                      gradio's own controls and plotly, for other people's apps
    ui                          words and controls
    figures, strips             plotly, matplotlib
    cards                       what leaves: run cards, replay, data as files
    study                       many runs
    lab                         one view
    training                    generators of Progress: losses, augmentation, configurations A to F
    data | models | analysis | dialects    siblings: none imports another
    reading                     strangers' files to numbers, in a process of its own; no torch
    recorder                    runs elsewhere: what a pipeline or a loop tells, in a small file
    store                       the one place that knows folders
    core                        torch, numpy
    settings, errors, memo, numerals, start    standard library (memo knows the size of a tensor)

A frozen dataclass with a method is the setting: `RK2(alpha=0.5)` is the solver that steps, the row
in the menu with its slider, `solver=rk2&solver.alpha=0.5` in the link, and a part of the cache key.
"""

__version__ = "0.1.0"

_HOME = {
    "Experiment": "lab.experiment",
    "run": "lab.experiment",
    "sample": "lab.learned",
    "Trajectory": "core.sampling",
    "Churn": "core.sampling",
    "Guidance": "core.guidance",
    "SOLVERS": "core.solvers",
    "SCHEDULES": "core.schedules",
    "TIMESTEPS": "lab.timesteps",
    "DATASETS": "data",
    "MODELS": "models",
    "load": "models",
    "UserError": "errors",
    "record": "recorder.diffusers",
    "show": "notebook",
    "xray": "dialects.xray",
}

__all__ = [
    "DATASETS",
    "MODELS",
    "SCHEDULES",
    "SOLVERS",
    "TIMESTEPS",
    "Churn",
    "Experiment",
    "Guidance",
    "Trajectory",
    "UserError",
    "blocks",
    "load",
    "record",
    "run",
    "sample",
    "show",
    "study",
    "xray",
]


def __getattr__(name: str):
    """Public names, imported when they are first asked for: `import explorer` stays cheap."""
    from importlib import import_module

    if name in ("study", "blocks"):
        return import_module(f".{name}", __name__)
    if name not in _HOME:
        raise AttributeError(f"module 'explorer' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
