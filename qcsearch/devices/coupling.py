"""The coupling graph of qubits: which of them hang together."""

from __future__ import annotations

from collections.abc import Iterable

import rustworkx

__all__ = ["components"]


def components(qubits: Iterable[int], edges: Iterable[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Connected parts of a coupling graph, largest first, then by their lowest qubit."""
    nodes = sorted(qubits)
    graph: rustworkx.PyGraph[int, None] = rustworkx.PyGraph()
    number = dict(zip(nodes, graph.add_nodes_from(nodes), strict=True))
    graph.add_edges_from_no_data([(number[a], number[b]) for a, b in edges])
    parts = [tuple(sorted(graph[node] for node in part)) for part in rustworkx.connected_components(graph)]
    return sorted(parts, key=lambda part: (-len(part), part))
