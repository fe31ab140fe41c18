"""EDM's pickles: what is in them comes out, and nothing in a hostile one ever runs."""

import io
import os
import pickle
import struct
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from explorer.errors import UserError
from explorer.models import edm_pickle, files
from explorer.models.edm_pickle import convert, load_pickle, read_network, read_predictor
from explorer.store import weights

from .snapshots import (
    FAKES,
    KWARGS,
    RECONSTRUCT,
    AMED_predictor,
    Reduced,
    dump,
    module_with,
    persistent,
    predictor,
    snapshot,
    state_of,
    tiny,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore:TypedStorage"),  # what torch.save writes in a pickle
    pytest.mark.usefixtures("in_this_process"),
]

# ---- good files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [pytest.param(4, marks=pytest.mark.apart), 5])
def test_a_snapshot_comes_back_bit_for_bit(protocol):
    module = tiny()
    d = load_pickle(snapshot(module, protocol=protocol))
    x, sigma = torch.randn(2, 1, 8, 8), torch.tensor([0.1, 2.0])
    assert torch.equal(d(x, sigma), module(x, sigma))


def test_positional_arguments_and_numpy_numbers():
    kwargs = {k: v for k, v in KWARGS.items() if k not in ("img_resolution", "img_channels")}
    raw = snapshot(
        change=lambda s: s.update(_init_args=(8, 1), _init_kwargs=kwargs, skip_scale=np.sqrt(0.5))
    )
    assert read_network(raw)[0]["shape"] == [1, 8, 8]


def test_a_shared_and_strided_storage():
    module = tiny()
    p = module.model.map_layer0.weight
    wide = torch.zeros(2 * p.numel())
    module.model.map_layer0.weight = nn.Parameter(
        wide[p.numel() :].view(p.shape[1], p.shape[0]).T.copy_(p.detach())
    )
    found, wanted = read_network(snapshot(module))[1], module.state_dict()
    assert found.keys() == wanted.keys()
    assert all(torch.equal(v, wanted[k]) for k, v in found.items())


def test_half_precision_weights_are_widened():
    d = load_pickle(snapshot(tiny().half()))
    assert all(p.dtype == torch.float32 for p in d.module.parameters())


def test_converted_once(tmp_path):
    raw = snapshot()
    c = convert(raw, "My Net 3.pkl", tmp_path, licence="CC BY-NC-SA 4.0")
    assert c.label == "My Net 3" and c.name.startswith("my-net-3-")
    assert c.config["licence"] == "CC BY-NC-SA 4.0"
    before = (c.folder / weights.WEIGHTS).stat().st_mtime_ns
    assert convert(raw, "My Net 3.pkl", tmp_path) == c
    assert (c.folder / weights.WEIGHTS).stat().st_mtime_ns == before
    x, sigma = torch.randn(1, 1, 8, 8), torch.tensor(1.0)
    assert torch.equal(files.load(c)(x, sigma), load_pickle(raw)(x, sigma))


def test_an_amed_predictor():
    found = read_predictor(predictor(num_steps=4, sampler_stu="amed", afs=True, act=nn.ReLU()))
    wanted = AMED_predictor().state_dict()
    assert found.state.keys() == wanted.keys()
    assert all(torch.equal(v, wanted[k]) for k, v in found.state.items())
    assert found.settings["num_steps"] == 4 and found.settings["sampler_stu"] == "amed"
    assert found.settings["scale_dir"] == 0.01 and "act" not in found.settings


# ---- hostile files ------------------------------------------------------------------------------

SPOT = os.path.join(tempfile.gettempdir(), f"canary-{os.getpid()}")
TOUCH = f"touch {SPOT}"
CODE = f"open({SPOT!r}, 'w')"


def called(module: str, name: str, *arguments) -> bytes:
    """A pickle of module.name(*arguments), whether or not that can be imported here."""
    inner = pickle.dumps(arguments, 2)[2:-1]
    return b"\x80\x02c" + module.encode() + b"\n" + name.encode() + b"\n" + inner + b"R."


def inside(value, where: str = "model") -> bytes:
    """A proper snapshot in which one child is replaced."""
    return snapshot(change=lambda s: s["_modules"].update({where: value}))


