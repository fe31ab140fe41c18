"""Every reader of a stranger's file, with good files to spoil: {name: (make(rng), read(given))}."""

import io
import json
import random
import zipfile
from functools import cache, partial

import numpy as np
import torch

from explorer.models import architecture, diffusers_unet, edm_pickle
from explorer.reading import diffusers, numbers, snapshot, tensor_file
from explorer.store import predictors

from ..data_sets.test_uploads import noise, npy, npz, picture, zipped
from ..models import snapshots
from ..models.test_diffusers import UNET
from ..models.test_discrete import DDPM
from .mutate import mutated

STRANGE = [None, True, -1, 0, 10**30, 1e308, float("inf"), float("nan"), "", "x" * 300, "os.system"]
STRANGE += [
    [],
    {},
    [1] * 30,
    [[1, 2]],
    [None],
    {"a": {"b": []}},
    "6",
    0.5,
    [0.5],
    [-1, 2],
    4096,
    17,
]


@cache
def pickles() -> list[bytes]:
    small = {**snapshots.KWARGS, "label_dim": 3}
    positional = lambda s: s.update(_init_args=(8, 1))
    return [
        snapshots.snapshot(),
        snapshots.snapshot(protocol=5, kwargs=small),
        snapshots.snapshot(change=positional),
        snapshots.dump({"ema": snapshots.persistent("EDMPrecond", {"_init_kwargs": small})}),
    ]


@cache
def amed() -> list[bytes]:
    return [snapshots.predictor(num_steps=4, afs=True), snapshots.predictor(steps=[1, [2, 3]])]


@cache
def data(ending: str) -> list[bytes]:
    x = np.arange(12.0).reshape(6, 2)
    kinds = ("PNG", "GIF", "WEBP", "BMP", "JPEG")
    return {
        "npy": [npy(x), npy(x.astype(">i2")), npy(noise(4, 5, 5, 3)), npy(np.asfortranarray(x))],
        "npz": [npz(x=x), npz(a=x[0], b=noise(4, 5, 5))],
        "csv": [b"x,y\n1,2\n3,4\n5,7\n", b"# a\n1;2;3\n4;5;6\n", '\ufeff"1","2"\n3,4'.encode()],
        "zip": [
            zipped({f"{k}.{k.lower()}": picture(noise(9, 9), k) for k in kinds}),
            zipped({f"{k}.png": picture(noise(9, 9)) for k in "abc"}, zipfile.ZIP_STORED),
        ],
    }[ending]


@cache
def tensor_files() -> list[bytes]:
    from safetensors.torch import save

    return [
        save({"a": torch.arange(6.0).reshape(2, 3), "b": torch.zeros(2, dtype=torch.bfloat16)}),
        save({"conv.weight": torch.ones(4, 1, 1, 1)}, metadata={"format": "pt"}),
    ]


@cache
def folders() -> list[bytes]:
    files = {
        "n/unet/config.json": json.dumps(UNET).encode(),
        "n/scheduler/scheduler_config.json": json.dumps(DDPM).encode(),
        f"n/unet/{diffusers.WEIGHTS}": tensor_files()[0],
    }
    flat = {k.rsplit("/")[-1]: v for k, v in files.items()}
    return [zipped(files), zipped(flat, zipfile.ZIP_STORED)]


@cache
def trained() -> list[bytes]:
    return [p.read_bytes() for p in sorted(predictors.SHIPPED.glob("*.json"))[:3]]


def _file(reader, ending: str, given: bytes, folder, out) -> None:
    path = folder / f"given.{ending}"
    path.write_bytes(given)
    reader(path, out)


def _tensor_file(given: bytes, folder, out) -> None:
    out.tensors("state", tensor_file.tensors(io.BytesIO(given), len(given)))


def _trained(given: bytes, folder, out) -> None:
    path = folder / "given.json"
    path.write_bytes(given)
    predictors.read(path)


def _strange(good: dict, rng: random.Random) -> dict:
    """A dict with one to three values of another kind, or names that are none."""
    spoilt = dict(good)
    for _ in range(rng.choice((1, 1, 2, 3))):
        key = rng.choice([*good, "hook", "model_type", "sigma_min", "beta_d"])
        spoilt[key] = rng.choice(STRANGE)
    return spoilt


def _kwargs(rng: random.Random) -> dict:
    return {"class": rng.choice(snapshot.NETWORKS), "kwargs": _strange(snapshots.KWARGS, rng)}


def _described(given: dict, folder, out) -> None:
    """What the server does with the words of a snapshot."""
    found = edm_pickle._described(given["class"], dict(given["kwargs"]))
    architecture.build(found, {})


def _configs(rng: random.Random) -> dict:
    betas = {"trained_betas": None, "beta_start": 1e-4, "beta_end": 0.02, "sigma_data": 0.5}
    unet = UNET | {"num_class_embeds": None, "norm_eps": 1e-5, "act_fn": "silu"}
    return {"config": _strange(unet, rng), "scheduler": _strange(DDPM | betas, rng)}


def _configured(given: dict, folder, out) -> None:
    diffusers_unet.describe(given["config"], given["scheduler"])


def _made(good, *given):
    """One in twelve as it is: hardly any change leaves a zip that can be read."""

    def make(rng: random.Random) -> bytes:
        return rng.choice(good(*given)) if rng.random() < 1 / 12 else mutated(rng, good(*given))

    return make


READERS = {
    "snapshot": (_made(pickles), partial(_file, partial(snapshot.network, shown="a"), "pkl")),
    "predictor": (_made(amed), partial(_file, partial(snapshot.predictor, shown="a"), "pkl")),
    **{
        e: (
            _made(data, e),
            partial(_file, partial(numbers.points, filename=f"a.{e}", shown="a", size=8), e),
        )
        for e in ("npy", "npz", "csv", "zip")
    },
    "safetensors": (_made(tensor_files), _tensor_file),
    "diffusers": (_made(folders), partial(_file, partial(diffusers.network, shown="a"), "zip")),
    "trained": (_made(trained), _trained),
    "kwargs": (_kwargs, _described),
    "configs": (_configs, _configured),
}
