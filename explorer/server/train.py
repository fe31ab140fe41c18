"""What the Train page calls: a training begins, pauses, goes on, stops, and is looked at."""

from ..errors import UserError
from ..store import places, trainings
from ..training import runs
from ..ui.train import asked, augmented, defaults, of, pace
from ..ui.train_shipped import shipped
from ..ui.train_shown import figures_of, how, progress
from . import hall, owners
from .answer import as_json
from .hall import HALL


def training(request: dict):
    """Start, pause, resume, cancel, and how far it is."""
    return as_json(act(request))


def act(request: dict) -> dict:
    """{"do": start | pause | resume | cancel | look | …, …} -> what to show."""
    try:
        if not isinstance(request, dict):
            raise UserError("A training is asked for with what to do and its values.")
        kinds = {
            "start": _start,
            "pause": _pause,
            "resume": _resume,
            "cancel": _cancel,
            "look": _look,
            "key": _key,
            "augment": augmented,
            "defaults": defaults,
            "shipped": shipped,
            "pace": pace,
        }
        do = request.get("do")
        if not isinstance(do, str) or do not in kinds:
            told = repr(do[:40]) if isinstance(do, str) else _kind(do)
            raise UserError(f"Unknown request {told}. Known: {', '.join(kinds)}.")
        return kinds[do](request)
    except UserError as error:
        return {"problem": str(error)}


def _name(request: dict) -> str:
    """The name that a request gives, or "".  Raises UserError unless it is text of one."""
    name = request.get("name")
    if name is None or name == "":
        return ""
    if not isinstance(name, str):
        raise UserError(f"A training is named by a text, such as “mine”, not by {_kind(name)}.")
    return places.check_name(name, "training")


def _kind(value) -> str:
    """What JSON calls it; its content may be anything."""
    return {list: "a list", dict: "an object", bool: "a truth value"}.get(type(value), "a number")


def _start(request: dict) -> dict:
    letter, flat = asked(request)
    own, tokens = owners.new_token(request), owners.tokens_of(request)
    HALL.start(letter.upper(), flat, _name(request), tokens, own)
    return _look({**request, "tokens": [*tokens, own]}) | {"token": own}


def _pause(request: dict) -> dict:
    HALL.stop(_name(request), "paused", owners.tokens_of(request))
    return _look(request)


def _resume(request: dict) -> dict:
    HALL.resume(_name(request), owners.tokens_of(request))
    return _look(request)


def _cancel(request: dict) -> dict:
    HALL.stop(_name(request), "cancelled", owners.tokens_of(request))
    return _look(request)


def _key(request: dict) -> dict:
    """Whether the token that a link brought is that of the server's owner; no page keeps others."""
    return {"opens": owners.is_master(request.get("token"))}


def _begun_by(request: dict, tokens) -> bool:
    """Whether a training that is over is told of: to the browser that began it, and to a client
    that keeps no tokens; a fresh visitor sees nothing of another's."""
    return "tokens" not in request or owners.began(HALL.owner, tokens)


def _look(request: dict) -> dict:
    """The state of the hall: the training under way with its figures, the paused ones, and those
    that another server trains on the same cache folder.
    """
    session, have, tokens = HALL.session, request.get("have"), owners.tokens_of(request)
    busy = session is not None and session.busy
    out: dict = {"paused": [], "elsewhere": [], "allowed": hall.allowed}
    for n, t in runs.unfinished().items():
        if busy and n == session.name:
            continue
        row = {"name": n, "title": runs.title(t), "mine": owners.may(n, tokens)}
        out["elsewhere" if trainings.is_busy(trainings.folder(n)) else "paused"].append(row)
    if session is None or not (busy or _begun_by(request, tokens)):
        return out
    s, t = session.seen, session.training
    out |= {
        "name": session.name,
        "title": runs.title(t),
        "how": how(t),
        "of": of(t),
        "own": owners.began(HALL.owner, tokens),
        "state": session.state,
        "busy": busy,
        "trouble": session.trouble,
        "mine": owners.may(session.name, tokens),
    }
    if not s:
        return out
    key = f"{session.name} {s['now']['mean']} {s['images'] if s['done'] else ''}"
    out |= {
        "key": key,
        "words": progress(s, session.state),
        "part": s["images"] / s["total"],
        "done": s["done"],
    }
    if key != have:
        out |= figures_of(s, t)
    return out
