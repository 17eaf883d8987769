"""What the package and its rooms offer is what `docs/api.md` lists, and costs nothing until it is used."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = (
    "matplotlib",
    "numba",
    "optuna",
    "pandas",
    "qiskit",
    "qiskit_aer",
    "qiskit_ibm_runtime",
    "scipy",
    "sklearn",
    "torch",
    "typer",
)


def documented() -> dict[str, list[str]]:
    """The names by package, as the documentation lists them."""
    sections = re.split(r"^## ", (ROOT / "docs/api.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {s.split("\n", 1)[0]: re.findall(r"^\* `(\w+)`: ", s, flags=re.MULTILINE) for s in sections}


PACKAGES = documented()
NAMES = [(package, name) for package, names in PACKAGES.items() for name in names]


def test_every_package_with_public_names_is_documented() -> None:
    rooms = [path.parent for path in (ROOT / "qcsearch").glob("*/__init__.py")]
    offering = {f"qcsearch.{room.name}" for room in rooms if "__all__" in (room / "__init__.py").read_text()}
    assert offering == {package for package in PACKAGES if package != "qcsearch"}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_offers_the_documented_names_alone(package: str) -> None:
    module = import_module(package)
    assert sorted(module.__all__) == sorted(PACKAGES[package])
    assert {*module.__all__} <= {*dir(module)}


@pytest.mark.parametrize(("package", "name"), NAMES)
def test_a_public_name_is_the_one_that_a_type_checker_sees_and_has_a_docstring(
    package: str, name: str
) -> None:
    module = import_module(package)
    seen = [
        import_module(str(node.module))
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and name in [alias.name for alias in node.names]
    ]
    assert len(seen) == 1
    assert getattr(module, name) is getattr(seen[0], name)
    assert getattr(module, name).__doc__


GUIDES = ("README.md", "noise_models/README.md", "search_spaces/README.md", "benchmarks/README.md")


def test_the_guides_import_public_names_alone() -> None:
    found = [
        (guide, module, name.strip())
        for guide in GUIDES
        for module, names in re.findall(
            r"^ *from (qcsearch[\w.]*) import ([\w, ]+)",
            (ROOT / guide).read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        )
        for name in names.split(",")
    ]
    assert len(found) > 8
    assert [entry for entry in found if entry[1:] not in NAMES] == []


def test_importing_them_all_loads_no_heavy_module() -> None:
    code = f"import sys, {', '.join(PACKAGES)}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("package", PACKAGES)
def test_an_unknown_name_is_an_attribute_error(package: str) -> None:
    with pytest.raises(AttributeError, match=rf"module '{package}' has no attribute 'nothing'"):
        _ = import_module(package).nothing


def test_a_public_name_is_not_hidden_by_a_module_of_its_name() -> None:
    """`from qcsearch.room import name` would give whichever of the two was imported last."""
    for package, name in NAMES:
        folder = ROOT.joinpath(*package.split("."))
        assert not (folder / f"{name}.py").exists(), f"{package}.{name}"
        assert not (folder / name).is_dir(), f"{package}.{name}"
