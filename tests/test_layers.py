"""Imports only point down: design.md, "Tree". Read from the source, so nothing is imported here."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "explorer"
LAYERS = [
    {"settings", "errors", "memo"},
    {"core"},
    {"store"},
    {"data", "models", "analysis", "dialects"},
    {"training"},
    {"lab"},
    {"study"},
    {"figures", "strips"},
    {"ui"},
    {"server", "commands", "bench", "cli", "__main__"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
SIBLINGS = {"data", "models", "analysis", "dialects"}  # none imports another
# figures draw numbers and know no view; what strips measure belongs to a view
STRANGERS = {("figures", "lab"), ("figures", "study"), ("figures", "strips")}
ONLY_IN = {
    "gradio": {"server", "app", "bench"},
    "gradio_client": {"server", "app"},
    "starlette": {"server"},
    "fastapi": {"server"},
    "plotly": {"figures", "strips", "server", "bench"},
    "argparse": {"commands", "bench"},
}
FILES = sorted(PACKAGE.rglob("*.py")) + [p for p in [ROOT / "app.py"] if p.exists()]


def part(path: Path) -> str:
    """The layer member a file belongs to: `core` of explorer/core/sampling.py, `cli` of cli.py."""
    inside = path.relative_to(PACKAGE if PACKAGE in path.parents else ROOT)
    return inside.parts[0].removesuffix(".py")


def imported(source: str, module: tuple[str, ...]) -> set[str]:
    """Dotted names that a module imports, also inside its functions; relative ones made absolute.

    module: the package the file lives in, ("explorer", "core") for explorer/core/sampling.py.
    """
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = module[: len(module) - node.level + 1] if node.level else ()
            base = ".".join([*start, *([node.module] if node.module else [])])
            names |= {f"{base}.{a.name}" for a in node.names}
    return names


def targets(path: Path) -> set[str]:
    inside = path.relative_to(ROOT).parts[:-1]
    return imported(path.read_text(encoding="utf-8"), inside)


def own(name: str) -> str | None:
    """`core` of explorer.core.sampling.sample; None for what is not ours or has no layer."""
    pieces = name.split(".")
    return pieces[1] if pieces[0] == "explorer" and len(pieces) > 1 and pieces[1] in RANK else None


def allowed(source: str, target: str) -> bool:
    """May a file of `source` import from `target`?"""
    if source == target or source == "app":
        return True
    if {source, target} <= SIBLINGS or (source, target) in STRANGERS:
        return False
    return RANK[source] >= RANK[target]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path):
    if path == PACKAGE / "__init__.py":
        return  # the list of public names
    here = part(path)
    assert here in RANK or here == "app", f"{here} has no layer: add it to LAYERS and to design.md"
    wrong = [n for n in targets(path) if own(n) and not allowed(here, own(n))]
    assert not wrong, f"{path.relative_to(ROOT)} reaches up or sideways: {sorted(wrong)}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_library_stays_in_its_layer(path):
    for name in targets(path):
        homes = ONLY_IN.get(name.split(".")[0])
        assert homes is None or part(path) in homes, f"{name} belongs in {sorted(homes)}"


def test_settings_and_errors_need_the_standard_library_only():
    for name in ("settings", "errors"):
        outside = {n.split(".")[0] for n in targets(PACKAGE / f"{name}.py")} - {"explorer"}
        assert outside <= set(sys.stdlib_module_names)


def test_core_needs_torch_and_numpy_only():
    for path in (PACKAGE / "core").rglob("*.py"):
        outside = {n.split(".")[0] for n in targets(path)} - {"explorer", "torch", "numpy"}
        assert outside <= set(sys.stdlib_module_names), path


@pytest.mark.parametrize(
    "here, source, wrong",
    [
        ("core", "from ..data import DATASETS", True),
        ("core", "from ..store import places", True),
        ("core", "from ..settings import param", False),
        ("data", "from ..models.precond import EDM", True),
        ("data", "from ..core import timesteps", False),
        ("analysis", "import explorer.data.digits", True),
        ("models", "from .. import analysis", True),
        ("models", "from ..training import loop", True),
        ("training", "from ..models import networks", False),
        ("lab", "from ..study.sweep import measure", True),
        ("study", "from ..lab.experiment import run", False),
        ("figures", "from ..lab.experiment import run", True),
        ("strips", "from ..lab.experiment import run", False),
        ("figures", "def f():\n    from ..server import app", True),
        ("ui", "from ..figures import style", False),
        ("ui", "from ..server import jobs", True),
    ],
)
def test_the_rule_itself(here, source, wrong):
    found = [own(n) for n in imported(source, ("explorer", here)) if own(n)]
    assert found and any(not allowed(here, t) for t in found) == wrong
