"""What a GPU captures of a view while nobody waits: the graphs that its next moves will ask for.

for _ in ahead(experiment): ...     one graph after the other, for as long as there is time
"""

from collections.abc import Iterator

import torch

from ..core import graphs
from ..models.compiled import compiled
from . import split
from .experiment import Experiment, prepared


@torch.no_grad()
def ahead(e: Experiment) -> Iterator[None]:
    """Of the sampler, on each of its devices, for as many samples as the view has and for fewer;
    then of the network that the true paths are followed with.  Nothing where there is no GPU or no
    network, where samples have labels of their own, or where a network is being compiled: each size
    that it has not seen would be compiled as well."""
    source = prepared(e.data, e.model)
    if source.pace is None:
        return
    device, one = source.device, source.sampler or source.denoiser
    shares = split.parts(e.samples, max(1, len(device.parts)))
    places = device.parts if len(device.parts) > 1 else (device.device,)
    runs = [
        (denoiser, count, place)
        for denoiser, (_, count), place in zip(source.replicas or (one,), shares, places)
    ]
    for denoiser, count, place in (*runs, (source.denoiser, source.settled, device.device)):
        if place.type != "cuda" or not hasattr(denoiser, "evaluate"):
            continue
        if getattr(denoiser, "shared", True) and compiled(denoiser) is None:
            noise = torch.empty(count, *source.shape, dtype=device.dtype, device=place)
            yield from graphs.ahead(denoiser, noise)