def with_tensor(value) -> bytes:
    """A proper snapshot in which one weight is replaced."""

    def spoil(state):
        model = state["_modules"]["model"].how[1][0]["state"]
        model["_modules"]["map_layer0"].how[1][0]["state"]["_parameters"]["weight"] = value

    return snapshot(change=spoil)


def rebuilt(storage=None, offset=0, size=(32, 8), stride=(8, 1)):
    storage = RawStorage(storage_bytes()) if storage is None else storage
    return Reduced(torch._utils._rebuild_tensor_v2, storage, offset, size, stride, False, {})


class RawStorage:
    """A storage whose bytes are given."""

    def __init__(self, raw: bytes):
        self.raw = raw

    def __reduce__(self):
        return torch.storage._load_from_bytes, (self.raw,)


def storage_bytes() -> bytes:
    out = io.BytesIO()
    storage = torch.storage.TypedStorage(
        wrap_storage=torch.zeros(256).untyped_storage(), dtype=torch.float32, _internal=True
    )
    torch.save(storage, out, _use_new_zipfile_serialization=False)
    return out.getvalue()


def claiming(count: int) -> bytes:
    """The storage of 256 numbers that says it has `count`."""
    raw = storage_bytes()
    return raw.replace(b"M\x00\x01", b"J" + struct.pack("<i", count))


def saved_module() -> bytes:
    """A whole torch.save file, with code in it, where a storage should be."""
    out = io.BytesIO()
    torch.save(Reduced(os.system, TOUCH), out, _use_new_zipfile_serialization=False)
    return out.getvalue()


