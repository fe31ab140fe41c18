"""Lists of noise levels as people write them: read, and written for other tools.

A list runs from large to small, with or without a final 0.  Levels and steps are counted from 1
in sentences and from 0 in arguments; step i leads from level i to level i + 1, and the step after
the last level leads to 0, written or not.
"""

import itertools
import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from ..core import tables
from ..errors import UserError
from .edits import LONGEST, near, split
from .frames import Frame, frame_in, frame_of, levels_of, said_frame

LONGEST_TEXT = 20_000  # characters

__all__ = [
    "LONGEST_TEXT",
    "Own",
    "Parsed",
    "formats",
    "frame_of",
    "parse_list",
    "parse_sigmas",
    "read_list",
]


class Parsed(NamedTuple):
    """sigmas without a final 0, and what was changed or guessed on the way, in plain words."""

    sigmas: tuple[float, ...]
    notes: list[str]


class Own(NamedTuple):
    """A list in its tool's own numbers, from noise to data without a final 0, the frame that these
    are in, what they are as σ, and the notes."""

    values: tuple[float, ...]
    frame: Frame
    sigmas: tuple[float, ...]
    notes: list[str]


def parse_sigmas(text: str) -> Parsed:
    """The noise levels in a pasted text: a tensor or array print, Python, JSON or bare numbers.

    Times of flow matching and timesteps are read in their own frame, with a note; “VE:”, “flow:” or
    “timesteps:” before the list says which is meant.  Raises UserError as `parse_list`.
    """
    found = parse_list(text)
    return Parsed(found.sigmas, found.notes)


def parse_list(text: str) -> Own:
    """The list in a pasted text, in its own numbers and as σ.

    Nothing is evaluated.  A rising list is turned round and a final 0 taken off, each with a note;
    any other order is kept for `lint` to name.  Raises UserError for anything that is no complete
    list of numbers from 0 up; only the first may be ∞.
    """
    notes: list[str] = []
    said, rest = said_frame(text)
    words = _entries(rest, notes)
    values = _downwards([_value(word, i) for i, word in enumerate(words)], notes)
    frame = frame_in(rest, words, values, said, notes)
    sigmas = _without_zeros(levels_of(values, frame).tolist(), notes)
    if 900 <= max(sigmas) <= 1000 and _even(sigmas):
        notes.append(
            f"Even gaps from {near(max(sigmas))} down are typical of time steps; they are "
            "read as noise levels all the same."
        )
    return Own(tuple(values[: len(sigmas)]), frame, sigmas, notes)


def raw_numbers(text: str) -> Parsed:
    """The numbers of a pasted list as they stand: nothing is turned, taken off or judged.

    nan, inf and numbers below 0 are numbers here.  Raises UserError for text that is no list.
    """
    notes: list[str] = []
    words = _entries(text, notes)
    for i, word in enumerate(words):
        if not re.fullmatch(_NUMBER, word) and _bare(word) not in _NOT_FINITE:
            raise UserError(f"Entry {i + 1} is {_show(word)}, which is no number. {_EXAMPLE}")
    return Parsed(tuple(float(word) for word in words), notes)


def _entries(text: str, notes: list[str]) -> list[str]:
    """The words of the list in a text.  Raises UserError where there is none, or not all of it."""
    if not isinstance(text, str):
        raise UserError(f"A pasted list must be text; got {_show(text)}.")
    if len(text) > LONGEST_TEXT:
        raise UserError(
            f"The text is {len(text):,} characters long; at most {LONGEST_TEXT:,} are read."
        )
    body = _list_in(_plain(text), notes)
    if "..." in body:
        raise UserError(
            "The print is shortened: “...” stands for levels that are not there. Print all of them "
            'with print(sigmas.tolist()), or first call torch.set_printoptions(profile="full") '
            "or np.set_printoptions(threshold=100000)."
        )
    words = _words(body, notes)
    if not any(re.search("[0-9]", w) or _bare(w) in _NOT_FINITE for w in words):
        raise UserError(f"No numbers in {_show(text.strip())}. {_EXAMPLE}")
    return words


