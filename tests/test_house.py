"""What the house keeps: short files and functions, declared imports, a short top level.  Read from
the source alone."""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "explorer").rglob("*.py"), *(ROOT / "tests").rglob("*.py")])
LINES, BODY = 300, 50
LONG = {  # longer, and why
    "explorer/core/loop.py:steps": "the loop, read from top to bottom; half is its docstring",
    "explorer/models/adm_unet.py:DhariwalUNet.__init__": "a network, layer by layer",
    "explorer/models/edm_unet.py:SongUNet.__init__": "a network, layer by layer",
    "explorer/training/loop.py:train": "one generator whose state is put away whatever ends it",
}
LONG_TESTS = {  # of tests only files are counted: a table of cases is one function
    "tests/core/test_timesteps.py": "tables of published levels",
    "tests/models/test_edm_pickle.py": "the hostile files, which tests/attack reads too",
    "tests/server/test_compare.py": "one view of Compare after the other, on one fixture",
    "tests/server/test_networks.py": "one shelf, and what the page shows of it",
    "tests/test_settings.py": "every form of a setting, with the families that all of them need",
}
ASLEEP = re.compile(r"\b(sleep|wait_for_timeout|setTimeout|monotonic|perf_counter)\(")
WAITS = {"tests/waiting.py": {"monotonic"}}  # the one clock: it ends a wait for what never comes
CALLED = {
    "PIL": "pillow",
    "markdown_it": "markdown-it-py",
    "sklearn": "scikit-learn",
}  # a package is not always named as imported


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(node: ast.AST, above: tuple[str, ...] = ()):
    """(dotted name, lines) of every function below a node."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield ".".join((*above, child.name)), child.end_lineno - child.lineno + 1
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        yield from functions(child, (*above, child.name) if named else above)


def test_files_and_functions_of_the_package_are_short():
    long = set()
    for path in (ROOT / "explorer").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if source.count("\n") > LINES:
            long.add(name(path))
        long |= {f"{name(path)}:{f}" for f, lines in functions(ast.parse(source)) if lines > BODY}
    assert long == set(LONG)


def test_files_of_tests_are_short():
    lines = {name(p): p.read_text(encoding="utf-8").count("\n") for p in SOURCES}
    assert {p for p, n in lines.items() if p.startswith("tests/") and n > LINES} == set(LONG_TESTS)


def test_no_test_sleeps_or_reads_a_clock():
    """A wait is for a condition (`waiting.until`), an event or a line: a length of time is too
    short on a busy machine and too long on a quiet one.  Programs within strings are read too."""
    programs = [p for end in ("py", "js", "html") for p in (ROOT / "tests").rglob(f"*.{end}")]
    found = {name(p): set(ASLEEP.findall(p.read_text(encoding="utf-8"))) for p in programs}
    assert {p: words for p, words in found.items() if words} == WAITS


def outside(path: Path) -> set[str]:
    """The packages that a file imports and that are neither ours nor Python's."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"explorer", "tests"}


def declared() -> set[str]:
    """The packages that requirements.txt names, the optional ones too, which it has as comments."""
    found = set()
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        line = line.removeprefix("# optional:").strip()
        if line and not line.startswith("#"):
            found.add(re.match(r"[\w.-]+", line)[0].lower().replace("_", "-"))
    return found


def test_what_is_imported_is_declared():
    known, missing = declared(), {}
    for path in [*SOURCES, ROOT / "app.py"]:
        asked = {CALLED.get(n, n).lower().replace("_", "-") for n in outside(path)}
        if asked - known:
            missing[name(path)] = sorted(asked - known)
    assert not missing, f"requirements.txt does not name what these import: {missing}"


def test_the_top_level_holds_what_a_reader_looks_for():
    allowed = {"app.py", "explorer", "assets", "tests", "requirements.txt", "README.md", "LICENSE"}
    tracked = (ROOT / ".gitignore").read_text().split()
    found = {p.name for p in ROOT.iterdir() if not p.name.startswith(".")}
    assert found <= allowed | {t.rstrip("/") for t in tracked}, found - allowed
