"""What ships with its numbers: claims, the lessons that are made of them, AMED's ablations."""

from ..errors import UserError
from ..ui import ablations, claims, headline_claim, lesson_words
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


def lesson(request: dict):
    """A lesson by its “name”, with its numbers from the record: {"title", "steps", …}, or
    {"problem"}."""
    try:
        return as_json(
            lesson_words.told(request.get("name") if isinstance(request, dict) else None)
        )
    except UserError as error:
        return {"problem": str(error)}
