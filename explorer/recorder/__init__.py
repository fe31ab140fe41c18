"""Black box of a run elsewhere: a diffusers pipeline, a k-diffusion or ComfyUI sampler, any loop.

    with explorer.record("run.jsonl", pipe):                  # diffusers, any scheduler
        pipe("a lighthouse")

    with explorer.record("run.jsonl") as box:
        sample_dpmpp_2m(model, x, sigmas, callback=box.kdiffusion)
        sampler.sample(..., callback=box.comfyui(sigmas))
        box.step(x, sigma, denoised)                          # in a loop of your own
        box.end(x)

The file has at most 5 MB whatever the model's size, grows as the run goes, and may be opened on
the page or by `read`.
"""

from .box import Box
from .diffusers import record
from .recording import Recording, read

__all__ = ["Box", "Recording", "read", "record"]
