"""What ships with its numbers: the claims of both papers and AMED's ablations."""

from ..errors import UserError
from ..ui import ablations, claims, headline_claim
from .answer import as_json


def claim_list(_=None):
    """Every claim with the record that ships: {"rows", "said"}, or {"problem"}."""
    try:
        return as_json(claims.listing())
    except UserError as error:
        return {"problem": str(error)}


def ablation_record(request: dict):
    """The record of AMED's ablations for the view of a request: as news of a measurement that is
    done; {} where nothing was kept, or {"problem"}."""
    try:
        return as_json(ablations.kept(request if isinstance(request, dict) else {}))
    except UserError as error:
        return {"problem": str(error)}


def amed_headline(_=None):
    """Where the paper's headline of 5 evaluations stands here: {"summary", "said"}, or
    {"problem"}."""
    try:
        return as_json(headline_claim.standing())
    except UserError as error:
        return {"problem": str(error)}
