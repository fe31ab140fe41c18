"""What is said of a solver that chooses its steps itself."""

from ..core.attempts import Tried
from ..lab.experiment import Experiment
from ..numerals import short
from ..study.names import solver_name


def budget(e: Experiment, most: int, stops: int) -> str:
    """“At most 35 evaluations for each sample.”; no run is needed."""
    places = f"{stops} stop{'' if stops == 1 else 's'}"
    return (
        f"<b>At most {most} evaluations for each sample.</b> {solver_name(e.solver)} takes as many "
        f"as its tolerance asks for, with {places}; refused steps count."
    )


def tried(found: Tried) -> str:
    """“12 to 31 a sample, the median one 9 steps and 2 refused”."""
    low, high = int(found.evaluations.min()), int(found.evaluations.max())
    each = f"{low} to {high} a sample" if low < high else "the same for each sample"
    taken, refused = (int(v.median()) for v in (found.taken_steps, found.refused))
    return f"{each}, the median one {taken} steps and {refused} refused"


def ended(found: Tried | None) -> str:
    """Whose control the budget ended, as a sentence; empty where it ended nobody's."""
    places = found.ended[~found.ended.isnan()] if found is not None else ()
    if found is None or not len(places):
        return ""
    return (
        f"NFE ended the control of {len(places)} of {len(found.ended)} samples, the median of them "
        f"at σ = {short(float(places.median()))}: raise it or loosen rtol."
    )
