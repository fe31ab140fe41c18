"""The command line: python -m explorer serve | sample | measure | study | train | fetch | …"""

import sys
from importlib import import_module

from .errors import UserError

# each a function in a file of its name
COMMANDS = ("serve", "sample", "measure", "study", "train", "fetch", "cache", "bench")
USAGE = """Usage: python -m explorer serve|sample|measure|study|train|fetch|cache|bench ...
  serve    open the page (serve --help lists host, port, device, auth, limits)
  sample   key=value ...  run an experiment and print its numbers
  measure  STRIP key=value ...  what a strip of the spine shows, in numbers
  study    sweep|grid|distances|churn|stochastic|sde|heat|truncation|round|
           edit|between|plane|ablation|likelihood|conservative|equal|learned|
           table|steps key=value ...  many runs, kept
  study    claims [NAME ...]  what both papers claim, tried here, each with a verdict
  study    ladder [data=digits]  EDM's configurations A to F: loss, samples, what each rung changed
  train    config=F data=digits name=mine ...  train a network; Ctrl+C pauses
  train amed  solver=plugin nfe=5 ...  train a predictor for AMED
  fetch    NAME|FILE|FOLDER  bring a network into the model menu; alone, list the published
  cache    [clear [KIND ...]]  what the cache folder holds, and how to make room in it
  bench    ui|papers|sampler|solvers|denoiser|networks|amed  speed and claims, against a baseline"""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; bad input gives a sentence and exit code 2."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] not in COMMANDS:
        wanted = arguments and arguments[0][0] != "-"
        print((f"Unknown command {arguments[0]!r}. " if wanted else "") + USAGE)
        return 0 if not arguments or arguments[0] in ("-h", "--help") else 2
    try:
        return command(arguments[0])(arguments[1:]) or 0
    except UserError as error:
        print(error, file=sys.stderr)
        return 2


def command(name: str):
    """The function of a command, imported when it is asked for."""
    if name == "bench":
        from .bench import main as bench

        return bench
    return getattr(import_module(f".commands.{name}", __package__), name)


def serve(arguments: list[str] | None = None) -> int:
    """Open the page and stay."""
    return command("serve")(arguments)
