from dataclasses import replace

import numpy as np
import pytest

from qcsearch.circuits.candidate import TrainingOptions
from qcsearch.errors import CandidateError
from qcsearch.training.options import check_options

BAD = [
    ("optimizer", "adamw", "'adamw' is not one of the optimisers"),
    ("loss", "hinge", "'hinge' is not one of the losses"),
    ("gradient", "backprop", "'gradient' parameter of TrainingOptions must be one of"),
    ("schedule", "step", "'schedule' parameter of TrainingOptions must be one of constant, cosine"),
    ("learning_rate", 0, "must be a number > 0. Got 0"),
    ("learning_rate", float("nan"), "must be a number > 0. Got nan"),
    ("learning_rate", "fast", "must be a number > 0. Got 'fast'"),
    ("head_rate", -1.0, "must be a number > 0"),
    ("init_scale", -0.1, "must be a number >= 0"),
    ("l2", True, "must be a number >= 0"),
    ("steps", -1, "must be an int >= 0"),
    ("steps", 2.5, "must be an int >= 0"),
    ("steps", True, "must be an int >= 0"),
    ("batch_size", 0, "must be an int >= 1"),
    ("patience", 0, "must be an int >= 1"),
    ("validate_every", None, "must be an int >= 1"),
    ("target_accuracy", "all", "must be a number or None"),
    ("target_loss", float("inf"), "must be a number or None"),
    ("noise", 1, "must be True or False"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), BAD)
def test_a_bad_option_is_refused_in_one_sentence(name, value, sentence):
    with pytest.raises(CandidateError, match=sentence):
        check_options(replace(TrainingOptions(), **{name: value}))


@pytest.mark.parametrize("gradient", ["spsa", "finite_difference"])
def test_lbfgs_with_gradients_that_are_not_exact_is_refused(gradient):
    with pytest.raises(CandidateError, match="'lbfgs' needs exact gradients"):
        check_options(TrainingOptions(optimizer="lbfgs", gradient=gradient))


def test_the_defaults_and_none_where_it_means_something_are_fine():
    check_options(TrainingOptions())
    check_options(
        TrainingOptions(batch_size=None, patience=None, target_loss=0.1, l2=0, learning_rate=np.float64(1))
    )
