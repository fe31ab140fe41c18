"""What a device has no memory for, in a sentence that says what would fit."""

import torch

from .memory import words

TRIED = 8  # samples of a small evaluation that tells what one of them takes
SAFE = 0.8  # of the free memory


def sentence(source, count: int) -> str:
    """Why a run of so many samples ended, and how many would fit beside what is there."""
    place = source.device.device
    torch.cuda.empty_cache()
    free, total = torch.cuda.mem_get_info(place)
    lead = (
        f"A run of {count} samples did not fit into the memory of the GPU, {words(free)} of whose "
        f"{words(total)} are free"
    )
    enough = min(count - 1, int(SAFE * free / each)) if (each := _each(source)) else 0
    rest = (
        f"; {enough} samples would." if enough > 0 else "; use a smaller network or --device cpu."
    )
    return f"{lead}{rest} Nothing else is lost."


@torch.no_grad()
def _each(source) -> float:
    """Bytes that one sample takes at an evaluation; 0 where not even a few fit."""
    place, denoiser = source.device.device, source.sampler or source.denoiser
    try:
        torch.cuda.reset_peak_memory_stats(place)
        before = torch.cuda.memory_allocated(place)
        x = torch.zeros(TRIED, *source.shape, device=place, dtype=source.device.dtype)
        denoiser.evaluate(x, torch.ones((), dtype=x.dtype))
        return max(1.0, (torch.cuda.max_memory_allocated(place) - before) / TRIED)
    except (torch.OutOfMemoryError, AttributeError):
        return 0.0
