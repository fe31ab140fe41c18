"""A setting survives every form it takes, and no value breaks it with anything but a UserError."""

import dataclasses
import importlib
import json
import math
from typing import ClassVar

import pytest
from hypothesis import assume, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from explorer.core.sampling import Churn
from explorer.core.schedules import EDM, SCHEDULES
from explorer.core.schedules import VP as VPSchedule
from explorer.core.solvers import RK2, SOLVERS, Forged, Heun, TypedRK
from explorer.core.timesteps import TIMESTEPS, Custom, Rho
from explorer.core.timesteps.ranges import HIGHEST, LOWEST
from explorer.errors import UserError
from explorer.settings import (
    LONGEST_QUERY,
    flatten,
    from_query,
    named,
    param,
    parameters,
    setting,
    slot,
    slots,
    to_query,
    unflatten,
)

from .rows import each

FAMILIES = {
    "solver": SOLVERS,
    "schedule": SCHEDULES,
    "timesteps": TIMESTEPS,
    "churn": {"churn": Churn},
}
for family, module, name in (
    ("data", "explorer.data", "DATASETS"),
    ("model", "explorer.models", "MODELS"),
):
    try:
        FAMILIES[family] = getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError):
        pass  # not written yet, or not in this checkout
ENTRIES = [
    pytest.param(family, cls, id=f"{family}-{name}")
    for family, entries in FAMILIES.items()
    for name, cls in entries.items()
]
HOSTILE = [
    math.nan,
    math.inf,
    -math.inf,
    True,
    False,
    None,
    "",
    "nan",
    "1e999",
    "-1",
    "✗" * 50,
    "1,2,3",
    10**400,
    -(10**400),
    10**5000,
    "\ud800",
    -7,
    3.5,
    [],
    [1, 2],
    [None],
    (math.nan,),
    {},
    {"a": 1},
    object(),
    1j,
    b"1",
    [[1.0]],
    "9" * 5000,
    "١٢",
    "1_0",
    "0x10",
    "\x00",
]


@setting
class View:
    """What an Experiment is made of: slots, an embedded setting, plain numbers of every kind."""

    name: ClassVar[str] = "view"
    solver: object = slot(Heun(), SOLVERS, label="Solver")
    schedule: object = slot(EDM(), SCHEDULES, label="Schedule")
    timesteps: object = slot(Rho(), TIMESTEPS, label="Time steps")
    churn: Churn = Churn()
    steps: int = param(18, 1, 1000, label="steps")
    seed: int = param(0, 0, 2**32 - 1, label="seed")
    denoise: bool = param(False, label="denoise")
    title: str = param("", label="title", longest=40)
    kind: int = param(2, choices=((1, "one"), (2, "two")), label="kind")


def every_class():
    return {cls for entries in FAMILIES.values() for cls in entries.values()}


def namespace(cls):
    """What `eval(repr(...))` needs; names repeat across families, so the slots say which."""
    names = {c.__name__: c for c in every_class()} | {"View": View}
    for entries in slots(cls).values():
        names |= {c.__name__: c for c in entries.values()}
    inner = [f.default for f in dataclasses.fields(cls) if dataclasses.is_dataclass(f.default)]
    return names | {type(v).__name__: type(v) for v in inner} | {cls.__name__: cls}


def survives(value):
    cls = type(value)
    assert unflatten(cls, flatten(value)) == value
    assert from_query(cls, to_query(value)) == value
    assert from_query(cls, "?" + to_query(value)) == value
    assert unflatten(cls, json.loads(json.dumps(flatten(value)))) == value
    assert hash(value) == hash(unflatten(cls, flatten(value)))
    if cls is not View:  # there, VP may be a schedule or a grid
        assert eval(repr(value), namespace(cls)) == value


def values(p):
    """Values that one parameter accepts."""
    spec, kind = p.spec, type(p.default)
    if spec.choices is not None:
        return st.sampled_from([c[0] for c in spec.choices])
    if kind is bool:
        return st.booleans()
    if kind is str:
        return st.text(max_size=spec.longest)
    number = (
        st.integers(int(spec.low), int(spec.high))
        if kind is int
        else st.floats(spec.low, spec.high)
        if spec.low is not None
        else st.floats(allow_nan=False, allow_infinity=False)
    )
    if kind is tuple:
        return st.lists(number, max_size=spec.longest).map(tuple)
    return number


TYPED = {
    (TypedRK, "coefficients"): ("phi1", "1/2: c2*phi1(c2); phi1 - 2*phi2, 2*phi2"),
    (Forged, "coefficients"): ("1", "0.9", "1; 1.5, -0.5"),
    (Forged, "inside"): ("", "0.5", "1, 0.25"),
    (Forged, "gamma"): ("", "0.1"),
}

