"""What both papers claim, and this lab itself, each claim tried here: CLAIMS lists them by name.

    for row in tried(["rho-3-equalises-heun"]): ...        what was found, and the verdict

To add a claim is to add one object to the file of its topic.
"""

from ...errors import UserError
from ...settings import shown
from . import (
    amed_ablations,
    amed_geometry,
    amed_solvers,
    edm_frames,
    edm_ideal,
    edm_steps,
    edm_stochastic,
    edm_training,
    edm_truncation,
    identities,
    lessons,
    lessons_lists,
    lessons_models,
    lessons_paths,
)
from .contract import Claim

TOPICS = (
    edm_truncation,
    edm_steps,
    edm_frames,
    edm_ideal,
    edm_stochastic,
    edm_training,
    identities,
    amed_geometry,
    amed_solvers,
    amed_ablations,
    lessons,
    lessons_lists,
    lessons_models,
    lessons_paths,
)
CLAIMS: dict[str, Claim] = {c.name: c for topic in TOPICS for c in topic.CLAIMS}


def claim(name: str) -> Claim:
    """The claim of this name.  Raises UserError where there is none."""
    if name not in CLAIMS:
        near = [n for n in CLAIMS if any(len(w) > 2 and w in n for w in name.lower().split("-"))]
        raise UserError(
            f"Unknown claim {shown(name)}. Near to it: {', '.join(near[:6])}."
            if near
            else f"Unknown claim {shown(name)}; python -m explorer study claims --names lists "
            f"all {len(CLAIMS)}."
        )
    return CLAIMS[name]
