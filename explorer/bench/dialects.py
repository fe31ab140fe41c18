"""The X-ray of runs, configs, workflows, infotexts and lists: each under 50 ms.

Processor time of every case that the tests keep (tests/data/dialects), median and worst of each
group, and as a ratio to reading the same text as JSON or as words.
"""

import gzip
import json
import statistics
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ..errors import UserError
from .report import side_by_side, table, verdict

FOLDER = Path(__file__).parents[2] / "tests" / "data" / "dialects"
LIMIT = 50.0  # ms, of any case


def options(command) -> None:
    """Declare what `bench dialects` may be given."""
    command.add_argument("--rounds", type=int, default=7, help="timed rounds of the median case")
    command.add_argument("--data", default=str(FOLDER), help="folder of recorded cases")


def measure(given) -> None:
    """Print median and worst of each group, the worst of all, and the ratio of the median case."""
    from ..dialects.xray import xray

    groups: dict[str, list] = {}
    xray("1, 0.9, 0.7, 0.4, 0.2, 0", "sd3")  # the imports
    for group, text, model in cases(Path(given.data)):
        first = _seconds(xray, text, model)
        groups.setdefault(group, []).append((_seconds(xray, text, model), text, model, first))
    if not groups:
        raise UserError(f"No recorded cases lie in {given.data}.")
    rows, worst = [], 0.0
    for group, timed in groups.items():
        timed.sort(key=lambda row: row[0])
        _, text, model, _ = timed[len(timed) // 2]
        ours, plain = partial(_seconds, xray, text, model), partial(_words, text)
        ratio = side_by_side(ours, plain, given.rounds)[2]
        first = max(row[3] for row in timed)  # nothing of its model is at hand yet
        worst = max(worst, first, timed[-1][0])
        median = statistics.median(row[0] for row in timed)
        rows.append(
            (
                group,
                len(timed),
                f"{1e3 * median:.2f} ms",
                f"{1e3 * timed[-1][0]:.2f} ms",
                f"{1e3 * first:.2f} ms",
                f"{ratio:.0f}",
            )
        )
    table(("X-ray of", "cases", "median", "worst", "worst at first", "of reading the text"), rows)
    verdict("worst X-ray", 1e3 * worst, LIMIT, " ms")


def cases(folder: Path) -> Iterator[tuple[str, str, str | dict | None]]:
    """(group, text, model) of every case that is kept; what is not there is left out."""
    for name, key in (
        ("faults", "run"),
        ("configs", "config"),
        ("workflows", "workflow"),
        ("infotexts", "text"),
    ):
        for case in _kept(folder / f"{name}.json.gz"):
            found = case.get(key, case.get("graph", case.get("infotext")))
            if found is not None:
                text = found if isinstance(found, str) else json.dumps(found)
                yield name, text, case.get("model_hint")
            if name == "faults" and case["run"].get("sigmas"):
                yield "lists", json.dumps(case["run"]["sigmas"]), None


def _kept(path: Path) -> list[dict]:
    if not path.exists():
        return []
    kept = json.loads(gzip.decompress(path.read_bytes()))
    return next(value for value in kept.values() if isinstance(value, list))


def _seconds(xray, text: str, model) -> float:
    started = time.process_time()
    try:
        xray(text, model)
    except UserError:  # a refusal takes its time too
        pass
    return time.process_time() - started


def _words(text: str) -> int:
    """The least that any reader does: JSON, or the words of a text."""
    return len(json.loads(text)) if text[:1] in "[{" else len(text.split())
