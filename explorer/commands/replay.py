"""Make the run of a card again, and say what differs."""

import argparse
from pathlib import Path

from ..errors import UserError
from .devices import device_option, precision_option

SHOWN = 20  # differences that are printed; --all prints every one


def replay(arguments: list[str]) -> int:
    """python -m explorer replay card.json; 0: every number is equal, 1: some differ."""
    p = argparse.ArgumentParser(
        prog="python -m explorer replay",
        description="Run the view of a card again and compare every number with the card’s. The "
        "exit status is 0 where all are equal, bit for bit, and 1 where one differs. The card is "
        "read as data; nothing in it is executed.",
    )
    p.add_argument("file", metavar="CARD.json")
    p.add_argument("--quick", action="store_true", help="compare the run alone, without its errors")
    p.add_argument("--all", action="store_true", help="print every value that differs")
    device_option(p)
    precision_option(p)
    given = p.parse_args(arguments)
    from ..reading import cards as reading

    card = reading.read(_bytes(given.file, reading.LARGEST))
    from .. import cards
    from ..lab.experiment import use_device

    use_device(given.device, given.precision)
    found = cards.replay(card, errors=not given.quick)
    print(found.verdict)
    shown = found.differs if given.all else found.differs[:SHOWN]
    for line in [*found.elsewhere, *shown]:
        print(f"  {line}")
    if left := len(found.differs) - len(shown):
        print(f"  and {left} more; --all prints every one")
    return int(not found.equal)


def _bytes(name: str, most: int) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise UserError(f"{name} cannot be read: {error.strerror or error}.") from None
