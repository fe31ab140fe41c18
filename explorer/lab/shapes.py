"""Which data a network can be looked at with: those whose samples have its shape."""

from ..data import DATASETS
from ..data.upload import can_be_given
from ..errors import UserError
from ..models.network import spoken
from ..settings import parameters


def data_for(shape: tuple[int, ...]) -> list:
    """Data sets whose samples have this shape, as settings; without files that must be given."""
    found = []
    for cls in DATASETS.values():
        if hasattr(cls, "lacking"):
            continue
        for data in _variants(cls, shape):
            try:
                if tuple(data.points().shape[1:]) == shape:
                    found.append(data)
                    break
            except UserError:  # an upload without its file, a set that was not fetched
                break
    return found


def _variants(cls, shape: tuple[int, ...]):
    """A data set as it is, and in each size or dimension that it offers."""
    yield cls()
    for p in parameters(cls):
        if p.name in ("size", "dimension") and p.spec.choices:
            yield from (cls(**{p.name: value}) for value, _ in p.spec.choices)
        elif p.name == "dimension" and (p.spec.low or 0) <= shape[0] <= (p.spec.high or 0):
            yield cls(dimension=shape[0])


def check_shape(checkpoint, data) -> None:
    """Raise UserError, naming data that fit, unless a network makes samples like these data."""
    shape = tuple(data.points().shape[1:])
    if shape == checkpoint.shape:
        return
    names = [
        d.label
        + (
            f" (size {d.size})"
            if hasattr(d, "size")
            else f" in {d.dimension}-D"
            if hasattr(d, "dimension")
            else ""
        )
        for d in data_for(checkpoint.shape)
    ]
    image, given = len(checkpoint.shape) == 3, can_be_given(checkpoint.shape)
    own = ("images of your own, or " * given + "no data") if image else "points of your own"
    raise UserError(
        f"{checkpoint.label} makes samples of {spoken(checkpoint.shape)}, and "
        f"{data.label} has {spoken(shape)}. Data that fit: {', '.join([*names, own])}."
    )
