"""Imports only point down, and only the store knows folders: design.md, "Target tree".

Read from the source, so nothing is imported here.
"""

import ast
import functools
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "explorer"
LAYERS = [
    {"settings", "errors", "memo", "numerals", "start"},
    {"core"},
    {"store"},
    {"reading", "recorder"},
    {"data", "models", "analysis", "dialects"},
    {"training"},
    {"lab"},
    {"study"},
    {"cards"},
    {"figures", "strips"},
    {"ui"},
    {"blocks"},
    {"server", "commands", "bench", "cli", "__main__", "notebook"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
SIBLINGS = {"data", "models", "analysis", "dialects"}  # none imports another
# figures draw numbers and know no view; what strips measure belongs to a view
STRANGERS = {("figures", "lab"), ("figures", "study"), ("figures", "strips")}
ONLY_IN = {
    "gradio": {"server", "app", "bench", "blocks"},
    "gradio_client": {"server", "app"},
    "starlette": {"server"},
    "fastapi": {"server"},
    "mcp": {"server"},
    "plotly": {"figures", "strips", "blocks", "server", "bench"},
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


@functools.cache
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


def test_imports_point_down():
    wrong = {}
    for path in FILES:
        if path == PACKAGE / "__init__.py":
            continue  # the list of public names
        here = part(path)
        assert here in RANK or here == "app", f"{here} has no layer: add it to LAYERS and design.md"
        if up := sorted(n for n in targets(path) if own(n) and not allowed(here, own(n))):
            wrong[str(path.relative_to(ROOT))] = up
    assert not wrong, f"these reach up or sideways: {wrong}"


def test_a_library_stays_in_its_layer():
    for path in FILES:
        for name in targets(path):
            homes = ONLY_IN.get(name.split(".")[0])
            at_home = homes is None or part(path) in homes
            assert at_home, f"{path.relative_to(ROOT)}: {name} belongs in {sorted(homes)}"


def test_the_server_imports_gradio_by_the_quick_way_alone():
    """Whoever imports it first decides how long every start takes."""
    direct = {
        p.name
        for p in FILES
        if part(p) == "server"
        for n in targets(p)
        if n.split(".")[0] == "gradio"
    }
    assert direct == {"quick.py"}


def test_settings_and_errors_need_the_standard_library_only():
    for path in [*(PACKAGE / "settings").glob("*.py"), PACKAGE / "errors.py"]:
        outside = {n.split(".")[0] for n in targets(path)} - {"explorer"}
        assert outside <= set(sys.stdlib_module_names), path


def test_core_opens_no_file_and_reads_no_environment():
    for path in (PACKAGE / "core").rglob("*.py"):
        doors = reaches_out(path.read_text(encoding="utf-8"), path.relative_to(ROOT).parts[:-1])
        assert not doors, f"{path.relative_to(ROOT)}: {sorted(doors)}"


def reaches_out(source: str, module: tuple[str, ...]) -> set[str]:
    """What in a module could reach a file, the environment or the network."""
    doors = {"os", "pathlib", "io", "shutil", "tempfile", "glob", "subprocess", "urllib", "socket"}
    found = {n for n in imported(source, module) if n.split(".")[0] in doors}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in {"open", "np.load", "np.save", "torch.load", "torch.save", "__import__"}:
                found.add(name)
    return found


@pytest.mark.parametrize(
    "source", ["open('a')", "import os", "from pathlib import Path", "x = torch.load('a')"]
)
def test_a_door_is_seen(source):
    assert reaches_out(source, ("explorer", "core"))


def test_core_needs_torch_and_numpy_only():
    for path in (PACKAGE / "core").rglob("*.py"):
        outside = {n.split(".")[0] for n in targets(path)} - {"explorer", "torch", "numpy"}
        assert outside <= set(sys.stdlib_module_names), path


# What of the machine's own is asked for, and written, outside store/, and why.
OF_THE_MACHINE = {
    "bench": {"environ", "__file__", "tempfile", "write_text"},  # measures this machine
    "bench/page.py": {"environ", "tempfile", "open"},  # where a server it started says its address
    "cards/arrays.py": {"savez_compressed"},  # into memory
    "cards/rows.py": {"write_bytes"},  # the store’s own, to the path that was given
    "commands/card.py": {"write_text"},  # these to the path that was typed
    "commands/export.py": {"write_bytes", "write_text"},
    "commands/sample.py": {"savez_compressed"},  # to the path that was typed
    "commands/listen.py": {"environ"},  # whether this is a Space
    "commands/serve.py": {"environ"},  # quiets and holds back libraries before they start
    "figures/paper/__init__.py": {"write_bytes", "write_text"},  # to the path that was given
    "notebook.py": {"environ"},  # whose kernel this is
    "server/files.py": {"__file__"},  # of plotly's own package
    "server/session.py": {"environ"},  # of the process that trains
    "server/worker.py": {"environ", "write_text"},  # of the server it works for; its rank in memory
    "server/process.py": {"environ"},  # of the processes that measure
    "study/processes.py": {"environ"},  # which GPU each process of a study sees
}
PLACES = {"environ", "getenv", "home", "expanduser", "__file__", "gettempdir", "tempfile"}
WRITING = {
    "write_text",
    "write_bytes",
    "mkdir",
    "makedirs",
    "unlink",
    "rmdir",
    "rmtree",
    "rename",
    "touch",
    "save",
    "savez",
    "savez_compressed",
    "dump",
}


def machine(source: str) -> set[str]:
    """What a module asks of the machine: folders, the environment, temporary files, writing."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in PLACES:
            found.add(node.attr)
        elif isinstance(node, ast.Name) and node.id in PLACES:
            found.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0):
            names = {a.name for a in node.names} | {getattr(node, "module", None)}
            found |= names & (PLACES | WRITING)
        elif isinstance(node, ast.Call):
            found |= _written(node)
    return found


def _written(call: ast.Call) -> set[str]:
    """The name of the call if it writes, removes or renames a file."""
    f = call.func
    name = f.attr if isinstance(f, ast.Attribute) else f.id if isinstance(f, ast.Name) else ""
    plain = [a.value for a in [*call.args, *(k.value for k in call.keywords)] if _is_text(a)]
    if name == "open":
        return (
            {"open"} if any(set(mode) & set("wax+") and len(mode) < 4 for mode in plain) else set()
        )
    if name in ("save", "dump"):  # of numpy, torch, json; others have a `save` of their own
        owner = f.value.id if isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name) else ""
        file = call.args[-1] if call.args else None
        return {name} if owner in ("np", "torch", "json", "pickle") and not _buffer(file) else set()
    return {name} & WRITING


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _buffer(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Name) and node.id == "buffer"


def test_only_the_store_knows_folders():
    wrong = {}
    for path in FILES:
        if part(path) == "store":
            continue
        inside = path.relative_to(PACKAGE).as_posix() if PACKAGE in path.parents else path.name
        known = OF_THE_MACHINE.get(inside, OF_THE_MACHINE.get(part(path), set()))
        if asked := sorted(machine(path.read_text(encoding="utf-8")) - known):
            wrong[inside] = asked
    assert not wrong, f"let a module of store/ do what these ask of the machine: {wrong}"


@pytest.mark.parametrize(
    "source, found",
    [
        ("from pathlib import Path\nx = Path.home()", {"home"}),
        ("import os\nos.environ['A']", {"environ"}),
        ("from os import environ as e", {"environ"}),
        ("from tempfile import mkdtemp", {"tempfile"}),
        ("import tempfile", {"tempfile"}),
        ("from shutil import rmtree", {"rmtree"}),
        ("from .state import save", set()),
        ("Path(__file__).parents[2]", {"__file__"}),
        ("def f():\n    path.write_text('a')", {"write_text"}),
        ("path.open('wb')", {"open"}),
        ("open(path, mode='a')", {"open"}),
        ("open(path)", set()),
        ("archive.open(member)", set()),
        ("torch.save(x, path)", {"save"}),
        ("torch.save(x, buffer)", set()),
        ("files.save(module)", set()),
        ("shutil.rmtree(x)", {"rmtree"}),
        ("text.replace('a', 'b')", set()),
    ],
)
def test_what_is_asked_of_the_machine_is_seen(source, found):
    assert machine(source) == found


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
