"""The command line: python -m explorer serve | sample | measure | study | xray | train | …"""

import sys
from importlib import import_module

from . import __version__
from .errors import UserError

# each a function in a file of its name
COMMANDS = (
    "serve", "sample", "measure", "figure", "answer", "study", "xray", "recording", "train",
    "fetch", "cache", "bench", "card", "replay", "export", "advise",
)  # fmt: skip
USAGE = """Usage: python -m explorer COMMAND ... | --version
  serve    open the page (serve --help lists host, port, device, auth, limits)
  sample   key=value ...  run an experiment and print its numbers
  measure  STRIP key=value ...  what a strip of the spine shows, in numbers
  figure   PART ... key=value ... --out fig.pdf --width iclr [--grey]  for print, with its caption
  answer   key=value ... SETTING  the end error along one setting: answer nfe=35 rho
  recording FILE [--beside DENSER]  what a run recorded elsewhere (explorer.record) shows
  study    sweep|grid|distances|churn|stochastic|guidance|sde|heat|truncation|round|
           edit|between|plane|ablation|likelihood|conservative|equal|learned|
           table|steps key=value ...  many runs, kept
  study    claims [NAME ...]  what both papers claim, tried here, each with a verdict
  study    ladder [data=digits]  EDM's configurations A to F: loss, samples, what each rung changed
  study    merge FOLDER ... --folder OUT  parts of a study put together (--shard i/n made them)
  advise   key=value ... nfe=9  which settings at so many evaluations, judged on held-out noise
  xray     FILE|- [--model FAMILY] [--json]  a config, workflow, infotext, list: runs and faults
  train    config=F data=digits name=mine ...  train a network; Ctrl+C pauses
  train amed  solver=plugin nfe=5 ...  train a predictor for AMED
  fetch    NAME|FILE|FOLDER  bring a network into the model menu; alone, list the published
  cache    [clear [KIND ...]]  what the cache folder holds, and how to make room in it
  card     key=value ... --out FILE.json  a run card: settings, numbers, versions, citations
  replay   CARD.json  the same run again; says what differs, value by value
  export   key=value ... --out FILE.npz|csv|parquet  samples and paths, tables, a study
  bench    ui|papers|sampler|solvers|denoiser|networks|amed|dialects|recorder|study  speed
           and claims, against a baseline"""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; bad input gives a sentence and exit code 2."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["--version"]:
        print(__version__)
        return 0
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
