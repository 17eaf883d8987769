from __future__ import annotations

import numpy as np
import pytest
from qiskit.primitives import BitArray

from qcsearch.data.known_labels import KnownLabels
from qcsearch.deployment.inference import infer
from qcsearch.deployment.progress import Progress
from qcsearch.deployment.settings import MeasurementSettings
from qcsearch.errors import InputError, QCSearchError


def test_inference_on_a_backend_agrees_with_the_noisy_engine(model, iris):
    X = iris.test.X[:10]
    found = infer(model, X, "local:fake_manila", MeasurementSettings(shots=20_000, seed=1))
    assert found.figures.shape == found.errors.shape == (10, 3)
    assert np.allclose(found.figures.sum(axis=1), 1)
    assert np.abs(found.figures - model.predict_proba(X)).max() < 0.08
    assert (found.backend, found.kind, found.qpu_seconds) == ("local:fake_manila", "fake-backend", None)
    assert found.labels.tolist() == [model.target.labels[i] for i in found.figures.argmax(axis=1)]


def test_the_errors_are_the_spread_that_repeated_predictions_have(model, iris, ideal):
    doubtful = np.argsort(model.predict_proba(iris.test.X, noise=False).max(axis=1))[:4]
    X = iris.test.X[doubtful]
    repeated = [infer(model, X, ideal(5, seed), MeasurementSettings(shots=200)) for seed in range(25)]
    spread = np.std([found.figures for found in repeated], axis=0, ddof=1)
    told = np.mean([found.errors for found in repeated], axis=0)
    large = spread > 0.01  # where a probability is all but 0 or 1 there is nothing to compare
    assert large.sum() >= 6
    assert np.mean(told[large] / spread[large]) == pytest.approx(1.0, abs=0.25)


def test_the_score_is_over_the_labels_that_the_model_knows(model, iris):
    names = [model.target.labels[i] for i in iris.test.y]
    found = infer(model, iris.test.X, "aer", MeasurementSettings(shots=500))
    right = sum(a == b for a, b in zip(found.labels, names, strict=True))

    def score(labels):
        return found.score(KnownLabels.of(labels, model.target, len(names)))

    assert score(names).accuracy == pytest.approx(right / len(names))
    assert score(names).shot_error is not None
    assert score(["no such flower"] * len(names)) is None
    some = [names[0], "no such flower", None, *names[3:]]
    right = sum(a == b for a, b in zip(found.labels, some, strict=True))
    assert score(some).accuracy == pytest.approx(right / (len(names) - 2))


class Zeros:
    """Reads every qubit as 0, at once."""

    name, kind = "zeros", "simulated"

    def __init__(self, target):
        self.target, self.shapes = target, []

    def run(self, pubs, shots):
        self.shapes.append([len(pub.parameters) for pub in pubs])
        return [BitArray(np.zeros((len(pub.parameters), shots, 1), np.uint8), 2) for pub in pubs]


def test_many_samples_are_cut_into_jobs_and_progress_is_told(model, iris, ideal):
    executor, seen = Zeros(ideal(5).target), []
    infer(model, iris.test.X[:3], executor, MeasurementSettings(shots=2**18), on_progress=seen.append)
    assert executor.shapes == [[2, 2], [1, 1]]  # two bases, and not above 2²⁰ shots a job
    assert seen == [Progress("predict", done, 3) for done in (0, 2, 3)]


def test_readout_errors_are_taken_out_and_the_canaries_say_so(model, iris):
    X = iris.test.X[:10]
    plain, mended = (
        infer(model, X, "local:fake_manila", MeasurementSettings(shots=4000, seed=3, mitigate=mitigate))
        for mitigate in (False, True)
    )
    assert plain.canaries is None
    assert mended.mitigated
    assert mended.canaries.holds
    ideal = model.expectations(X, noise=False)
    assert np.abs(mended.found.values - ideal).mean() < np.abs(plain.found.values - ideal).mean()


@pytest.mark.parametrize("wrong", [{"shots": 0}, {"shots": 10**7}, {"seed": -1}])
def test_a_number_out_of_range_is_named(wrong):
    with pytest.raises(InputError, match=f"'{next(iter(wrong))}' parameter of MeasurementSettings"):
        MeasurementSettings(**wrong)


def test_samples_that_do_not_fit_are_refused_before_any_job(model, iris, ideal):
    executor = ideal(5)
    with pytest.raises(QCSearchError, match="features"):
        infer(model, iris.test.X[:, :2], executor)
    assert executor.shapes == []
