"""The model repository extension of the Open Inference Protocol v2, of which a service has what it can keep.

https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_model_repository.md
"""

from __future__ import annotations

from starlette.requests import Request

from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.refusals import UnreadableError
from qcsearch.serving.routes.body import parse, read_body
from qcsearch.serving.routes.schemas import LoadRequest, LoadResponse
from qcsearch.serving.service import Service

__all__ = ["load"]


async def load(request: Request, service: Service, served: ServedModel) -> LoadResponse:
    """Read a model's bundle again.

    Raises:
        RefusedError: if the request asks for more, or what is there now cannot be served.
    """
    content = await read_body(request, service.limits.body_bytes)
    if parse(LoadRequest, content or b"{}").parameters:
        raise UnreadableError(
            "A model must be loaded from where the service was told that it is. The request has parameters.",
            "put the bundle there, and send none.",
        )
    found = await service.reloader.reload(served)
    return LoadResponse(name=served.name, digest=found.model.digest, before=found.before)
