"""A sampler that reads the network's answer as another quantity than it was trained to give."""

from ..report import Fault
from .case import Case

KINDS = ("prediction_mismatch",)
SAME = {
    "eps": "epsilon",
    "v": "v_prediction",
    "const": "flow_prediction",
    "flow": "flow_prediction",
}
NONE = ("CMStochastic", "FlowMap", "SCM", "VQDiffusion", "ScoreSde", "KarrasVe", "IPNDM", "AmusED")
SAYS = {
    "epsilon": "the noise ε",
    "v_prediction": "v",
    "flow_prediction": "the flow's velocity",
    "sample": "the clean picture",
    "edm": "EDM's F",
}


def find(case: Case) -> list[Fault]:
    """The config's word, or its default, against the model's."""
    model, read = _word(case.model.prediction), _read(case)
    if not model or not read or model == read:
        return []
    if model == "edm" and (case.class_name.startswith("EDM") or read == "epsilon"):
        return []  # EDM's schedulers call F "epsilon"
    said = (
        f"{case.model.name} predicts {SAYS.get(model, model)} ({model}), and the sampler reads it "
        f"as {SAYS.get(read, read)} ({read})."
    )
    if case.config and "prediction_type" not in case.config:
        said += " The config names none, which means epsilon."
    return [Fault("prediction_mismatch", None, said)]


def _read(case: Case) -> str | None:
    name = case.class_name
    if case.run.facts is None:
        return _word(case.run.prediction)
    if not case.config or any(word in name for word in NONE):
        return None
    if name.startswith("FlowMatch"):
        return "flow_prediction"
    return _word(case.config.get("prediction_type", "epsilon"))


def _word(word) -> str | None:
    if not isinstance(word, str):
        return None
    word = word.lower().replace("-", "_")
    return SAME.get(word, word)
