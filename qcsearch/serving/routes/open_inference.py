"""The Open Inference Protocol v2 over REST.

https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol
"""

from __future__ import annotations

from typing import Any

import orjson
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from qcsearch._version import __version__
from qcsearch.serving.engines.base import Answers
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.refusals import UnreadableError
from qcsearch.serving.routes.body import parse, read_body
from qcsearch.serving.routes.schemas import (
    InferRequest,
    ModelMetadata,
    RequestedOutput,
    ServerMetadata,
    Tensor,
)
from qcsearch.serving.routes.tensors import (
    BINARY_SIZE,
    HEADER_LENGTH,
    datatype,
    read_tensor,
    split_body,
    to_bytes,
)
from qcsearch.serving.service import Service

__all__ = ["infer", "model_metadata", "server_metadata"]

INPUT, LABEL, PROBABILITIES = "X", "label", "probabilities"
_PLATFORM = "qcsearch"


def server_metadata() -> ServerMetadata:
    """What answers here."""
    return ServerMetadata(name="qcsearch", version=__version__, extensions=["binary_tensor_data"])


def model_metadata(served: ServedModel) -> ModelMetadata:
    """What a model takes and gives."""
    model, label = served.model, served.a_label
    shape = [-1, *(model.image_shape or (served.n_columns,))]
    outputs = [Tensor(name=LABEL, datatype=datatype(label), shape=[-1, *label.shape[1:]])]
    if served.has_probabilities:
        outputs.append(Tensor(name=PROBABILITIES, datatype="FP64", shape=[-1, model.target.n_outputs]))
    return ModelMetadata(
        name=served.name,
        versions=[served.version],
        platform=_PLATFORM,
        inputs=[Tensor(name=INPUT, datatype="BYTES" if served.takes_text else "FP64", shape=shape)],
        outputs=outputs,
        parameters={
            "digest": served.digest,
            "target": model.target.to_json(),
            "feature_names": list(model.feature_names),
            **({} if served.brightest is None else {"brightest": served.brightest}),
        },
    )


async def infer(request: Request, service: Service, served: ServedModel) -> Response:
    """Answer an inference request.

    Raises:
        RefusedError: if it is not one, or cannot be answered now.
        DataError: if the model cannot take its samples.
    """
    content = await read_body(request, service.limits.body_bytes)
    text, binary = split_body(content, request.headers.get(HEADER_LENGTH))
    asked = parse(InferRequest, text)
    wanted = _wanted(served, asked)
    answers = await service.predict(served, _rows(asked, binary), request.state.record, _patience(asked))
    return _response(asked, wanted, answers)


def _rows(asked: InferRequest, binary: bytes) -> NDArray[Any]:
    if len(asked.inputs) != 1 or asked.inputs[0].name != INPUT:
        names = ", ".join(repr(tensor.name) for tensor in asked.inputs)
        raise UnreadableError(f"A request must have one input, '{INPUT}'. This one has {names[:80]}.")
    rows, rest = read_tensor(asked.inputs[0], binary)
    if rest:
        raise UnreadableError(f"The body must end with the last tensor. {len(rest)} bytes follow it.")
    return rows


def _patience(asked: InferRequest) -> float | None:
    """Seconds that the client waits: the parameter `timeout`, in microseconds."""
    timeout = asked.parameters.get("timeout")
    return timeout / 1e6 if type(timeout) is int and timeout > 0 else None


def _wanted(served: ServedModel, asked: InferRequest) -> list[RequestedOutput]:
    known = [LABEL, *([PROBABILITIES] if served.has_probabilities else [])]
    for output in asked.outputs:
        if output.name not in known:
            raise UnreadableError(f"The model has the outputs {', '.join(known)}. Got {output.name[:80]!r}.")
        if output.parameters.get("classification"):
            raise UnreadableError(
                "The classification extension is not served.", f"ask for '{LABEL}' or '{PROBABILITIES}'."
            )
    return asked.outputs or [RequestedOutput(name=name) for name in known]


def _response(asked: InferRequest, wanted: list[RequestedOutput], answers: Answers) -> Response:
    default = asked.parameters.get("binary_data_output") is True
    outputs, binary = [], []
    for output in wanted:
        array = answers.labels if output.name == LABEL else answers.figures
        told: dict[str, Any] = {"name": output.name, "shape": list(array.shape), "datatype": datatype(array)}
        if output.parameters.get("binary_data", default) is True:
            binary.append(to_bytes(array))
            told["parameters"] = {BINARY_SIZE: len(binary[-1])}
        else:
            told["data"] = _flat(array)
        outputs.append(told)
    body = {
        "model_name": answers.model.name,
        "model_version": answers.model.version,
        **({} if asked.id is None else {"id": asked.id}),
        "parameters": {"kind": answers.kind, "source": answers.source, "digest": answers.model.digest},
        "outputs": outputs,
    }
    text = orjson.dumps(body)
    if not binary:
        return Response(text, media_type="application/json")
    headers = {HEADER_LENGTH: str(len(text))}
    return Response(b"".join([text, *binary]), headers=headers, media_type="application/octet-stream")


def _flat(array: NDArray[Any]) -> list[Any]:
    cells = array.ravel().tolist()
    return [str(cell) for cell in cells] if datatype(array) == "BYTES" else cells
