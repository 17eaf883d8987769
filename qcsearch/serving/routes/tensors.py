"""Tensors of the Open Inference Protocol v2, in JSON and as bytes (its binary tensor data extension).

Bytes are little-endian, row by row; those of all binary tensors follow the JSON in its order, and the header
`Inference-Header-Content-Length` says where the JSON ends. Text (`BYTES`) has its length before it, in 4 bytes.
https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol/binary-tensor-data-extension
"""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.serving.refusals import UnreadableError
from qcsearch.serving.routes.schemas import InferInput

__all__ = ["BINARY_SIZE", "HEADER_LENGTH", "datatype", "read_tensor", "split_body", "to_bytes"]

HEADER_LENGTH = "Inference-Header-Content-Length"
BINARY_SIZE = "binary_data_size"

_TYPES = {
    "BOOL": "?",
    **{f"INT{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)},
    **{f"UINT{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)},
    **{f"FP{8 * size}": f"<f{size}" for size in (2, 4, 8)},
}
_TEXT = "BYTES"
_KINDS = {"b": "BOOL", "i": "INT64", "f": "FP64"}
_LENGTH = struct.Struct("<I")


def datatype(array: NDArray[Any]) -> str:
    """The protocol's name of an answer's type."""
    return _KINDS.get(array.dtype.kind, _TEXT)


def split_body(content: bytes, header_length: str | None) -> tuple[bytes, bytes]:
    """JSON, and the bytes after it.

    Raises:
        UnreadableError: if the header does not say where the one ends.
    """
    if header_length is None:
        return content, b""
    if not (header_length.isascii() and header_length.isdecimal()) or not 0 < int(header_length[:12]) <= len(
        content
    ):
        raise UnreadableError(
            f"The header {HEADER_LENGTH} must say how many bytes of the body are JSON. It does not."
        )
    end = int(header_length[:12])
    return content[:end], content[end:]


def read_tensor(tensor: InferInput, binary: bytes) -> tuple[NDArray[Any], bytes]:
    """A tensor as an array, and the bytes that follow its own.

    Raises:
        UnreadableError: if its parts do not agree.
    """
    if tensor.datatype not in (*_TYPES, _TEXT):
        raise UnreadableError(
            f"The datatype of '{tensor.name}' must be one of {', '.join(_TYPES)}, {_TEXT}. Got {tensor.datatype!r}."
        )
    size, count = tensor.parameters.get(BINARY_SIZE), math.prod(tensor.shape)
    if size is None:
        return _of_json(tensor, count), binary
    if type(size) is not int or not 0 <= size <= len(binary):
        raise UnreadableError(f"The body must hold the bytes of '{tensor.name}' after its JSON. It does not.")
    if tensor.data is not None:
        raise UnreadableError(
            f"The tensor '{tensor.name}' must be sent in JSON or as bytes. It is sent twice."
        )
    own, rest = binary[:size], binary[size:]
    if tensor.datatype == _TEXT:
        return _texts(tensor, own, count), rest
    kind = np.dtype(_TYPES[tensor.datatype])
    if size != count * kind.itemsize:
        raise UnreadableError(
            f"A tensor of the shape {tensor.shape} and the datatype {tensor.datatype} must have "
            f"{count * kind.itemsize} bytes. '{tensor.name}' has {size}."
        )
    return np.frombuffer(own, kind).reshape(tensor.shape), rest


def to_bytes(array: NDArray[Any]) -> bytes:
    """An answer as bytes."""
    if (name := datatype(array)) == _TEXT:
        texts = [str(text).encode() for text in array.ravel().tolist()]
        return b"".join(part for text in texts for part in (_LENGTH.pack(len(text)), text))
    return np.ascontiguousarray(array, _TYPES[name]).tobytes()


def _of_json(tensor: InferInput, count: int) -> NDArray[Any]:
    if tensor.data is None:
        raise UnreadableError(f"The tensor '{tensor.name}' must have data. It has none.")
    flat = tensor.data
    for _ in tensor.shape[1:]:  # flat, or nested as the shape says
        if not (flat and isinstance(flat[0], list)):
            break
        if any(type(part) is not list for part in flat):
            raise _other_shape(tensor)
        flat = [cell for part in flat for cell in part]
    if len(flat) != count or any(isinstance(cell, list | dict) for cell in flat):
        raise _other_shape(tensor)
    if tensor.datatype == _TEXT or any(type(cell) not in (int, float, bool) for cell in flat):
        return _objects(flat, tensor)  # whatever is no number there is refused by whoever reads it
    array = np.array(flat, np.float64)
    if "INT" in tensor.datatype and not np.array_equal(array, np.floor(array)):
        raise UnreadableError(
            f"The tensor '{tensor.name}' must hold whole numbers, as its datatype says. It does not."
        )
    return array.reshape(tensor.shape)


def _objects(cells: list[Any], tensor: InferInput) -> NDArray[Any]:
    array = np.empty(len(cells), object)
    array[:] = cells
    return array.reshape(tensor.shape)


def _texts(tensor: InferInput, content: bytes, count: int) -> NDArray[Any]:
    texts: list[str] = []
    place = 0
    try:
        while place < len(content) and len(texts) <= count:
            (length,) = _LENGTH.unpack_from(content, place)
            place += _LENGTH.size + length
            texts.append(content[place - length : place].decode())
    except (struct.error, UnicodeDecodeError):
        place = -1
    if place != len(content) or len(texts) != count:
        raise UnreadableError(f"The bytes of '{tensor.name}' must be {count} texts in UTF-8. They are not.")
    return _objects(texts, tensor)


def _other_shape(tensor: InferInput) -> UnreadableError:
    return UnreadableError(
        f"The data of '{tensor.name}' must have the shape {tensor.shape}. They have another."
    )
