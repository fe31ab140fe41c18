"""Lists of noise levels as people write them: read, judged, reshaped, written for other tools.

A list runs from large to small, with or without a final 0.  Levels and steps are counted from 1
in sentences and from 0 in arguments; step i leads from level i to level i + 1, and the step after
the last level leads to 0, written or not.
"""

import itertools
import math
import re
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from ..core.timesteps import HIGHEST, LOWEST, Custom
from ..errors import UserError

LONGEST = 512  # levels, as in `Custom`
LONGEST_TEXT = 20_000  # characters
GAP = 1.001  # the least ratio of neighbours when a level is moved or put in


class Parsed(NamedTuple):
    """sigmas without a final 0, and what was changed or guessed on the way, in plain words."""

    sigmas: tuple[float, ...]
    notes: list[str]


class Finding(NamedTuple):
    """What the linter says: "error" (cannot run), "warning" or "note", and where (from 0)."""

    level: str
    text: str
    at: int | None = None


def parse_sigmas(text: str) -> Parsed:
    """The noise levels in a pasted text: a tensor or array print, Python, JSON or bare numbers.

    Nothing is evaluated.  A rising list is turned round and a final 0 taken off, each with a note;
    any other order is kept for `lint` to name.  Raises UserError for anything that is no complete
    list of finite numbers from 0 up, and for time steps of a 1000-step schedule.
    """
    if not isinstance(text, str):
        raise UserError(f"A pasted list must be text; got {_show(text)}.")
    if len(text) > LONGEST_TEXT:
        raise UserError(
            f"The text is {len(text):,} characters long; at most {LONGEST_TEXT:,} are read."
        )
    notes: list[str] = []
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
    values = [_value(word, i) for i, word in enumerate(words)]
    _refuse_time_steps(words, values)
    return Parsed(_downwards(values, notes), notes)


def read_list(flat: dict, key: str = "timesteps.levels") -> tuple[dict, list[str]]:
    """Settings in flat form, a list that came as text read into numbers, and the notes on it."""
    if not isinstance(flat.get(key), str):
        return flat, []
    found = parse_sigmas(flat[key])
    return {**flat, key: found.sigmas}, found.notes


def lint(
    sigmas: Sequence[float],
    sigma_data: float = 0.5,
    model_range: tuple[float, float] = (0.0, math.inf),
) -> list[Finding]:
    """What is wrong or odd about a list, as it will run: with its final 0 if the loop adds one.

    Errors are exactly what `Custom` refuses; where there is one, nothing else is said.
    sigma_data: the data's standard deviation.  model_range: noise levels the network was made for.
    """
    sigmas = [float(s) for s in sigmas]
    levels = sigmas[:-1] if sigmas and sigmas[-1] == 0 else sigmas
    return _errors(sigmas, levels) or [
        *_about_start(levels, sigma_data),
        *_about_range(levels, *model_range),
        *_about_steps(levels),
        *_about_end(sigmas, levels, sigma_data),
    ]


def resample(sigmas: Sequence[float], n: int) -> tuple[float, ...]:
    """n levels with the same ends, by interpolating ln σ over the index; a final 0 stays."""
    levels, tail = _split(sigmas)
    if not 2 <= n <= LONGEST - len(tail):
        raise UserError(f"A list can have from 2 to {LONGEST - len(tail)} levels; got {n}.")
    made = []
    for k in range(n):
        place = k * (len(levels) - 1) / (n - 1)
        i = min(int(place), len(levels) - 2)
        part = place - i
        made.append(levels[i] ** (1 - part) * levels[i + 1] ** part)
    return tuple(made) + tail


def insert(sigmas: Sequence[float], i: int) -> tuple[float, ...]:
    """One more level in the middle of step i: √(σ_i σ_{i+1}), or σ_i/2 in the step to 0."""
    levels, tail = _split(sigmas)
    _check_index(i, len(levels), "step")
    if len(levels) + len(tail) >= LONGEST:
        raise UserError(f"The list has {len(sigmas)} levels, which is as many as it can hold.")
    below = levels[i + 1] if i + 1 < len(levels) else levels[i] / 4
    new = math.sqrt(levels[i] * below)
    if levels[i] / below < GAP**2 or new < LOWEST:
        raise UserError(
            f"Step {i + 1} from {_near(levels[i])} is too short to split: its middle "
            f"{_near(new)} must lie 0.1 % from its ends and not below {LOWEST:g}."
        )
    return (*levels[: i + 1], new, *levels[i + 1 :], *tail)


def remove(sigmas: Sequence[float], i: int) -> tuple[float, ...]:
    """The list without level i."""
    levels, tail = _split(sigmas)
    _check_index(i, len(levels), "level")
    if len(levels) == 2:
        raise UserError("A σ list needs at least two levels above 0; this one has just two.")
    return levels[:i] + levels[i + 1 :] + tail


