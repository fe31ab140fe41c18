"""Fuzzing of every reader in one process with limits: each input ends in a value or a sentence.

    python -m tests.attack.fuzz SEED COUNT SECONDS FOLDER

Tries COUNT inputs for each reader, or for ever if it is 0, until SECONDS are over; prints how many
were read and refused, and what went wrong: another exception, or one input that takes too long.
"""

import contextlib
import json
import os
import random
import signal
import sys
import warnings
from collections import Counter
from pathlib import Path

TOO_LONG = 10  # seconds of computing for one input, as `store.apart` has


class Slow(BaseException):
    """One input takes too long."""


class Over(BaseException):
    """The time is over."""


class Out:
    """Takes what a reader finds, and reads it to its end."""

    def array(self, name, values):
        assert values.ndim in (2, 4) and values.size

    def tensors(self, name, found):
        for tensor in found.values():
            assert sum(map(len, tensor.pieces())) == tensor.size


def _raise(error):
    def handler(*_):
        raise error

    return handler


def main(seed: int, count: int, seconds: int, folder: Path) -> dict:
    from explorer.errors import UserError
    from explorer.store import apart_child

    from .readers import READERS

    warnings.simplefilter("ignore")
    apart_child.limit(seconds=seconds * 2 + 600, memory=2**30, written=2**27)
    signal.signal(signal.SIGPROF, _raise(Slow()))
    signal.signal(signal.SIGALRM, _raise(Over()))
    rng, tally, wrong = random.Random(seed), Counter(), []
    signal.alarm(seconds)
    with contextlib.suppress(Over):
        made = 0
        while not count or made < count:
            made += 1
            for name, (make, read) in READERS.items():
                given = make(rng)
                signal.setitimer(signal.ITIMER_PROF, TOO_LONG)
                try:
                    read(given, folder, Out())
                    tally[f"{name} read"] += 1
                except UserError as error:
                    tally[f"{name} refused"] += 1
                    if str(folder) in str(error) or len(str(error)) > 1000:
                        wrong.append((name, "a path or a long word", str(error)[:200]))
                except (Exception, Slow) as error:  # noqa: BLE001  what is looked for
                    wrong.append(
                        (name, type(error).__name__, str(error)[:200], _kept(given, folder))
                    )
                finally:
                    signal.setitimer(signal.ITIMER_PROF, 0)
                if len(wrong) > 20:
                    return {"tally": tally, "wrong": wrong}
    signal.alarm(0)
    return {"tally": tally, "wrong": wrong}


def _kept(given, folder: Path) -> str:
    """Where the input lies that did it."""
    raw = given if isinstance(given, bytes) else json.dumps(given, default=repr).encode()
    number = len(list(folder.glob("wrong-*")))
    (folder / f"wrong-{number}").write_bytes(raw)
    return f"wrong-{number}"


if __name__ == "__main__":
    place = Path(sys.argv[4])
    os.chdir(place)
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), place)))
