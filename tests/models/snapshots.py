"""Files in the layout of EDM's snapshots, made here: a real one, and any way to spoil it."""

import copy
import io
import pickle
import sys
import types
from functools import cache

import torch
from torch import nn

from explorer.models.denoiser import Preconditioned
from explorer.models.edm_layers import Linear
from explorer.models.edm_unet import SongUNet
from explorer.models.precond import EDM

KWARGS = {
    "img_resolution": 8,
    "img_channels": 1,
    "label_dim": 0,
    "model_type": "SongUNet",
    "model_channels": 8,
    "channel_mult": [1, 2],
    "num_blocks": 1,
    "attn_resolutions": [4],
    "use_fp16": False,
    "sigma_data": 0.5,
}
SOURCE = "raise RuntimeError('the source inside a checkpoint must not run')\n"


def _fake(module: str, name: str):
    """A function that pickles as `module.name`, wherever that may lead."""

    def f(*arguments):
        raise AssertionError("called while writing")

    f.__module__, f.__qualname__, f.__name__ = module, name, name
    return f


def module_with(name: str, **members) -> types.ModuleType:
    made = types.ModuleType(name)
    vars(made).update(members)
    return made


RECONSTRUCT = _fake("torch_utils.persistence", "_reconstruct_persistent_obj")
FAKES = {
    "torch_utils": module_with("torch_utils"),
    "torch_utils.persistence": module_with(
        "torch_utils.persistence", _reconstruct_persistent_obj=RECONSTRUCT
    ),
}


class Reduced:
    """An object whose pickle is a call of `function`."""

    def __init__(self, function, *arguments, state=None):
        self.how = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self):
        return self.how


def tiny() -> Preconditioned:
    return copy.deepcopy(_tiny())


@cache
def _tiny() -> Preconditioned:
    torch.manual_seed(0)
    kwargs = {
        k: v
        for k, v in KWARGS.items()
        if k not in ("img_channels", "model_type", "use_fp16", "sigma_data")
    }
    net = SongUNet(in_channels=1, out_channels=1, **kwargs)
    for p in net.parameters():
        p.data += 0.1 * torch.randn_like(p)
    return Preconditioned(net, EDM(), (1, 8, 8)).eval()


def persistent(class_name: str, state: dict, version=6, source: str = SOURCE) -> Reduced:
    return Reduced(
        RECONSTRUCT,
        {
            "type": "class",
            "version": version,
            "module_src": source,
            "class_name": class_name,
            "state": state,
        },
    )


def state_of(module: nn.Module) -> dict:
    """A module's __dict__ as EDM stores it: children as persistent objects, ModuleDicts as is."""
    state = {k: v for k, v in vars(module).items() if k.startswith("_")}
    children = {}
    for name, child in module._modules.items():
        if isinstance(child, nn.ModuleDict):
            kept = nn.ModuleDict()
            kept.__dict__.update(state_of(child))
            children[name] = kept
        else:
            children[name] = (
                None if child is None else persistent(type(child).__name__, state_of(child))
            )
    return state | {"_modules": children, "training": False}


def dump(value, protocol: int = 4) -> bytes:
    """Pickled while the modules that EDM's files name seem to exist."""
    before = {k: sys.modules.get(k) for k in FAKES}
    sys.modules.update(FAKES)
    try:
        out = io.BytesIO()
        pickle.Pickler(out, protocol).dump(value)
        return out.getvalue()
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def snapshot(
    module=None,
    class_name="EDMPrecond",
    kwargs=KWARGS,
    version=6,
    source=SOURCE,
    protocol=4,
    extra=None,
    change=lambda state: None,
) -> bytes:
    """The bytes of a snapshot; `change` may spoil the outermost state, `extra` adds to the root."""
    state = state_of(module or tiny()) | {"_init_args": (), "_init_kwargs": kwargs}
    state.pop("precond", None)
    change(state)
    return dump({"ema": persistent(class_name, state, version, source), **(extra or {})}, protocol)


class AMED_predictor(nn.Module):
    """The layers of AMED's predictor, by its names."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        for name, sizes in (
            ("map_layer0", (8, 8)),
            ("enc_layer0", (64, 128)),
            ("enc_layer1", (128, 4)),
            ("fc_r", (20, 1)),
            ("fc_scale_dir", (20, 1)),
        ):
            setattr(self, name, Linear(*sizes))


def predictor(class_name="AMED_predictor", **attributes) -> bytes:
    net = AMED_predictor()
    state = state_of(net) | {"_init_kwargs": {"scale_dir": 0.01}} | attributes
    return dump({"model": persistent(class_name, state)})
