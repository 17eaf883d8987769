"""A trained input layer in the training loop: its gradient, its values by Aer, its training with every kind of head."""

from dataclasses import replace

import numpy as np
import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Topology
from qcsearch.candidate.training import TrainingOptions
from qcsearch.circuits.lowering import lower
from qcsearch.data.splitting import Part
from qcsearch.data.targets import Classes
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.noise import noise_model
from qcsearch.errors import CandidateError
from qcsearch.simulation.reference.aer import AerProgram
from qcsearch.training.data import TrainingData
from qcsearch.training.heads import make_head
from qcsearch.training.loop.fitted import FittedTask
from qcsearch.training.loop.task import Task
from qcsearch.training.parameters import Parameters
from qcsearch.training.scoring import accuracy, logits
from qcsearch.training.single import fit_candidate, train
from qcsearch.training.transpiled import transpile_candidate

OPTIONS = TrainingOptions(steps=40, batch_size=64, validate_every=20, learning_rate=0.03)
PAULIS = ("X0", "Y0", "Z0", "X1", "Y1", "Z1")
STATE = PAULIS + tuple(f"{a}0{b}1" for a in "XYZ" for b in "XYZ")
FIDELITY = Choice(
    "svc", {"kernel": "fidelity"}
)  # the width of the other kernel follows the values, underived


def _candidate(encoding="reuploading", head="linear", layer="tanh", *, bare=False, **settings):
    return Candidate(
        Choice(encoding),
        Choice("gates", {"gates": []}) if bare else Choice("hardware_efficient", {"n_layers": 2}),
        (0, 1),
        STATE if head == FIDELITY else PAULIS,
        head=head if isinstance(head, Choice) else Choice(head),
        training=OPTIONS,
        input_layer=Choice(layer, settings),
    )


def _transpiled(candidate, n_features=5):
    return transpile_candidate(candidate, get_device("fake_manila"), n_features)


DIRECTION = np.array([0.5, -0.5, 0.5, -0.1, 0.489898])  # of length 1


