"""A training in a process of its own, for the page: it tells by lines of JSON and stops by a file.

    python -m explorer.training.child '{"name": ..., "flat": {...}, "letter": "F", "parent": pid}'

The page stays live, and nothing that happens to it or to this process loses more than seconds: the
state is on disk.  It stops, keeping the state, when `stop` appears in its folder or its parent
goes.
"""

import base64
import json
import os
import sys
from typing import Any

from ..errors import Cancelled, UserError
from ..store import trainings
from . import runs
from .configs import chosen
from .loop import Progress

LOOK = 4.0  # seconds between looks at samples


def main(words: dict) -> int:
    """Run and tell; returns the exit code."""
    import torch

    torch.set_num_threads(int(words.get("threads", 1)))
    if hasattr(os, "nice"):
        os.nice(5)  # the page comes first
    name, parent = words["name"], words["parent"]
    place = trainings.folder(name)

    def watch() -> None:
        if trainings.is_to_stop(place) or hasattr(os, "getppid") and os.getppid() != parent:
            raise Cancelled

    seen = None
    try:
        t = chosen(words["letter"], words["flat"])
        for p in runs.run(t, name, look=LOOK, watch=watch):
            _tell(report(p, p.now is not seen or p.done))
            seen = p.now
    except UserError as error:
        _tell({"problem": str(error)})
        return 2
    return 0


def report(p: Progress, looked: bool) -> dict:
    """A report as plain values; what is seen at looks only when it is new."""
    out: dict[str, Any] = {
        "images": p.images,
        "total": p.total,
        "seconds": p.seconds,
        "rate": p.rate,
        "left": p.left if p.left < 1e9 else None,
        "loss": p.loss,
        "done": p.done,
    }
    if looked:
        values = p.samples.contiguous().float().numpy().astype("<f4")
        out |= {
            "curve": p.curve,
            "first": p.first.flat(),
            "now": p.now.flat(),
            "samples": base64.b64encode(values.tobytes()).decode(),
            "shape": list(values.shape),
            "labels": None if p.labels is None else p.labels.tolist(),
        }
    return out


def _tell(words: dict) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
