"""`POST /v1/explain`: one sample's way through a model.

It shows circuit, weights and what each step makes of a sample, so whoever may ask it has the model: the route is there
only if the service is told so, and where there are keys it wants a scope of its own.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from qcsearch.circuits import observables
from qcsearch.data.preprocessing.reductions import AveragePool
from qcsearch.data.preprocessing.steps import DropConstant
from qcsearch.serving.access.caller import Caller
from qcsearch.serving.engines.base import Answers
from qcsearch.serving.refusals import ExpiredError
from qcsearch.serving.routes import people
from qcsearch.serving.service import Service
from qcsearch.training.expectations import Floats
from qcsearch.training.model import TrainedModel

__all__ = ["explain"]

_MOST_NUMBERS = 4096
"""Of one list; more than a person looks at."""
_MOST_GATES = 1000
_TELLER = ThreadPoolExecutor(1, "qcsearch-explain")
"""One for all: a circuit of 769 gates takes 20 ms to draw, which is to slow nobody down who only wants an answer."""


async def explain(request: Request, service: Service, caller: Caller) -> Response:
    """Show the way of one sample.

    Raises:
        RefusedError: if the body is wrong, or cannot be answered now.
        DataError: if the model cannot take the sample.
    """
    caller.check("explain")
    answers = await people.ask(request, service, caller, most=1)
    left = request.state.record.began + service.limits.request_seconds - time.monotonic()
    telling = asyncio.get_running_loop().run_in_executor(_TELLER, _told, answers)
    try:
        content = await asyncio.wait_for(telling, left)
    except TimeoutError:
        raise ExpiredError("The request waited longer than it may.", "ask again later.") from None
    return Response(content, media_type="application/json")


def _told(answers: Answers) -> bytes:
    served, model, steps = answers.model, answers.model.model, answers.steps
    measured = zip(model.candidate.observables, steps.values[0].tolist(), strict=True)
    return orjson.dumps(
        {
            "model": served.name,
            "digest": served.digest,
            "kind": answers.kind,
            "source": answers.source,
            "prediction": answers.predictions[0],
            "prepared": _prepared(model, steps.prepared[0]),
            "features": _numbers(steps.features[0]),
            "circuit": _circuit(model, steps.features[0]),
            "measured": [{"observable": name, "value": value} for name, value in measured],
            "outputs": steps.outputs[0].tolist(),
        }
    )


def _numbers(values: Floats) -> list[float] | None:
    return values.tolist() if len(values) <= _MOST_NUMBERS else None


def _prepared(model: TrainedModel, values: Floats) -> dict[str, Any] | None:
    """Values of the preprocessing; those of an image that it left one, by its pixels."""
    if max(len(values), model.n_features_in) > _MOST_NUMBERS:
        return None
    preprocessing, steps = model.candidate.preprocessing, dict(model.pipeline.steps)
    reduction, constant = steps.get("reduction"), steps.get("constant")
    told: list[float | None] = values.tolist()
    shape, names = None, None
    if isinstance(reduction, AveragePool):
        shape = list(reduction.small_shape())
    elif reduction is None and isinstance(constant, DropConstant) and "columns" not in steps:
        kept = constant.kept_.tolist()
        if model.image_shape is not None:
            pixels = dict(zip(kept, told, strict=True))
            told, shape = [pixels.get(i) for i in range(model.n_features_in)], list(model.image_shape)
        elif model.feature_names:
            names = [model.feature_names[i] for i in kept]
    return {
        "reduction": preprocessing.reduction.name,
        "values": told,
        "shape": shape,
        "names": names,
        "interval": None if preprocessing.scaling == "none" else list(preprocessing.angle_range),
    }


def _circuit(model: TrainedModel, features: Floats) -> dict[str, Any] | None:
    """The circuit with its angles, as data and drawn."""
    from qcsearch.reporting.plots.circuit import draw, drawn_gates

    candidate, gate_list = model.candidate, model.transpiled.gate_list
    if len(gate_list.gates) > _MOST_GATES:
        return None
    x, weights = features.tolist(), model.parameters.weights.tolist()
    angles = [None if gate.angle is None else gate.angle.at(x, weights) for gate in gate_list.gates]
    plain, drawn = drawn_gates(gate_list), drawn_gates(gate_list, angles)
    wires = [f"q{i} · {qubit}" for i, qubit in enumerate(candidate.qubits)]
    read = {q for label in candidate.observables for q in observables.parse(label, candidate.n_qubits)}
    return {
        "qubits": list(candidate.qubits),
        "gates": [
            {"name": gate.name, "qubits": list(gate.qubits), "angle": angle, "formula": shown.title}
            for gate, angle, shown in zip(gate_list.gates, angles, plain, strict=True)
        ],
        "drawing": str(draw(drawn, wires, sorted(read))),
    }