FALLING = st.builds(
    lambda levels, end: (*sorted(levels, reverse=True), *end),
    st.lists(st.floats(LOWEST, HIGHEST), min_size=2, max_size=511, unique=True),
    st.sampled_from([(), (0.0,)]),
)


@st.composite
def built(draw, cls):
    """A valid setting of this class, or nothing where its own `check` refuses the mixture."""
    changed = {}
    for f in dataclasses.fields(cls):
        if "entries" in f.metadata:
            entry = draw(st.sampled_from(list(f.metadata["entries"].values())))
            changed[f.name] = draw(built(entry))
        elif "spec" not in f.metadata:
            changed[f.name] = draw(built(type(f.default)))
    for p in parameters(cls):
        if p.key in {f.name for f in dataclasses.fields(cls)} and draw(st.booleans()):
            typed = TYPED.get((cls, p.name))  # text of a form that no strategy comes upon
            drawn = draw(st.sampled_from(typed) if typed else values(p))
            changed[p.name] = draw(FALLING) if (cls, p.name) == (Custom, "levels") else drawn
    try:
        return cls(**changed)
    except UserError:
        assume(False)


@pytest.mark.parametrize("family, cls", ENTRIES)
def test_every_entry_survives_every_form(family, cls):
    survives(cls())


@pytest.mark.parametrize("family, cls", ENTRIES)
@given(data=st.data())
@budget(max_examples=15, deadline=None)
def test_any_valid_value_survives_every_form(family, cls, data):
    survives(data.draw(built(cls)))


@given(value=built(View))
@budget(max_examples=60, deadline=None)
def test_any_view_survives_every_form(value):
    survives(value)


@pytest.mark.parametrize("family, cls", ENTRIES)
def test_every_parameter_is_fit_for_a_control(family, cls):
    for p in parameters(cls):
        assert p.spec.label, p
        if p.spec.low is not None:
            default = p.default if isinstance(p.default, tuple) else (p.default,)
            assert all(p.spec.low <= v <= p.spec.high for v in default), p
        if p.spec.log:
            assert p.spec.high > 0, p


def short(value) -> str:
    """How a message shows a value."""
    huge = isinstance(value, int) and abs(value) > 10**1000
    return "more than 600 digits" if huge else repr(value)[:57]


def read(text) -> list[str]:
    """What a message may show of a text: the numbers that were read from it, or that none was."""
    if not text.strip():
        return ["got []", " 0 "]
    shown = []
    for part in text.split(","):
        try:
            shown.append(f"{float(part):g}")
        except ValueError:
            pass
    return shown


def tried(make, value, shows=True):
    """Make it: a valid setting, or a UserError that shows the value."""
    try:
        return make()
    except UserError as error:
        elements = value if isinstance(value, list | tuple) else ()
        shown = [short(v) for v in (value, *elements)]
        if isinstance(value, list | tuple):
            shown += ["got []", f" {len(value)} "]
        if isinstance(value, str):
            shown += [f"{len(value):,} characters", *read(value)]
        assert not shows or any(v in str(error) for v in shown), (value, error)
        assert len(str(error)) < 300


@pytest.mark.parametrize("family, cls", ENTRIES)
def test_a_hostile_value_is_refused_by_name_or_works(family, cls):
    own = {f.name for f in dataclasses.fields(cls)}  # others stand in a setting within it

    def holds(row):
        p, value = row
        for make in (
            lambda: unflatten(cls, {p.key: value}),
            lambda: cls(**{p.name: value}) if p.slot is None and p.name in own else cls(),
        ):
            # a drawing is text that is unpacked, and its message speaks of the points
            made = tried(make, value, shows=family != "data")
            if made is not None:
                survives(made)

    table = [(p, value) for p in parameters(cls) for value in HOSTILE]
    if table:  # some entries have no parameter
        each(table, holds, lambda row: f"{row[0].key} = {short(row[1])}")


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.lists(st.one_of(st.floats(), st.none(), st.text(max_size=3)), max_size=4),
    st.integers(10**300, 10**330),
)
KEYS = sorted({p.key for p in parameters(View)} | set(slots(View)))


@given(key=st.one_of(st.sampled_from(KEYS), st.text(max_size=12)), value=ANYTHING)
@budget(max_examples=300, deadline=None)
def test_anything_in_a_flat_form_is_a_view_or_a_user_error(key, value):
    try:
        survives(unflatten(View, {key: value}))
    except UserError as error:
        assert len(str(error)) > 10


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(st.tuples(st.sampled_from(KEYS), st.text(max_size=12)), max_size=5).map(
            lambda pairs: "&".join(f"{k}={v}" for k, v in pairs)
        ),
    )
)
@budget(max_examples=300, deadline=None)
def test_any_link_is_a_view_or_a_user_error(query):
    try:
        survives(from_query(View, query))
    except UserError as error:
        assert len(str(error)) > 10


