"""Where a command computes, as options."""

import argparse


def device_option(p: argparse.ArgumentParser) -> None:
    """--device."""
    p.add_argument(
        "--device",
        default="auto",
        help="auto, cuda, cuda:1, mps or cpu; cuda:0,cuda:1 split a batch by its samples",
    )


def precision_option(p: argparse.ArgumentParser) -> None:
    """--precision, of what samples; what measures is float32 or better in any case."""
    p.add_argument(
        "--precision",
        default="auto",
        help="of networks that sample: auto, float32, tf32, bfloat16 or float16; auto is float16 "
        "for large networks on a GPU, else float32. Measures and references are never below "
        "float32 without TF32",
    )


def compile_option(p: argparse.ArgumentParser) -> None:
    """--compile, of a page, which stays long enough to gain by it."""
    p.add_argument(
        "--compile",
        action="store_true",
        help="have PyTorch compile large networks that sample, in the background; each is taken up "
        "when it is ready, and only where it is faster",
    )
