"""What bodies hold: read by these, and described by them in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "ExplainResponse",
    "InferInput",
    "InferOutput",
    "InferRequest",
    "InferResponse",
    "Job",
    "LoadRequest",
    "LoadResponse",
    "Measured",
    "ModelList",
    "ModelMetadata",
    "PredictRequest",
    "PredictResponse",
    "Prediction",
    "Prepared",
    "Problem",
    "RequestedOutput",
    "ServerMetadata",
    "ShownCircuit",
    "ShownGate",
    "Tensor",
]

_MOST_DIMENSIONS, _MOST_TENSORS = 8, 16

Cell = float | int | str | None
Name = Annotated[str, Field(max_length=256)]


class Loose(BaseModel):
    """What the protocol lets others extend."""

    model_config = ConfigDict(extra="ignore", strict=True, protected_namespaces=())


class Strict(BaseModel):
    """What holds nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True, protected_namespaces=())


class InferInput(Loose):
    """A tensor that is sent: `data` in JSON, or the parameter `binary_data_size` and bytes after the JSON."""

    name: Name
    shape: list[Annotated[int, Field(ge=0, le=2**31)]] = Field(min_length=1, max_length=_MOST_DIMENSIONS)
    datatype: Name
    parameters: dict[str, Any] = {}
    data: list[Any] | None = None


class RequestedOutput(Loose):
    """A tensor that is asked for; the parameter `binary_data` says how."""

    name: Name
    parameters: dict[str, Any] = {}


class InferRequest(Loose):
    """A request of the Open Inference Protocol v2."""

    id: Name | None = None
    parameters: dict[str, Any] = {}
    inputs: list[InferInput] = Field(min_length=1, max_length=_MOST_TENSORS)
    outputs: list[RequestedOutput] = Field(default=[], max_length=_MOST_TENSORS)


class InferOutput(Loose):
    """A tensor that is answered."""

    name: str
    shape: list[int]
    datatype: str
    parameters: dict[str, Any] = {}
    data: list[Any] | None = None


class InferResponse(Loose):
    """An answer of the Open Inference Protocol v2."""

    model_name: str
    model_version: str
    id: str | None = None
    parameters: dict[str, Any] = {}
    outputs: list[InferOutput]


class Tensor(Loose):
    """What a tensor of a model is; -1 is any number."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(Loose):
    """What a model takes and gives."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[Tensor]
    outputs: list[Tensor]
    parameters: dict[str, Any]


class ServerMetadata(Loose):
    """What answers here."""

    name: str
    version: str
    extensions: list[str]


class ModelList(Strict):
    """Names of the models that the caller may use."""

    models: list[str]


class LoadRequest(Loose):
    """That a model's bundle is to be read again."""

    parameters: dict[str, Any] = Field(default={}, json_schema_extra={"maxProperties": 0})


class LoadResponse(Strict):
    """What became of it."""

    name: str
    digest: str = Field(description="Of the bundle that is served now.")
    before: str = Field(description="Of the one that was served before; the same if it is the same.")


class PredictRequest(Strict):
    """Samples in a person's words: `rows` or `image`."""

    model: Name | None = Field(default=None, description="Which; not needed where there is one.")
    rows: list[list[Cell] | dict[str, Cell]] | None = Field(
        default=None, min_length=1, description="One a sample: its features in order, or by name."
    )
    image: str | None = Field(default=None, description="A grey PNG of the training's size, in base64.")


class Prediction(Strict):
    """What is predicted of one sample."""

    label: Any = Field(description="Class or number; a list where a sample has several.")
    probabilities: dict[str, float] | None = Field(description="Of each class or label; null of numbers.")
    errors: dict[str, float] | None = Field(
        default=None,
        description="Standard deviations that the shots leave, by the same names; null of exact ones.",
    )


class PredictResponse(Strict):
    """What is predicted, and what that is worth."""

    model: str
    digest: str = Field(description="Of the bundle: SHA-256 of its manifest.")
    kind: str = Field(description="simulated exact, fake-backend or hardware.")
    source: str
    shots: int | None = Field(default=None, description="Runs of each circuit; null of the exact engine.")
    predictions: list[Prediction]


class Job(Strict):
    """A prediction on the backend, and how far it is."""

    id: str
    status: str = Field(description="waiting, running, done, failed or cancelled.")
    model: str
    digest: str = Field(description="Of the bundle: SHA-256 of its manifest.")
    rows: int
    created: str
    ended: str | None
    qpu_seconds: float = Field(description="Its share of what the backend billed so far.")
    dollars: float = Field(description="The same in US dollars; 0 where no price is known.")
    problem: str | None = Field(description="Why it failed.")
    result: PredictResponse | None = Field(description="Of a job that is done.")


class Prepared(Strict):
    """What the preprocessing makes of a sample."""

    reduction: str
    values: list[float | None] = Field(description="In radians; null of a pixel that never varied.")
    shape: list[int] | None = Field(description="Height and width, if the values are still an image.")
    names: list[str] | None = Field(description="Of the columns, if the values are still theirs.")
    interval: list[float] | None = Field(description="Lowest and highest angle; null if nothing is scaled.")


class ShownGate(Strict):
    """A gate with its angle."""

    name: str
    qubits: list[int]
    angle: float | None = Field(description="In radians.")
    formula: str = Field(description="The gate with what its angle holds: features x, weights θ.")


class ShownCircuit(Strict):
    """The circuit of one sample."""

    qubits: list[int] = Field(description="Of the device, by the circuit's wires.")
    gates: list[ShownGate]
    drawing: str = Field(description="The same as SVG.")


class Measured(Strict):
    """An expectation value."""

    observable: str
    value: float


class ExplainResponse(Strict):
    """One sample's way through a model; null is what is too large to be shown."""

    model: str
    digest: str = Field(description="Of the bundle: SHA-256 of its manifest.")
    kind: str = Field(description="simulated exact, fake-backend or hardware.")
    source: str
    prediction: Prediction
    prepared: Prepared | None
    features: list[float] | None = Field(description="What the circuit's angles read.")
    circuit: ShownCircuit | None
    measured: list[Measured]
    outputs: list[float] = Field(description="Of the head; of classes their logits.")


class Problem(Loose):
    """What is wrong, and what can be done about it (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    error: str
    fix: str | None = None
