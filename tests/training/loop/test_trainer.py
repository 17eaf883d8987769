import time
from dataclasses import replace

import numpy as np
import pytest

from qcsearch.candidate.training import TrainingOptions
from qcsearch.data.splitting import Part
from qcsearch.data.targets import Classes
from qcsearch.errors import CandidateError, RunError
from qcsearch.training.data import TrainingData
from qcsearch.training.gradients import estimator_for
from qcsearch.training.heads import HEADS
from qcsearch.training.loop.fit import Stop
from qcsearch.training.loop.task import Task, batch_rows, learning_rate
from qcsearch.training.loop.trainer import TrainingControl, fit
from qcsearch.training.losses import LOSSES
from qcsearch.training.parameters import DRAWN, Parameters

QUICK = TrainingOptions(steps=60, batch_size=32, learning_rate=0.1, head_rate=1.0, validate_every=10)


def _fit(program, data, options=QUICK, head="linear", seed=0, start=DRAWN, **control):
    estimator = estimator_for(options.gradient, program)
    task = Task(program, estimator, HEADS.create(head), options, data)
    return fit(task, np.random.default_rng(seed), start=start, control=TrainingControl(**control))


@pytest.mark.parametrize("head", ["none", "softmax", "linear", "mlp"])
def test_every_head_learns_three_clouds(cosine_program, blobs, head):
    found = _fit(cosine_program(2, 4), blobs, replace(QUICK, steps=150), head)
    assert found.validation_score >= 0.9


@pytest.mark.parametrize(
    "change",
    [
        {"optimizer": "amsgrad"},
        {"optimizer": "sgd"},
        {"optimizer": "lbfgs"},
        {"loss": "mse"},
        {"gradient": "finite_difference"},
        {"gradient": "spsa", "steps": 300},
        {"schedule": "constant"},
        {"batch_size": None},
    ],
)
def test_every_option_learns_three_clouds(cosine_program, blobs, change):
    found = _fit(cosine_program(2, 4), blobs, replace(QUICK, **{"steps": 120, **change}))
    assert found.validation_score >= 0.9


def test_the_best_validated_weights_are_handed_back_not_the_last(cosine_program, blobs):
    class Fading(cosine_program):
        def values(self, X, w):
            return super().values(X, w) * (self.calls < 45)

    found = _fit(Fading(2, 4), blobs)
    values = cosine_program(2, 4).values(blobs.validation.X, found.parameters.weights)
    logits = HEADS.create("linear").logits(values, found.parameters.head, 3)
    accuracies = [record.validation_score for record in found.history]
    assert (
        np.mean(np.argmax(logits, axis=1) == blobs.validation.y) == found.validation_score == max(accuracies)
    )
    assert accuracies[-1] < max(accuracies)
    assert max(accuracies) > 0.8


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(cosine_program, blobs):
    one, two, other = (_fit(cosine_program(2, 3), blobs, seed=seed) for seed in (4, 4, 5))
    assert one.parameters == two.parameters
    assert one.parameters != other.parameters


class KilledError(Exception):
    pass


@pytest.mark.parametrize("optimizer", ["adam", "amsgrad", "sgd", "lbfgs"])
@pytest.mark.parametrize("gradient", ["adjoint", "spsa"])
def test_a_training_killed_anywhere_ends_where_an_unbroken_one_does(
    cosine_program, blobs, tmp_path, optimizer, gradient
):
    if (optimizer, gradient) == ("lbfgs", "spsa"):
        gradient = "adjoint"
    options = replace(QUICK, optimizer=optimizer, gradient=gradient, steps=37, validate_every=4)
    unbroken = _fit(cosine_program(2, 3), blobs, options)
    path = tmp_path / "checkpoint.npz"
    for kill_at in (4, 12, 28, 36):

        def on_step(step, accuracy, kill_at=kill_at):
            if step == kill_at:
                raise KilledError

        with pytest.raises(KilledError):
            _fit(cosine_program(2, 3), blobs, options, on_step=on_step, checkpoint=path)
    resumed = _fit(cosine_program(2, 3), blobs, options, seed=99, checkpoint=path)
    assert resumed.parameters == unbroken.parameters
    assert resumed.history == unbroken.history
    assert resumed.stopped == unbroken.stopped


def test_a_training_killed_inside_a_step_resumes_from_the_last_checkpoint(cosine_program, blobs, tmp_path):
    class Dying(cosine_program):
        left = 23

        def value_and_gradient(self, X, w, cotangent):
            self.left -= 1
            if self.left < 0:
                raise KilledError
            return super().value_and_gradient(X, w, cotangent)

    path, unbroken = tmp_path / "checkpoint.npz", _fit(cosine_program(2, 3), blobs)
    with pytest.raises(KilledError):
        _fit(Dying(2, 3), blobs, checkpoint=path)
    assert _fit(cosine_program(2, 3), blobs, checkpoint=path).parameters == unbroken.parameters


