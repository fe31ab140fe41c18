"""Bring networks into the model menu."""

import argparse
import sys
import time
from pathlib import Path

from ..errors import UserError
from ..numerals import number, percent


def fetch(arguments: list[str]) -> int:
    """python -m explorer fetch [NAME|FOLDER|FILE|OWNER/NAME ...] [--name NAME]"""
    p = argparse.ArgumentParser(
        prog="python -m explorer fetch",
        description="Bring networks into the model menu: published checkpoints are downloaded and "
        "converted (a download that was cut goes on where it ended), files and folders "
        "of your own are read as data and kept.",
    )
    p.add_argument(
        "networks",
        nargs="*",
        metavar="NETWORK",
        help="a name from the list; an EDM .pkl; a folder or .zip of a diffusers "
        "UNet2DModel, or a folder of a pipeline over latents; or owner/name of one on the Hugging "
        "Face hub; none: show the list",
    )
    p.add_argument("--name", default="", help="what links call it, of one network of your own")
    options = p.parse_args(arguments)
    from ..models import catalogue

    if not options.networks:
        _show_list(catalogue)
    if options.name and (len(options.networks) != 1 or catalogue.entry(options.networks[0])):
        raise UserError("--name goes with one network of your own.")
    for given in options.networks:
        if "/" in given or "\\" in given or Path(given).exists():
            c = kept(given, options.name)
            print(f"{c.label} is in the model menu now: model=network&model.checkpoint={c.name}")
            continue
        e = catalogue.wanted(given)
        if catalogue.is_here(e):
            print(f"{e.name} is already here.")
            continue
        print(f"{e.label}, {e.licence}\n{e.url}")
        _show_download(catalogue.fetch(e))
        print(f"{e.name} is in the model menu now.")
    return 0


def kept(given: str, name: str):
    """The checkpoint of a file, of a folder, or of a model on the hub."""
    from ..models import diffusers_folder, edm_pickle

    path = Path(given)
    if path.is_dir():
        return diffusers_folder.convert(path, name)
    if path.is_file():
        return (
            diffusers_folder.convert_zip(path, path.name, name)
            if path.suffix.lower() == ".zip"
            else edm_pickle.convert(path, name=name)
        )
    return diffusers_folder.keep_hub(given, name)


def _show_list(catalogue) -> None:
    for e in catalogue.entries().values():
        here = "here" if catalogue.is_here(e) else f"{e.megabytes} MB"
        print(f"{e.name:44}{here:>8}  {e.licence}  {e.label}; {e.note}")


def _show_download(progress) -> None:
    """One line that counts; Ctrl+C pauses, and what has arrived stays."""
    shown = 0.0
    try:
        for done, total in progress:
            if sys.stdout.isatty() and time.monotonic() - shown > 0.2 or done == total:
                shown = time.monotonic()
                part = f" of {number(total / 1e6)} MB, {percent(done / total)}" if total else " MB"
                print(f"\r{number(done / 1e6)}{part}   ", end="", flush=True)
    except KeyboardInterrupt:
        raise UserError("\nPaused; the same command goes on from here.") from None
    finally:
        print()
