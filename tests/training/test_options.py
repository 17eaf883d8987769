import pytest

from qcsearch.candidate.training import TrainingOptions
from qcsearch.errors import CandidateError
from qcsearch.training.options import check_options


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"optimizer": "adamw"}, "'adamw' is not one of the optimizers. Known: adam, amsgrad, lbfgs, sgd"),
        (
            {"loss": "hinge"},
            "'hinge' is not one of the losses. Known: "
            "binary_cross_entropy, cross_entropy, huber, mse, quantile, smoothed_cross_entropy, squared_error",
        ),
        ({"optimizer": "lbfgs", "gradient": "spsa"}, "'lbfgs' needs exact gradients. Got gradient 'spsa'"),
        ({"optimizer": "lbfgs", "gradient": "finite_difference"}, "'lbfgs' needs exact gradients"),
    ],
)
def test_options_that_cannot_go_together_are_refused_in_one_sentence(change, sentence):
    with pytest.raises(CandidateError, match=sentence):
        check_options(TrainingOptions(**change))


@pytest.mark.parametrize("gradient", ["adjoint", "parameter_shift"])
def test_lbfgs_with_exact_gradients_is_fine(gradient):
    check_options(TrainingOptions(optimizer="lbfgs", gradient=gradient))
