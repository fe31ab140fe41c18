"""Every page, and what opens on it, held against the rules of WCAG by axe-core: no violation.

axe comes with the page's other tools: `npm --prefix .ci ci`.  Colours and names are also held by
`test_screen`, which looks at both themes.
"""

import os
from pathlib import Path

import pytest

from .walk import ENDS, SMALL, SWEPT, TRAINED, Walk

AXE = Path(__file__).parents[2] / ".ci" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async (opened) => {
  const seen = (e) => e.checkVisibility({visibilityProperty: true});
  const within = opened ? [...document.querySelectorAll(opened)].filter(seen) : document;
  if (opened && !within.length) return [`${opened} is not to be seen`];
  const found = await axe.run(within, {
    resultTypes: ['violations'], rules: {'target-size': {enabled: true}},
  });
  const why = (node) => [...node.any, ...node.all, ...node.none].map((check) => check.message);
  const where = (node) => `${node.target.join(' ')} ${node.html.slice(0, 120)} ${why(node)}`;
  return found.violations.flatMap((v) => v.nodes.map((node) => `${v.id}: ${where(node)}`));
}"""
MARK = "#sch-faults .sch-flag"
LIST = (
    "RY0xDsJADAS_ErnmBdRpKKh4gGV8q3DS5XKyHSQS5e9caOhWO6PdnViLuHOVGXQdaBxv94e-kNYCo8tABlcp4CdCnDfYwl6"
    "tq2ErOo88wwONvYnmOp0jBZLO2HEzpKyRl8rxab-LN_9LOr4"
)  # a list with a gap, as the page packs it

CURVE = "document.querySelector('#fig-train-curve svg') && document.querySelector('#train-rows td')"
TAKEN_APART = (
    "document.querySelector('#apart .is-new') && document.querySelector('#apart .terms tr')"
)
CLASS = f"{SMALL}&present=1&show=headline,stage,spine&allow=nfe"
FINDS = "document.querySelector('#lesson h2') && document.querySelector('#lesson .of')"

FLAT_B = "data%3Dmoons%26data.dimension%3D2%26nfe%3D9%26solver%3Dddim"
FLAT = "data=moons&data.dimension=2&nfe=9&tab=compare"

# a page's link, a width, and what is pressed there, one after the other, with what that opens: it
# is looked at alone, the page around it was before
CASES = {
    "explore": (
        SMALL,
        1440,
        {
            "button.i[data-strip]": "#pop",
            "#cards": "#pop",
            "#step-cards": "#pop",
            ".strip-head [data-word]": "#word",
            "#present": "#present-box",
        },
    ),
    "explore, images": (
        "data=digits&samples=16&nfe=9&sigma=1",
        1024,
        {"#lessons": "section[data-body=learn]"},
    ),
    "explore, narrow": (SMALL, 768, {}),
    "explore, before Gradio": (SMALL, 768, {}),
    "explore, on a phone": (
        SMALL,
        390,
        {"[data-chip=rho]": ".controls", "[data-chip=more]": ".controls", "#acts-button": "#acts"},
    ),
    "explore, a step taken apart": (f"{SMALL}&apart=1", 1440, {}),
    "a lesson": ("lesson=why-rho-7&at=1&samples=16&nfe=9", 1440, {}),
    "a lesson, on a phone": ("lesson=why-rho-7&at=2&samples=16&nfe=9", 390, {}),
    "a class": (CLASS, 1440, {}),
    "learn": ("tab=learn&samples=16&nfe=9", 1440, {"#words [data-word]": "#word"}),
    "schedules": (f"tab=schedules&paste={LIST}", 1440, {}),
    "schedules, empty": ("tab=schedules", 390, {}),
    "compare": ("tab=compare&compare=sweep&budgets=5,9&data.dimension=2&samples=16", 1440, {}),
    "compare, a heat map": (f"{FLAT}&compare=map&up=1,7&across=5,9&paths=16&seeds=1", 1440, {}),
    "compare, a and b": (f"{FLAT}&compare=ab&b={FLAT_B}&seeds=1", 1440, {}),
    "compare, a grid": (f"{FLAT}&compare=grid&rows=solver:ddim&columns=nfe:5,9", 390, {}),
    "train": ("data=spiral&samples=16&nfe=9&tab=train", 1440, {}),
    "amed": ("data=spiral&samples=16&nfe=9&tab=amed", 1440, {}),
    "design": ("data=digits&tab=design&section=target", 1440, {}),
    "claims": ("tab=claims&claim=rho-3-equalises-heun", 1440, {}),
}
THERE = {  # what a page is held against is on it
    "explore, a step taken apart": TAKEN_APART,
    "a lesson": FINDS,
    "a lesson, on a phone": FINDS,
    "schedules": f"document.querySelector('{MARK}')",
    "compare": f"({SWEPT})()",
    "compare, a heat map": "document.querySelectorAll('.map-figure td a').length === 4",
    "compare, a and b": "document.querySelectorAll('#ab-said li').length > 3",
    "compare, a grid": "document.querySelectorAll('#grid-table a').length === 2",
    "train": f"{TRAINED} && {CURVE}",
    "amed": ENDS,
    "design": "document.querySelector('#design-body canvas')",
    "claims": "document.querySelector('#claims-rows details[open]')",
}


@pytest.fixture
def axe():
    """The script; without the page's tools there is none, which CI does not forgive."""
    if not AXE.exists():
        why = "axe-core is not here: npm --prefix .ci ci"
        (pytest.fail if os.environ.get("EXPLORER_REQUIRE_BROWSER") else pytest.skip)(why)
    return AXE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_axe_finds_nothing(browser, server, axe, name):
    query, width, pressed = CASES[name]
    height = {1440: 900, 1024: 768, 768: 1024, 390: 844}[width]
    visitor = Walk(browser, server, viewport={"width": width, "height": height})
    if "before Gradio" in name:
        visitor.page.route("**/assets/index-*.js", lambda route: None)  # which never comes
    visitor.hasty().open(query)
    if name in THERE:
        visitor.page.wait_for_function(THERE[name])
    visitor.page.evaluate(axe)
    found = {"at first": visitor.page.evaluate(RUN)}
    for button, opened in pressed.items():
        visitor.page.locator(button).first.click()
        visitor.page.locator(opened).first.wait_for()
        found[button] = visitor.page.evaluate(RUN, opened)
        visitor.page.keyboard.press("Escape")
    visitor.leave()
    wrong = [f"{when}: {what}" for when, all_of_them in found.items() for what in all_of_them]
    assert not wrong, "\n".join(wrong)
    assert not visitor.errors
