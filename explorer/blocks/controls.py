"""Native Gradio controls for any setting, made from its declaration: nothing is said twice.

bool -> Checkbox   choices -> Dropdown   int -> Slider   float -> Slider, or in factors a Number
with a Slider that moves it   text, lists -> Textbox   slot -> Dropdown and the controls of the
choice; those of the other choices are not shown
"""

import dataclasses
import math
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import gradio as gr

from ..errors import UserError
from ..lab.experiment import Experiment
from ..settings import Parameter, flatten, jsonable, parameters, slots, unflatten
from ..settings.track import track
from ..settings.values import written

STYLE = """<style>
.in-factors .tab-like-container, .in-factors .min_value, .in-factors .max_value {display: none}
</style>"""
PLAIN = str.maketrans({"{": "", "}": ""})


class Control(NamedTuple):
    """The component that holds a value, of which parameter, and of which choice of a slot."""

    component: Any
    parameter: Parameter
    entry: str | None


class Controls:
    """The controls of a setting, made where Blocks are open.

    setting: gives the first values; only: the keys to show, such as {"solver", "rho", "nfe"}, all
    if None; what is not shown keeps its value.  Raises UserError for a key that is none.
    """

    def __init__(self, setting: Any = None, only: Collection[str] | None = None):
        self.setting = Experiment() if setting is None else setting
        self.only = only
        self.slots: dict[str, Any] = {}  # slot -> its Dropdown
        self.groups: dict[str, dict[str, Any]] = {}  # slot -> choice -> what is shown of it
        self.fields: list[Control] = []
        self._check()
        gr.HTML(STYLE, padding=False)
        own, flat = self._own(), flatten(self.setting)
        for f in dataclasses.fields(type(self.setting)):
            if "entries" in f.metadata:
                self._slot(f, flat)
            for p in own.get(f.name, ()):
                self.fields.append(Control(_component(p, flat[p.key]), p, None))

    def _check(self) -> None:
        known = {p.key for p in parameters(type(self.setting))} | set(slots(type(self.setting)))
        names = known | {key.rpartition(".")[2] for key in known}
        if self.only is not None and (unknown := set(self.only) - names):
            raise UserError(
                f"There is no setting {min(unknown)!r:.60}. Known: {', '.join(sorted(known)[:40])}…"
            )

    def _shown(self, p: Parameter) -> bool:
        return self.only is None or bool({p.key, p.name} & set(self.only))

    def _own(self) -> dict[str, list[Parameter]]:
        """The parameters that belong to no slot, by the field of the setting that they stand in."""
        found: dict[str, list[Parameter]] = {}
        plain = iter([p for p in parameters(type(self.setting)) if p.entry is None])
        for f in dataclasses.fields(type(self.setting)):
            if "entries" in f.metadata:
                continue
            inner = 1 if "spec" in f.metadata else len([*parameters(type(_of(self.setting, f)))])
            found[f.name] = [p for p in (next(plain) for _ in range(inner)) if self._shown(p)]
        return found

    def _slot(self, f: dataclasses.Field, flat: Mapping[str, Any]) -> None:
        """A Dropdown, and for each choice its own controls."""
        entries, chosen = f.metadata["entries"], flat[f.name]
        if self.only is None or f.name in self.only:
            self.slots[f.name] = gr.Dropdown(
                [(getattr(cls, "label", name), name) for name, cls in entries.items()],
                value=chosen,
                label=f.metadata["label"] or f.name,
                info=f.metadata["help"] or None,
            )
        self.groups[f.name] = {}
        for name in entries:
            mine = [p for p in self._of(f.name, name) if self._shown(p)]
            if not mine or (f.name not in self.slots and name != chosen):
                continue
            with gr.Group(visible=name == chosen) as group:
                for p in mine:
                    value = flat[p.key] if name == chosen else p.default
                    self.fields.append(Control(_component(p, value), p, name))
            self.groups[f.name][name] = group

    def _of(self, slot: str, entry: str) -> list[Parameter]:
        return [p for p in parameters(type(self.setting)) if (p.slot, p.entry) == (slot, entry)]

    # ---- from controls to a setting, and back

    @property
    def components(self) -> list:
        """All that hold a value, in the order in which `read` takes them."""
        return [*self.slots.values(), *(c.component for c in self.fields)]

    def read(self, values: Collection[Any]) -> Any:
        """The setting that the controls say.  Raises UserError, naming the field."""
        given = list(values)
        chosen = dict(zip(self.slots, given, strict=False))
        flat = {k: v for k, v in chosen.items() if v is not None}
        names = flatten(self.setting) | flat
        for control, value in zip(self.fields, given[len(self.slots) :], strict=True):
            p = control.parameter
            if control.entry is None or names[str(p.slot)] == control.entry:
                if value is None:
                    raise UserError(f"{p.spec.label or p.name} is empty.").about(p.key)
                flat[p.key] = value
        return unflatten(type(self.setting), flat, self.setting)

    def write(self, setting: Any) -> list:
        """The values of all components that say this setting; of choices that are not made, those
        at first."""
        flat = jsonable(flatten(setting))
        out: list[Any] = [flat[name] for name in self.slots]
        for control in self.fields:
            p = control.parameter
            made = control.entry is None or flat[str(p.slot)] == control.entry
            out.append(_said(p, flatten(setting)[p.key] if made else p.default))
        return out

    def shown(self, setting: Any) -> list:
        """An update of each group: only that of the choice is to be seen."""
        flat = flatten(setting)
        return [
            gr.Group(visible=flat[slot] == name)
            for slot, groups in self.groups.items()
            for name in groups
        ]

    @property
    def all_groups(self) -> list:
        """The groups, in the order of `shown`."""
        return [g for groups in self.groups.values() for g in groups.values()]

    @property
    def triggers(self) -> list:
        """What happens when a person, or a slider in factors, changes one of them."""
        return [c.change if isinstance(c, gr.Number) else c.input for c in self.components]


