import numpy as np
import pytest

from qcsearch.errors import RunError
from qcsearch.training.loop.checkpoint import read_checkpoint, write_checkpoint


def test_arrays_and_json_come_back_to_the_bit(tmp_path):
    path, array = tmp_path / "c.npz", np.random.default_rng(0).normal(size=7)
    meta = {"seed": 2**62 + 1, "loss": 0.1 + 0.2, "history": [None, True]}
    write_checkpoint(path, {"a": array, "empty": np.zeros((0, 3))}, meta)
    arrays, found = read_checkpoint(path)
    assert np.array_equal(arrays["a"], array)
    assert arrays["empty"].shape == (0, 3)
    assert found == meta


def test_a_write_that_fails_leaves_the_old_checkpoint_and_no_litter(tmp_path):
    path = tmp_path / "c.npz"
    write_checkpoint(path, {"a": np.ones(2)}, {"step": 1})
    with pytest.raises(ValueError, match="pickle"):
        write_checkpoint(path, {"a": np.array([object()])}, {"step": 2})
    assert read_checkpoint(path)[1] == {"step": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["c.npz"]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_cut_file_is_refused_in_one_sentence(tmp_path, share):
    path = tmp_path / "c.npz"
    write_checkpoint(path, {"a": np.ones(2)}, {"step": 1})
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(RunError, match=r"c\.npz cannot be read"):
        read_checkpoint(path)


def test_a_file_of_pickles_is_refused_and_not_run(tmp_path):
    path = tmp_path / "c.npz"
    np.savez(path, **{"meta.json": np.array([{"a": 1}], dtype=object)})
    with pytest.raises(RunError, match="cannot be read"):
        read_checkpoint(path)
