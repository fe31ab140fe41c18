"""What a training is, as one frozen dataclass, and EDM's Table 2 as a ladder of replacements.

    A --hyper--> B --network--> C --precond--> D --loss--> E --augment--> F

Scaled to data of 8 to 32 pixels and minutes instead of days: what changes at each rung is EDM's,
the sizes are ours.  Any single difference can be chosen alone, as every one is a field.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from ..data import DATASETS, Digits
from ..data.contract import Endless
from ..errors import UserError
from ..models import architecture
from ..models.denoiser import Preconditioned
from ..models.precond import EDM, IDDPM, VE, VP, Flow
from ..settings import param, setting, slot, unflatten
from . import augment
from .loss import LOSSES, EDMLoss, FlowLoss
from .networks import NETWORKS, Perceptron, Unet

COLUMNS = (
    ("edm", "EDM"),
    ("vp", "VP"),
    ("ve", "VE"),
    ("iddpm", "iDDPM"),
    ("flow", "flow matching"),
)
LARGEST = 5_000_000  # parameters that a visitor may train


@setting
class Hyper:
    """The numbers of the optimiser.  kimg: thousands of images, or of points."""

    batch: int = param(64, 1, 1024, 1, label="Batch", log=True, help="images in each step")
    lr: float = param(1e-3, 1e-6, 1e-1, label="Learning rate", log=True, help="of Adam")
    ramp: float = param(
        10.0, 0, 10000, label="Ramp, kimg", help="the learning rate rises linearly from 0 so long"
    )
    half_life: float = param(
        20.0,
        0,
        10000,
        label="EMA half-life, kimg",
        help="of the averaged weights; at most 5 % of what was seen",
    )
    dropout: float = param(0.0, 0, 0.9, 0.01, label="Dropout", help="share of activations hidden")
    clip: float = param(0.0, 0, 1000, label="Clip", help="largest norm of the gradient; 0: none")


@setting
class Training:
    """All of a training: the same setting and seed give the same weights on the same machine."""

    data: Any = slot(Digits(), DATASETS, "Data")
    network: Any = slot(Unet(), NETWORKS, "Network")
    precond: str = param(
        "edm", choices=COLUMNS, label="Preconditioning", help="EDM Table 1, middle"
    )
    loss: str = param(
        "edm", choices=COLUMNS, label="Loss", help="p_train and λ: EDM Table 1, bottom"
    )
    p_mean: float = param(
        -1.2,
        -5,
        3,
        0.1,
        label="P_mean",
        help="mean of ln σ in EDM’s p_train, and of logit t in flow matching’s (0 in SD3); "
        "larger images and flat colours are decided at higher noise",
    )
    p_std: float = param(
        1.2,
        0.1,
        5,
        0.1,
        label="P_std",
        help="spread of ln σ in EDM’s p_train, of logit t in flow’s",
    )
    hyper: Hyper = Hyper()
    augment: float = param(
        0.12, 0, 1, 0.01, label="Augmentation", help="probability of each geometric operation"
    )
    mirror: bool = param(
        False,
        label="Mirror",
        choices=((False, "as often"), (True, "half")),
        help="x-flips as often as the others, or half of all images as in EDM",
    )
    hidden: bool = param(
        False,
        label="Augment label",
        choices=((False, "told"), (True, "withheld")),
        help="withheld: the network is not told, and the augmentation leaks",
    )
    conditional: bool = param(
        False,
        label="Classes",
        choices=((False, "ignored"), (True, "told")),
        help="train a class-conditional network",
    )
    unlabelled: float = param(
        0.1,
        0,
        1,
        0.01,
        label="Class withheld",
        help="share of images whose class is not told, so that label zero comes to mean “any”",
    )
    sigma_data: float = param(
        0.0, 0, 10, 0.01, label="σ_data", help="0: the root mean square of the data"
    )
    kimg: float = param(
        300.0,
        0.1,
        100000,
        label="Length, kimg",
        log=True,
        help="thousands of images, or of points, to train on",
    )
    seed: int = param(0, 0, 2**31 - 1, 1, label="Seed", help="of weights, data, noise, everything")

    def check(self):
        given = getattr(self.data, "needs", "") == "file"  # it is not opened for this
        if self.augment and not given and self.data.kind != "image":
            raise UserError("Augmentation turns and moves images; points want augment=0.")

    @property
    def images(self) -> int:
        return round(1000 * self.kimg)


def config(letter: str, data=Digits()) -> Training:
    """EDM's configuration A to F for this data, by replacing one thing after the other.

    Points have no augmentation, so F is E there.  Raises UserError for another letter.
    """
    ladder = _ladder(data)
    if letter.upper() not in ladder:
        raise UserError(f"Unknown configuration {letter!r:.40}. Known: {', '.join(ladder)}.")
    return ladder[letter.upper()]


@setting
class _Data:
    data: Any = slot(Digits(), DATASETS, "Data")


def chosen(letter: str, flat: dict) -> Training:
    """Configuration `letter` for the data that a flat form names, with all else in it replaced."""
    own = {k: v for k, v in flat.items() if str(k).split(".")[0] == "data"}
    return unflatten(Training, flat, config(letter, unflatten(_Data, own).data))


@lru_cache(maxsize=16)  # the Train page asks for each unfinished run, at each look
def _ladder(data) -> dict[str, Training]:
    old: Unet | Perceptron
    new: Unet | Perceptron
    if data.kind == "image":
        small = data.points().shape[-1] <= 16
        old = Unet(widths=(1.0, 2.0, 2.0) if small else (1.0, 2.0, 2.0, 2.0))
        new = replace(old, widths=(2.0, 2.0) if small else (2.0, 2.0, 2.0))
    else:
        old, new = Perceptron(width=96, depth=6), Perceptron()
    a = Training(data, old, "vp", "vp", hyper=OLD, augment=0.0)
    b = replace(a, hyper=NEW)
    c = replace(b, network=new)
    d = replace(c, precond="edm")
    e = replace(d, loss="edm")
    f = replace(e, augment=0.12) if data.kind == "image" else e
    return {"A": a, "B": b, "C": c, "D": d, "E": e, "F": f}


# Table 7, CIFAR-10: batch and learning rate go up, the ramp gets longer, clipping goes
OLD = Hyper(batch=32, lr=2e-4, ramp=1.0, half_life=36.0, dropout=0.1, clip=1.0)
NEW = Hyper(batch=64, lr=1e-3, ramp=10.0, half_life=20.0, dropout=0.0, clip=0.0)


@lru_cache(maxsize=2)
def _there(data, device: torch.device) -> tuple[Tensor, Tensor | None]:
    labels = data.labels()
    return data.points().to(device), None if labels is None else labels.to(device)


def _held(data, device: torch.device) -> tuple[Tensor, Tensor | None]:
    """Points and labels on the device, moved once."""
    return (data.points(), data.labels()) if device.type == "cpu" else _there(data, device)


def draw(data, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor | None]:
    """n clean samples (n, *shape) float32 and their labels (n,), or None without classes; where the
    generator is."""
    device = generator.device
    if isinstance(data, Endless):
        if device.type != "cpu" and not getattr(data, "anywhere", False):
            # drawn on the CPU, in a stream that the seed of this one tells
            generator = torch.Generator().manual_seed(generator.initial_seed())
        x, labels = data.draw(n, generator)
        return x.to(device), None if labels is None else labels.to(device)
    points, labels = _held(data, device)
    pick = torch.randint(len(points), (n,), generator=generator, device=device)
    x = points[pick].float()
    if data.thickness:
        x = x + data.thickness * torch.randn(x.shape, generator=generator, device=device)
    return x, None if labels is None else labels[pick]


def sigma_data(t: Training) -> float:
    """What EDM's preconditioning divides by: E y² = σ_data² makes the loss 1 to begin with."""
    if t.sigma_data:
        return t.sigma_data
    if hasattr(t.data, "law"):
        return float(f"{t.data.law().sigma_data:.3g}")
    y = t.data.points()
    return float(f"{float((y.square().mean() + t.data.thickness**2).sqrt()):.3g}")


