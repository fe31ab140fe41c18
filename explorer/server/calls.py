"""What a call must be before Gradio looks at it: JSON that is JSON, for something that is here.

Gradio answers much of what it cannot take with "error": null, or with an error of its own.
"""

import inspect
import json
import re
from typing import Any

EVENT = re.compile(r"/gradio_api/call/(?:v2/)?[^/]+/([^/]+)")
DEEPEST = 400  # lists within lists, within what every part here can take; the page's own go to 6
ROUTE = re.compile(
    r"/gradio_api/(?:(component_server|queue/join|cancel|reset)|(run|api|call/v2|call)/([^/]+))/?"
)
KINDS = {
    "trigger_id": (int, "a whole number"),
    "batched": (bool, "true or false"),
    "simple_format": (bool, "true or false"),
    "oauth_token": (str, "a text"),
}
DEEP = f"The call is nested too deeply; {DEEPEST} lists within lists work."
NEEDED = {
    "component_server": ("session_hash",),
    "queue/join": ("session_hash",),
    "cancel": ("session_hash", "event_id"),
    "reset": ("event_id",),
}


class Unfit(Exception):
    """The sentence that the call is refused with."""


def refusal(path: str, kind: bytes, body: bytes, blocks: Any) -> tuple[int, str] | None:
    """Status and sentence for a call that nothing here can answer.

    path: below the server's address; kind: the content type; blocks: Gradio's, what there is."""
    found = ROUTE.fullmatch(path)
    if not found:
        return None
    if kind.startswith(b"multipart/"):
        return 415, "A call is JSON; a file is sent to /gradio_api/upload first."
    try:
        _fits(found, json.loads(body), blocks)
    except RecursionError:
        return 400, DEEP
    except ValueError as error:  # of JSON, of UTF-8, of a number with thousands of digits
        why = re.sub(r"[^\w ,.:;()'-]", "", str(error))[:120]
        return 400, f"The body of the call is not JSON: {why}."
    except Unfit as error:
        return (404 if str(error).startswith("There is no") else 422), str(error)
    return None


def unreadable(body: bytes) -> tuple[int, str] | None:
    """Status and sentence for JSON that is none, or that nothing here should walk through."""
    try:
        return (400, DEEP) if _depth(json.loads(body)) > DEEPEST else None
    except RecursionError:
        return 400, DEEP
    except ValueError:  # of JSON, of UTF-8, of a number with thousands of digits
        return 400, "The body of the call is not JSON."


def of_event(path: str, blocks: Any) -> tuple[int, str] | None:
    """The same for a question after a call that was made: Gradio breaks off over an unknown one."""
    found = EVENT.fullmatch(path)
    if not found:
        return None
    queue, event = blocks._queue, found[1]
    waiting = any(event in mine for mine in list(queue.pending_event_ids_session.values()))
    if waiting or event in queue.event_ids_to_events or event in queue.pending_messages_per_session:
        return None
    return 404, "There is no such call any more; its answer is given once."


def _fits(found: re.Match, call: Any, blocks: Any) -> None:
    if not isinstance(call, dict):
        raise Unfit("A call is a JSON object, such as {“data”: […]}.")
    if _depth(call) > DEEPEST:
        raise Unfit(DEEP)
    plain, way, name = found.groups()
    if way == "call/v2":
        _named(call, _endpoint(blocks, name))
        return
    _plain_values(call, plain or "")
    if plain == "component_server":
        _of_the_page(call, blocks)
    elif plain == "queue/join":
        _arguments(call, _function(blocks, call.get("fn_index")))
    elif plain == "cancel" and not _is_index(call.get("fn_index")):
        raise Unfit("“fn_index” must be a whole number.")
    elif way:
        if call.get("fn_index") is not None:
            _function(blocks, call["fn_index"])
        _arguments(call, _endpoint(blocks, name))


def _plain_values(call: dict, plain: str) -> None:
    for key in ("session_hash", "event_id"):
        if call.get(key) is not None and not _is_word(call[key]):
            raise Unfit(f"“{key}” must be a short text.")
        if call.get(key) is None and key in NEEDED.get(plain, ()):
            raise Unfit(f"“{key}” is missing.")
    for key, (kind, told) in KINDS.items():  # Gradio cannot write down what is wrong with some
        if plain != "component_server" and not isinstance(call.get(key), kind | None):
            raise Unfit(f"“{key}” must be {told}.")


def _of_the_page(call: dict, blocks: Any) -> None:
    """A call of the page's: of a part that is there, and of one of its functions."""
    for key in ("data", "component_id", "fn_name"):
        if key not in call:
            raise Unfit(f"“{key}” is missing.")
    part = call["component_id"]
    block = blocks.blocks.get(part) if _is_index(part) else None
    if block is None:
        raise Unfit("There is no such component on the page; “component_id” is that of /config.")
    name = call["fn_name"]
    known = isinstance(name, str) and getattr(getattr(block, name, None), "_is_server_fn", False)
    if not known:
        raise Unfit("There is no such function of the page; reload it if it is older than this.")


def _endpoint(blocks: Any, name: str) -> Any:
    named = {fn.api_name: fn for fn in blocks.fns.values() if isinstance(fn.api_name, str)}
    if name not in named:
        raise Unfit(f"There is no such endpoint. Known: {', '.join(sorted(named))}.")
    return named[name]


def _function(blocks: Any, index: Any) -> Any:
    if not _is_index(index) or index not in blocks.fns:
        raise Unfit("There is no such function; “fn_index” is one of /config.")
    return blocks.fns[index]


def _arguments(call: dict, fn: Any) -> None:
    """As many as the endpoint takes, in their order, as Gradio's clients send them."""
    given = call.get("data")
    if not isinstance(given, list):
        raise Unfit("“data” must be a list, with one value for each argument.")
    if len(given) < len(fn.inputs):
        raise Unfit(
            f"/{fn.api_name} takes {len(fn.inputs)} values in “data”, null for those not given; "
            f"{len(given)} came."
        )


def _named(call: dict, fn: Any) -> None:
    takes = inspect.signature(fn.fn).parameters
    if unknown := sorted(set(call) - set(takes) - {"oauth_token"}):
        raise Unfit(f"/{fn.api_name} takes no {unknown[0][:40]!r}; /gradio_api/info lists all.")
    for name, parameter in takes.items():
        if parameter.default is inspect.Parameter.empty and name not in call:
            raise Unfit(f"/{fn.api_name} needs “{name}”.")


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 128


def _depth(value: Any) -> int:
    """Of lists and objects within each other; without calling itself."""
    deepest, level = 0, [value]
    while level and deepest <= DEEPEST:
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(v for v in one.values() if isinstance(v, list | dict))
            elif isinstance(one, list):
                inner.extend(v for v in one if isinstance(v, list | dict))
        deepest, level = deepest + 1, inner
    return deepest
