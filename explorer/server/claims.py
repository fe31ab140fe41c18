"""The claims of both papers, as the page asks for them."""

from ..errors import UserError
from ..ui import claims
from .answer import as_json


def claim_list(_=None):
    """Every claim with the record that ships: {"rows", "said"}, or {"problem"}."""
    try:
        return as_json(claims.listing())
    except UserError as error:
        return {"problem": str(error)}
