"""What is in the cache folder, and how to let go of it."""

import argparse
import sys

from ..errors import UserError
from ..numerals import count
from ..store import places, room


def cache(arguments: list[str] | None = None) -> int:
    """python -m explorer cache | cache clear [KIND ...]"""
    options = _options(arguments)
    if options.what == "clear":
        return _clear(options.kinds)
    if options.kinds:
        raise UserError(f"cache takes no {options.kinds[0][:40]!r}; cache clear KIND would.")
    kinds = room.listing()
    print(f"{places.cache()}, in all {_bytes(sum(k.size for k in kinds))}")
    for words, group in (
        ("Goes by itself:", room.PASSING),
        ("Stays until it is cleared by name:", room.KEPT),
    ):
        print(words)
        for k in (k for k in kinds if k.name in group):
            print(f"  {k.name:<11}{k.count:>6} {_bytes(k.size):>9} {_ages(k):>22}  {k.about}")
    return 0


def _clear(kinds: list[str]) -> int:
    """Clear what is named, else what goes by itself; returns 1 where something stayed."""
    unknown = next((k for k in kinds if k not in room.KINDS), None)
    if unknown is not None:
        raise UserError(
            f"There is no {unknown[:40]!r} in the cache. Known: {', '.join(room.KINDS)}."
        )
    stayed = []
    for name in kinds or room.PASSING:
        done = room.clear(name)
        stayed += [f"{name}/{item}" for item in done.stayed]
        if done.count:
            print(f"{name}: {count(done.count)} removed, {_bytes(done.size)}")
    for item in stayed:
        print(f"{item} stays: a process is at work on it, or the disk lets it not go.")
    if not kinds:
        saved = [k.name for k in room.listing() if k.name in room.KEPT and k.count]
        if saved:
            print(f"Saved on purpose, so left: {', '.join(saved)}; name them to clear them.")
    return 1 if stayed else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    p = argparse.ArgumentParser(
        prog="python -m explorer cache",
        description="List what the cache folder holds: of each kind the number, the bytes and the "
        "age of the oldest and the newest. `clear` removes what goes by itself sooner or later, or "
        "the kinds that are named; what a process works on stays.",
    )
    p.add_argument("what", nargs="?", choices=["clear"], help="clear; list if not given")
    p.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(room.KINDS))
    return p.parse_intermixed_args(sys.argv[2:] if arguments is None else arguments)


def _bytes(size: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def _ages(kind: room.Kind) -> str:
    if kind.age is None:
        return "–"
    oldest, newest = map(_span, kind.age)
    return oldest if oldest == newest else f"{newest} to {oldest}"


def _span(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
