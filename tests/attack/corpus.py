"""Hostile and broken files of every kind, made here: [(name, door, files)].

door: who opens it.  files: {name: bytes}; more than one, or one with a slash, is a folder.
"""

import hashlib
import json
import os
import random
import zipfile

from explorer.reading.diffusers import CONFIG, SCHEDULER, WEIGHTS
from explorer.store import predictors, weights

from ..data_sets.test_uploads import zipped
from ..data_sets.test_uploads_hostile import DAMAGED
from ..models import test_diffusers_names, test_edm_pickle
from ..models.snapshots import Reduced, dump, predictor
from ..models.test_diffusers import UNET
from ..models.test_discrete import DDPM
from . import readers, test_files_snapshot
from .mutate import mutated
from .test_files_data import directory, header

TOUCH = test_edm_pickle.TOUCH
SPOT = test_edm_pickle.SPOT


def corpus() -> list[tuple[str, str, dict[str, bytes]]]:
    """All of them, in the same order and with the same bytes every time."""
    return [
        *_pickles(),
        *_data(),
        *((f"predictor {k}", "trained", {"p.json": v}) for k, v in enumerate(_trained())),
        *((f"zip {k}", "network", {"n.zip": v}) for k, v in enumerate(_zips())),
        *((f"folder {k}", "folder", v) for k, v in enumerate(_folders())),
        *((f"checkpoint {k}", "folder", v) for k, v in enumerate(_checkpoints())),
    ]


def _pickles():
    known = test_edm_pickle.HOSTILE | test_files_snapshot.FREEZES | test_files_snapshot.BOUNDS
    for name, (raw, _) in known.items():
        yield f"snapshot {name}", "network", {"network-snapshot.pkl": raw}
    for k, raw in enumerate(
        [
            predictor(class_name="Evil"),
            predictor()[:999],
            predictor(steps=test_files_snapshot.laughs()),
            dump({"model": Reduced(os.system, TOUCH)}),
            dump({"model": 1}),
            b"",
        ]
    ):
        yield f"amed {k}", "amed", {"amed.pkl": raw}


def _data():
    for name, (raw, filename, _) in DAMAGED.items():
        yield f"data {name}", "data", {filename: raw}
    evil = dump(Reduced(os.system, TOUCH))
    for ending in ("npy", "npz", "csv", "txt", "zip"):
        yield f"a pickle as {ending}", "data", {f"a.{ending}": evil}
        yield f"a directory as {ending}", "data", {f"a.{ending}": directory(50_000, told=3)}
        yield f"a header as {ending}", "data", {f"a.{ending}": header("(10**9,)")}
        yield (
            f"a picture of a pickle as {ending}",
            "data",
            {f"a.{ending}": zipped({"x.npy": evil, "a.png": evil, "b.png": evil})},
        )


def _trained():
    good = json.loads(min(predictors.SHIPPED.glob("*.json")).read_text(encoding="utf-8"))
    for key in (
        "sigmas",
        "scale_dir",
        "scale_time",
        "feature_scale",
        "shape",
        "answers",
        "weights",
    ):
        for value in (None, [[]], "x" * 10**5, 10**400 if key != "weights" else "AAAA"):
            yield json.dumps(good | {key: value}).encode()
    yield from (b"", b"[" * 10**5, b'{"weights": ' + b"9" * 10**5, b"\xff\xfe", b"null", b'"x"')


def _zips():
    whole = {
        "net/unet/config.json": json.dumps(UNET).encode(),
        "net/scheduler/scheduler_config.json": json.dumps(DDPM).encode(),
        f"net/unet/{WEIGHTS}": readers.tensor_files()[0],
    }
    for change, _ in test_diffusers_names.HOSTILE.values():
        yield zipped(change(dict(whole)))
    rng = random.Random(3)
    yield from (mutated(rng, [zipped(whole, zipfile.ZIP_STORED)]) for _ in range(15))
    yield directory(5000)
    yield directory(5000, told=2, large=True)


def _headers():
    """Weights of nothing but a header, or with one that lies."""
    one = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    for change in (
        {"dtype": "F33"},
        {"dtype": ["F32"]},
        {"shape": [2**62]},
        {"shape": [-2]},
        {"shape": [0] * 10**4},
        {"shape": "2"},
        {"data_offsets": [0, 2**63]},
        {"data_offsets": [8, 0]},
        {"data_offsets": [0]},
        {"data_offsets": None},
    ):
        yield _packed({"x": one | change})
    yield _packed({"x" * 10**5: one})
    yield _packed({"x": one, "y": one})
    yield _packed([])
    yield _packed({})
    yield (2**63).to_bytes(8, "little") + bytes(64)
    yield (10**5).to_bytes(8, "little") + b"[" * 10**5
    yield b"\x80\x04" + dump(Reduced(os.system, TOUCH))


def _packed(head) -> bytes:
    words = json.dumps(head).encode()
    return len(words).to_bytes(8, "little") + words + bytes(8)


def _folders():
    good = {
        f"unet/{CONFIG}": json.dumps(UNET).encode(),
        f"scheduler/{SCHEDULER}": json.dumps(DDPM).encode(),
        f"unet/{WEIGHTS}": readers.tensor_files()[0],
    }
    for name in good:
        yield {k: v for k, v in good.items() if k != name}
        for raw in (
            b"",
            b"\xff",
            b"[" * 10**5,
            b"null",
            b'{"a": ' + b"9" * 400 + b"}",
            bytes(2**21),
        ):
            yield good | {name: raw}
    yield from (good | {f"unet/{WEIGHTS}": raw} for raw in _headers())
    yield {"unet/diffusion_pytorch_model.bin": b"\x80\x04."} | {
        k: v for k, v in good.items() if WEIGHTS not in k
    }


def _checkpoints():
    folder = min(p for p in weights.SHIPPED.iterdir() if (p / weights.CONFIG).is_file())
    config = json.loads((folder / weights.CONFIG).read_text(encoding="utf-8"))
    for change in (
        {"format": 2},
        {"digest": "../x"},
        {"digest": "0" * 64},
        {"kwargs": {"width": 10**9}},
        {"kwargs": []},
        {"shape": [10**9]},
        {"shape": [[1]]},
        {"network": "os.system"},
        {"network": ["x"]},
        {"precond": {"x": 1}},
        {"precond_kwargs": 7},
    ):
        yield {weights.CONFIG: json.dumps(config | change).encode(), weights.WEIGHTS: b"x" * 99}
    for raw in _headers():
        digest = hashlib.sha256(raw).hexdigest()
        yield {
            weights.CONFIG: json.dumps(config | {"digest": digest}).encode(),
            weights.WEIGHTS: raw,
        }