def read_list(flat: dict, key: str = "timesteps.levels") -> tuple[dict, list[str]]:
    """Settings in flat form, a list that came as text read into numbers, and the notes on it."""
    if not isinstance(flat.get(key), str):
        return flat, []
    found = parse_sigmas(flat[key])
    return {**flat, key: found.sigmas}, found.notes


def formats(sigmas: Sequence[float]) -> dict[str, str]:
    """Tool -> the list as that tool takes it; all but "plain" end with the 0 that they expect.

    Nine significant digits, all that a float32 holds; `parse_sigmas` reads each of them back, so
    what could be taken for another frame is marked.  diffusers wants the final 0 in
    EulerDiscreteScheduler and its kin (not in flow matching).  A list that begins at ∞ is written
    in times of flow matching, as tools for it take it.
    """
    levels = split(sigmas)[0]
    written = lambda values: ", ".join(repr(float(f"{v:.9g}")) for v in values)
    plain = written(levels)
    if math.isinf(levels[0]):
        times = written(tables.flow_time(levels).tolist())
        return {
            "k-diffusion": f"sigmas = torch.tensor([{times}, 0.0])",
            "diffusers": f"pipe.scheduler.set_timesteps(sigmas=[{times}])",
            "ComfyUI": f"{times}, 0.0",
            "plain": plain,
        }
    strange = frame_of(levels)[0] != "ve"
    mark, comment = ("VE: ", "  # VE: noise levels σ") if strange else ("", "")
    return {
        "k-diffusion": f"sigmas = torch.tensor([{plain}, 0.0]){comment}",
        "diffusers": f"pipe.scheduler.set_timesteps(sigmas=[{plain}, 0.0]){comment}",
        "ComfyUI": f"{mark}{plain}, 0.0",
        "plain": mark + plain,
    }


_EXAMPLE = "A list of noise levels such as 14.6, 5.8, 0.9, 0.03, 0 works."
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NOT_FINITE = ("nan", "inf", "infinity")
_SIGNS = str.maketrans(
    {
        "−": "-",
        "∞": "inf",
        "…": "...",
        "，": ",",
        "、": ",",
        "；": ";",
        "→": " ",
        "`": " ",
        "\u00a0": " ",
        "\u202f": " ",
        "\ufeff": " ",
    }
)


def _plain(text: str) -> str:
    """The text without comments, prompts, bullets, slices and the wrapping of single numbers."""
    text = re.sub(r"#.*", "", text.translate(_SIGNS))
    text = re.sub(r"(?m)^[ \t]*(?:>>>|(?:In|Out) ?\[[0-9]+\]:)", " ", text)
    text = re.sub(r"(?m)^[ \t]*[-*•][ \t]+(?=[0-9.])", " ", text)
    text = re.sub("[-=]>", " ", text)
    text = re.sub(r"(?<=[\w\])])\[(?:-?[0-9]+|-?[0-9]*:-?[0-9]*)\]", " ", text)  # sigmas[:-1]
    single = rf"(?<![\w.])[A-Za-z][\w.]*\(\s*({_NUMBER})\s*(?:,\s*\w+\s*=[^(),=]*)*\)"
    return re.sub(single, r"\1", text)  # tensor(14.6, device='cuda:0'), np.float64(14.6)


