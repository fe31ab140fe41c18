"""How a scheduler is asked: set_timesteps(n), levels, timesteps, μ, strength, or by a pipeline.

A list may be written as a formula of n, as the pipelines' own code does:
`linspace(1,1/n,n)`, `linspace(1,0,n+1)[:-1]`, `1000*linspace(1,1/n,n)`,
`linear_quadratic(n,0.025)`.  It is read as data: numbers, n, + − * /, one slice and these
functions, nothing else.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...errors import UserError
from ..asked import MOST, count, number, numbers
from .defaults import Config

LISTS = ("sigmas", "timesteps")
KNOWN = {"name", "via", "pipeline", "image_seq_len", "mu", "strength", "original_inference_steps"}
KNOWN |= {"intermediate_timesteps", "max_timesteps", "sampling_eps", "num_inference_steps", *LISTS}
KNOWN |= {"runs"}  # the answers, where a recorded call is asked again
LONGEST = 200

PIPELINES = {  # what each passes where the call names it and no list; None: only the count
    "FluxPipeline": "linspace(1,1/n,n)",
    "ChromaPipeline": "linspace(1,1/n,n)",
    "BriaPipeline": "linspace(1,1/n,n)",
    "Lumina2Pipeline": "linspace(1,1/n,n)",
    "LTXPipeline": "linspace(1,1/n,n)",
    "QwenImagePipeline": "linspace(1,1/n,n)",
    "HunyuanVideoPipeline": "linspace(1,0,n+1)[:-1]",
    "MochiPipeline": "linear_quadratic(n,0.025)",
    "StableDiffusion3Pipeline": None,
}


def read(c: Config, n: int, call: Mapping | None) -> tuple[int, dict[str, Any]]:
    """The count and the other arguments that reach set_timesteps.

    A list stands in place of the count, which is then 0.  A pipeline's μ is of its
    picture's size where it is not given.  Raises UserError for what is no call.
    """
    n = count(n, "n", 1)
    call = {} if call is None else call
    if not isinstance(call, Mapping) or call.get("name", "set_timesteps") not in (
        "set_timesteps",
        "pipeline",
    ):
        raise UserError("A call is an object named set_timesteps or pipeline, with its arguments.")
    if unknown := [str(k)[:40] for k in call if k not in KNOWN]:
        raise UserError(f"A call has no {unknown[0]!r}; known are {', '.join(sorted(KNOWN))}.")
    given: dict[str, Any] = {}
    for key in LISTS:
        if call.get(key) is not None:
            given[key] = _list(call[key], n, key)
    for key in ("mu", "strength", "max_timesteps", "sampling_eps"):
        if call.get(key) is not None:
            given[key] = number(call[key], key)
    if call.get("original_inference_steps") is not None:
        given["original_inference_steps"] = count(call["original_inference_steps"], "steps", 0)
    for key in ("intermediate_timesteps", "max_timesteps"):
        if key in call:
            given[key] = None if call[key] is None else number(call[key], key)
    if call.get("pipeline") is not None:
        _of_pipeline(c, n, call, given)
    return (0 if any(k in given for k in LISTS) else n), given


def _of_pipeline(c: Config, n: int, call: Mapping, given: dict) -> None:
    """Add what a pipeline computes itself, where the call does not say it."""
    if "mu" in given:
        return
    own = PIPELINES.get(str(call["pipeline"]))
    if own is not None and not given and not c.get("use_flow_sigmas"):
        given["sigmas"] = formula(own, n)
    if c.get("use_dynamic_shifting") and call.get("image_seq_len") is not None:
        given["mu"] = mu(c, number(call["image_seq_len"], "image_seq_len"))


def mu(c: Mapping, length: float) -> float:
    """μ of a picture of `length` tokens: on the line through the config's two lengths."""
    low, high = c.get("base_image_seq_len", 256), c.get("max_image_seq_len", 4096)
    start, end = c.get("base_shift", 0.5), c.get("max_shift", 1.15)
    if low == high:
        raise UserError("base_image_seq_len and max_image_seq_len are one number; no line has it.")
    slope = (end - start) / (high - low)
    return length * slope + start - slope * low


def _list(value: Any, n: int, name: str) -> list[float]:
    if isinstance(value, str):
        return formula(value, n)
    return numbers(value, name)


def linear_quadratic(n: Any, threshold: Any, linear: Any = None) -> np.ndarray:
    """t from 1, slowly and evenly down to 1 − threshold, then along a parabola to 0 (not told).

    Genmo's Mochi and Polyak et al. 2024, arXiv:2410.13720 (Movie Gen), n steps.
    """
    n = count(n, "n", 1)
    linear = count(n // 2 if linear is None else linear, "linear_steps", 1, n)
    i = np.arange(n, dtype=float)
    if linear == n:
        return 1 - i * threshold / linear
    rest = n - linear
    left = linear - threshold * n
    a = left / (linear * rest**2)
    b = threshold / linear - 2 * left / rest**2
    return 1 - np.where(i < linear, i * threshold / linear, a * i**2 + b * i + a * linear**2)


def _linspace(start: Any, end: Any, n: Any) -> np.ndarray:
    return np.linspace(number(start, "start"), number(end, "end"), count(n, "the list's length"))


def _arange(*ends: Any) -> np.ndarray:
    ends = tuple(number(e, "arange") for e in ends)
    start, stop, step = (0.0, ends[0], 1.0) if len(ends) == 1 else (*ends, 1.0)[:3]
    if step == 0 or not 0 <= (stop - start) / step <= MOST:
        raise UserError(f"arange{ends} is no list of at most {MOST} numbers.")
    return np.arange(start, stop, step)


FUNCTIONS: dict[str, Callable] = {
    "linspace": _linspace,
    "arange": _arange,
    "linear_quadratic": linear_quadratic,
}
OPERATORS: dict[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}


def formula(text: str, n: int) -> list[float]:
    """The list that a formula of n makes.  Raises UserError."""
    try:
        if len(text) > LONGEST:
            raise ValueError
        with np.errstate(all="raise"):
            found = _value(ast.parse(text.strip(), mode="eval").body, n)
        return numbers(np.atleast_1d(found), "The list of a formula")
    except (ValueError, TypeError, SyntaxError, ArithmeticError, RecursionError, MemoryError):
        shown = str(text)[:60]
        raise UserError(
            f"{shown!r} is no list of n; written like linspace(1,1/n,n) or [1, 0.9, 0.5]."
        ) from None


def _value(node: ast.AST, n: int) -> Any:
    """A node's value; ValueError for anything but numbers, n, arithmetic, a slice, FUNCTIONS."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.Name) and node.id == "n":
        return n
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](_value(node.left, n), _value(node.right, n))
    if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
        return -_value(node.operand, n)
    if isinstance(node, ast.List):
        return np.array([number(_value(e, n), "entry") for e in node.elts])
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        ends = [node.slice.lower, node.slice.upper, node.slice.step]
        whole = [None if e is None else count(_value(e, n), "slice", -MOST) for e in ends]
        return _value(node.value, n)[slice(*whole)]
    if isinstance(node, ast.Call) and not node.keywords:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else None
        name = node.func.id if isinstance(node.func, ast.Name) else name  # also np.linspace(…)
        if name in FUNCTIONS:
            return FUNCTIONS[name](*(_value(a, n) for a in node.args))
    raise ValueError
