"""Make the run of a card again, or the cells of a study's, and say what differs."""

import argparse
from pathlib import Path

from ..errors import UserError
from .devices import device_option, precision_option

SHOWN = 20  # differences that are printed; --all prints every one
LONGEST = 2000  # characters of one


def replay(arguments: list[str]) -> int:
    """python -m explorer replay card.json; 0: every number is equal, 1: some differ."""
    p = argparse.ArgumentParser(
        prog="python -m explorer replay",
        description="Run the view of a card again and compare every number with the card’s. The "
        "exit status is 0 where all are equal, bit for bit, and 1 where one differs. Of a study’s "
        "card cells are measured again. The card is read as data; nothing in it is executed.",
    )
    p.add_argument("file", metavar="CARD.json")
    p.add_argument(
        "--cells", default="10", metavar="N", help="of a study’s card: so many by chance, or “all”"
    )
    p.add_argument("--seed", type=int, default=0, help="by which cells are chosen")
    p.add_argument("--workers", type=int, default=0, help="processes that measure cells")
    p.add_argument("--quick", action="store_true", help="compare the run alone, without its errors")
    p.add_argument("--all", action="store_true", help="print every value that differs")
    device_option(p)
    precision_option(p)
    given = p.parse_args(arguments)
    from ..reading import cards as reading

    data = _bytes(given.file, reading.LARGEST)
    study = reading.is_study(data)
    card = reading.read_study(data) if study else reading.read(data)
    from .. import cards
    from ..lab.experiment import use_device

    use_device(given.device, given.precision)
    if study:
        return _cells(card, given)
    found = cards.replay(card, errors=not given.quick)
    print(found.verdict)
    shown = found.differs if given.all else found.differs[:SHOWN]
    for line in [*found.elsewhere, *shown]:
        _say(line)
    if left := len(found.differs) - len(shown):
        print(f"  and {left} more; --all prints every one")
    return int(not found.equal)


def _cells(card: dict, given: argparse.Namespace) -> int:
    from ..cards.cells import replay_cells

    rows, left_out = len(card["cells"]["rows"]), card["cells"].get("left_out", 0)
    if given.cells != "all" and not (given.cells.isdecimal() and 1 <= int(given.cells) <= 10**6):
        raise UserError(f"--cells = {given.cells:.20} is no whole number from 1, and not “all”.")
    count = 0 if given.cells == "all" else int(given.cells)
    made = other = 0
    for cell in replay_cells(card, count, given.seed, given.workers):
        made += 1
        if cell.differs:
            other += 1
            if given.all or other <= SHOWN:
                _say(f"{cell.title}: {cell.differs}")
    of = f"{made} of {rows} cells" + (f" ({left_out} more are not in the card)" if left_out else "")
    if other:
        print(f"{of} measured again: {other} differ.")
    else:
        print(f"{of} measured again: every answer is the card’s, byte for byte.")
    return int(other > 0)


def _say(line: str) -> None:
    """A line with words of a card, which a stranger may have written: without signs that a
    terminal would obey."""
    print("  " + "".join(c if c.isprintable() else "?" for c in line[:LONGEST]))


def _bytes(name: str, most: int) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise UserError(f"{name} cannot be read: {error.strerror or error}.") from None
