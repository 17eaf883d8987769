"""Malformed data sets: what a person may hand over by mistake, and a part of the sentence each must get.

The same list goes through `load_dataset` and through the command line.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

RNG_SEED = 7


@dataclass(frozen=True)
class Malformed:
    """One malformed data set.

    Attributes:
        name: what is wrong with it.
        source: what the person gives; file names are those of `files`.
        expected: a part of the sentence.
        files: content by name; a name that ends in `/` is a folder.
        target: the target column the person gives, or None.
        at_split: whether only `split` can see it.
    """

    name: str
    source: str
    expected: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    target: str | None = None
    at_split: bool = False

    def write(self, folder: Path) -> str:
        """Write the files to `folder`; return what the person gives as the data set."""
        for name, content in self.files.items():
            if name.endswith("/"):
                (folder / name).mkdir()
            else:
                (folder / name).write_bytes(content)
        known = {name.rstrip("/") for name in self.files} | {"missing.csv", "missing.npy"}
        return ",".join(str(folder / part) if part in known else part for part in self.source.split(","))


def malformed() -> list[Malformed]:
    """Every malformed data set that needs no more than numpy."""
    return [*_csv(), *_npz(), *_npy(), *_names()]


def malformed_parquet() -> list[Malformed]:
    """Malformed Parquet files; needs pyarrow."""
    import pyarrow as pa
    from pyarrow import parquet

    def table(names: list[str], *columns: Any) -> bytes:
        sink = io.BytesIO()
        parquet.write_table(pa.Table.from_arrays([pa.array(column) for column in columns], names=names), sink)
        return sink.getvalue()

    cases = [
        ("parquet: empty file", b"", "is empty", None),
        ("parquet: not one", b"a,b\n1,2\n", "cannot be read as Parquet", None),
        ("parquet: cut short", table(["a", "y"], [1.0, 2.0], [0, 1])[:-9], "cannot be read as Parquet", None),
        (
            "parquet: missing value",
            table(["a", "y"], [1.0, None, 3.0, 4.0], [0, 1, 0, 1]),
            "'a' (1 of 4, the first in row 2)",
            None,
        ),
        (
            "parquet: text",
            table(["a", "y"], ["1", "x", "3", "4"], [0, 1, 0, 1]),
            "text in 'a' (another in every row, the text '1' in row 1)",
            None,
        ),
        (
            "parquet: lists",
            table(["a", "y"], [[1], [2], [3], [4]], [0, 1, 0, 1]),
            "neither numbers nor text in 'a' (values of type ndarray)",
            None,
        ),
        (
            "parquet: duplicate column",
            table(["a", "a", "y"], [1, 2], [1, 2], [0, 1]),
            "duplicate column",
            None,
        ),
        ("parquet: no target", table(["a", "b"], [1, 2], [3, 4]), "Columns: a, b", None),
        (
            "parquet: other target",
            table(["a", "y"], [1, 2], [3, 4]),
            "no column 'kind'. Columns: a, y",
            "kind",
        ),
    ]
    return [
        Malformed(name, "t.parquet", part, {"t.parquet": raw}, target) for name, raw, part, target in cases
    ]


def _csv() -> list[Malformed]:
    good = "a,b,kind\n" + "".join(f"{i},{i * i % 7},{'uv'[i % 2]}\n" for i in range(12))

    def case(
        name: str, text: str | bytes, expected: str, target: str | None = "kind", **more: Any
    ) -> Malformed:
        raw = text if isinstance(text, bytes) else text.encode()
        return Malformed(f"csv: {name}", "t.csv", expected, {"t.csv": raw}, target, **more)

    return [
        case("empty file", "", "is empty"),
        case("blanks only", "  \n\n \n", "is empty"),
        case("header only", "a,b,kind\n", "no rows"),
        case("binary", b"PK\x03\x04\x00\x00\x01", "is not text"),
        case("UTF-16 without a byte order mark", good.encode("utf-16-le"), "is not text"),
        case("not UTF-8", good.replace("u", "ü").encode("latin-1"), "line 2"),
        case("short row", good + "1,2\n", "row 13 (line 14) has 2 cells"),
        case("long row", good.replace("\n3,", "\n3,9,"), "row 4 (line 5) has 4 cells"),
        case("duplicate header", good.replace("a,b,", "a,a,"), "'a' stands twice"),
        case("unnamed column", good.replace("a,b,", ",b,"), "without a name"),
        case("no header", "1.5,2,0\n2.5,3,1\n" * 6, "no header", None),
        case(
            "text in a numeric column",
            good.replace("\n5,", "\nfive,"),
            "text among numbers in 'a' (1 of 12 cells, the text 'five' in row 6 (line 7))",
        ),
        case("thousands mark", good.replace("\n5,", "\n5_000,"), "'5_000' in row 6"),
        case(
            "decimal comma or thousands",
            "a;b;kind\n1,500;2;u\n2,500;3;v\n",
            "the text '1,500' in row 1 (line 2)",
        ),
        case("both decimal marks", "a;b;kind\n1,5;2.5;u\n2,5;3.5;v\n", "write numbers with a decimal point"),
        case("two separators", "a,b;kind\nx,y;u\nz,x;v\n", "by comma or by semicolon"),
        case("first sample as header", "1.5,2,u\n2.5,3,v\n" * 6, "'1.5', '2', 'u', looks like a sample", "u"),
        case("empty cell", good.replace("\n5,", "\n,"), "in 'a' (1 of 12, the first in row 6 (line 7))"),
        case(
            "NaN",
            good.replace("\n5,", "\nnan,").replace("\n7,", "\nNA,"),
            "missing values (NaN or empty) in 'a' (2 of 12",
        ),
        case(
            "empty column",
            good.replace(",b,", ",b,c,").replace(",u", ",,u").replace(",v", ",-,v"),
            "no value at all in 'c'",
        ),
        case("infinity", good.replace("\n5,", "\n-inf,"), "(-inf in row 6 (line 7))"),
        case("overflow", good.replace("\n5,", "\n1e999,"), "(inf in row 6"),
        case("too large to scale", good.replace("\n5,", "\n1e200,"), "beyond ±1e+100"),
        case("target missing", good, "no column 'sort'. Columns: a, b, kind", "sort"),
        case("target not given", good, "Columns: a, b, kind", None),
        case(
            "two possible targets",
            good.replace("a,b,kind", "y,b,label"),
            "2 columns could be the target",
            None,
        ),
        case("target alone", "kind\nu\nv\nu\nv\n", "at least 1 feature"),
        case("missing label", good.replace(",u\n", ",\n", 1), "missing labels"),
        case("one class", good.replace(",v\n", ",u\n"), "Only one class is in"),
        case("class with one sample", good + "1,2,w\n", "'w'"),
        case("regression target", good.replace(",u\n", ",0.25\n").replace(",v\n", ",1.5\n"), "regression"),
        case("constant features", "a,b,kind\n" + "1,2,u\n1,2,v\n" * 6, "Every feature of"),
        case("open quote", good + '"1,2,u\n', "cannot be read as CSV"),
        case("too few to split", good + "1,2,w\n3,1,w\n", "at least 3 to be split", at_split=True),
    ]


def _npz() -> list[Malformed]:
    rng = np.random.default_rng(RNG_SEED)
    X, y = rng.normal(size=(12, 3)), np.arange(12) % 2
    own = {"X_train": X, "X_test": X[:4], "y_train": y, "y_test": y[:4]}

    def case(name: str, arrays: Mapping[str, Any] | bytes, expected: str, **more: Any) -> Malformed:
        raw = arrays if isinstance(arrays, bytes) else archive(**arrays)
        return Malformed(f"npz: {name}", "t.npz", expected, {"t.npz": raw}, **more)

    return [
        case("empty file", b"", "cannot be read as a NumPy file"),
        case("not one", b"not an archive at all", "does not begin like one"),
        case("cut short", archive(X=X, y=y)[:-30], "cannot be read as a NumPy file"),
        case("changed byte", _changed(archive(X=X, y=y)), "cannot be read as a NumPy file"),
        case("pickled objects", {"X": np.array([[1, "a"]] * 12, dtype=object), "y": y}, "Python objects"),
        case("no y", {"X": X}, "It holds X."),
        case("other keys", {"data": X, "labels": y}, "It holds data, labels"),
        case(
            "half of a split",
            {"X_train": X, "y_train": y, "X_test": X},
            "must hold the labels of its test part",
        ),
        case("both layouts", {**own, "X": X, "y": y}, "one of the two"),
        case("NaN", {"X": _with(X, (2, 1), np.nan), "y": y}, "row 3, column 'x1'"),
        case("infinity", {"X": _with(X, (2, 1), np.inf), "y": y}, "1 value that is NaN, missing or infinite"),
        case(
            "NaN in the test part", {**own, "X_test": _with(X[:4], (1, 2), np.nan)}, "X_test of 't' holds 1"
        ),
        case("complex numbers", {"X": X + 1j, "y": y}, "holds complex numbers; they must be state vectors"),
        case("text", {"X": X.astype(str), "y": y}, "the text"),
        case("dates", {"X": np.zeros((12, 2), "datetime64[D]"), "y": y}, "dates"),
        case("zero rows", {"X": X[:0], "y": y[:0]}, "0 rows"),
        case("zero columns", {"X": X[:, :0], "y": y}, "0 feature(s)"),
        case("one dimension", {"X": X[:, 0], "y": y}, "must have 2 dimensions"),
        case("colour images", {"X": np.zeros((12, 4, 4, 3)), "y": y}, "colour images (12×4×4×3)"),
        case("lengths differ", {"X": X, "y": y[:9]}, "12 rows and 9 labels"),
        case("one-hot labels", {"X": X, "y": np.eye(2)[y]}, "one label for each sample"),
        case("NaN label", {"X": X, "y": np.where(np.arange(12) == 4, np.nan, y)}, "row 5"),
        case("infinite label", {"X": X, "y": np.where(np.arange(12) == 4, np.inf, y)}, "infinity"),
        case("fractional labels", {"X": X, "y": X[:, 0]}, "looks like a regression"),
        case("complex labels", {"X": X, "y": y + 0j}, "must be text or whole numbers"),
        case("one class", {"X": X, "y": y * 0}, "Only one class is in"),
        case("class with one sample", {"X": X, "y": np.where(np.arange(12) == 4, 5, y)}, "Class 5"),
        case(
            "test part with other features",
            {**own, "X_test": X[:4, :2]},
            "2 features, but the training part is expecting 3",
        ),
        case("test part with another class", {**own, "y_test": y[:4] + 1}, "is not in the training part"),
        case("test part with other lengths", {**own, "y_test": y[:3]}, "4 rows and 3 labels"),
        case("empty test part", {**own, "X_test": X[:0], "y_test": y[:0]}, "0 rows"),
        case(
            "image_shape of other pixels",
            {"X": X, "y": y, "image_shape": np.array([2, 2])},
            "no images of 2×2",
        ),
        case(
            "too few feature names", {"X": X, "y": y, "feature_names": np.array(["a"])}, "one name of its own"
        ),
        case("target given", {"X": X, "y": y}, "'target' is for tables", target="y"),
        case("too few to split", {"X": X[:4], "y": y[:4]}, "at least 3 to be split", at_split=True),
    ]


def _npy() -> list[Malformed]:
    X, y = array(np.eye(12)), array(np.arange(12) % 2)

    def case(name: str, source: str, expected: str, **files: bytes) -> Malformed:
        return Malformed(f"npy: {name}", source, expected, {f"{key}.npy": raw for key, raw in files.items()})

    return [
        case("no labels", "X.npy", "is one array; its labels must", X=X),
        case("three files", "X.npy,y.npy,z.npy", "must come as a pair", X=X, y=y, z=y),
        case("labels not there", "X.npy,missing.npy", "neither a file that is there", X=X),
        case("empty file", "X.npy,y.npy", "cannot be read as a NumPy file", X=b"", y=y),
        case(
            "pickled objects", "X.npy,y.npy", "Python objects", X=X, y=array(np.array([0, "a"], dtype=object))
        ),
        case("lying header", "X.npy,y.npy", "cannot be read", X=X.replace(b"(12, 12)", b"(92, 12)"), y=y),
        case("an archive", "X.npy,y.npy", "must be a single array", X=archive(X=np.eye(12)), y=y),
    ]


def _names() -> list[Malformed]:
    return [
        Malformed("name: unknown", "cifar", "neither a file that is there nor a data set"),
        Malformed("name: empty", " ", "Got an empty text"),
        Malformed("name: classes not there", "digits:0-12", "must be in 0-9"),
        Malformed("name: classes no numbers", "iris:setosa", "must be numbers such as 0-3"),
        Malformed("name: one class", "digits:3", "Only one class is in"),
        Malformed("name: target given", "iris", "'target' is for tables", target="species"),
        Malformed("path: not there", "missing.csv", "neither a file that is there"),
        Malformed("path: folder", "t.csv", "holds no images", {"t.csv/": b""}),
        Malformed("path: unknown kind", "t.xlsx", "must end in", {"t.xlsx": b"PK"}),
        Malformed("path: no ending", "t", "must end in", {"t": b"a,b\n"}),
    ]


def archive(**arrays: Any) -> bytes:
    """The bytes of an `.npz` file, pickled objects and all."""
    return _saved(np.savez_compressed, **arrays)


def array(values: Any) -> bytes:
    """The bytes of an `.npy` file, pickled objects and all."""
    return _saved(np.save, values)


def _saved(save: Callable[..., None], *args: Any, **kwargs: Any) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *args, **kwargs)
    return buffer.getvalue()


def _with(X: np.ndarray[Any, Any], index: tuple[int, int], value: float) -> np.ndarray[Any, Any]:
    copy = X.copy()
    copy[index] = value
    return copy


def _changed(raw: bytes) -> bytes:
    """`raw` with a byte changed in the middle of its first array's compressed content."""
    at = raw.index(b"X.npy") + 60
    return raw[:at] + bytes([raw[at] ^ 0xFF]) + raw[at + 1 :]
