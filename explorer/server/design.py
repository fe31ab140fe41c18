"""The design space of EDM, as the page asks for it."""

from ..errors import UserError
from ..ui.design import design as measured
from .answer import as_json


def design(request: dict):
    """Table 1 as curves and Eq. 8 for the data of “values”, or {"problem"}."""
    try:
        return as_json(measured(request))
    except UserError as error:
        return {"problem": str(error)}
