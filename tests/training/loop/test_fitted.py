"""A fitted head in the training loop: weights by alignment, then one fit; a circuit without weights is one fit."""

from dataclasses import replace

import numpy as np
import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.training import TrainingOptions
from qcsearch.devices.calibration.providers import get_device
from qcsearch.training.bound_head import BoundHead
from qcsearch.training.heads.kernel_outputs import CLASSES
from qcsearch.training.heads.kernels import KERNELS, alignment
from qcsearch.training.loop.fit import Stop
from qcsearch.training.loop.trainer import TrainingControl
from qcsearch.training.parameters import Parameters
from qcsearch.training.scoring import accuracy
from qcsearch.training.single import fit_candidate
from qcsearch.training.transpiled import transpile_candidate

PAULIS = ("X0", "Y0", "Z0", "X1", "Y1", "Z1")
OPTIONS = TrainingOptions(steps=40, batch_size=64, validate_every=10, init_scale=1.0)


def _transpiled(ansatz, head="svc", encoding="angle"):
    candidate = Candidate(Choice(encoding), ansatz, (0, 1), PAULIS, head=Choice(head), training=OPTIONS)
    return transpile_candidate(candidate, get_device("fake_manila"), 2)


NOTHING = Choice("gates", {"gates": []})
LAYERS = Choice("hardware_efficient", {"n_layers": 2})


@pytest.mark.parametrize("head", ["svc", "kernel_ridge", "gaussian_process"])
def test_a_circuit_without_weights_is_fitted_once_whatever_the_seed(blobs, head):
    found = [fit_candidate(_transpiled(NOTHING, head), blobs, np.random.default_rng(seed)) for seed in (0, 1)]
    assert found[0].parameters == found[1].parameters
    assert (found[0].stopped, found[0].steps, len(found[0].history)) == (Stop.FITTED, 0, 1)
    assert found[0].validation_score >= 0.9


def test_the_accuracy_that_is_told_is_that_of_the_parameters_handed_back(blobs):
    transpiled = _transpiled(LAYERS, "kernel_ridge")
    found = fit_candidate(transpiled, blobs, np.random.default_rng(0))
    assert len(found.parameters.weights) == transpiled.n_weights > 0
    assert accuracy(transpiled, found.parameters, blobs.validation, blobs.target) == found.validation_score
    assert found.stopped == Stop.STEPS


def test_steps_align_the_kernel_with_the_classes(blobs):
    transpiled = _transpiled(LAYERS, "kernel_ridge", "reuploading")
    options, rng = replace(OPTIONS, batch_size=None), np.random.default_rng(0)
    start = Parameters(transpiled.initial_weights(rng))
    found = fit_candidate(transpiled, blobs, rng, options=options, start=start)

    def loss(weights):
        values = transpiled.compile().values(blobs.train.X, weights)
        return alignment(KERNELS["projected"], values, CLASSES.likeness(blobs.train.y, 3))[0]

    assert loss(found.parameters.weights) < 0.8 * loss(start.weights)


def test_a_start_gives_its_weights_and_the_head_is_fitted_anew(blobs):
    transpiled, rng = _transpiled(LAYERS), np.random.default_rng(3)
    weights = transpiled.initial_weights(rng)
    options = replace(OPTIONS, steps=0)
    start = Parameters(weights, np.ones(7))
    found = fit_candidate(transpiled, blobs, rng, options=options, start=start)
    assert found.parameters.weights.tolist() == weights.tolist()
    values = transpiled.compile().values(blobs.train.X, weights)
    wanted = np.mean(
        BoundHead.of(transpiled.candidate, found.parameters.head, blobs.target).answers(values)
        == blobs.train.y
    )
    assert wanted > 0.8


def test_a_training_on_all_samples_ends_with_a_fitted_head(blobs):
    found = fit_candidate(_transpiled(NOTHING), blobs.whole(), np.random.default_rng(0))
    assert (found.stopped, found.validation_score) == (Stop.FITTED, None)
    assert len(found.parameters.head) > 0


def test_a_broken_training_resumes_from_its_checkpoint(blobs, tmp_path):
    transpiled = _transpiled(LAYERS, "kernel_ridge")
    whole = fit_candidate(transpiled, blobs, np.random.default_rng(0))
    for stop in (20, 10_000):
        control = TrainingControl(
            on_step=lambda step, _, stop=stop: step >= stop, checkpoint=tmp_path / "c.npz"
        )
        found = fit_candidate(transpiled, blobs, np.random.default_rng(0), control=control)
    assert found.parameters == whole.parameters
