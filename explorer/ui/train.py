"""The Train page's choices, in words."""

from ..settings import parameters
from ..training.configs import Training

LETTERS = {
    "A": "as before EDM: VP preconditioning, loss and hyper-parameters",
    "B": "A with EDM’s hyper-parameters",
    "C": "B with the capacity moved to high resolutions",
    "D": "C with EDM’s preconditioning",
    "E": "D with EDM’s loss: λ(σ) and p_train",
    "F": "E with augmentation that does not leak",
}
RUNGS = {  # what a rung of the ladder changes at once: the letter of each end, and its name
    "hyper": (("A", "as before EDM"), ("B", "EDM’s")),
    "capacity": (("A", "as before EDM"), ("C", "EDM’s")),
}


def form() -> dict:
    """What the page must know before anything is asked."""
    rungs = {k: [{"value": v, "label": text} for v, text in ends] for k, ends in RUNGS.items()}
    return {
        "letters": LETTERS,
        "rungs": rungs,
        "columns": [
            {"value": v, "label": text}
            for v, text in next(p.spec.choices for p in parameters(Training) if p.key == "loss")
        ],
    }
