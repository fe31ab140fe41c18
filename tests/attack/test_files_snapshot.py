"""Pickles that are short and unfold without end: refused by what they hold, not by a clock."""

import io
import pickle
import pickletools

import pytest
import torch

from explorer.errors import UserError
from explorer.models.edm_pickle import load_pickle, read_network, read_predictor
from explorer.reading.pickle_data import DEEPEST, read
from explorer.reading.windows import Budget, Window

from ..models.snapshots import KWARGS, RECONSTRUCT, Reduced, dump, persistent, predictor, snapshot
from ..models.test_edm_pickle import RawStorage, rebuilt, with_tensor

pytestmark = pytest.mark.filterwarnings("ignore:TypedStorage")
MAGIC = 0x1950A86A20F9469CFC6C


def laughs(word="ha", deep=60):
    """Lists of lists of lists: a few hundred bytes for 10^60 words."""
    value = [word]
    for _ in range(deep):
        value = [value] * 10
    return value


def storage_with(key, keys) -> RawStorage:
    """A storage as torch.save wrote it, with a key and a list of keys of our own."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            return ("storage", torch.FloatStorage, key, "cpu", 0, None) if obj is Pickler else None

    out = io.BytesIO()
    for value in (MAGIC, 1001, {}, Pickler, keys):
        Pickler(out, 2).dump(value)
    return RawStorage(out.getvalue() + bytes(8))


def meta(**change) -> bytes:
    return dump({"ema": Reduced(RECONSTRUCT, {"type": "class", "version": 6} | change)})


FREEZES = {  # each takes a process without end when a value is printed or compared unseen
    "as the version": (meta(version=laughs()), "version a list of"),
    "as the type": (meta(type=laughs()), "version"),
    "as the class": (meta(class_name=laughs(), state={}), "no class name"),
    "as two keys to compare": (with_tensor(rebuilt(storage_with(laughs(), [laughs()]))), "storage"),
    "as keys of one": (with_tensor(rebuilt(storage_with("0", [laughs()]))), "storage"),
    "as the magic number": (with_tensor(rebuilt(RawStorage(dump(laughs())))), "damaged"),
    "as a dict's key": (b"\x80\x04]\x940}h\x00K\x01s.", "key"),
    "as a model's type": (snapshot(kwargs={**KWARGS, "model_type": laughs()}), "longer|object"),
    "as sigma_min": (snapshot(kwargs={**KWARGS, "sigma_min": laughs()}), "longer|object"),
    "as an argument": (
        snapshot(change=lambda s: s.update(_init_args=(laughs(), 1), _init_kwargs={})),
        "longer|object",
    ),
    "as the arguments": (snapshot(change=lambda s: s.update(_init_args=laughs())), "constructor"),
    "as an OrderedDict's": (
        with_tensor(Reduced(torch._utils._rebuild_parameter, laughs())),
        "not stored as a tensor",
    ),
    "as a size": (with_tensor(rebuilt(size=(laughs(),))), "no sizes"),
}


@pytest.mark.parametrize("case", FREEZES)
def test_a_list_of_itself_many_times_over(case):
    raw, words = FREEZES[case]
    with pytest.raises(UserError, match=words) as caught:
        read_network(raw)
    assert "seconds" not in str(caught.value) and len(str(caught.value)) < 400


def test_the_reader_of_predictors_too():
    with pytest.raises(UserError, match="longer"):
        read_predictor(predictor(steps=laughs()))
    with pytest.raises(UserError, match="a list"):
        read_predictor(dump({"model": persistent("AMED_predictor", {}, version=laughs())}))


# ---- bounds over the whole file -----------------------------------------------------------------


def many(count: int, size, stride) -> bytes:
    """A network whose first module has `count` tensors, all of one storage of 2^18 numbers."""
    shared = io.BytesIO()
    wide = torch.zeros(2**18)
    storage = torch.storage.TypedStorage(
        wrap_storage=wide.untyped_storage(), dtype=torch.float32, _internal=True
    )
    torch.save(storage, shared, _use_new_zipfile_serialization=False)
    one = rebuilt(RawStorage(shared.getvalue()), size=size, stride=stride)

    def spoil(state):
        state["_buffers"] = dict.fromkeys(map(str, range(count)), one) | state["_buffers"]

    return snapshot(change=spoil)


@pytest.mark.slow
def test_one_storage_read_for_19_000_tensors(in_this_process):
    """Each takes a few bytes in the file and a megabyte in reading."""
    for size, stride in (((2,), (2**18 - 1,)), ((2**18,), (0,)), ((2**18,), (1,))):
        with pytest.raises(UserError, match="on top of each other"):
            read_network(many(19_000, size, stride))


@pytest.mark.slow
def test_one_storage_is_parsed_once(in_this_process):
    """Its five pickles once, not 19,000 times, which would be more instructions than a file has."""
    with pytest.raises(UserError, match="has not|lack"):
        load_pickle(many(19_000, (1,), (1,)))


@pytest.mark.slow
def test_modules_that_share_a_dict_of_nothing(in_this_process):
    """20,000 looks at 20,000 names that hold None would be 400 million."""
    nothing = dict.fromkeys(map(str, range(20_000)))
    child = persistent("X", {"_parameters": nothing, "_buffers": {}, "_modules": {}})
    children = dict.fromkeys(map(str, range(15_000)), child)

    def spoil(state):
        state["_modules"] = children

    with pytest.raises(UserError, match="more names"):
        read_network(snapshot(change=spoil))


def test_names_without_end(in_this_process):
    with pytest.raises(UserError, match="names something"):
        read_network(snapshot(change=lambda s: s["_buffers"].update({"x" * 10**5: 1})))
    with pytest.raises(UserError, match="names something|object"):
        read_network(snapshot(kwargs={**KWARGS, "x" * 10**5: 1}))


def plain(raw: bytes, **budget):
    file = io.BytesIO(raw)
    return read(Window(file, 0, len(raw), Budget(**budget)), lambda name: True)


BOUNDS = {
    "deep tuples": (b"\x80\x04)" + b"\x85" * 100_000 + b".", "deep"),
    "deep lists": (b"\x80\x04" + b"]" * 50_000 + b"a" * 49_999 + b".", "deep"),
    "deep calls": (b"\x80\x04)" + b"\x8c\x01a\x8c\x01b\x93\x8c\x01a0" * 3 + b".", "damaged|left"),
    "instructions": (b"\x80\x04" + b"N0" * 300_000 + b"N.", "instructions"),
    "marks": (b"\x80\x04" + b"(" * 600_000 + b".", "instructions"),
    "a long text": (b"\x80\x04X" + (5 * 2**20).to_bytes(4, "little") + bytes(5 * 2**20), "damaged"),
    "much text": (
        b"\x80\x04" + (b"X\x00\x00\x3f\x00" + bytes(0x3F0000) + b"0") * 17 + b"N.",
        "more text",
    ),
    "a long line": (b"\x80\x04c" + b"a" * 10**6 + b"\nb\n.", "damaged"),
    "a long number": (b"\x80\x04\x8a\xff" + b"\x7f" * 255 + b".", "2039 bits"),
    "a list in itself": (b"\x80\x04]\x94h\x00a.", "inside itself"),
    "no end": (b"\x80\x04N", "damaged"),
}


@pytest.mark.parametrize("case", BOUNDS)
def test_bounds_of_a_pickle(case):
    raw, words = BOUNDS[case]
    with pytest.raises(UserError, match=words):
        plain(raw)


def test_remembered_values_are_counted():
    with pytest.raises(UserError, match="remembered"):
        plain(b"\x80\x04N" + b"\x94" * 50 + b".", memo=40)


def test_a_value_that_is_shared_is_no_cycle():
    shared = [1, 2]
    assert plain(pickle.dumps([shared, shared, (shared,)], 4)) == [shared, shared, (shared,)]
    deep = []
    for _ in range(DEEPEST - 5):
        deep = [deep]
    assert len(list(pickletools.genops(pickle.dumps(deep, 4)))) and plain(pickle.dumps(deep, 4))
