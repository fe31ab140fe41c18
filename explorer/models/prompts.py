"""What a prompt becomes for a network: the library's own pipeline asks its text encoders.

    describe(folder, network) -> description        encode(checkpoint, text) -> Asked

Only known classes of encoders and tokenizers are made, from files that are data; of the pipeline's
class only `encode_prompt` is called.  transformers is optional, and asked for when it is needed.
"""

import functools
import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from ..errors import UserError
from ..memo import Memo
from ..reading.diffusers import plain
from ..reading.pipeline import INDEX
from ..store import beside, weights
from .asking import Asked

ENCODERS = ("CLIPTextModel", "CLIPTextModelWithProjection", "T5EncoderModel")
TOKENIZERS = ("CLIPTokenizer", "CLIPTokenizerFast", "T5Tokenizer", "T5TokenizerFast")
PARTS = tuple(f"{kind}{n}" for kind in ("text_encoder", "tokenizer") for n in ("", "_2", "_3"))
KINDS = (".json", ".txt", ".model", ".safetensors")
LARGEST = 4 * 2**30  # bytes of all text encoders
PLACE = "text"
PIPELINES_KEPT = Memo(1)  # the last one: encoders are large, and forgotten where room is wanted
counted: Callable[[Any], Any] = lambda pipe: pipe  # who keeps account of memory puts itself here
PIPELINES = {  # by the network: the library's class whose encode_prompt is asked
    "UNet2DConditionModel": ("StableDiffusionPipeline", "StableDiffusionXLPipeline"),
    "PixArtTransformer2DModel": ("PixArtAlphaPipeline", "PixArtSigmaPipeline"),
    "SD3Transformer2DModel": ("StableDiffusion3Pipeline",),
    "FluxTransformer2DModel": ("FluxPipeline",),
}


def require() -> None:
    """Raise UserError, saying what to install, where transformers is not."""
    if importlib.util.find_spec("transformers") is None:
        raise UserError(
            "A prompt is read by text encoders of the transformers package, which is not "
            "installed here: pip install transformers"
        )


def describe(folder: Path, network: str, shown: str) -> dict | None:
    """{"pipeline", "parts": {name: class}} of a folder's text encoders; None without any.

    Raises UserError for classes that are not read, and for encoders that are too large.
    """
    if network not in PIPELINES or not (folder / INDEX).is_file():
        return None
    index = plain((folder / INDEX).open("rb"), INDEX)
    parts: dict[str, str] = {}
    for part in PARTS:
        told = index.get(part)
        if not isinstance(told, list) or len(told) != 2 or told[1] is None:
            continue
        known = ENCODERS if part.startswith("text") else TOKENIZERS
        if told[0] != "transformers" or told[1] not in known:
            raise UserError(
                f"{shown}: {part} is a {str(told[1])[:60]!r}, which is not read. Known: "
                f"{', '.join(known)}."
            )
        if not (folder / part).is_dir():
            raise UserError(f"{shown} lacks the folder {part}/, which its {INDEX} names.")
        parts[part] = told[1]
    if not parts:
        return None
    kind = str(index.get("_class_name"))
    if kind not in PIPELINES[network]:
        raise UserError(
            f"{shown} is of a {kind[:60]!r}, whose prompts are not read for a {network}. Known: "
            f"{', '.join(PIPELINES[network])}."
        )
    told_parts = {"pipeline": kind, "parts": parts}
    size = sum(file.stat().st_size for file in files(folder, told_parts).values())
    if size > LARGEST:
        raise UserError(
            f"The text encoders of {shown} have {size / 2**30:.1f} GB; at most "
            f"{LARGEST / 2**30:.0f} GB are kept. Without them, remove their lines from {INDEX}."
        )
    _readable(folder, parts, shown)
    return told_parts


def _readable(folder: Path, parts: Mapping[str, str], shown: str) -> None:
    for part in parts:
        if part.startswith("text") and not list((folder / part).glob("*.safetensors")):
            pickle = (
                " Its .bin is a pickle and is not read."
                if list((folder / part).glob("*.bin"))
                else ""
            )
            raise UserError(f"{shown} has no {part}/model.safetensors.{pickle}")


def files(folder: Path, told: Mapping | None) -> dict[str, Path]:
    """The files that are kept of the text encoders, by their place in a checkpoint."""
    return {
        f"{PLACE}/{part}/{file.name}": file
        for part in (told or {}).get("parts", {})
        for file in sorted((folder / part).iterdir())
        if file.suffix in KINDS and file.is_file()
    }


