"""Every reader against files that were good: 20 seconds here, ten minutes where all is asked for.

EXPLORER_ATTACK=full; what is found lies in EXPLORER_ATTACK_KEPT, if that names a folder.
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from .mutate import mutated

ROOT = Path(__file__).parents[2]
FULL = os.environ.get("EXPLORER_ATTACK") == "full"
SEED = int(os.environ.get("EXPLORER_ATTACK_SEED", "12"))


@pytest.mark.slow
def test_every_reader_answers_with_a_value_or_a_sentence(tmp_path):
    folder = Path(os.environ.get("EXPLORER_ATTACK_KEPT", tmp_path))
    count, seconds = (0, 600) if FULL else (120, 300)
    done = subprocess.run(
        [sys.executable, "-m", "tests.attack.fuzz", str(SEED), str(count), str(seconds), folder],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    print(found["tally"])
    assert not found["wrong"], found["wrong"][:3]
    for reader in ("snapshot", "predictor", "npy", "npz", "csv", "zip", "safetensors", "diffusers"):
        assert found["tally"][f"{reader} read"] and found["tally"][f"{reader} refused"]
    assert not [p for p in folder.iterdir() if not p.name.startswith("given")]


def test_the_mutator_is_seeded_and_changes():
    good = [bytes(range(256)), b"hello, world"]
    one = [mutated(random.Random(k), good) for k in range(50)]
    assert one == [mutated(random.Random(k), good) for k in range(50)]
    assert sum(raw not in good for raw in one) > 45