def zipped(size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", b"\0" * size)
    return out.getvalue()


def laughs() -> bytes:
    """Lists of lists of lists: a few hundred bytes that would unfold into 10^60 values."""
    value = ["ha"]
    for _ in range(60):
        value = [value] * 10
    return value


def itself() -> dict:
    value = {}
    value["model"] = value
    return value


def cyclic(state: dict) -> None:
    state["_modules"]["model"].how[1][0]["state"]["_modules"]["again"] = state["_modules"]["model"]


GOOD = snapshot()
OPCODE = {  # a bare pickle of instructions that plain data do not need
    "ext1": b"\x80\x02\x82\x01.",
    "inst": b"\x80\x02(S'touch'\nios\nsystem\n.",
    "obj": b"\x80\x02(cos\nsystem\nS'touch'\no.",
    "persid": b"\x80\x02Pabc\n.",
    "binpersid": b"\x80\x02K\x01Q.",
    "long4": b"\x80\x02\x8b\xff\xff\xff\x7f" + b"1" * 9 + b".",
    "buffer": b"\x80\x05\x97.",
    "bytearray": b"\x80\x05\x96" + b"\xff" * 7 + b"\x7f.",
}

HOSTILE = {
    "os.system": (called("os", "system", TOUCH), "os.system"),
    "posix.system": (called("posix", "system", TOUCH), "posix.system"),
    "subprocess": (called("subprocess", "check_output", ["sh", "-c", TOUCH]), "subprocess"),
    "eval": (called("builtins", "eval", CODE), "builtins.eval"),
    "exec": (called("builtins", "exec", CODE), "builtins.exec"),
    "open": (called("builtins", "open", SPOT, "w"), "builtins.open"),
    "getattr": (called("builtins", "getattr", "x", "__class__"), "builtins.getattr"),
    "__import__": (called("builtins", "__import__", "antigravity"), "builtins.__import__"),
    "importlib": (called("importlib", "import_module", "antigravity"), "importlib"),
    "python 2 names": (called("__builtin__", "eval", CODE), "__builtin__.eval"),
    "runpy": (called("runpy", "run_path", SPOT), "runpy"),
    "timeit": (called("timeit", "timeit", CODE), "timeit"),
    "torch.load": (called("torch.serialization", "load", SPOT), "torch.serialization.load"),
    "torch.hub": (called("torch.hub", "load", "x/y", "z"), "torch.hub"),
    "dnnlib's own": (called("dnnlib.util", "get_obj_by_name", "os.system"), "dnnlib.util"),
    "import hooks": (called("torch_utils.persistence", "import_hook", CODE), "import_hook"),
    "a dotted name": (b"\x80\x04\x8c\x0ccollections.\x8c\x0asys.system\x93.", "collections"),
    "a name under torch.nn": (called("torch.nn.modules.module", "os.system", TOUCH), "os.system"),
    "beside the network": (snapshot(extra={"loss_fn": Reduced(os.system, TOUCH)}), "system"),
    "in place of the network": (dump({"ema": Reduced(os.system, TOUCH)}), "system"),
    "in place of a child": (inside(Reduced(os.system, TOUCH)), "system"),
    "in place of a weight": (with_tensor(Reduced(os.system, TOUCH)), "system"),
    "as a storage": (with_tensor(rebuilt(Reduced(os.system, TOUCH))), "system"),
    "as constructor argument": (
        snapshot(kwargs={**KWARGS, "dropout": Reduced(os.system, TOUCH)}),
        "system",
    ),
    "in a state to set": (
        dump({"ema": Reduced(RECONSTRUCT, {}, state={"x": Reduced(os.system, TOUCH)})}),
        "system",
    ),
    "in torch.save inside": (with_tensor(rebuilt(RawStorage(saved_module()))), "system"),
    "as a zip inside": (with_tensor(rebuilt(RawStorage(zipped(1000)))), "does not need"),
    "source in another class": (snapshot(class_name="Evil", source=CODE), "Evil"),
    "version 5": (snapshot(version=5), "version 5"),
    "version True": (snapshot(version="6"), "version 6 is read"),
    "unknown argument": (snapshot(kwargs={**KWARGS, "hook": CODE}), "hook"),
    "unknown network": (snapshot(kwargs={**KWARGS, "model_type": "os.system"}), "os.system"),
    "a negative size": (snapshot(kwargs={**KWARGS, "img_resolution": -8}), "large"),
    "a huge network": (snapshot(kwargs={**KWARGS, "model_channels": 10**9}), "model_channels"),
    "many blocks": (snapshot(kwargs={**KWARGS, "num_blocks": 10**8}), "num_blocks"),
    "a loss for a number": (snapshot(kwargs={**KWARGS, "dropout": "x"}), "dropout"),
    "laughs for an argument": (
        snapshot(kwargs={**KWARGS, "channel_mult": laughs()}),
        "longer|channel_mult",
    ),
    "weights of another network": (snapshot(kwargs={**KWARGS, "num_blocks": 2}), "lack"),
    "a weight that reaches too far": (with_tensor(rebuilt(size=(10**6, 1))), "beyond"),
    "a weight that starts too late": (with_tensor(rebuilt(offset=10**9)), "beyond"),
    "a weight made of one number": (
        with_tensor(rebuilt(size=(2**30, 2**30), stride=(0, 0))),
        "numbers",
    ),
    "a weight with a negative stride": (with_tensor(rebuilt(stride=(8, -1))), "no sizes"),
    "a storage that lies": (with_tensor(rebuilt(RawStorage(claiming(2**30)))), "claims"),
    "a storage that is text": (with_tensor(rebuilt(RawStorage(b"hello"))), "damaged"),
    "a storage that is cut": (with_tensor(rebuilt(RawStorage(storage_bytes()[:-9]))), "claims"),
    "modules without end": (snapshot(change=cyclic), "nests|damaged"),
    "a dict of itself": (dump({"ema": persistent("EDMPrecond", itself())}), "large|no"),
    "no network": (dump({"model_ema": 1}), "no “ema”"),
    "a list": (dump([1, 2]), "no “ema”"),
    "a number": (dump(1), "no “ema”"),
    "no class": (dump({"ema": Reduced(RECONSTRUCT, {"type": "class", "version": 6})}), "class"),
    "empty": (b"", "not a pickle"),
    "text": (b"hello, world", "not a pickle"),
    "protocol 0": (pickle.dumps({"ema": 1}, 0), "not a pickle"),
    "a zip": (zipped(10**6), "zip"),
    "a gzip": (zlib.compress(GOOD), "not a pickle"),
    "cut in the middle": (GOOD[: len(GOOD) // 2], "cut|damaged"),
    "cut at the end": (GOOD[:-1], "cut|damaged"),
    "one byte": (b"\x80", "not a pickle"),
    "only a head": (b"\x80\x04", "damaged"),
    "two values": (b"\x80\x04NN.", "left over"),
    "a value that is missing": (b"\x80\x040.", "damaged"),
    "a length that lies": (b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f" + b"x.", "damaged"),
    "a memo that is not there": (b"\x80\x04h\x05.", "damaged"),
    "a far memo": (b"\x80\x04Nr\xff\xff\xff\x7f0j\xfe\xff\xff\x7f.", "damaged"),
    **{k: (v, "does not need|damaged|os.system") for k, v in OPCODE.items()},
}


@pytest.fixture(autouse=True)
def canary():
    """Nothing here may leave this file behind."""
    assert not os.path.exists(SPOT)
    modules = set(sys.modules)
    yield
    try:
        assert not os.path.exists(SPOT), "code inside a file was executed"
        assert "antigravity" not in set(sys.modules) - modules
        assert not set(FAKES) & set(sys.modules)
    finally:
        if os.path.exists(SPOT):
            os.remove(SPOT)


def test_the_corpus_is_large():
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_or_broken(case, tmp_path):
    is_refused(case, tmp_path)


@pytest.mark.apart
@pytest.mark.parametrize("case", ["os.system", "a storage that lies", "cut in the middle"])
def test_hostile_or_broken_and_read_by_its_own_process(case, tmp_path):
    """As every file is; tests/attack asks it of a sample of all kinds."""
    is_refused(case, tmp_path)


def is_refused(case: str, tmp_path: Path) -> None:
    raw, words = HOSTILE[case]
    for source in (raw, tmp_path / "file.pkl"):
        if source is not raw:
            source.write_bytes(raw)
        with pytest.raises(UserError, match=words) as found:
            convert(source, "evil.pkl", tmp_path / "cache")
        assert len(str(found.value)) < 400
    assert not (tmp_path / "cache" / "models").exists()  # nothing kept


def test_the_corpus_would_run_elsewhere():
    """The control: Python's own reader does execute these."""
    willing = module_with("torch_utils.persistence", _reconstruct_persistent_obj=lambda meta: None)
    for case in ("os.system", "eval", "open", "beside the network", "in place of a weight"):
        sys.modules.update({**FAKES, "torch_utils.persistence": willing})
        try:
            pickle.loads(HOSTILE[case][0])
        except TypeError:
            pass  # a number where a tensor should be: the code has run by then
        finally:
            for name in FAKES:
                del sys.modules[name]
        assert os.path.exists(SPOT), case
        os.remove(SPOT)


@pytest.mark.parametrize(
    "raw, words",
    [
        (snapshot(), "no “model”"),
        (predictor(class_name="Evil"), "Evil"),
        (dump({"model": Reduced(os.system, TOUCH)}), "system"),
        (predictor()[:1000], "cut|damaged"),
        (predictor(steps=laughs()), "longer"),
    ],
    ids=["no predictor", "another class", "os.system", "cut", "laughs"],
)
def test_hostile_predictors(raw, words):
    with pytest.raises(UserError, match=words):
        read_predictor(raw)


def test_sizes_are_capped(monkeypatch, tmp_path):
    monkeypatch.setattr(edm_pickle, "LARGEST_FILE", 1000)
    with pytest.raises(UserError, match="at most"):
        read_network(GOOD)
    with pytest.raises(UserError, match="no file"):
        read_network(tmp_path / "absent.pkl")


def test_every_cut_is_refused_or_whole():
    """Cut anywhere, the file is refused; a cut never gives a network with wrong weights."""
    for n in np.linspace(0, len(GOOD) - 1, 24).astype(int):
        with pytest.raises(UserError):
            load_pickle(GOOD[:n])


@pytest.mark.slow
def test_flipped_bytes_never_escape_a_sentence():
    """A damaged byte gives a UserError or, inside a weight, another number; never anything else."""
    rng = np.random.default_rng(0)
    for _ in range(24):
        raw = bytearray(GOOD)
        for place in rng.integers(0, len(raw), 3):
            raw[place] = rng.integers(256)
        try:
            load_pickle(bytes(raw))
        except UserError:
            pass


def test_state_of_writes_what_edm_writes():
    """The files made here have the layout of the published ones: the same globals, no others."""
    import pickletools

    names = [a for op, a, _ in pickletools.genops(GOOD) if isinstance(a, str)]
    assert "torch_utils.persistence" in names and "_load_from_bytes" in names
    assert state_of(nn.Linear(2, 2)).keys() >= {"_parameters", "_buffers", "_modules", "training"}
