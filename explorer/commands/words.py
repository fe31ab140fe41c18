"""Settings as they are written on the command line."""

from ..errors import UserError


def pairs(words: list[str]) -> dict[str, str]:
    """{key: value} of “key=value” words."""
    pairs = [w.partition("=") for w in words]
    if bad := [k for k, sep, _ in pairs if not sep]:
        raise UserError(f"{bad[0]!r} is not of the form key=value.")
    return {k: v for k, _, v in pairs}
