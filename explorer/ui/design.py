"""The Design page: EDM's Table 1 as curves, and Eq. 8 for one sample of the data.

Every curve is measured on the objects that sample and train (`lab.columns`); the formulas beside
them are the paper's; tests hold those of the network and of λ to their curves.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..figures import pack
from ..figures.style import rounded
from ..lab.columns import (
    HIGH,
    LOW,
    Column,
    columns,
    effective_target,
    effective_weight,
    levels,
    parts,
)
from ..lab.experiment import Experiment
from ..numerals import number
from ..settings import unflatten
from ..training.configs import Training, draw, sigma_data
from . import ladder
from .design_rows import ROWS, Row

SHOWN = (0.02, 0.1, 0.3, 0.6, 1.2, 2.5, 8.0, 40.0)  # σ of the pictures of Eq. 8


def design(request: Mapping[str, Any]) -> dict[str, Any]:
    """Table 1 and Eq. 8 for the data of the page; request: {"values": flat settings}.

    Raises UserError for data that cannot be opened."""
    values = request.get("values") if isinstance(request, dict) else None
    own = values if isinstance(values, dict) else {}
    flat = {k: v for k, v in own.items() if str(k).split(".")[0] == "data"}
    t = Training(unflatten(Experiment, flat).data, augment=0.0)
    found = sigma_data(t)
    table = columns(found)
    return {
        "columns": [{"name": c.name, "label": c.label, "use": c.flat} for c in table],
        "rows": [_row(row, table) for row in ROWS],
        "target": _target(t, table),
        "ladder": ladder.shown(),
        "sigma_data": number(found),
        "note": (
            f"Curves over σ from {HIGH:g} on the left to {LOW:g} on the right, measured on the "
            f"objects that sample and train here; σ_d = {number(found)}, of {t.data.label}."
        ),
    }


def _row(row: Row, table: list[Column]) -> dict[str, Any]:
    curves = [row.curve(c) for c in table]
    return {
        **{k: getattr(row, k) for k in ("name", "label", "group", "axis", "log", "where", "about")},
        "range": None if row.name == "noise" else _range([y for _, y in curves], row.log),
        "cells": [
            {
                "formula": row.formulas[c.name],
                "x": rounded(x, 4),
                "y": rounded(y, 4),
                "range": _range([y], row.log),
                "use": dict(row.own(c)),
            }
            for c, (x, y) in zip(table, curves)
        ],
    }


def _range(curves: list[Tensor], log: bool) -> list[float]:
    """What an axis must hold; 0 and 1 where it is linear and they are near."""
    values = torch.cat(curves)
    low, high = float(values.min()), float(values.max())
    if log:
        return [low / 1.3, high * 1.3]
    return [min(0.0, low * 1.05), high * 1.08 if high > 0 else 0.0]


# ---- Eq. 8 ---------------------------------------------------------------------------------------


def _target(t: Training, table: list[Column]) -> dict[str, Any]:
    """λ c_out² and the target along σ, for one sample of the data under one noise."""
    g = torch.Generator().manual_seed(3)
    clean, _ = draw(t.data, 257, g)
    clean = clean.double()
    noise = torch.randn(clean.shape, generator=g, dtype=torch.float64)
    sigma = torch.tensor(SHOWN, dtype=torch.float64)
    old = next(c for c in table if c.name == "vp")
    new = next(c for c in table if c.name == "edm")
    rows = [_told(c.label, "", c.precond, c.loss, clean, noise, sigma, c.name) for c in table] + [
        _told(
            "Configuration D",
            "EDM’s network with VP’s loss",
            new.precond,
            old.loss,
            clean,
            noise,
            sigma,
            "d",
        )
    ]
    image = clean.ndim == 4
    return {
        "sigma": [number(s) for s in SHOWN],
        "levels": rounded(levels(), 4),
        "rows": rows,
        "shape": list(clean.shape[1:]) if image else None,
        "seen": pack.grey(_noisy(clean[0], noise[0], sigma), -1.2, 1.2) if image else None,
        "label": t.data.label,
        "title": _weighed(rows),
        "note": "What differs is p_{train}, and what F must say: the noise at every σ, or in EDM "
        "the noise where there is little of it and the clean sample where there is much.",
    }


def _noisy(y: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    return y + sigma.reshape(-1, *[1] * y.ndim) * noise


def _told(label, about, precond, loss, clean, noise, sigma, name) -> dict[str, Any]:
    known = precond.round_sigma(sigma)  # iDDPM trains on its own levels alone
    a, b = parts(precond, known)
    shown = effective_target(precond, clean[0], noise[0], known)
    size = effective_target(precond, clean[1:], noise[1:], known).flatten(1).square().mean(1).sqrt()
    weight = effective_weight(precond, loss, levels())
    return {
        "name": name,
        "label": label,
        "about": about,
        "weight": rounded(weight, 4),
        "spent": rounded(weight * loss.density(levels()), 4),
        "picture": pack.grey(shown, -2.4, 2.4) if clean.ndim == 4 else None,
        "parts": [_sum(float(p), float(q)) for p, q in zip(a, b)],
        "size": [number(float(v), 3) for v in size],
    }


def _sum(a: float, b: float) -> str:
    """“0.39 y − 0.94 ε”; “ε” where F predicts the noise alone."""
    times = lambda v, what: what if abs(v) == 1 else f"{number(abs(v), 2)} {what}"
    sign = "−" if b < 0 else ""
    if a == 0:
        return f"{sign}{times(b, 'ε')}"
    return f"{times(a, 'y')} {sign or '+'} {times(b, 'ε')}"


def _weighed(rows: list[dict[str, Any]]) -> str:
    flat = [r["label"] for r in rows if max(abs(w - 1) for w in r["weight"]) < 1e-3]
    odd = [r for r in rows if r["label"] not in flat]
    least = lambda r: number(min(r["weight"]))
    at = "".join(f"; in {r['label']} ({r['about']}) it falls to {least(r)}" for r in odd)
    names = ", ".join(flat)
    return f"{len(flat)} of {len(rows)} weigh every σ alike, λ c_{{out}}² = 1 ({names}){at}."