def description(t: Training) -> dict:
    """The network with its preconditioning in the words of `models.architecture`."""
    points = t.data.points()
    if hasattr(t.data, "lacking"):
        raise UserError("A network needs data to be trained on; choose some under Data.")
    if t.conditional and not t.data.classes:
        raise UserError(f"{t.data.label} has no classes; use conditional=false.")
    shape = tuple(points.shape[1:])
    if t.augment and len(shape) != 3:
        raise UserError("Augmentation turns and moves images; points want augment=0.")
    classes = t.data.classes if t.conditional else 0
    told = augment.LABELS if t.augment and not t.hidden else 0
    own = {"vp": VP(), "ve": VE(), "iddpm": IDDPM(), "flow": Flow(), "edm": EDM(sigma_data(t))}
    precond = own[t.precond]
    kind, kwargs = t.network.describe(
        shape, classes, told, t.hyper.dropout, t.unlabelled if t.conditional else 0.0
    )
    return architecture.describe(kind, kwargs, precond, shape)


def build(t: Training) -> Preconditioned:
    """The untrained network with its preconditioning, from the seed alone."""
    words = description(t)
    with torch.random.fork_rng(devices=[]):  # layers draw their weights from the global generator
        torch.manual_seed(t.seed)
        return architecture.build(words)


def loss_of(t: Training):
    """The loss with its constants."""
    if t.loss == "flow":
        return FlowLoss(t.p_mean, t.p_std)
    return EDMLoss(sigma_data(t), t.p_mean, t.p_std) if t.loss == "edm" else LOSSES[t.loss]()
