"""A1111's infotext in its parts: prompt lines, fields and the settings that pasting turns on.

    a lighthouse on a rock
    Negative prompt: blurry
    Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Size: 512x512

Read as v1.10.1 reads it (modules/infotext_utils.py, infotext_versions.py), in linear time.
"""

import json
import re
from typing import Any

from ..errors import UserError

LONGEST_LINE = 100_000  # characters of the line of fields
FEWEST_FIELDS = 3  # a line with fewer is part of the prompt

# A name is a word and more words; its value a string in quotes, or all up to the next comma.
# Names of at most 80 letters keep the search linear.
_FIELD = re.compile(
    r"""(?P<name> \w [\w\ \-/]{1,80} ) : \s*
        (?P<value> "(?: \\. | [^\\"] )+" | [^,]* ) (?: , | $ )""",
    re.VERBOSE,
)
_VERSION = re.compile(r"v?(\d{1,6}(?:\.\d{1,6}){1,3})(?:-(\d{1,6}|[Rr][Cc]))?(?:-.*)?")
_SIZE = re.compile(r"(\d+)x(\d+)")

# What A1111 takes for granted where a text says nothing.
_SILENT = {
    "Clip skip": "1",
    "Hires sampler": "Use same sampler",
    "Hires schedule type": "Use same scheduler",
    "Schedule type": "Automatic",
}

SETTINGS = {  # field of the text: A1111's setting that pasting it sets
    "Schedule min sigma": "sigma_min",
    "Schedule max sigma": "sigma_max",
    "Schedule rho": "rho",
    "Discard penultimate sigma": "always_discard_next_to_last_sigma",
    "Noise Schedule": "sd_noise_schedule",
    "Downcast alphas_cumprod": "use_downcasted_alpha_bar",
    "UniPC skip type": "uni_pc_skip_type",
    "UniPC variant": "uni_pc_variant",
    "UniPC order": "uni_pc_order",
    "UniPC lower order final": "uni_pc_lower_order_final",
    # it writes "Beta schedule alpha" and reads "Beta scheduler alpha"
    "Beta scheduler alpha": "beta_dist_alpha",
    "Beta scheduler beta": "beta_dist_beta",
    "SGM noise multplier": "sgm_noise_multiplier",
    "SGM noise multiplier": "sgm_noise_multiplier",
}
HALF_UNTIL = ((1, 7, 0), 225)  # ᾱ was in half precision up to the 225th change after 1.7.0


def fields_line(text: str) -> str:
    """The line of fields: the last one; where it has none, the last that begins with "Steps:"."""
    lines = text.strip().split("\n")
    if len(lines[-1]) > LONGEST_LINE:
        raise UserError(
            f"The last line is {len(lines[-1]):,} characters long; "
            f"an infotext's has at most {LONGEST_LINE:,}."
        )
    if _count(lines[-1]) >= FEWEST_FIELDS:
        return lines[-1]
    for line in reversed(lines):
        if line.strip().startswith("Steps:") and _count(line[:LONGEST_LINE]) >= FEWEST_FIELDS:
            return line[:LONGEST_LINE]
    return ""


def _count(line: str) -> int:
    return sum(1 for _ in _FIELD.finditer(line))


def parse(text: str) -> dict[str, str]:
    """Every field by its name, as text; "512x768" becomes Size-1 and Size-2.

    With "Prompt", "Negative prompt", and what A1111 takes for granted.  No schedule is read yet.
    """
    line = fields_line(text)
    found = _prompts(text, line)
    for match in _FIELD.finditer(line):
        name, value = match["name"], _bare(match["value"])
        size = _SIZE.fullmatch(value)
        if size:
            found[f"{name}-1"], found[f"{name}-2"] = size.groups()
        elif value:
            found[name] = value
    for name, value in _SILENT.items():
        found.setdefault(name, value)
    return found


def _prompts(text: str, line: str) -> dict[str, str]:
    """The lines above the fields, split where one begins with "Negative prompt:"."""
    above, _, _ = text.strip().rpartition(line) if line else (text, "", "")
    prompt, mark, negative = ("\n" + above).partition("\nNegative prompt:")
    return {"Prompt": prompt.strip(), "Negative prompt": negative.strip() if mark else ""}


def _bare(value: str) -> str:
    """A value without its quotes."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            inside = json.loads(value)
        except ValueError:
            return value
        return inside if isinstance(inside, str) else value
    return value


def settings(fields: dict[str, str]) -> dict[str, Any]:
    """A1111's settings that this text turns on, by its own names; those at their default are left.

    An older version's text turns on what that version did: `half_precision`.
    """
    from .a1111 import SETTINGS as USUAL

    found = {}
    for field, name in SETTINGS.items():
        if field in fields:
            value = _cast(fields[field], USUAL[name], field)
            if value != USUAL[name]:
                found[name] = value
    if half_precision(fields):
        found["use_downcasted_alpha_bar"] = True
    return found


def _cast(value: str, usual: Any, field: str) -> Any:
    if isinstance(usual, bool):
        return value != "False"
    if isinstance(usual, str):
        return value
    try:
        return type(usual)(float(value))
    except (ValueError, OverflowError):
        raise UserError(f"{field}: {value!r:.40} is no number.") from None


def half_precision(fields: dict[str, str]) -> bool:
    """Was this written by a version that held ᾱ in half precision?"""
    version = version_of(fields.get("Version"))
    return version is not None and version < HALF_UNTIL


def version_of(text: str | None) -> tuple[tuple[int, ...], float] | None:
    """ "v1.7.0-133-gde03882d" -> ((1, 7, 0), 133): release and changes after it; None if unknown.

    A candidate ("1.8.0-RC") comes before its release.  Forks count otherwise and have no such
    version ("f2.0.1v1.10.1-previous-…").
    """
    found = _VERSION.fullmatch(text or "")
    if found is None:
        return None
    release = tuple(int(n) for n in found[1].split("."))
    after = -1 if (found[2] or "").upper() == "RC" else float(found[2] or 0)
    return (*release, 0, 0)[:3], after
