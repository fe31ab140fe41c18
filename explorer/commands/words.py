"""Settings as they are written on the command line."""

from pathlib import Path

from ..errors import UserError


def pairs(words: list[str]) -> dict[str, str]:
    """{key: value} of “key=value” words."""
    pairs = [w.partition("=") for w in words]
    if bad := [k for k, sep, _ in pairs if not sep]:
        raise UserError(f"{bad[0]!r} is not of the form key=value.")
    return {k: v for k, _, v in pairs}


def within(out: str | None) -> None:
    """Raises UserError where a file cannot be written because its folder is not there."""
    if out and not Path(out).absolute().parent.is_dir():
        raise UserError(f"There is no folder {str(Path(out).parent)!r} to save in.")
