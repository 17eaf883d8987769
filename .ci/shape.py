"""The shape of the house: import cycles, long files, crowded folders, long signatures; exit code 1 past a bound.

Cycles count imports within functions and for types alone, too: what ties two modules is not where the import stands.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from pathlib import Path
from statistics import median

import grimp
import rustworkx

PACKAGE = Path(__file__).resolve().parents[1] / "qcsearch"
KERNELS = PACKAGE / "simulation" / "exact" / "kernels"

MOST_LINES = 300
MOST_MEDIAN_LINES = 130
MOST_FILES = 15
"""Files of code beside each other in one folder, its `__init__` not counted."""
MANY_PARAMETERS = 10
MOST_LONG_SIGNATURES = 5
"""Functions with `MANY_PARAMETERS` or more, outside the kernels: an estimator must name its parameters one by one."""


def main() -> None:
    """Print every figure, and what is past its bound."""
    files = sorted(PACKAGE.rglob("*.py"))
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    folders = Counter(path.parent for path in files if path.name != "__init__.py")
    cycles, signatures = _cycles(), _long_signatures(files)
    long = [f"{_name(path)} ({lines})" for path, lines in lengths.items() if lines > MOST_LINES]
    crowded = [f"{_name(folder)} ({count})" for folder, count in folders.items() if count > MOST_FILES]
    middle = median(lengths.values())
    print(
        f"{len(files)} modules, {sum(lengths.values())} lines, median {middle:g}, longest {max(lengths.values())}"
    )
    told = (
        _tell("import cycles", cycles, 0),
        _tell(f"files of more than {MOST_LINES} lines", long, 0),
        _tell(f"folders of more than {MOST_FILES} files", crowded, 0),
        _tell(f"functions of {MANY_PARAMETERS} or more parameters", signatures, MOST_LONG_SIGNATURES),
    )
    sys.exit(int(not all(told) or middle > MOST_MEDIAN_LINES))


def _tell(what: str, found: list[str], most: int) -> bool:
    print(f"{what}: {len(found)} (at most {most})", *found, sep="\n  ")
    return len(found) <= most


def _cycles() -> list[str]:
    """Sets of modules that import each other, by whatever way."""
    graph = grimp.build_graph("qcsearch", exclude_type_checking_imports=False, cache_dir=None)
    names = sorted(graph.modules)
    place = {name: index for index, name in enumerate(names)}
    imports = rustworkx.PyDiGraph()
    imports.add_nodes_from(names)
    for name in names:
        for imported in graph.find_modules_directly_imported_by(name):
            imports.add_edge(place[name], place[imported], None)
    knots = rustworkx.strongly_connected_components(imports)
    return [" ↔ ".join(sorted(names[index] for index in knot)) for knot in knots if len(knot) > 1]


def _long_signatures(files: list[Path]) -> list[str]:
    found = []
    for path in files:
        if KERNELS in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
                count = len(names) - (names[:1] in (["self"], ["cls"])) + len(node.args.kwonlyargs)
                if count >= MANY_PARAMETERS:
                    found.append(f"{_name(path)}: {node.name} ({count})")
    return found


def _name(path: Path) -> str:
    return str(path.relative_to(PACKAGE.parent))


if __name__ == "__main__":
    main()
