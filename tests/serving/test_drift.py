"""The latest samples are compared with those of the training: one metric a model, one line when they are others."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from qcsearch.data.quantiles import Quantiles, count
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.watching.drift import FEWEST, WINDOW, Drifts, Window
from qcsearch.serving.watching.log import Log
from qcsearch.serving.watching.metrics import Metrics

RNG = np.random.default_rng(0)
TRAIN = RNG.normal(size=(500, 4))


@pytest.fixture
def watched(model):
    """A model with quantiles of `TRAIN`, and where metrics and lines go."""
    lines, metrics = [], Metrics()
    served = ServedModel("flowers", "0" * 64, replace(model, quantiles=Quantiles.of(TRAIN)))
    return served, metrics, lines, Drifts(metrics, Log(lines.append))


def shown(metrics):
    values = [
        line for line in metrics.text().decode().splitlines() if line.startswith("qcsearch_input_drift{")
    ]
    return [float(value.split()[-1]) for value in values]


def test_a_window_counts_the_latest_samples_and_no_others():
    window, quantiles = Window("", Quantiles.of(TRAIN)), Quantiles.of(TRAIN)
    X, sent = RNG.normal(size=(5 * WINDOW, 4)), 0
    while sent < 4 * WINDOW:
        n = int(RNG.integers(1, 60))
        window.add(X[sent : sent + n])
        sent += n
        latest = X[max(0, sent - WINDOW) : sent]
        assert np.array_equal(window._counts, count(quantiles.bins(latest)))


def test_one_request_is_not_all_that_is_seen_and_costs_little():
    wide = RNG.normal(size=(1024, 784))
    window = Window("", Quantiles.of(wide))
    began = time.perf_counter()
    window.add(wide)
    assert window.seen == 64
    assert time.perf_counter() - began < 0.2


def test_samples_as_in_the_training_are_shown_and_warn_of_nothing(watched):
    served, metrics, lines, drifts = watched
    drifts.seen(served, RNG.normal(size=(FEWEST // 4, 4)))
    assert shown(metrics) == []
    for _ in range(40):
        drifts.seen(served, RNG.normal(size=(50, 4)))
    (ratio,) = shown(metrics)
    assert 0 < ratio < 1
    assert lines == []


def test_samples_of_another_kind_warn_once_and_again_only_after_it_was_over(watched):
    served, metrics, lines, drifts = watched
    for shift in (0, 2, 0, 2):
        for _ in range(40):
            drifts.seen(served, RNG.normal(size=(50, 4)) + np.array([0, 0, shift, 0]))
    told = [json.loads(line) for line in lines]
    assert [line["event"] for line in told] == ["drift", "drift"]
    assert {line["feature"] for line in told} == {
        served.model.feature_names[2] if served.model.feature_names else 2
    }
    assert all(line["index"] >= line["threshold"] >= 0.25 for line in told)
    assert shown(metrics)[0] > 1


def test_a_bundle_that_knows_nothing_of_its_training_has_no_metric(watched):
    served, metrics, _, drifts = watched
    for _ in range(40):
        drifts.seen(served, RNG.normal(size=(50, 4)) + 3)
    without = replace(served, digest="1" * 64, model=replace(served.model, quantiles=None))
    drifts.seen(without, RNG.normal(size=(50, 4)))
    assert shown(metrics) == []
    drifts.seen(served, RNG.normal(size=(50, 4)))
    assert shown(metrics) == []  # it begins anew


def test_a_service_shows_it_of_a_trained_model_and_writes_no_sample_down(service):
    rows = np.round(RNG.uniform(70.123456, 99, size=(WINDOW, 4)), 6)
    with service.client() as client:
        for part in np.split(rows, 20):
            assert client.post("/v1/predict", json={"rows": part.tolist()}).status_code == 200
        text = client.get("/metrics").text
    service.wait_for(lambda log: any(line["event"] == "drift" for line in log))
    (value,) = [line for line in text.splitlines() if line.startswith("qcsearch_input_drift{")]
    assert float(value.split()[-1]) > 1
    assert len([line for line in text.splitlines() if not line.startswith("#")]) <= 200
    line = [line for line in service.log if line["event"] == "drift"][-1]
    assert sorted(line) == ["digest", "event", "feature", "index", "model", "threshold", "time"]
    assert not [row for row in rows.ravel().tolist() if str(row) in "".join(service.lines)]
