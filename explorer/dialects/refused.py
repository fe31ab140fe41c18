"""A tool's own refusal: what it raises for inputs that it takes and cannot answer."""

from ..errors import UserError


class Refused(UserError):
    """name: the class of the tool's exception, as its records have it."""

    def __init__(self, name: str, text: str):
        super().__init__(text)
        self.name = name
