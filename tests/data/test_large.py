"""Data that are too large to be searched with: a sample, which is said; the same again; within bounds of memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qcsearch.data import sample
from qcsearch.data.sample import MAX_ROWS
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.tables import large_text
from qcsearch.data.tables import parquet as parquet_table
from qcsearch.errors import DataError

N = 25_000


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    y = np.array(["no", "yes", "rare"])[np.searchsorted([0.8, 0.9995], rng.random(N))]
    return pd.DataFrame({"a": rng.normal(size=N), "b": rng.normal(size=N).round(3), "y": y})


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_text, "MAX_BYTES", 200_000)
    monkeypatch.setattr(large_text, "_SMALL_BYTES", 100_000)
    monkeypatch.setattr(large_text, "_CHUNK", 50_000)
    monkeypatch.setattr(parquet_table, "MAX_READ", 45_000)
    monkeypatch.setattr(parquet_table, "_BATCH", 9_000)


def written(frame: pd.DataFrame, folder: Path, kind: str) -> object:
    path = folder / f"data.{kind}"
    X, y = frame[["a", "b"]].to_numpy(), frame["y"].to_numpy(dtype=str)
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "parquet":
        frame.to_parquet(path)
    elif kind == "npz":
        np.savez(path, X=X, y=y)
    elif kind == "npy":
        np.save(folder / "X.npy", X)
        np.save(folder / "y.npy", y)
        return f"{folder / 'X.npy'},{folder / 'y.npy'}"
    elif kind == "frame":
        return frame
    else:
        return X, y
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet", "npz", "npy", "frame", "arrays"])
def test_a_stratified_sample_is_searched_with_and_said(
    frame: pd.DataFrame, tmp_path: Path, kind: str
) -> None:
    source = written(frame, tmp_path, kind)
    whole = load_dataset(source)
    assert whole.n_samples == N
    found = load_dataset(source, sampled=True)
    assert abs(found.n_samples - MAX_ROWS) <= 5
    assert any(f"{found.n_samples:,} of its {N:,} rows are used" in notice for notice in found.notices)
    shares = [np.bincount(data.y) / data.n_samples for data in (whole, found)]
    np.testing.assert_allclose(*shares, atol=1e-3)
    assert load_dataset(source, sampled=True).digest == found.digest
    rows = {row.tobytes() for row in whole.X}
    assert all(row.tobytes() in rows for row in found.X)


def test_what_is_small_is_left_as_it_is() -> None:
    assert load_dataset("iris", sampled=True).digest == load_dataset("iris").digest
    assert load_dataset("iris", sampled=True).notices == load_dataset("iris").notices


def test_a_class_of_few_rows_is_not_lost() -> None:
    y = np.zeros(N, dtype=int)
    y[[7, 100, 2_000]] = 1
    found = load_dataset((np.arange(2.0 * N).reshape(N, 2), y), sampled=True)
    assert np.bincount(found.y)[1] == 3


def test_of_wide_data_there_are_fewer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "MAX_NUMBERS", 50_000)
    rng = np.random.default_rng(0)
    found = load_dataset((rng.normal(size=(900, 500)), rng.integers(0, 2, 900)), sampled=True)
    assert found.n_samples == 100


def test_a_test_part_of_its_own_is_sampled_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    parts = {f"X_{part}": rng.normal(size=(N, 2)) for part in ("train", "test")}
    parts |= {f"y_{part}": rng.integers(0, 2, N) for part in ("train", "test")}
    np.savez(tmp_path / "own.npz", **parts)
    found = load_dataset(tmp_path / "own.npz", sampled=True)
    assert found.X_test is not None
    assert (found.n_samples, len(found.X_test)) == (MAX_ROWS, MAX_ROWS // 4)
    assert sum("rows are used" in notice for notice in found.notices) == 2


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.usefixtures("small_bounds")
def test_of_what_is_too_large_to_be_read_some_rows_are_read(
    frame: pd.DataFrame, tmp_path: Path, kind: str
) -> None:
    source = written(frame, tmp_path, kind)
    found = load_dataset(source, sampled=True)
    assert 1_000 < found.n_samples <= MAX_ROWS + 5
    assert any("is too large to be read whole" in notice for notice in found.notices)
    rows = {row.tobytes() for row in load_dataset(frame).X}
    assert all(row.tobytes() in rows for row in found.X)
    assert load_dataset(source, sampled=True).digest == found.digest


def test_long_lines_are_all_read_as_long_as_they_fit(
    frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_text, "_SMALL_BYTES", 100_000)
    frame.to_csv(tmp_path / "data.csv", index=False)
    assert large_text.some_lines(tmp_path / "data.csv", "It") is None
    monkeypatch.setattr(large_text, "MAX_LINES", 12_000)
    found = large_text.some_lines(tmp_path / "data.csv", "It")
    assert found is not None
    assert (len(found.numbers), found.n_lines) == (12_000, N + 1)
    lines = (tmp_path / "data.csv").read_bytes().splitlines(keepends=True)
    assert found.content == b"".join(lines[number - 1] for number in found.numbers)


@pytest.mark.usefixtures("small_bounds")
def test_an_error_in_a_sampled_line_names_the_line_of_the_file(frame: pd.DataFrame, tmp_path: Path) -> None:
    broken = frame.astype({"b": object})
    broken["b"] = "text"
    broken.to_csv(tmp_path / "data.csv", index=False)
    with pytest.raises(DataError, match=r"'text'|text") as error:
        load_dataset(tmp_path / "data.csv", sampled=True)
    assert "column 'b'" in str(error.value) or "'b'" in str(error.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [('1,"a\nb",yes\n', "some hold a part of a row"), ("1,\0,yes\n", "some hold a part of a row")],
    ids=["quotes", "zeros"],
)
@pytest.mark.usefixtures("small_bounds")
def test_lines_that_cannot_be_told_apart_are_refused(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "data.csv").write_text("a,b,y\n" + line * 40_000)
    with pytest.raises(DataError, match=said) as error:
        load_dataset(tmp_path / "data.csv", sampled=True)
    assert error.value.fix == "save a sample of its rows, or save it as Parquet."


@pytest.mark.usefixtures("small_bounds")
def test_few_long_lines_are_refused(tmp_path: Path) -> None:
    row = ",".join(["1"] * 50_000)
    (tmp_path / "data.csv").write_text("\n".join([row] * 30))
    with pytest.raises(DataError, match="lines are too long for a sample"):
        load_dataset(tmp_path / "data.csv", sampled=True)


def test_a_large_array_is_mapped_and_a_large_compressed_one_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200_000, 20)), rng.integers(0, 2, 200_000)
    np.savez(tmp_path / "a.npz", X=X, y=y)
    np.save(tmp_path / "X.npy", np.asfortranarray(X))
    np.save(tmp_path / "y.npy", y)
    np.savez_compressed(tmp_path / "c.npz", X=X, y=y)
    expected = load_dataset((X, y), sampled=True)
    monkeypatch.setattr("qcsearch.storage.npz.MAX_READ_BYTES", 2_000_000)
    tracemalloc.start()
    assert load_dataset(tmp_path / "a.npz", sampled=True).digest == expected.digest
    assert load_dataset(f"{tmp_path}/X.npy,{tmp_path}/y.npy", sampled=True).digest == expected.digest
    assert tracemalloc.get_traced_memory()[1] < X.nbytes
    tracemalloc.stop()
    with pytest.raises(DataError, match="compressed array 'X' has 32,000,") as error:
        load_dataset(tmp_path / "c.npz", sampled=True)
    assert "numpy.savez" in str(error.value)
