"""A job's result, from the text that the service gave to what the client makes of it: read before it is believed."""

from __future__ import annotations

import json
import math
import zlib
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit_ibm_runtime.decoders.executor.decoder import AVAILABLE_DECODERS
from qiskit_ibm_runtime.quantum_program.converters.converters_2_0 import (
    passthrough_data_from_2_0,
    passthrough_data_to_2_0,
)

from qcsearch.errors import ResultError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit_ibm_runtime.decoders.executor.decoder import BaseClientSideResultDecoder
    from qiskit_ibm_runtime.quantum_program import QuantumProgram

__all__ = ["JobResult", "most_bytes", "read_result"]

_FLIPS = "measurement_flips."
"""Before a register's name: the bits of it that twirling turned, which the client turns back."""

_SPARE = 2**18
"""Bytes of a result besides its arrays: what was sent comes back with it."""


@dataclass(frozen=True)
class JobResult:
    """What a job gave.

    Attributes:
        found: the client's result, one entry a pub.
        share: shots that came for each that was asked for, the least of all circuits.
    """

    found: Any
    share: float


def most_bytes(program: QuantumProgram) -> int:
    """Upper bound on the text of a program's result; its arrays are packed bits, twice where they are twirled."""
    bits = sum(math.prod(shape) for shapes in _wanted(program) for shape in shapes.values())
    # a bit is an eighth of a byte, a third more as base 64, and comes twice with twirling: below a half
    return bits // 2 + 16 * len(json.dumps(program.passthrough_data, default=str)) + _SPARE


def read_result(text: str, program: QuantumProgram, decoder: type[BaseClientSideResultDecoder]) -> JobResult:
    """Read a result, and check that it is one of the program that was sent.

    What the service says of how it is to be evaluated (`passthrough_data`) is not used: it is what was sent.

    Args:
        text: text of the result, as it came.
        program: the program that was sent.
        decoder: the client's decoder, from its arrays to values.

    Raises:
        ResultError: if it is of another schema, or its arrays are not bits of the program's circuits.
    """
    if len(text) > most_bytes(program):
        raise ResultError(f"A result of this job must be below {most_bytes(program)} bytes. Got {len(text)}.")
    wanted = _wanted(program)
    try:
        answer = json.loads(text)
        _check_sizes(answer["data"], most=max(math.prod(shape) for item in wanted for shape in item.values()))
        decode, model = AVAILABLE_DECODERS[answer["schema_version"]]
        found = decode(model.model_validate({**answer, "passthrough_data": None, "semantic_role": None}))
    except ResultError:
        raise
    except Exception as error:  # whatever the service made up
        raise ResultError(
            f"The result of a job must have a schema that the client knows. It fails with {type(error).__name__}."
        ) from error
    shots = [_check_item(item, shapes, n) for n, (item, shapes) in enumerate(_paired(found, wanted))]
    share = min(shots) / program.shots
    found.passthrough_data = passthrough_data_from_2_0(passthrough_data_to_2_0(program.passthrough_data))
    try:
        return JobResult(decoder.decode(found), share)
    except Exception as error:  # the client's arithmetic on bits that are in order
        raise ResultError(
            f"The client must make values of a result. It fails with {type(error).__name__}: {error}."
        ) from error


def _wanted(program: QuantumProgram) -> list[dict[str, tuple[int, ...]]]:
    """For each circuit the shapes of its registers' bits: sets of parameters, shots, bits."""
    return [
        {register.name: (*item.shape, program.shots, len(register)) for register in item.circuit.cregs}
        for item in program.items
    ]


def _check_sizes(node: object, most: int) -> None:
    """Refuse arrays that are, or unpack to, more than sixteen times `most` bits, before they are unpacked."""
    if isinstance(node, list):
        for part in node:
            _check_sizes(part, most)
    elif isinstance(node, dict) and isinstance(node.get("data"), str):
        unpacker = zlib.decompressobj()
        unpacker.decompress(b64decode(node["data"]), 2 * most)
        if unpacker.unconsumed_tail or math.prod(node.get("shape", ())) > 16 * most:
            raise ResultError(f"An array of a result must be of {most} bits. It is far larger.")
    elif isinstance(node, dict):
        for part in node.values():
            _check_sizes(part, most)


def _paired(found: Any, wanted: list[dict[str, tuple[int, ...]]]) -> Iterator[tuple[Any, Any]]:
    if len(found) != len(wanted):
        raise ResultError(
            f"The result of a job must have {len(wanted)} items, one a circuit. Got {len(found)}."
        )
    return zip(found, wanted, strict=True)


def _check_item(
    item: Mapping[str, NDArray[np.bool_]], wanted: Mapping[str, tuple[int, ...]], number: int
) -> int:
    """Check the arrays of one circuit; return how many shots came."""
    bits = {name: array for name, array in item.items() if not name.startswith(_FLIPS)}
    if set(bits) != set(wanted):
        raise ResultError(
            f"Item {number} of a result must hold the registers {sorted(wanted)}. Got {sorted(bits)[:8]}."
        )
    for name, array in item.items():
        shape = wanted.get(name.removeprefix(_FLIPS), ())
        _check_bits(array, shape, f"{name!r} of item {number}", flips=name.startswith(_FLIPS))
    counts = {array.shape[-2] for array in bits.values()}
    if len(counts) != 1 or min(counts) < 1:
        raise ResultError(f"Item {number} of a result must have 1 or more shots. Got {sorted(counts)}.")
    return int(min(counts))


def _check_bits(array: NDArray[np.bool_], wanted: tuple[int, ...], name: str, *, flips: bool) -> None:
    """Bits of all sets of parameters; the number of shots is free. Of turned bits an axis may be 1 instead."""
    if array.dtype != np.bool_:
        raise ResultError(f"The register {name} of a result must hold bits. Got {array.dtype} numbers.")
    fits = len(array.shape) == len(wanted) and all(
        got == want or (flips and got == 1) or axis == len(wanted) - 2
        for axis, (got, want) in enumerate(zip(array.shape, wanted, strict=True))
    )
    if not fits:
        raise ResultError(f"The register {name} of a result must be of shape {wanted}. Got {array.shape}.")