def move(
    sigmas: Sequence[float], i: int, sigma: float, allowed: tuple[float, float] = (LOWEST, HIGHEST)
) -> tuple[float, ...]:
    """Level i moved to sigma, or as near as its neighbours let it: the list always falls.

    The first and the last level stop at the ends of `allowed`; a level without room stays.
    """
    levels, tail = _split(sigmas)
    _check_index(i, len(levels), "level")
    if math.isnan(sigma):
        raise UserError(f"Level {i + 1} cannot move to nan; a number above 0 works.")
    low = levels[i + 1] * GAP if i + 1 < len(levels) else max(allowed[0], LOWEST)
    high = levels[i - 1] / GAP if i > 0 else min(allowed[1], HIGHEST)
    moved = min(max(float(sigma), low), high) if low <= high else levels[i]
    return (*levels[:i], moved, *levels[i + 1 :], *tail)


def formats(sigmas: Sequence[float]) -> dict[str, str]:
    """Tool -> the list as that tool takes it; all but "plain" end with the 0 that they expect.

    Nine significant digits, all that a float32 holds; `parse_sigmas` reads each of them back.
    diffusers wants the final 0 in EulerDiscreteScheduler and its kin (not in flow matching).
    """
    numbers = [repr(float(f"{s:.9g}")) for s in _split(sigmas)[0]]
    plain, whole = ", ".join(numbers), ", ".join([*numbers, "0.0"])
    return {
        "k-diffusion": f"sigmas = torch.tensor([{whole}])",
        "diffusers": f"pipe.scheduler.set_timesteps(sigmas=[{whole}])",
        "ComfyUI": whole,
        "plain": plain,
    }


# ---- reading -------------------------------------------------------------------------------------

