"""Models for the page: one of images, one of named columns; and a service of theirs within this process."""

from __future__ import annotations

import asyncio

import httpx
import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine

from qcsearch.bundle.write import write_bundle
from qcsearch.serving.access.caller import ANYBODY
from qcsearch.serving.app import make_app
from qcsearch.serving.engines.exact import ExactEngine
from qcsearch.serving.models.catalog import Catalog
from qcsearch.serving.models.loading import Reloader
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.quotas.quotas import Quotas
from qcsearch.serving.service import Service
from qcsearch.serving.settings import Limits
from qcsearch.serving.watching.log import Log
from qcsearch.serving.watching.metrics import Metrics
from qcsearch.training.single import train

OF_IMAGES = {
    "preprocessing": {"reduction": {"name": "pool", "settings": {"size": 4}}},
    "encoding": {"name": "reuploading"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 2}},
    "qubits": [3, 1, 2],
    "observables": ["Z0", "Z1", "Z0Z2"],
    "head": {"name": "mlp"},
    "training": {"steps": 60},
}
OF_COLUMNS = OF_IMAGES | {
    "preprocessing": {"scaling": "standard"},
    "encoding": {"name": "angle"},
    "training": {"steps": 3},
}
COLUMNS = ["alcohol", "hue", "proline"]


NORMAL = Limits()


@pytest.fixture(scope="session")
def digits():
    found = load_digits(n_class=2)
    return train(OF_IMAGES, found.images, found.target, device="fake_manila")


@pytest.fixture(scope="session")
def wine():
    found = load_wine(as_frame=True)
    return train(
        OF_COLUMNS, found.data[COLUMNS], np.array(found.target_names)[found.target], device="fake_manila"
    )


@pytest.fixture(scope="session")
def bundles(digits, wine, tmp_path_factory):
    """Paths of both as bundles."""
    folder = tmp_path_factory.mktemp("page")
    write_bundle(digits, folder / "digits")
    write_bundle(wine, folder / "wine")
    return [folder / "digits", folder / "wine"]


class Door:
    """Lets in one caller."""

    def __init__(self, caller):
        self.caller = caller

    async def identify(self, authorization):
        return self.caller


@pytest.fixture(scope="session")
def ask():
    """Answers of a service with one model to a path with a body (None: to be got)."""

    def asked(model, path, body=None, *, page=True, caller=ANYBODY, limits=NORMAL):
        log = []

        async def main():
            engine, quotas = ExactEngine(limits.queued_rows, limits.batch_rows), Quotas(None)
            models = Catalog([ServedModel("it", "0" * 64, model)])
            metrics = Metrics()
            reloader = Reloader(models, Log(lambda line: None), metrics)
            service = Service(models, engine, Door(caller), quotas, limits, metrics, reloader)
            app = make_app(service, Log(log.append), page=page)
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://it") as client:
                answer = await client.request("GET" if body is None else "POST", path, json=body)
            await engine.close()
            quotas.close()
            return answer

        return asyncio.run(main())

    return asked
