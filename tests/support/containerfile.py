"""Instructions of a Containerfile."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DEPLOY = REPOSITORY / "deploy"


def instructions(path: Path) -> list[list[tuple[str, str]]]:
    """Instructions by stage; what stands before the first `FROM` is left out."""
    text = path.read_text("utf-8").replace("\\\n", " ")
    stages: list[list[tuple[str, str]]] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            stages.append([])
        if stages:
            stages[-1].append((name, rest.strip()))
    return stages


def last(stage: list[tuple[str, str]], name: str) -> str:
    """The last instruction of a name, which holds."""
    return [rest for found, rest in stage if found == name][-1]


def command(stage: list[tuple[str, str]]) -> list[str]:
    """What is run: entry point and arguments, both in the form that needs no shell."""
    found = [rest for name, rest in stage if name in ("ENTRYPOINT", "CMD")]
    return [word for rest in found for word in json.loads(rest)]


def environment(stage: list[tuple[str, str]]) -> dict[str, str]:
    """Variables that the image sets."""
    words = [word for name, rest in stage if name == "ENV" for word in shlex.split(rest)]
    return dict(word.split("=", 1) for word in words)


def copied(stage: list[tuple[str, str]]) -> list[str]:
    """What is taken from the repository."""
    found = []
    for name, rest in stage:
        words = [word for word in rest.split() if not word.startswith("--chmod")]
        if name == "COPY" and not words[0].startswith("--from"):
            found += words[:-1]
    return found


def lay_kernels(folder: Path) -> set[str]:
    """Put there what an image has as /opt/qcsearch/kernels: this checkout's machine code. Names of its files."""
    from numba.core.caching import CompileResultCacheImpl

    from qcsearch.simulation.exact.kernels import tape

    source = Path(tape.__file__)
    place = folder / CompileResultCacheImpl._locator_classes[0].get_suitable_cache_subpath(str(source))
    place.mkdir(parents=True)
    files = [file for file in (source.parent / "__pycache__").iterdir() if file.suffix in (".nbi", ".nbc")]
    for file in files:
        shutil.copy(file, place)
    return {file.name for file in files}
