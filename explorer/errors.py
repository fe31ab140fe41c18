"""The one exception that is meant for a person's eyes."""

from typing import Self


class UserError(ValueError):
    """A choice that cannot work, in a sentence: what is wrong, what was given, what would work.

    fields: the keys of the flat form that it is about, where these are known; a rule that joins
    several names all of them.
    """

    fields: tuple[str, ...] = ()

    def about(self, *keys: str) -> Self:
        """The same, of these fields, unless they are known already."""
        self.fields = self.fields or keys
        return self

    def within(self, slot: str) -> Self:
        """The same, of the fields of a choice of `slot`."""
        self.fields = tuple(f"{slot}.{key}" for key in self.fields)
        return self


class Cancelled(Exception):
    """The person who asked for this work no longer wants it."""
