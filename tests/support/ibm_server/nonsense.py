"""What a service should not answer: results that are none of the job's, and JSON that is none of the call's."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable

import numpy as np
from ibm_quantum_schemas.common import CompressedTensorModel


def arrays(change: Callable[[np.ndarray], np.ndarray], only: str = "") -> Callable[[object], bytes]:
    """A result with its arrays changed, those of one name if one is given."""

    def twist(answer: object) -> bytes:
        result = json.loads(answer)
        for item in result["data"]:
            for name, tensor in item["results"].items():
                if only in ("", name):
                    array = CompressedTensorModel(**tensor).to_numpy()
                    item["results"][name] = CompressedTensorModel.from_numpy(change(array)).model_dump()
        return json.dumps(result).encode()

    return twist


def shots(n: int) -> Callable[[object], bytes]:
    """A result of another number of shots."""
    return arrays(
        lambda bits: bits if bits.shape[-2] == 1 else np.resize(bits, (*bits.shape[:-2], n, bits.shape[-1]))
    )


def edit(change: Callable[[dict], object]) -> Callable[[object], bytes]:
    """A result with something done to it; what the change returns, if anything, takes its place."""

    def twist(answer: object) -> bytes:
        result = json.loads(answer)
        changed = change(result)
        return json.dumps(result if changed is None else changed).encode()

    return twist


def swollen(megabytes: int) -> dict:
    """An array that unpacks to so much."""
    packer = zlib.compressobj(1)
    packed = b"".join([*(packer.compress(bytes(2**20)) for _ in range(megabytes)), packer.flush()])
    return {"data": base64.b64encode(packed).decode(), "shape": [megabytes, 2**23], "dtype": "bool"}


def nan(bits: np.ndarray) -> np.ndarray:
    return np.where(bits, np.nan, 0.0)


BAD_RESULTS: dict[str, Callable[[object], bytes]] = {
    "no shots": shots(0),
    "a bit more": arrays(lambda bits: np.concatenate([bits, bits[..., :1]], axis=-1)),
    "a bit less": arrays(lambda bits: bits[..., :-1]),
    "a set more": arrays(lambda bits: np.concatenate([bits, bits[..., :1, :, :]], axis=-3)),
    "a set less": arrays(lambda bits: bits[..., 1:, :, :]),
    "one axis less": arrays(lambda bits: bits[0]),
    "NaN": arrays(nan),
    "zeros and ones that are numbers": arrays(lambda bits: bits.astype(np.float64)),
    "integers": arrays(lambda bits: 7 * bits.astype(np.int64)),
    "no items": edit(lambda result: result.update(data=[])),
    "an item more": edit(lambda result: result.update(data=result["data"] * 2)),
    "no registers": edit(lambda result: result["data"][0].update(results={})),
    "another register": edit(
        lambda result: result["data"][0].update(
            results={f"x{name}": tensor for name, tensor in result["data"][0]["results"].items()}
        )
    ),
    "a register more": edit(
        lambda result: result["data"][0]["results"].update(
            more=next(iter(result["data"][0]["results"].values()))
        )
    ),
    "another schema": edit(lambda result: result.update(schema_version="v9.9")),
    "no schema": edit(lambda result: result.pop("schema_version") and None),
    "a schema that is no text": edit(lambda result: result.update(schema_version=[])),
    "data that is text": edit(lambda result: result.update(data="010101")),
    "data that is null": edit(lambda result: result.update(data=None)),
    "cut off": lambda answer: answer[: len(answer) // 2],
    "an empty object": lambda answer: b"{}",
    "nothing": lambda answer: b"",
    "null": lambda answer: b"null",
    "a list": lambda answer: b"[]",
    "text": lambda answer: b'"0101"',
    "deep": lambda answer: b'{"data":' + b"[" * 100_000,
    "no UTF-8": lambda answer: b'{"\xff\xfe":1}',
}


TYPES = (
    None,
    True,
    False,
    0,
    -1,
    3.5,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "text",
    [],
    [None],
    {},
    {"a": 1},
)
"""One of each kind of JSON, and figures that cannot be."""
