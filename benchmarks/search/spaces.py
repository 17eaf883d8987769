"""Search spaces made of a preset and some changes, so that a comparison changes what it means to change alone."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from qcsearch.candidate.gate import Topology, count_weights
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.errors import CandidateError, SpaceError
from qcsearch.search.space.space import SearchSpace, load_space
from qcsearch.search.strategies import check_strategy

__all__ = ["DEFAULT", "LAYERED", "derive", "suited"]

Table = dict[str, Any]

DEFAULT = "default"
"""The space of a search that names none."""

LAYERED = tuple(name for name in ANSATZE.names() if name.startswith("quantumnas_"))
"""The layer spaces of QuantumNAS."""


def derive(space: str, changes: Table, name: str, folder: Path) -> str:
    """Write a preset or file, with the values of `changes` in the place of its own; return the path of the new one.

    Start points lose what the changed space does not have; the rest of them stays.
    """
    tables = tomllib.loads(load_space(space).text)
    for section, values in changes.items():
        tables[section] = {**tables.get(section, {}), **values} if isinstance(values, dict) else values
    starts = tables.pop("start", [])
    parameters = SearchSpace.from_toml(_toml(tables), name).parameters

    def possible(key: str, value: Any) -> bool:
        try:
            parameters.check_starts(name, [{key: value}])
        except SpaceError:
            return False
        return True

    tables["start"] = [
        {key: value for key, value in point.items() if possible(key, value)} for point in starts
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(_toml(tables), "utf-8")
    return str(path)


def suited(strategy: str, space: str, folder: Path) -> str:
    """The space itself if the strategy can work with it, else the nearest that it can work with.

    Nearest is first the space with the encodings' own weights switched off (those that are nothing without are left
    out), then that one with the layers of QuantumNAS as ansatze; preprocessing, qubits, observables, head, training,
    constraints and refit stay as they are.

    Raises:
        SpaceError: if it can work with none of them.
    """
    circuit = load_space(space).file.circuit
    encodings = [_weightless(one.name, one.settings) for one in circuit.encodings]
    kept = [one for n, one in enumerate(encodings) if one is not None and one not in encodings[:n]]
    fixed = {"encodings": kept or ["angle"]}
    layered = {**fixed, "ansatze": list(LAYERED)}
    attempts: list[tuple[str, Table]] = [("fixed_encodings", fixed), ("layered", layered)]
    reason = _refusal(strategy, space)
    if reason is None:
        return space
    for name, change in attempts:
        path = derive(space, {"circuit": change}, f"{Path(space).stem}_{name}", folder)
        if _refusal(strategy, path) is None:
            return path
    raise reason


def _refusal(strategy: str, space: str) -> SpaceError | None:
    try:
        check_strategy(strategy, load_space(space))
    except SpaceError as error:
        return error
    return None


def _weightless(name: str, settings: Table) -> Table | None:
    """An encoding, its weights switched off if it has any; None if they cannot be."""
    for switch in ({}, {"trainable": False}):
        alternative = {"name": name, "settings": {**settings, **switch}}
        try:
            layers = ENCODINGS.create(name, alternative["settings"]).layers(1, Topology(1, ()), 1)
        except CandidateError:
            continue
        if not any(count_weights(block) for block in layers):
            return alternative
    return None


def _toml(tables: Table) -> str:
    return "\n".join(line for section, values in tables.items() for line in _section(section, values)) + "\n"


def _section(name: str, values: Any) -> list[str]:
    if isinstance(values, dict):
        return ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in values.items())]
    if isinstance(values, list) and all(isinstance(one, dict) for one in values):
        parts = ([f"{key} = {_value(value)}" for key, value in one.items()] for one in values)
        return [line for part in parts for line in ("", f"[[{name}]]", *part)]
    return [f"{name} = {_value(values)}"]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
