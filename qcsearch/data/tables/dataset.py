"""A table, or a pair of samples and labels, as a data set: as the person said that it is to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.dataset import Dataset
from qcsearch.data.sample import kept_rows, sample_rows
from qcsearch.data.sources.building import ImageShape, build
from qcsearch.data.sources.parts import RawPart
from qcsearch.data.tables.codes import allowed_in_training, code_columns, coding_of
from qcsearch.data.tables.frames import is_frame, read_array, read_frame
from qcsearch.data.tables.options import TableOptions
from qcsearch.data.tables.suspects import suspect_notices
from qcsearch.data.tables.table import Table
from qcsearch.data.values import IntArray
from qcsearch.errors import DataError
from qcsearch.spelling import meant

__all__ = ["of_pair", "of_table"]


def of_table(
    table: Table, options: TableOptions, name: str, image_shape: ImageShape, sampled: bool
) -> Dataset:
    """The data set of a table of which one column is the label; arguments as for `load_dataset`.

    Raises:
        DataError: if anything about it is wrong.
    """
    table.check_header()
    table = table.without(options.drop)
    columns = table.targets(options.targets)
    chosen = () if options.targets else (f"The target is the column '{columns[0]}'.",)
    weighing = options.sample_weight
    if weighing is not None and not (isinstance(weighing, str) and weighing in table.columns):
        raise DataError(
            f"The sample weight of {table.what} must be one of its columns: {', '.join(table.columns)[:200]}. "
            f"Got {weighing!r}.",
            meant(weighing, table.columns),
        )
    names = [other for other in table.columns if other not in (*columns, weighing)]
    if sampled:
        rows = kept_rows((table.n_rows, len(names)), table.labels(columns))
        table = table if rows is None else table.take(rows)
    weight = None if weighing is None else table.read([weighing])[0].values
    dataset = _of_columns(table, names, table.labels(columns), options, name, image_shape, columns, weight)
    return replace(dataset, notices=(*chosen, *dataset.notices))


def of_pair(
    X: Any, y: Any, options: TableOptions, name: str, image_shape: ImageShape, sampled: bool
) -> Dataset:
    """The data set of samples, a frame or an array, and their labels; arguments as for `load_dataset`.

    Raises:
        DataError: if anything about them is wrong.
    """
    table = read_frame(X) if is_frame(X) else None
    given = options.sample_weight
    weight = None if given is None else np.asarray(given)
    if table is None and (options.drop or options.encode or options.impute):
        table = read_array(X)
    if table is None:
        said: tuple[str, ...] = ()
        if sampled:
            kept = kept_rows(getattr(X, "shape", ()), y)
            weight = weight if kept is None else _taken(weight, kept)
            X, y, said = sample_rows(X, y, f"'{name}'")
        part = replace(RawPart.of(X, y, name), weight=weight)
        return build(part, name, image_shape, None, task=options.task, notices=said)
    table.check_header()
    table = table.without(options.drop)
    rows = kept_rows((table.n_rows, len(table.columns)), y) if sampled else None
    if rows is not None:
        table, y = table.take(rows), np.asarray(y)[rows]
        weight = _taken(weight, rows)
    return _of_columns(table, list(table.columns), y, options, name, image_shape, weight=weight)


def _of_columns(
    table: Table,
    names: Sequence[str],
    y: Any,
    options: TableOptions,
    name: str,
    image_shape: ImageShape,
    targets: Sequence[str] = (),
    weight: NDArray[Any] | None = None,
) -> Dataset:
    """The data set of the columns `names` of a table and of labels `y`: its columns `targets`, if they are of it."""
    columns = table.read(names)
    table.check(columns, allowed_in_training(columns, options))
    coding = coding_of(columns, options)
    labels = " and ".join(f"the column '{column}'" for column in targets[:2]) or "y"
    labels += f" and {len(targets) - 2} more" if len(targets) > 2 else ""
    part = replace(RawPart.of(code_columns(columns, coding), y, name, labels), weight=weight)
    dataset = build(
        part,
        name,
        image_shape,
        tuple(names),
        coding=coding,
        task=options.task,
        columns=tuple(targets) or None,
        notices=table.notices,
    )
    suspects = suspect_notices(dataset.X, dataset.y, names) if dataset.y.ndim == 1 else ()
    notices = (*dataset.notices, *suspects)
    return replace(dataset, notices=notices, dropped=tuple(options.drop))


def _taken(weight: NDArray[Any] | None, rows: IntArray) -> NDArray[Any] | None:
    """Weights of some rows; what is no weight of each row is left to the check."""
    return weight if weight is None or weight.ndim != 1 or len(weight) <= rows.max() else weight[rows]
