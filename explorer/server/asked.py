"""What a request asks for: the experiment that it describes.

A link that names a value out of range is still a link: that one setting keeps its default, all
others hold, and the page says at its field what was wrong.
"""

from urllib.parse import parse_qsl, urlencode

from ..dialects import lists
from ..errors import UserError
from ..lab.experiment import Experiment
from ..settings import from_query, unflatten
from ..store import weights
from ..ui import networks

LIST = "timesteps.levels"
MOST = 8  # settings of one link that may be wrong; of more it is not a link of ours
LONGEST = 64  # letters of a setting's key; what is longer is none, and is not sent back


def understood(request: dict) -> tuple[Experiment, dict]:
    """The experiment, and under "wrong" the settings of a link that cannot be: {key: {given, why}}.

    Raises UserError for what is no setting at all, and for values that the page sends.
    """
    wrong: dict[str, dict[str, str]] = {}
    while True:
        try:
            return experiment_of(request), {"wrong": wrong} if wrong else {}
        except UserError as error:
            key, rest = _without(request, error)
            if key is None or len(key) > LONGEST or len(wrong) >= MOST:
                raise
            wrong[key] = {"given": rest.pop(key)[:60], "why": str(error)}
            request = {**request, "query": urlencode(rest)}


def problem(error: UserError) -> dict:
    """A refusal as it is sent: the sentence, and under "fields" the keys that it is about."""
    keys = [key for key in error.fields if len(key) <= LONGEST]
    return {"problem": str(error)} | ({"fields": keys} if keys else {})


def _without(request: dict, error: UserError) -> tuple[str | None, dict[str, str]]:
    """The setting of a link that an error is about, and all that the link names."""
    query = request.get("query") if isinstance(request, dict) else None
    text = query.lstrip("?") if isinstance(query, str) else ""
    named = dict(parse_qsl(text, keep_blank_values=True))
    return next((key for key in error.fields if key in named), None), named


def _with_data(query: str) -> str:
    """A link that names a network and no data, where those of a plain link are not of its shape:
    with data that are, as the menu brings them."""
    named = dict(parse_qsl(query.lstrip("?")))
    name = named.get("model.checkpoint")
    if named.get("model") != "network" or not name or any(k.split(".")[0] == "data" for k in named):
        return query
    try:
        found = weights.find(name)
    except UserError:  # said where it is loaded
        return query
    if found.shape == (Experiment().data.dimension,):
        return query
    return urlencode(networks.data_of(found) | named)


def experiment_of(request: dict) -> Experiment:
    """The experiment a request describes, by values or by a query string."""
    if not isinstance(request, dict):
        raise UserError(f"A request is an object with “values” or “query”; got {request!r:.60}.")
    if "query" in request:
        if not isinstance(request["query"], str):
            raise UserError(f"“query” must be text; got {request['query']!r:.60}.")
        return from_query(Experiment, _with_data(request["query"]))
    values = request.get("values")
    if not isinstance(values, dict):
        raise UserError(f"“values” must be an object of settings; got {values!r:.60}.")
    values = dict(values)
    if isinstance(pasted := values.get(LIST), str):
        try:
            values[LIST] = lists.parse_sigmas(pasted).sigmas
        except UserError as error:
            error.about(LIST)
            raise
    return unflatten(Experiment, values)
