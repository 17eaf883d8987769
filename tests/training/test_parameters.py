import numpy as np
import pytest

from qcsearch.storage import canonical
from qcsearch.training.parameters import DRAWN, Parameters


def test_parameters_make_the_trip_through_json_and_through_one_vector_bit_for_bit():
    found = Parameters.of([0.1 + 0.2, -0.0, 1e-300], [np.pi])
    assert Parameters.from_json(canonical.loads(canonical.dumps(found.to_json()))) == found
    again = Parameters.of_vector(found.vector, 3)
    assert again.weights.tobytes() == found.weights.tobytes()
    assert again.head.tobytes() == found.head.tobytes()


def test_parameters_are_equal_where_every_number_of_both_parts_is():
    one = Parameters.of([1.0, 2.0], [3.0])
    assert one == Parameters.of([1.0, 2.0], [3.0])
    assert one != Parameters.of([1.0], [2.0, 3.0])
    assert one != Parameters.of([1.0, 2.0], [3.5])
    assert one != (one.weights, one.head)
    assert Parameters() == DRAWN


@pytest.mark.parametrize(
    "data",
    [
        None,
        [[], []],
        {"weights": []},
        {"weights": [], "head": [], "more": []},
        {"weights": 1.0, "head": []},
        {"weights": ["1"], "head": []},
        {"weights": [True], "head": []},
        {"weights": [[1.0]], "head": []},
    ],
)
def test_what_is_no_parameters_is_refused(data):
    with pytest.raises(ValueError, match="must"):
        Parameters.from_json(data)
