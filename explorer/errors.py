"""The one exception that is meant for a person's eyes."""


class UserError(ValueError):
    """A choice that cannot work, in a sentence: what is wrong, what was given, what would work."""


class Cancelled(Exception):
    """The person who asked for this work no longer wants it."""
