"""What the library raises, kept by its name: its refusal is an answer, not a failure of ours."""


class Refused(Exception):
    """diffusers would raise the exception called `name`, when it is built or when it is asked."""

    def __init__(self, name: str = "ValueError"):
        super().__init__(name)
        self.name = name
