"""Whether an answer is one to its question: by its values, its link and its keys, and beside the
same view made alone, in this process."""

import json
import math
from typing import Any

from ..errors import UserError
from ..lab.experiment import use_device
from ..lab.view import View
from ..server.asked import experiment_of
from ..server.message import message
from ..settings import flatten, to_query

NEAR = {  # of a number
    "data": 1e-6,
    "run": 1e-6,  # the same arithmetic, printed
    "loss": 1e-6,
    "path": 2e-2,  # a reference cut from longer paths; of a curvature 0.2 % was seen
    "error": 2e-2,
}
TIMED = {"status"}  # says how long it took


def mistaken(request: dict, answer: dict) -> str | None:
    """Why an answer is not to this request, or None."""
    try:
        e = experiment_of(request)
    except UserError as error:
        return f"a question of nonsense was answered: {error}"
    if answer["values"] != flatten(e):
        return f"values: asked {request['values']}, answered {answer['query']}"
    if answer["query"] != to_query(e):
        return f"link: asked {to_query(e)}, answered {answer['query']}"
    keys = View(e).keys
    for name, part in answer["parts"].items():
        known = {keys[name]} | ({keys["exact"], keys["more"]} if name == "error" else set())
        if part["key"] not in known and "first" not in part:
            return f"{name} of another view than {answer['query']}"
    return None


def compared(answers: list[tuple[dict, dict]], count: int) -> list[str]:
    """What differs between some of the answers and the same views made alone."""
    use_device("cpu")
    wrong = []
    for request, answer in answers[:: max(1, len(answers) // max(1, count))][:count]:
        want = [*answer["parts"]]
        if answer["parts"].get("error", {}).get("exact"):
            want.append("more" if answer["parts"]["error"].get("more") else "exact")
        alone = message({"values": request["values"], "want": want})
        alone = json.loads(json.dumps(alone))
        for name, part in answer["parts"].items():
            mine = alone["parts"].get(name, {})
            if "first" in part or mine.get("key") != part["key"]:
                continue  # a draft, or an error in another care
            where = differs({k: v for k, v in part.items() if k not in TIMED}, mine, NEAR[name])
            if where:
                wrong.append(f"{name} of {answer['query']}: {where}")
    return wrong


def differs(one: Any, two: Any, near: float, where: str = "") -> str | None:
    """Where two pieces of an answer differ, or None; words may round either way."""
    if isinstance(one, dict) and isinstance(two, dict):
        missing = [f"{where}.{k} is missing" for k in one if k not in two]
        found = (differs(v, two[k], near, f"{where}.{k}") for k, v in one.items() if k in two)
        return next((f for f in [*missing, *found] if f), None)
    if isinstance(one, list) and isinstance(two, list):
        if len(one) != len(two):
            return f"{where} has {len(one)}, not {len(two)}"
        found = (differs(a, b, near, f"{where}[{i}]") for i, (a, b) in enumerate(zip(one, two)))
        return next((f for f in found if f), None)
    if isinstance(one, int | float) and isinstance(two, int | float):
        same = math.isclose(one, two, rel_tol=near, abs_tol=1e-6)
        return None if same else f"{where} is {one}, not {two}"
    return None if isinstance(one, str) or one == two else f"{where} is {one!r:.60}"