_EXAMPLE = "A list of noise levels such as 14.6, 5.8, 0.9, 0.03, 0 works."
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NOT_FINITE = ("nan", "inf", "infinity")
_SIGNS = str.maketrans(
    {
        "−": "-",
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
    if not (math.isfinite(value) and value >= 0):
        raise UserError(
            f"Entry {i + 1} is {_show(word).strip(chr(39))}; a noise level is a finite "
            "number, 0 or larger."
        )
    return abs(value)  # -0.0


def _refuse_time_steps(words: list[str], values: list[float]):
    """Whole numbers from hundreds down are indices of a 1000-step schedule.  `999.` is how tensors
    print them, but there a list such as `100., 10., 1.` is no rarer, so even gaps are asked for.
    """
    whole = not any(re.search(r"\.[0-9]|e", w, re.IGNORECASE) for w in words)
    if (
        len(values) > 1
        and whole
        and 100 <= max(values) <= 1000
        and (_even(values) or not any("." in w for w in words))
    ):
        raise UserError(
            f"These look like time steps of a 1000-step schedule ({words[0]}, {words[1]}, …), not "
            "noise levels. Print scheduler.sigmas instead of scheduler.timesteps; if they are σ, "
            f"write one with its decimals: {max(values):.1f}."
        )


def _downwards(values: list[float], notes: list[str]) -> tuple[float, ...]:
    """The list from large to small without its 0; what that took goes to the notes."""
    rises = (
        len(values) > 1
        and values[0] < max(values)
        and all(a <= b for a, b in zip(values, values[1:-1] if values[-1] == 0 else values[1:]))
    )
    body = values[:-1] if rises and values[-1] == 0 else values
    if rises:
        body = body[::-1]
        notes.append("The list rose; it is read from large to small.")
    zeros = len(values) - len(body)
    while body and body[-1] == 0:
        body, zeros = body[:-1], zeros + 1
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
    if max(body) == 1 and len(body) > 1:
        notes.append(
            "The list starts at 1: in flow matching (SD3, FLUX) σ is t of (1 − t) x₀ + "
            "t n, which is the noise level t/(1 − t) here."
        )
    if 900 <= max(body) <= 1000 and _even(body):
        notes.append(
            f"Even gaps from {_near(max(body))} down are typical of time steps; they are "
            "read as noise levels all the same."
        )
    return tuple(body)


def _even(values: list[float]) -> bool:
    gaps = [abs(a - b) for a, b in itertools.pairwise(values)]
    return max(gaps) <= 1.1 * min(gaps) + 1 if len(gaps) > 1 else False


# ---- judging -------------------------------------------------------------------------------------


def _errors(sigmas: list[float], levels: list[float]) -> list[Finding]:
    for i, s in enumerate(sigmas):
        if not (math.isfinite(s) and s >= 0):
            return [
                Finding(
                    "error",
                    f"Level {i + 1} is {s:g}; a noise level is a finite number, 0 or larger.",
                    i,
                )
            ]
    if len(levels) < 2:
        given = f"the list has {'only ' + _near(levels[0]) if levels else 'none'}"
        return [Finding("error", f"At least two levels above 0 are needed; {given}.")]
    found = []
    if len(sigmas) > LONGEST:
        found.append(
            Finding("error", f"The list has {len(sigmas):,} levels; at most {LONGEST} work.")
        )
    steps = [i for i, (a, b) in enumerate(itertools.pairwise(levels)) if not a > b]
    for i in steps[:3]:
        a, b = levels[i], levels[i + 1]
        found.append(
            Finding(
                "error",
                f"Levels {i + 1} and {i + 2} are both {_near(a)}: step {i + 1} has length 0."
                if a == b
                else f"Step {i + 1} rises from {_near(a)} to {_near(b)}; a list must fall "
                "all the way.",
                i,
            )
        )
    if len(steps) > 3:
        found.append(Finding("error", f"{len(steps) - 3} more steps do not fall.", steps[3]))
    high, last = max(levels), levels[-1]
    if high > HIGHEST:
        found.append(
            Finding(
                "error",
                f"Level {levels.index(high) + 1} is {_near(high)}; the lab goes up to {HIGHEST:g}.",
                levels.index(high),
            )
        )
    if last < LOWEST:
        found.append(
            Finding(
                "error",
                f"The last level above 0 is {_near(last)}; the lab goes down to {LOWEST:g}."
                if last
                else "The list ends with more than one 0.",
                len(levels) - 1,
            )
        )
    return found


def _about_start(levels: list[float], sigma_data: float) -> list[Finding]:
    first, found = levels[0], []
    if len(levels) < 3:
        found.append(
            Finding(
                "warning",
                f"The list has only {len(levels)} levels: too few for a "
                "step size to be judged, or for a multistep solver.",
            )
        )
    if first < 10 * sigma_data:
        part = sigma_data**2 / (sigma_data**2 + first**2)
        found.append(
            Finding(
                "warning",
                f"At σ_max = {first:.3g} the data still show through: "
                f"{100 * part:.2g} % of the variance is theirs, and samples that "
                "start as pure noise miss it.",
                0,
            )
        )
    return found


def _about_range(levels: list[float], low: float, high: float) -> list[Finding]:
    """A printed range has few digits, so 0.01 % beyond it passes."""
    found = []
    for beyond, side, end, what in (
        ([i for i, s in enumerate(levels) if s > high * 1.0001], "above", high, "largest"),
        ([i for i, s in enumerate(levels) if s < low / 1.0001], "below", low, "smallest"),
    ):
        if beyond:
            a, b = beyond[0], beyond[-1]
            which = (
                f"Level {a + 1} ({levels[a]:.3g}) lies"
                if a == b
                else f"Levels {a + 1} to {b + 1} ({levels[a]:.3g} to {levels[b]:.3g}) lie"
            )
            found.append(
                Finding(
                    "warning",
                    f"{which} {side} {end:.3g}, the {what} noise that this model was made for.",
                    a,
                )
            )
    return found


def _about_steps(levels: list[float]) -> list[Finding]:
    """Steps that stand out in Δ ln σ.  On EDM's grid the last is 2.8 medians at most."""
    drops = [math.log(a / b) for a, b in itertools.pairwise(levels)]
    usual, last, found = median(drops), len(drops) - 1, []
    for i, drop in enumerate(drops):
        span = f"step {i + 1} from {levels[i]:.3g} to {levels[i + 1]:.3g}"
        if drop > 3 * usual and drop > 1:
            place = {0: "The first", last: "The last"}.get(i, "One")
            found.append(
                Finding(
                    "warning",
                    f"{place} step is a jump: {span} divides σ by "
                    f"{math.exp(drop):.2g}, the usual step by {math.exp(usual):.2g}.",
                    i,
                )
            )
        elif len(drops) > 2 and drop < usual / 10:
            found.append(
                Finding("note", f"{span.capitalize()} hardly moves: its evaluation buys little.", i)
            )
    return found


def _about_end(sigmas: list[float], levels: list[float], sigma_data: float) -> list[Finding]:
    last, at, found = levels[-1], len(levels) - 1, []
    if last > 0.05 * sigma_data > 0:
        found.append(
            Finding(
                "warning",
                f"The last level above 0 is {last:.3g}, "
                f"{100 * last / sigma_data:.0f} % of the data's spread "
                f"{sigma_data:.3g}: finer detail is left to one guess of the "
                "denoiser.",
                at,
            )
        )
    if sigmas[-1] != 0 and last > 0.01 * sigma_data:  # below, nobody sees it: EDM stops at 0.002
        found.append(
            Finding(
                "note",
                f"The list ends at {last:.3g}: noise of this size stays "
                "unless a final denoise is added.",
                at,
            )
        )
    return found


# ---- shared -------------------------------------------------------------------------------------


def _split(sigmas: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Levels above 0, and (0.0,) or ().  Raises UserError where `Custom` would."""
    levels = Custom(levels=tuple(float(s) for s in sigmas)).levels
    return (levels[:-1], levels[-1:]) if levels[-1] == 0 else (levels, ())


def _check_index(i: int, count: int, what: str):
    if not 0 <= i < count:
        raise UserError(f"There is no {what} {i + 1}; the list has {count}.")


def _near(value: float) -> str:
    """Enough digits to tell neighbours apart."""
    return f"{value:.9g}"


def _show(value) -> str:
    text = repr(value if not isinstance(value, str) else value[:60])
    return text if len(text) <= 40 else text[:37] + "..."
