"""Gradio's page without what a visit never uses: the parameters of the named endpoints.

Gradio makes a component of each of them, some five hundred, and a browser would mount them all.
The endpoints are the server's; clients hear of them by /config and /gradio_api/info, as before.
"""

import json
import re
from functools import lru_cache
from typing import Any

CONFIG = re.compile(rb"(<script>window\.gradio_config = )(\{.*?\})(;</script>)", re.DOTALL)
NAMES = re.compile(rb"(<script>window\.gradio_api_info = )(\{.*?\})(;</script>)", re.DOTALL)
NONE = b'{"named_endpoints": {}, "unnamed_endpoints": {}}'
PARAMETER = "api"  # the type of such a component


def edit(page: bytes) -> bytes:
    """The page; one without Gradio's settings, such as a sign-in, stays as it is."""
    page = CONFIG.sub(lambda found: found[1] + _lean(found[2]) + found[3], page, count=1)
    return NAMES.sub(lambda found: found[1] + NONE + found[3], page, count=1)


@lru_cache(4)
def _lean(text: bytes) -> bytes:
    told: dict[str, Any] = json.loads(text)
    if "components" not in told:
        return text
    gone = {c["id"] for c in told["components"] if c["type"] == PARAMETER}
    used = [d["id"] for d in told["dependencies"] if not gone & {*d["inputs"], *d["outputs"]}]
    told["components"] = [c for c in told["components"] if c["id"] not in gone]
    told["dependencies"] = [d for d in told["dependencies"] if d["id"] in used]
    for part in (told, told["page"].get("", {})):
        if "layout" in part:
            part["layout"]["children"] = _kept(part["layout"], gone)
    own = told["page"].get("", {})
    for kind, kept in (
        ("components", lambda i: i not in gone),
        ("dependencies", used.__contains__),
    ):
        own[kind] = [i for i in own.get(kind, ()) if kept(i)]
    # as Gradio writes it: nothing in it ends the script
    return json.dumps(told).translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&'"}).encode()


def _kept(box: dict, gone: set[int]) -> list[dict]:
    return [child for child in box.get("children", ()) if child["id"] not in gone]