def test_a_training_stopped_by_a_deadline_resumes_to_the_same_end(cosine_program, blobs, tmp_path):
    class Slow(cosine_program):
        def value_and_gradient(self, X, w, cotangent):
            time.sleep(0.004)
            return super().value_and_gradient(X, w, cotangent)

    path, unbroken = tmp_path / "checkpoint.npz", _fit(cosine_program(2, 3), blobs)
    cut = _fit(Slow(2, 3), blobs, checkpoint=path, deadline=time.monotonic() + 0.1)
    assert cut.stopped is Stop.BUDGET
    assert 0 < cut.steps < 60
    assert _fit(cosine_program(2, 3), blobs, checkpoint=path).parameters == unbroken.parameters


def test_a_finished_training_is_not_trained_again(cosine_program, blobs, tmp_path):
    path, program = tmp_path / "checkpoint.npz", cosine_program(2, 3)
    first = _fit(program, blobs, checkpoint=path)
    program.calls = 0
    again = _fit(program, blobs, checkpoint=path)
    assert first.parameters == again.parameters
    assert program.calls == 0


def test_a_checkpoint_of_other_data_or_options_is_refused(cosine_program, blobs, tmp_path):
    path = tmp_path / "checkpoint.npz"
    _fit(cosine_program(2, 3), blobs, checkpoint=path)
    with pytest.raises(RunError, match="from another training"):
        _fit(cosine_program(2, 3), blobs, replace(QUICK, learning_rate=0.2), checkpoint=path)
    with pytest.raises(RunError, match="from another training"):
        _fit(cosine_program(2, 3), blobs.map(lambda Z: Z + 1e-9), checkpoint=path)


@pytest.mark.parametrize(
    ("change", "stop"),
    [
        ({"target_accuracy": 0.8}, Stop.TARGET_ACCURACY),
        ({"target_loss": 0.5}, Stop.TARGET_LOSS),
        ({"optimizer": "lbfgs", "steps": 2000}, Stop.CONVERGED),
        ({}, Stop.STEPS),
    ],
)
def test_each_reason_to_stop_is_named(cosine_program, blobs, change, stop):
    options = replace(QUICK, **{"steps": 200, **change})
    found = _fit(cosine_program(2, 4), blobs, options)
    assert found.stopped is stop
    assert found.stopped.sentence.endswith(".")
    assert (found.steps == options.steps) is (stop is Stop.STEPS)


def test_a_validation_that_only_gets_worse_is_a_plateau(cosine_program, blobs):
    validation = Part(blobs.validation.X, (blobs.validation.y + 1) % 3)
    options = replace(QUICK, patience=3, validate_every=5, steps=1000)
    found = _fit(cosine_program(2, 4), replace(blobs, validation=validation), options)
    assert found.stopped is Stop.PLATEAU
    best = max(range(len(found.history)), key=lambda i: found.history[i].validation_score)
    assert found.steps == found.history[best].step + 15


def test_the_callback_prunes(cosine_program, blobs):
    seen = []

    def on_step(step, accuracy):
        seen.append((step, accuracy))
        return step == 20

    found = _fit(cosine_program(2, 4), blobs, on_step=on_step)
    assert found.stopped is Stop.PRUNED
    assert [step for step, _ in seen] == [10, 20]
    assert seen == [(r.step, r.validation_score) for r in found.history[1:]]


def test_the_clock_is_overrun_by_a_step_at_most(cosine_program, blobs):
    class Slow(cosine_program):
        def values(self, X, w):
            time.sleep(0.05)
            return super().values(X, w)

    started = time.monotonic()
    found = _fit(Slow(2, 3), blobs, replace(QUICK, steps=10_000), deadline=started + 0.6)
    assert found.stopped is Stop.BUDGET
    assert time.monotonic() - started < 0.6 + 0.15


def test_a_step_that_would_not_end_in_time_is_not_begun(cosine_program, blobs):
    class Slow(cosine_program):
        def value_and_gradient(self, X, w, cotangent):
            time.sleep(0.5)
            return super().value_and_gradient(X, w, cotangent)

    started = time.monotonic()
    found = _fit(Slow(2, 3), blobs, replace(QUICK, steps=10), deadline=started + 0.9)
    assert (found.stopped, found.steps) == (Stop.BUDGET, 1)
    assert time.monotonic() - started < 0.9


def test_a_deadline_in_the_past_hands_back_the_start(cosine_program, blobs):
    start = Parameters(np.linspace(0, 1, 6))
    found = _fit(cosine_program(2, 3), blobs, start=start, deadline=time.monotonic() - 1)
    assert found.steps == 0
    assert np.array_equal(found.parameters.weights, start.weights)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_ends_with_its_reason_and_good_weights(cosine_program, blobs, bad):
    class Broken(cosine_program):
        def value_and_gradient(self, X, w, cotangent):
            values, gradient = super().value_and_gradient(X, w, cotangent)
            return values, gradient * (bad if self.calls > 15 else 1.0)

    found = _fit(Broken(2, 3), blobs)
    assert found.stopped is Stop.DIVERGED
    assert 0 < found.steps < 60
    assert np.all(np.isfinite(found.parameters.vector))


