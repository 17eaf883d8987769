"""The coupling graph of qubits: which of them hang together."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["components"]


def components(qubits: Iterable[int], edges: Iterable[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Connected parts of a coupling graph, largest first, then by their lowest qubit."""
    neighbours: dict[int, list[int]] = {q: [] for q in qubits}
    for a, b in edges:
        neighbours[a].append(b)
        neighbours[b].append(a)
    parts, seen = [], set[int]()
    for start in sorted(neighbours):
        if start in seen:
            continue
        part, todo = {start}, [start]
        while todo:
            new = set(neighbours[todo.pop()]) - part
            part |= new
            todo.extend(new)
        seen |= part
        parts.append(tuple(sorted(part)))
    return sorted(parts, key=lambda part: (-len(part), part))