def asked(checkpoint: weights.Checkpoint, prompt: str) -> Asked | None:
    """What a prompt became, or None where the network takes none.

    Raises UserError for a prompt that nobody can read.
    """
    if not checkpoint.config.get("prompts"):
        if prompt:
            raise UserError(
                f"{checkpoint.label} comes without text encoders, so no prompt can be read; "
                "leave it empty."
            )
        return None
    return _encoded(checkpoint, checkpoint.digest, prompt)


@functools.lru_cache(maxsize=64)
def _encoded(checkpoint: weights.Checkpoint, digest: str, prompt: str) -> Asked:
    pipe = PIPELINES_KEPT(digest, lambda: counted(_Pipeline(checkpoint)))
    with torch.no_grad():
        return _ask(pipe.asks, checkpoint, prompt)


def needs(checkpoint: weights.Checkpoint) -> float:
    """Bytes that its text encoders take in float32, at most: files may hold half of that."""
    known = checkpoint.config.get(beside.KEY, {})
    named = (checkpoint.folder / v for v in known if v.startswith(f"{PLACE}/"))
    return 2.0 * sum(v.stat().st_size for v in named if v.suffix == ".safetensors" and v.is_file())


class _Pipeline:
    """The library's pipeline with nothing in it but encoders and tokenizers, of `held_bytes`."""

    def __init__(self, checkpoint: weights.Checkpoint):
        self.asks = _made(checkpoint)
        parts = (getattr(self.asks, part, None) for part in PARTS if part.startswith(PLACE))
        modules = [m for m in parts if isinstance(m, torch.nn.Module)]
        self.held_bytes = sum(v.nbytes for m in modules for v in (*m.parameters(), *m.buffers()))


def _made(checkpoint: weights.Checkpoint) -> Any:
    require()
    import diffusers
    import transformers

    told, place = checkpoint.config["prompts"], beside.folder(checkpoint, PLACE)
    kind, parts = told["pipeline"], told["parts"]
    if not any(kind in kinds for kinds in PIPELINES.values()):
        raise UserError(f"Prompts of a {str(kind)[:60]!r} are not read.")
    made: dict[str, Any] = {}
    for part, name in parts.items():
        if part not in PARTS or name not in (*ENCODERS, *TOKENIZERS):
            raise UserError(f"{str(part)[:40]} is a {str(name)[:60]!r}, which is not read.")
        options: dict[str, Any] = {"local_files_only": True}
        if name in ENCODERS:
            options |= {"use_safetensors": True, "torch_dtype": torch.float32}
        try:
            found = getattr(transformers, name).from_pretrained(place / part, **options)
        except Exception as problem:  # noqa: BLE001  a stranger's files meet it with every kind
            raise UserError(
                f"{part}/ of this network cannot be read ({type(problem).__name__})."
            ) from None
        made[part] = found.eval() if name in ENCODERS else found
    cls = getattr(diffusers, kind)
    return cls(**{**_empty(cls), **made})


def _empty(cls: type) -> dict[str, Any]:
    """None for each part that a pipeline is made of; its options stay the library's."""
    import inspect

    given = inspect.signature(cls).parameters
    empty = {k: None for k, p in given.items() if k != "self" and p.default is p.empty}
    return empty | (
        {"requires_safety_checker": False} if "requires_safety_checker" in given else {}
    )


def _ask(pipe: Any, checkpoint: weights.Checkpoint, prompt: str) -> Asked:
    """The answer of `encode_prompt`, by the names that networks here are asked with."""
    kind = type(pipe).__name__
    if kind == "StableDiffusionPipeline":
        states, _ = pipe.encode_prompt(prompt, "cpu", 1, False)
        return Asked(states=states)
    if kind.startswith("PixArt"):
        states, mask, *_ = pipe.encode_prompt(prompt, False, device="cpu")
        return Asked(states=states, mask=mask)
    if kind == "FluxPipeline":
        states, pooled, _ = pipe.encode_prompt(prompt, prompt, device="cpu")
        return Asked(states=states, pooled=pooled)
    if kind == "StableDiffusion3Pipeline":
        states, _, pooled, _ = pipe.encode_prompt(
            prompt, prompt, prompt, device="cpu", do_classifier_free_guidance=False
        )
        return Asked(states=states, pooled=pooled)
    states, _, pooled, _ = pipe.encode_prompt(
        prompt, prompt, device="cpu", do_classifier_free_guidance=False
    )
    from .latent import image_shape

    _, height, width = image_shape(checkpoint.config["decoder"], checkpoint.shape)
    sizes = torch.tensor([[height, width, 0, 0, height, width]], dtype=torch.float32)
    return Asked(states=states, pooled=pooled, sizes=sizes)
