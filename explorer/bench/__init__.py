"""Speed as ratios against a baseline of the same run: python -m explorer bench NAME.

A ratio holds from one machine to the next where milliseconds do not.  Nothing here is a test:
the exit code says only whether the measurement could be made.
"""

import argparse

from ..errors import UserError
from . import (
    amed,
    denoiser,
    dialects,
    gpu,
    load,
    networks,
    papers,
    quality,
    recorder,
    sampler,
    solvers,
    study,
    training,
    ui,
)

BENCHES = {
    "ui": ui,
    "papers": papers,
    "load": load,
    "sampler": sampler,
    "solvers": solvers,
    "denoiser": denoiser,
    "networks": networks,
    "training": training,
    "gpu": gpu,
    "quality": quality,
    "amed": amed,
    "dialects": dialects,
    "recorder": recorder,
    "study": study,
}


def main(arguments: list[str]) -> int:
    """Run one bench and print its table."""
    parser = argparse.ArgumentParser(prog="python -m explorer bench", description=__doc__)
    commands = parser.add_subparsers(dest="what", metavar="|".join(BENCHES), required=True)
    for name, module in BENCHES.items():
        command = commands.add_parser(
            name,
            help=(module.__doc__ or "").splitlines()[0],
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
        module.options(command)
    given = parser.parse_args(arguments)
    if any(isinstance(v, int) and v < 0 for v in vars(given).values()):
        raise UserError("A bench counts upwards: give numbers of at least 0.")
    BENCHES[given.what].measure(given)
    return 0
