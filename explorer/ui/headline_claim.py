"""Where AMED's headline of 5 evaluations stands here, and why: from the records that ship."""

from typing import Any

from ..numerals import factor
from ..study import ablation_record
from ..study.claims import record
from ..study.claims.contract import HOLDS, NOT_HERE, OPEN, VERDICTS
from ..study.plane import called

QUOTE = (
    "AMED, Table 2a, CIFAR-10 at 5 evaluations (FID): AMED-Plugin on iPNDM 6.61, AMED-Solver 7.59, "
    "iPNDM 13.59, UniPC 23.98, DPM-Solver++(3M) 24.97, DDIM 49.66."
)
RECIPE = {  # claims of AMED-Solver by the published recipe, and against whom
    "amed-beats-ipndm": "iPNDM-4",
    "amed-beats-unipc": "UniPC",
    "amed-beats-dpm-solver-pp": "DPM-Solver++(3M)",
    "amed-beats-ddim": "DDIM",
    "amed-beats-dpm-solver-2": "DPM-Solver-2",
}
PLACED = "amed-with-placed-steps-beats-ipndm"
PLUGIN = "plugin-beats-its-solver"
SEARCHED = "searched-places-beat-the-geometric-mean"
ASKED = (("steps", "ρ = 7"), ("steps", "log SNR"), ("feature", "levels alone"))


def standing() -> dict:
    """{"quote", "summary", "said": sentences, each with its verdict}.  A row of an earlier version
    is told as such, and no verdict stands on it.
    """
    rows = {r["name"]: r for r in record.rows()}
    by_recipe = [_verdict(rows[name]) for name in RECIPE]
    old = next((v for v in by_recipe if v not in VERDICTS), None)
    whole = (
        HOLDS if set(by_recipe) == {HOLDS} else NOT_HERE if NOT_HERE in by_recipe else old or OPEN
    )
    return {
        "quote": QUOTE,
        "summary": f"The paper’s headline at 5 evaluations: by the published recipe it {whole}, "
        f"with placed steps it {_verdict(rows[PLACED])}",
        "said": [_of_recipe(rows), _of_placed(rows), *_why(rows), BESIDE],
    }


BESIDE = (
    "Measured is the error of paths, seed by seed, on a network of 8 × 8 digits, in the ablations "
    "on exact denoisers; the paper’s is the FID of 50,000 images of a network a hundred times as "
    "large: ranks may differ."
)


def _verdict(row: dict[str, Any]) -> str:
    return f"is {row['stale']}" if row["stale"] else row["verdict"]


def _much(row: dict[str, Any]) -> str:
    """“1.86 × (1.73–2.03), does not hold here”."""
    if row["value"] is None:
        return row["stale"]
    said = "of an earlier version" if row["stale"] else row["verdict"]
    return f"{factor(row['value'], row['low'], row['high'])}, {said}"


def _of_recipe(rows: dict[str, dict[str, Any]]) -> str:
    each = "; ".join(f"of {other}’s {_much(rows[name])}" for name, other in RECIPE.items())
    return (
        "On the network digits-f, with 64 seeds that no training saw, AMED-Solver by the published "
        f"recipe makes of the end error {each}."
    )


def _of_placed(rows: dict[str, dict[str, Any]]) -> str:
    return (
        f"With its steps searched first it makes of iPNDM-4’s {_much(rows[PLACED])}; AMED-Plugin "
        f"on iPNDM-2 makes of iPNDM-2’s {_much(rows[PLUGIN])}."
    )


def _why(rows: dict[str, dict[str, Any]]) -> list[str]:
    """What the difference is made of, as far as the records tell."""
    said = [
        "Three steps leave much to where they lie: searched places make of the error of √(t t′) on "
        f"ρ = 7 {_much(rows[SEARCHED])}, before anything is learned."
    ]
    for study in ablation_record.recorded():
        if study.stale or not study.rows:
            continue
        parts = [study.row(*which) for which in ASKED]
        each = "; ".join(
            f"{r.choice.name} {factor(r.times.value, r.times.low, r.times.high)}, {r.verdict}"
            for r in parts
        )
        said.append(
            f"In the ablations of {called(study.experiment)} ({study.seeds} seeds), times the "
            f"error with uniform time and the feature: {each}."
        )
    return said
