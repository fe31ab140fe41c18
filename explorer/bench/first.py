"""From slider to the first picture of a trained network, which is refined afterwards.

A network takes longer than a moving slider allows, so the page shows a few samples first.  Each
move begins while the measures of the one before are still under way, as under a hand; a drag is
several moves, and only the picture of its last values counts.
"""

from .report import percentile, verdict

VIEW = "data=digits&model=network&sigma=1"
MOVES = {  # (low, high) of the values that a hand visits
    "timesteps.rho": (2, 12),
    "nfe": (11, 79),
    "timesteps.sigma_max": (20, 300),
    "s_churn": (5, 60),
    "samples": (64, 512),
}
DRAG, APART, PAUSE = 8, 60, 700  # moves of a drag, ms between them, ms before the next one
FIRST = "() => bench.drawn[0] ?? null"
LIMIT = 300


def pictures(page, values: dict[str, list[float]], move: str) -> dict[str, list[float]]:
    """{slider: ms from each move to the first picture of its values}; “drag” is of ρ.

    page: open on VIEW; values: what each slider is moved to; move: the script that puts it there.
    """
    times = {}
    for key, wanted in values.items():
        page.locator(f'.group:has([data-key="{key}"])').evaluate("(g) => { g.open = true; }")
        times[key] = [_first(page, key, [v], move) for v in wanted]
    drags = values["timesteps.rho"]
    times["a drag"] = [
        _first(page, "timesteps.rho", [v + k for k in range(DRAG)][::-1], move) for v in drags
    ]
    return times


def _first(page, key: str, values: list[float], move: str) -> float:
    for k, value in enumerate(values):
        if k:
            page.wait_for_timeout(APART)
        page.evaluate(move, [key, value])
    found = page.wait_for_function(FIRST, polling=10, timeout=60_000).json_value()
    page.wait_for_timeout(PAUSE)
    return found


def verdicts(times: dict[str, list[float]]) -> None:
    """Print the verdicts against the limit: 300 ms from slider to first picture."""
    single = [v for k, values in times.items() if k != "a drag" for v in values]
    for name, values in (("a move", single), ("a drag", times["a drag"])):
        for part in (0.5, 0.95):
            verdict(
                f"digits network, {name} to its first picture, p{100 * part:.0f}",
                percentile(values, part),
                LIMIT,
                " ms",
            )
