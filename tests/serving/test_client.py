"""The project's own client against the service."""

from __future__ import annotations

import asyncio
import base64
import logging

import numpy as np
import pytest

from qcsearch.client import AsyncClient, Client
from qcsearch.errors import AccessRefusedError, NotServedError, RequestRefusedError
from qcsearch.serving.access import keys


def test_it_says_what_the_model_says(service, model, samples):
    with Client(service.address) as client:
        found = client.predict(samples[:20])
        assert client.models() == ("flowers",)
        names = list(model.target.names)
        shares = [[one.probabilities[name] for name in names] for one in found.predictions]
        np.testing.assert_allclose(shares, model.predict_proba(samples[:20]), rtol=0, atol=1e-12)
        assert found.labels == model.predict(samples[:20]).tolist()
        assert (found.model, found.kind) == ("flowers", "simulated exact")
        with pytest.raises(RequestRefusedError, match="features") as caught:
            client.predict(samples[:2, :3])
        assert caught.value.status == 400
        assert caught.value.request_id
        with pytest.raises(NotServedError, match="There is no such model here"):
            client.predict(samples[:1], "weeds")
        with pytest.raises(RequestRefusedError, match="not trained on images"):
            client.predict_image(PNG)


def test_many_at_once_get_each_their_own(service, model, samples):
    wanted = model.predict_proba(samples[:60])

    async def ask():
        async with AsyncClient(service.address) as client:
            return await asyncio.gather(*(client.predict([row]) for row in samples[:60]))

    found = [list(one.predictions[0].probabilities.values()) for one in asyncio.run(ask())]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


@pytest.mark.slow
def test_a_key_opens_the_door_and_is_in_no_log_of_the_client(bundle, serve, samples, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    _, token = keys.create(tmp_path / "keys.json", "alice", ["predict"], None, None)
    with serve(bundle, "--keys", tmp_path / "keys.json") as process:
        with Client(process.address, token) as client:
            assert len(client.predict(samples[:3]).labels) == 3
        with Client(process.address) as client, pytest.raises(AccessRefusedError, match="must have a key"):
            client.models()
    assert token not in caplog.text
    assert token.rpartition("_")[2] not in caplog.text


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
