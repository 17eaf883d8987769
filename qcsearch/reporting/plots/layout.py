"""Where the qubits of a device stand on paper: rows for the lattices, springs for the rest."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import rustworkx
from numpy.typing import NDArray

from qcsearch.devices.device import Device

__all__ = ["dead_couplings", "heavy_hex_lattice", "positions"]

Place = tuple[float, float]

# Heavy-hex lattices as their makers number them: long rows left to right, between two of them a
# row of bridges. (first column of the row, its length); the columns of its bridges downwards.
_Rows = tuple[tuple[int, int], ...]
_HEAVY_HEX: dict[int, tuple[_Rows, tuple[tuple[int, ...], ...]]] = {
    65: (((0, 10), (0, 11), (0, 11), (0, 11), (1, 10)), ((0, 4, 8), (2, 6, 10)) * 2),
    127: (((0, 14), *((0, 15),) * 5, (1, 14)), ((0, 4, 8, 12), (2, 6, 10, 14)) * 3),
    133: (((0, 15),) * 7, (*((0, 4, 8, 12), (2, 6, 10, 14)) * 3, (0, 4, 8, 12))),
    156: (((0, 16),) * 8, ((3, 7, 11, 15), (1, 5, 9, 13)) * 3 + ((3, 7, 11, 15),)),
}
_SQUARE = {120: (12, 10)}


def positions(device: Device) -> list[Place]:
    """Return `(x, y)` of each qubit, neighbours about 1 apart, y downwards.

    A device whose couplings fit one of the known lattices is drawn as that lattice, whatever couplings
    are missing; any other by stress majorisation of its graph distances (Gansner, Koren and North 2004).
    """
    couplings = [*device.edges, *dead_couplings(device)]
    for places in _known(device.n_qubits):
        if _fits(places, couplings):
            return places
    return _stress_layout(device.n_qubits, couplings)


def dead_couplings(device: Device) -> list[tuple[int, int]]:
    """Couplings that the processor has and that no circuit may use, `(a, b)` with `a < b`."""
    pairs = {(min(gate.qubits), max(gate.qubits)) for gate in device.gates if len(gate.qubits) == 2}
    return sorted(pairs - set(device.edges))


def _known(n_qubits: int) -> Iterable[list[Place]]:
    if n_qubits in _HEAVY_HEX:
        yield heavy_hex_lattice(n_qubits)
    if n_qubits in _SQUARE:
        n_rows, n_columns = _SQUARE[n_qubits]
        yield [(float(i % n_columns), float(i // n_columns)) for i in range(n_rows * n_columns)]


def heavy_hex_lattice(n_qubits: int) -> list[Place]:
    """Places of the heavy-hex lattice of 65, 127, 133 or 156 qubits, couplings 1 long."""
    rows, bridges = _HEAVY_HEX[n_qubits]
    places: list[Place] = []
    for i, (first, length) in enumerate(rows):
        places += [(float(first + column), 2.0 * i) for column in range(length)]
        if i < len(bridges):
            places += [(float(column), 2.0 * i + 1) for column in bridges[i]]
    return places


def _fits(places: list[Place], edges: Iterable[tuple[int, int]]) -> bool:
    return all(abs(places[a][0] - places[b][0]) + abs(places[a][1] - places[b][1]) == 1 for a, b in edges)


def _stress_layout(n_qubits: int, edges: Iterable[tuple[int, int]], rounds: int = 500) -> list[Place]:
    """Places whose distances are as near as can be to the number of couplings between two qubits."""
    if n_qubits == 1:
        return [(0.0, 0.0)]
    distance = _distances(n_qubits, edges)
    weight = 1 / np.maximum(distance, 1) ** 2  # near pairs count most: their couplings are what is drawn
    np.fill_diagonal(weight, 0)
    laplacian = np.diag(weight.sum(axis=1)) - weight
    inverse = np.linalg.pinv(laplacian)
    place = _classical_scaling(distance)
    for _ in range(rounds):
        apart = np.linalg.norm(place[:, None] - place[None], axis=2)
        ratio = np.divide(weight * distance, apart, out=np.zeros_like(apart), where=apart > 1e-9)
        moved = inverse @ ((np.diag(ratio.sum(axis=1)) - ratio) @ place)
        if np.abs(moved - place).max() < 1e-6:
            break
        place = moved
    return [(float(x), float(y)) for x, y in _lie_down(place)]


def _classical_scaling(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """The start: the two leading axes of the distances, nudged so that no two qubits coincide."""
    n = len(distance)
    centre = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-0.5 * centre @ distance**2 @ centre)
    place = vectors[:, [-1, -2]] * np.sqrt(np.maximum(values[[-1, -2]], 1e-6))
    angle = 2.4 * np.arange(n)  # the golden angle: directions that never repeat
    return np.asarray(place + 1e-3 * np.column_stack([np.cos(angle), np.sin(angle)]))


def _lie_down(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn the drawing so that its longer side lies flat and qubit 0 stands at the upper left."""
    centred = place - place.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    turned = centred @ axes.T
    signs = np.where(turned[0] > 0, -1.0, 1.0)
    return np.asarray(turned * signs)


def _distances(n_qubits: int, edges: Iterable[tuple[int, int]]) -> NDArray[np.float64]:
    """Couplings between each two qubits `(n, n)`; parts that do not touch are set a little apart."""
    graph: rustworkx.PyGraph[None, None] = rustworkx.PyGraph()
    graph.add_nodes_from([None] * n_qubits)
    graph.add_edges_from_no_data(list(edges))
    found: NDArray[np.float64] = rustworkx.distance_matrix(graph, null_value=np.inf)
    reachable = np.isfinite(found)
    return np.where(reachable, found, found[reachable].max() + 1.5)