@pytest.fixture(scope="module")
def stripes():
    """Two classes that differ in the size of one sum of all five features, and in nothing linear."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(240, 5)) * 0.7
    y = (np.abs(X @ DIRECTION) > 0.45).astype(np.int64)
    return TrainingData(Part(X[:160], y[:160]), Classes((0, 1)), Part(X[160:], y[160:]))


@pytest.mark.parametrize(
    ("candidate", "shots"),
    [
        (_candidate(), None),
        (_candidate(), 100),
        (_candidate("angle", "mlp"), None),
        (_candidate("dense_angle", angles_per_qubit=2), None),
        (_candidate("angle", FIDELITY), None),
        (_candidate("angle", FIDELITY, bare=True), None),
    ],
    ids=["re-uploaded", "at shots", "angle", "two angles a qubit", "kernel", "kernel without weights"],
)
def test_the_gradient_by_all_parameters_is_that_of_finite_differences(stripes, candidate, shots):
    transpiled, rng = _transpiled(candidate), np.random.default_rng(1)
    kind = FittedTask if candidate.head.name == "svc" else Task
    task = kind(
        transpiled.compile(),
        transpiled.estimator("adjoint"),
        make_head(candidate),
        OPTIONS,
        stripes,
        shots=shots,
        input_layer=transpiled.input_layer,
        n_input_layer=transpiled.n_input_layer,
    )
    rows = np.arange(24)
    theta = np.concatenate(
        [
            rng.normal(size=transpiled.n_weights),
            transpiled.initial_input_layer(rng),
            rng.normal(size=task.n_head),
        ]
    )
    assert transpiled.n_input_layer == 6 * transpiled.gate_list.n_features

    def loss(moved):
        return task.objective(moved, rows, np.random.default_rng(7))[0]

    _, gradient = task.objective(theta, rows, np.random.default_rng(7))
    moves = 1e-5 * np.eye(len(theta))
    slopes = [(loss(theta + move) - loss(theta - move)) / 2e-5 for move in moves]
    np.testing.assert_allclose(gradient, slopes, atol=2e-7)
    layer = gradient[transpiled.n_weights :][: transpiled.n_input_layer]
    assert np.abs(layer).max() > 1e-3


def test_values_behind_the_layer_are_those_of_aer_at_the_angles_it_makes(stripes):
    transpiled, rng = _transpiled(_candidate()), np.random.default_rng(2)
    n_qubits = 2
    W, b = rng.normal(size=(5, n_qubits)), rng.normal(size=n_qubits)
    weights, head = rng.normal(size=transpiled.n_weights), rng.normal(size=14)
    parameters = Parameters(weights, head, np.concatenate([W.ravel(), b]))
    X = stripes.validation.X[:6]
    aer = AerProgram(
        transpiled.mapped.circuit,
        noise_model(transpiled.device, (0, 1)),
        list(transpiled.observables),
        list(transpiled.features),
        list(transpiled.weights),
    )
    values = aer.values(np.pi / 2 * np.tanh(X @ W + b), weights)
    expected = values @ head[:12].reshape(6, 2) + head[12:]
    np.testing.assert_allclose(logits(transpiled, parameters, X, stripes.target), expected, atol=1e-9)


@pytest.mark.parametrize("head", ["linear", "svc"])
def test_the_layer_learns_the_direction_in_which_the_classes_differ(stripes, head):
    transpiled = _transpiled(_candidate("angle", head))
    options = replace(OPTIONS, steps=120, validate_every=120)
    fit = fit_candidate(transpiled, stripes, np.random.default_rng(0), options=options)
    found = accuracy(transpiled, fit.parameters, stripes.validation, stripes.target)
    assert found == fit.validation_score >= 0.85
    W = fit.parameters.input_layer[:10].reshape(5, 2)
    assert np.abs(DIRECTION @ W / np.linalg.norm(W, axis=0)).max() > 0.9


def test_a_training_that_goes_on_from_its_checkpoint_ends_where_an_unbroken_one_does(stripes, tmp_path):
    from qcsearch.training.loop.trainer import TrainingControl

    transpiled = _transpiled(_candidate())

    def fitted(**control):
        rng = np.random.default_rng(0)
        return fit_candidate(transpiled, stripes, rng, control=TrainingControl(**control))

    checkpoint = tmp_path / "at_20.npz"
    fitted(checkpoint=checkpoint, on_step=lambda step, _: step == 20)
    assert fitted(checkpoint=checkpoint).parameters == fitted().parameters


def test_a_layer_is_counted_apart(stripes):
    counts = _transpiled(_candidate()).counts(stripes.target)
    assert counts.by_name["input_layer_parameters"] == 12
    assert counts.total == counts.circuit + counts.feature_map + counts.head + 12
    assert str(counts).startswith(f"{counts.total} (12 input layer, ")
    assert "input layer" not in str(_transpiled(_candidate(layer="none")).counts(stripes.target))


def test_a_candidate_without_a_layer_is_written_as_ever():
    bare = _candidate(layer="none")
    assert "input_layer" not in bare.to_json()
    assert bare == replace(_candidate(), input_layer=Choice("none"))
    dressed = _candidate(angles_per_qubit=2)
    assert Candidate.from_json(dressed.to_json()) == dressed != bare


@pytest.mark.parametrize(
    ("candidate", "n_features", "said"),
    [
        (_candidate("iqp"), 4, "'tanh' must have an encoding whose angles are its features. Got 'iqp'"),
        (_candidate("amplitude"), 4, "Got 'amplitude'"),
        (_candidate(angles_per_qubit=9), 4, "'angles_per_qubit' parameter of tanh must be"),
        (_candidate(angles_per_qubit=True), 4, "'angles_per_qubit' parameter of tanh must be"),
        (_candidate(layer="tan"), 4, "'tan' is not one of the input_layers. Known: none, tanh"),
        (_candidate(angles_per_qubit=8), 10_000, "may have at most 100,000 parameters. Got 160,016"),
    ],
)
def test_what_cannot_be_trained_is_refused_by_name(candidate, n_features, said):
    with pytest.raises(CandidateError, match=said):
        lower(candidate, Topology(2, ((0, 1),)), n_features)


def test_train_takes_a_layer_and_new_rows_go_through_it(stripes):
    model = train(_candidate(), stripes.train.X, stripes.train.y, device="fake_manila")
    again = train(
        _candidate(), stripes.train.X, stripes.train.y, device="fake_manila", start=model.parameters
    )
    assert again.parameters.sizes == model.parameters.sizes
    Z = model.pipeline.transform(stripes.validation.X)
    *W, b = model.parameters.input_layer.reshape(6, 2)
    np.testing.assert_allclose(model.features(stripes.validation.X), np.pi / 2 * np.tanh(Z @ np.array(W) + b))
