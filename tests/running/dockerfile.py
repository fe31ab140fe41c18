"""Steps of a Dockerfile, read and tried without an engine as far as that goes."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from explorer.bench.page import ROOT

FILE = ROOT / ".ci" / "Dockerfile"
RECORD = '#!/bin/sh\necho "{name} $*" >> "$RECORD"\n'
PIP = RECORD + 'for a in "$@"; do [ -f "$a" ] && cp "$a" "$RECORD.required"; done; true\n'
OTHERS = ("useradd", "mkdir", "chown", "rm")  # which would touch this machine


def steps() -> list[tuple[str, str]]:
    """(word, rest) of each instruction."""
    text = re.sub(r"^\s*#.*\n", "", FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines if line.strip()]


def of(word: str) -> list[str]:
    """What stands after each instruction of this word."""
    return [rest for name, rest in steps() if name == word]


def variables() -> dict[str, str]:
    """What its ENV lines set."""
    return dict(re.findall(r"(\w+)=(\S+)", " ".join(of("ENV"))))


def copied(place: Path) -> Path:
    """A fresh folder with exactly what its COPY lines bring, of what .dockerignore leaves."""
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    app = place / "app"
    app.mkdir()
    for rest in of("COPY"):
        *sources, target = rest.split()
        for source in sources:
            assert source in kept, f".dockerignore keeps {source} from the engine"
            if (ROOT / source).is_dir():
                skip = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, app / target, ignore=skip)
            else:
                shutil.copy(ROOT / source, app / target)
    return app


def tried(place: Path, app: Path) -> tuple[str, list[str]]:
    """What its RUN lines would call, and the requirements that they hand to pip; each line is run
    in the folder with programs that only write down how they were called."""
    programs, record = place / "bin", place / "record"
    programs.mkdir()
    for name in (*OTHERS, "pip"):
        (programs / name).write_text((PIP if name == "pip" else RECORD).format(name=name))
        (programs / name).chmod(0o755)
    argument = dict(rest.split("=", 1) for rest in of("ARG"))
    env = {"PATH": f"{programs}:{os.environ['PATH']}", "RECORD": str(record), **argument}
    for line in of("RUN"):
        line = line.replace("/tmp/", f"{place}/")
        subprocess.run(["sh", "-ec", line], cwd=app, env=env, check=True, timeout=60)
    required = Path(f"{record}.required").read_text().splitlines()
    return record.read_text(), [r for r in required if r.strip() and r[0] != "#"]


def command(word: str, rest: str) -> list[str]:
    """The list that an instruction in JSON holds."""
    assert "[" in rest, f"{word} would need a shell, which hears no signal"
    return json.loads(rest[rest.index("[") :])
