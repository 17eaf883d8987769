"""Malformed data through the command line: one sentence, exit code 2, no traceback, nothing overwritten."""

import importlib.util
from pathlib import Path

import pytest

SUPPORT = Path(__file__).parents[1] / "support" / "malformed.py"


def cases():
    spec = importlib.util.spec_from_file_location("malformed_data", SUPPORT)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return [*module.malformed(), *module.malformed_parquet()]


CASES = cases()


def contents(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_there_are_at_least_forty():
    assert len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_malformed_data_is_refused_before_any_work(qcsearch, tmp_path, case):
    source = case.write(tmp_path)
    target = () if case.target is None else ("--target", case.target)
    (tmp_path / "other.txt").write_text("mine")
    before = contents(tmp_path)
    outcome = qcsearch(
        "search", source, *target, "--space", "tiny", "--device", "fake_manila", "--run", tmp_path / "r"
    )
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.count("Error: ") == 1
    assert outcome.err.splitlines()[-1].startswith("Error: ")
    assert case.expected in outcome.err
    assert "Traceback" not in outcome.err
    assert contents(tmp_path) == before