def _list_in(text: str, notes: list[str]) -> str:
    """The inside of the one list in the text: the one called sigmas, else the only brackets."""
    named = re.search(r"(?<!\w)(?:sigmas?|σ|levels)[\"']?\s*[:=](?!=)", text, re.IGNORECASE)
    before, text = (text[: named.start()], text[named.end() :]) if named else ("", text)
    groups = [g for g in re.finditer(r"\[([^\[\]]*)\]", text) if re.search("[0-9]", g[1])]
    groups = groups or [g for g in re.finditer(r"\(([^()]*)\)", text) if re.search("[0-9]", g[1])]
    if not groups or named and re.match(rf"\s*{_NUMBER}", text):
        if not groups and re.search(r"[\[(]", text):
            notes.append("A closing bracket is missing; check that the end of the list is there.")
        return re.sub(r"[\[\](){}]", " ", text)
    column = len(groups) > 1 and all(re.fullmatch(rf"\s*{_NUMBER}[\s,]*", g[1]) for g in groups)
    if len(groups) > 1 and not column and not named:
        raise UserError(
            f"The text holds {len(groups)} lists. Paste one, or write sigmas = before "
            "the one that is meant."
        )
    used = groups if column else groups[:1]
    outside = f"{before} {text[: used[0].start()]} {text[used[-1].end() :]}"
    if "*" in outside:
        raise UserError(
            "The list in brackets is multiplied by something (*), and nothing is "
            "calculated here. Paste the result."
        )
    outside = re.sub(r"(?<!\w)\w+\s*=\s*[^\s,()]*", " ", outside)  # dtype=torch.float16
    left = re.findall(rf"(?<![\w.:'\"+-]){_NUMBER}(?![\w.:'\"])", outside)
    if left:
        more = ", …" if len(left) > 3 else ""
        notes.append(
            f"Only the list{' called sigmas' if named else ' in brackets'} is read; "
            f"{', '.join(left[:3])}{more} outside it is left out."
        )
    return ", ".join(g[1] for g in used)


def _words(body: str, notes: list[str]) -> list[str]:
    """The entries of a list, still as text."""
    body = re.sub(r"\A\s*[A-Za-zσ_][\w ()-]*[:=]", "", body)  # "my levels: 14.6, ..."
    pieces = re.sub("[\"']", " ", body).replace(";", " ").split()
    if (
        len(pieces) > 1
        and any("," in p for p in pieces)
        and all(re.fullmatch(r"[0-9]+(?:,[0-9]+)?", p) for p in pieces)
    ):
        notes.append("Commas are read as decimal points.")
        return [p.replace(",", ".") for p in pieces]
    return [w for w in re.split(r"[\s,|>]+", " ".join(pieces)) if w and w != "-"]


def _bare(word: str) -> str:
    return word.lower().lstrip("+-")


def _value(word: str, i: int) -> float:
    if not re.fullmatch(_NUMBER, word) and _bare(word) not in _NOT_FINITE:
        raise UserError(f"Entry {i + 1} is {_show(word)}, which is no number. {_EXAMPLE}")
    value = float(word)
    if i == 0 and word.lower() in ("inf", "infinity"):
        return value  # pure noise
    if not (math.isfinite(value) and value >= 0):
        raise UserError(
            f"Entry {i + 1} is {_show(word).strip(chr(39))}; a noise level is a finite "
            "number, 0 or larger."
        )
    return abs(value)  # -0.0


def _downwards(values: list[float], notes: list[str]) -> list[float]:
    """The list from large to small; that it rose goes to the notes."""
    rises = (
        len(values) > 1
        and values[0] < max(values)
        and all(a <= b for a, b in zip(values, values[1:-1] if values[-1] == 0 else values[1:]))
    )
    if not rises:
        return values
    notes.append("The list rose; it is read from large to small.")
    return [*values[:-1][::-1], 0.0] if values[-1] == 0 else values[::-1]


def _without_zeros(sigmas: list[float], notes: list[str]) -> tuple[float, ...]:
    """The levels above 0; that there were zeros at the end goes to the notes."""
    body = sigmas
    while body and body[-1] == 0:
        body = body[:-1]
    zeros = len(sigmas) - len(body)
    if not body:
        raise UserError(f"Every level is 0; noise levels fall to 0 from above. {_EXAMPLE}")
    if len(body) > LONGEST:
        raise UserError(f"The list has {len(body):,} levels; at most {LONGEST} work.")
    if zeros:
        notes.append(
            "The final 0 is taken off; the loop adds it."
            if zeros == 1
            else f"The {zeros} zeros at the end are taken off; the loop adds one."
        )
    return tuple(body)


def _even(values: Sequence[float]) -> bool:
    gaps = [abs(a - b) for a, b in itertools.pairwise(values)]
    return max(gaps) <= 1.1 * min(gaps) + 1 if len(gaps) > 1 else False


def _show(value) -> str:
    text = repr(value if not isinstance(value, str) else value[:60])
    return text if len(text) <= 40 else text[:37] + "..."