def _of(setting: Any, f: dataclasses.Field) -> Any:
    return getattr(setting, f.name)


def _said(p: Parameter, value: Any) -> Any:
    return written(value) if isinstance(value, tuple) else value


def _component(p: Parameter, value: Any) -> Any:
    """The control of one parameter, by its declaration."""
    spec, name = p.spec, (p.spec.label or p.name).translate(PLAIN)
    about: dict[str, Any] = {"label": name, "info": spec.help or None}
    if spec.choices:
        return gr.Dropdown([(str(label), v) for v, label in spec.choices], value=value, **about)
    if isinstance(p.default, bool):
        return gr.Checkbox(value, **about)
    if isinstance(p.default, str | tuple):
        return gr.Textbox(_said(p, value), max_length=20_000, **about)
    ends = track(spec)
    if ends is None:
        return gr.Number(value, precision=0 if isinstance(p.default, int) else None, **about)
    assert spec.low is not None and spec.high is not None  # else it had no track
    if isinstance(p.default, int):
        return gr.Slider(spec.low, spec.high, value, step=spec.step or 1, **about)
    if not spec.log:
        step = spec.step or _step(ends)
        return gr.Slider(spec.low, spec.high, value, step=step, **about)
    return _in_factors(p, value, ends, about)


def _step(ends: tuple[float, float]) -> float:
    """A thousandth of the track, in a round number."""
    return 10.0 ** math.floor(math.log10((ends[1] - ends[0]) / 500))


def _in_factors(p: Parameter, value: float, ends: tuple[float, float], about: dict) -> Any:
    """A Number that says the value, and a slider in equal factors that moves it, in the browser.
    At its two ends it says the bounds of the setting, 0 among them."""
    low, high = (math.log10(v) for v in ends)
    limit = f"Math.min({ends[1]!r}, Math.max({ends[0]!r}, v))"
    with gr.Row(equal_height=True):
        number = gr.Number(value, minimum=p.spec.low, maximum=p.spec.high, min_width=120, **about)
        start = math.log10(min(ends[1], max(ends[0], value)))
        slider = gr.Slider(
            low,
            high,
            start,
            step=0.01,
            label=f"{about['label']}, in factors",
            buttons=[],
            elem_classes="in-factors",
            min_width=120,
        )
    told = f"s <= {low + 0.005!r} ? {p.spec.low!r} : s >= {high - 0.005!r} ? {p.spec.high!r} : "
    slider.input(
        None, slider, number, js=f"(s) => {told} Number((10 ** s).toPrecision(3))", queue=False
    )
    number.input(None, number, slider, js=f"(v) => Math.log10({limit})", queue=False)
    return number
