"""What came back from an executor, checked before anything is computed from it: a machine's answer is input too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from qiskit.primitives import BitArray

from qcsearch.deployment.measurement import MOST_MITIGATED
from qcsearch.deployment.values import MAX_SHOTS, Estimates, Pub
from qcsearch.errors import ResultError

__all__ = ["check_bits", "check_counts", "check_estimates"]


def check_bits(found: object, pubs: Sequence[Pub]) -> list[BitArray]:
    """The answer of `Executor.run`: an array of bits for each pub, of any number of shots.

    Raises:
        ResultError: if it is anything else.
    """
    arrays = []
    for array, pub in zip(_paired(found, pubs), pubs, strict=True):
        if not isinstance(array, BitArray):
            raise ResultError(f"A result must hold the bits of each circuit. Got {type(array).__name__}.")
        wanted = (len(pub.parameters),), pub.circuit.num_clbits
        if (array.shape, array.num_bits) != wanted:
            raise ResultError(
                f"The bits of a circuit must be {wanted[1]} for each of {wanted[0][0]} sets of parameters. "
                f"Got {array.num_bits} for each of {array.shape}."
            )
        _check_shots(array.num_shots)
        arrays.append(array)
    return arrays


def check_estimates(found: object, pubs: Sequence[Pub], *, mitigated: bool) -> list[Estimates]:
    """The answer of `Estimating.estimate`: finite values in the range of each observable, and errors ≥ 0.

    Args:
        found: whatever came.
        pubs: the circuits that were sent, with their observables.
        mitigated: whether errors were taken out, which may put a value out of its range.

    Raises:
        ResultError: if it is anything else.
    """
    estimates = []
    for one, pub in zip(_paired(found, pubs), pubs, strict=True):
        if not isinstance(one, Estimates):
            raise ResultError(f"A result must hold estimates of each circuit. Got {type(one).__name__}.")
        wanted = (len(pub.parameters), len(pub.observables))
        for name, table in (("values", one.values), ("errors", one.errors)):
            if not isinstance(table, np.ndarray) or table.shape != wanted or table.dtype.kind != "f":
                raise ResultError(
                    f"The {name} of a result must be real numbers {wanted}. Got {_told(table)}."
                )
            if not np.isfinite(table).all():
                raise ResultError(f"The {name} of a result must be finite. Some are not.")
        largest = np.array([np.abs(observable.coeffs).sum() for observable in pub.observables])
        limit = largest * (MOST_MITIGATED if mitigated else 1.0) + 1e-6
        if np.any(one.errors < 0) or np.any(np.abs(one.values) > limit):
            raise ResultError(
                f"Expectation values must be within ±{limit.max():.3g}, their errors ≥ 0. Got values up to "
                f"{np.abs(one.values).max():.3g}, errors from {one.errors.min():.3g}."
            )
        if one.shots is not None:
            _check_shots(one.shots)
        estimates.append(one)
    return estimates


def check_counts(found: object, n_bits: Sequence[int]) -> dict[str, int]:
    """The counts of one circuit as a vendor gives them.

    Args:
        found: whatever came.
        n_bits: numbers of bits that a key may have.

    Raises:
        ResultError: if it is no mapping of bit strings to how often each came, 1 to 1,000,000 times together.
    """
    if not isinstance(found, Mapping) or not found:
        raise ResultError(f"The counts of a circuit must be a table of bits. Got {_told(found)}.")
    counts: dict[str, int] = {}
    for key, count in found.items():
        bits = key.replace(" ", "") if isinstance(key, str) else ""
        if len(bits) not in n_bits or not set(bits) <= {"0", "1"}:
            raise ResultError(
                f"The counts of a circuit must give {n_bits[-1]} bits a shot. Got {str(key)[:40]!r}."
            )
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 0:
            raise ResultError(f"How often bits came must be an int ≥ 0. Got {str(count)[:40]!r}.")
        counts[bits] = counts.get(bits, 0) + int(count)
    _check_shots(sum(counts.values()))
    return counts


def _paired(found: object, pubs: Sequence[Pub]) -> list[object]:
    if not isinstance(found, (list, tuple)) or len(found) != len(pubs):
        raise ResultError(f"A result must have {len(pubs)} items, one a circuit. Got {_told(found)}.")
    return list(found)


def _check_shots(shots: int) -> None:
    if not 1 <= shots <= MAX_SHOTS:
        raise ResultError(f"A result must be of 1 to {MAX_SHOTS:_} shots. Got {shots}.")


def _told(value: object) -> str:
    """What something is, in a few words."""
    kind = type(value).__name__
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    return f"{len(value)} items" if isinstance(value, (list, tuple)) else kind