@pytest.mark.parametrize(
    "flat, message",
    [
        ({"solver": "hune"}, "Unknown solver 'hune'. Known: heun, dpmpp"),
        ({"solver": 3}, "Unknown solver 3"),
        ({"solver": ["heun"]}, "Unknown solver"),
        ({"solver.alpha": 0.5}, "heun has no setting 'alpha'"),
        ({"solver": "rk2", "solver.beta": 1}, "rk2 has no setting 'beta'. Known: alpha"),
        ({"solver": "rk2", "solver.alpha": 7}, "= 7 is out of range; from 0.1 to 1.5 works"),
        ({"stepps": 3}, "Unknown setting 'stepps'. Known: steps"),
        ({"steps": 2.5}, "whole number; got 2.5. Try 2 or 3"),
        ({"steps": "many"}, "got 'many'"),
        ({"steps": "1e400"}, "inf"),
        ({"steps": True}, "True"),
        ({"steps": None}, "None"),
        ({"denoise": "perhaps"}, "true or false; got 'perhaps'"),
        ({"denoise": 1}, "got 1"),
        ({"kind": 3}, "kind cannot be 3. Known: 1, 2"),
        ({"kind": True}, "True"),
        ({"title": "x" * 41}, "41 characters"),
        ({3: 4}, "Unknown setting 3"),
        ({"title": "\ud800"}, "damaged character"),
        ({"steps": 10**5000}, "more than 600 digits"),
        ({"schedule.scaling": "vpp"}, "cannot be 'vpp'. Known: none, vp"),
        (
            {"timesteps": "custom", "timesteps.levels": "3;x"},
            "list of numbers with commas; got '3;x'",
        ),
        ({"s_tmin": 2}, "S_tmin = 2 lies above S_tmax = 1"),
    ],
)
def test_a_bad_choice_is_named_and_what_would_work_is_said(flat, message):
    with pytest.raises(UserError) as error:
        unflatten(View, flat)
    assert message in str(error.value)


def test_a_wrong_member_is_refused():
    for wrong in (EDM(), "heun", None, RK2):
        with pytest.raises(UserError, match="Known: heun, dpmpp"):
            View(solver=wrong)


def test_the_query_holds_only_what_differs():
    assert to_query(View()) == ""
    assert to_query(View(steps=20)) == "steps=20"
    assert to_query(View(solver=RK2(alpha=0.5))) == "solver=rk2"
    assert to_query(View(solver=RK2(alpha=0.25))) == "solver=rk2&solver.alpha=0.25"
    assert to_query(View(churn=Churn(s_churn=30))) == "s_churn=30.0"
    assert (
        to_query(View(timesteps=Custom(levels=(3, 1))))
        == "timesteps=custom&timesteps.levels=3.0,1.0"
    )
    plain = View(schedule=VPSchedule(scaling="none"))
    assert to_query(plain) == "schedule=vp&schedule.scaling=none"


def test_a_query_is_laid_over_a_base():
    base = View(steps=40, solver=RK2(alpha=0.3), denoise=True)
    assert from_query(View, "", base) == base
    assert from_query(View, "steps=9", base) == dataclasses.replace(base, steps=9)
    assert from_query(View, "solver=rk2", base).solver == RK2(alpha=0.3)
    assert from_query(View, "solver=heun", base).solver == Heun()


def test_numbers_in_links_keep_every_bit():
    view = View(solver=RK2(alpha=0.1 + 0.2), seed=2**32 - 1)
    assert from_query(View, to_query(view)) == view
    assert type(unflatten(View, {"steps": 20.0}).steps) is int
    assert type(unflatten(View, {"s_churn": 3}).churn.s_churn) is float


def test_an_endless_link_is_not_read():
    with pytest.raises(UserError, match="20,001 characters"):
        from_query(View, "a" * (LONGEST_QUERY + 1))


def test_the_last_of_a_repeated_key_counts():
    assert from_query(View, "steps=3&steps=4").steps == 4


def test_settings_are_frozen_and_checked_when_made():
    with pytest.raises(dataclasses.FrozenInstanceError):
        View().steps = 3
    with pytest.raises(UserError, match="steps = 0"):
        dataclasses.replace(View(), steps=0)


def test_parameters_lists_every_leaf_once():
    keys = [p.key for p in parameters(View)]
    assert {"solver.alpha", "timesteps.rho", "s_churn", "steps"} <= set(keys)
    per_entry = [(p.key, p.entry) for p in parameters(View)]
    assert len(per_entry) == len(set(per_entry))
    assert set(flatten(View())) <= set(KEYS)


def test_named_uses_each_name():
    assert named(Heun, RK2) == {"heun": Heun, "rk2": RK2}
    for entries in FAMILIES.values():
        assert all(name in ("churn", getattr(cls, "name", None)) for name, cls in entries.items())