def test_a_program_that_only_gives_nan_ends_with_the_start_weights(cosine_program, blobs):
    class Broken(cosine_program):
        def values(self, X, w):
            return np.nan * super().values(X, w)

    found = _fit(Broken(2, 3), blobs, head="softmax")
    assert found.stopped is Stop.DIVERGED
    assert found.validation_score == 0.0
    assert np.all(np.isfinite(found.parameters.weights))


def test_parameters_that_overflow_end_as_diverged(cosine_program, blobs):
    found = _fit(
        cosine_program(2, 3),
        blobs,
        replace(QUICK, optimizer="sgd", learning_rate=1e300, weight_decay=1.0),
        "softmax",
    )
    assert found.stopped is Stop.DIVERGED
    assert np.all(np.isfinite(found.parameters.vector))


def test_without_validation_data_the_last_weights_come_back(cosine_program, blobs):
    program = cosine_program(2, 3)
    found = _fit(program, TrainingData(blobs.train, Classes((0, 1, 2))))
    validated = _fit(program, blobs)
    assert found.validation_score is None
    assert found.steps == 60
    assert found.history[-1].loss == validated.history[-1].loss


def test_no_steps_hand_back_the_start(cosine_program, blobs):
    start = Parameters(np.linspace(0, 1, 6), np.linspace(-1, 1, 12))
    found = _fit(cosine_program(2, 3), blobs, replace(QUICK, steps=0), start=start)
    assert found.parameters == start
    assert len(found.history) == 1


def test_a_program_that_encodes_is_asked_to_once_for_each_part(cosine_program, blobs):
    class Encoded:
        def __init__(self, X):
            self.X = X

        def __getitem__(self, rows):
            return Encoded(self.X[rows])

    class Encoding(cosine_program):
        encodings = 0

        def encode(self, X):
            self.encodings += 1
            return Encoded(X)

        def _angles(self, X, w):
            return super()._angles(X.X, w)

    program = Encoding(2, 3)
    found = _fit(program, blobs)
    assert program.encodings == 2
    assert found.parameters == _fit(cosine_program(2, 3), blobs).parameters


@pytest.mark.parametrize("optimizer", ["adam", "amsgrad", "sgd"])
def test_weight_decay_shrinks_circuit_and_head_by_a_share_of_the_step_size(cosine_program, blobs, optimizer):
    once = replace(QUICK, optimizer=optimizer, steps=1, head_rate=2.0)
    data, start = (
        TrainingData(blobs.train, Classes((0, 1, 2))),
        Parameters(np.linspace(-1.0, 1.0, 6), np.linspace(1.0, 2.0, 12)),
    )
    free, decayed = (
        _fit(cosine_program(2, 3), data, replace(once, weight_decay=x), start=start).parameters
        for x in (0.0, 0.3)
    )
    np.testing.assert_allclose(decayed.weights, free.weights - 0.1 * 0.3 * start.weights, rtol=1e-12)
    np.testing.assert_allclose(decayed.head, free.head - 2.0 * 0.1 * 0.3 * start.head, rtol=1e-12)


def test_lbfgs_ignores_weight_decay(cosine_program, blobs):
    exact = replace(QUICK, optimizer="lbfgs", steps=5)
    free, decayed = (_fit(cosine_program(2, 3), blobs, replace(exact, weight_decay=x)) for x in (0.0, 0.3))
    assert free.parameters == decayed.parameters


@pytest.mark.parametrize("shape", [(5,), (6, 1)])
def test_start_weights_of_the_wrong_length_are_refused(cosine_program, blobs, shape):
    with pytest.raises(
        CandidateError, match="'weights' that a training starts from must be 6 finite numbers"
    ):
        _fit(cosine_program(2, 3), blobs, start=Parameters(np.zeros(shape)))


def test_an_epoch_shows_every_sample_once_and_the_next_in_another_order():
    first = np.concatenate([batch_rows(12, 4, step, seed=1) for step in range(3)])
    second = np.concatenate([batch_rows(12, 4, step, seed=1) for step in range(3, 6)])
    assert sorted(first) == sorted(second) == list(range(12))
    assert not np.array_equal(first, second)
    assert batch_rows(12, 12, 0, seed=1) is None


def test_cosine_falls_from_the_rate_to_two_percent_of_it():
    options = TrainingOptions(learning_rate=0.1, steps=100, schedule="cosine")
    rates = [learning_rate(options, step) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[50] == pytest.approx(0.051)
    assert rates[100] == pytest.approx(0.002)
    assert np.all(np.diff(rates) < 0)


def test_a_training_looks_up_its_loss_once_and_not_in_every_step(cosine_program, blobs, monkeypatch):
    made = []
    create = LOSSES.create
    monkeypatch.setattr(LOSSES, "create", lambda name: made.append(name) or create(name))
    _fit(cosine_program(2, 4), blobs)
    assert made == [QUICK.loss]
