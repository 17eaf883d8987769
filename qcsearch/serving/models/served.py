"""A bundle as a service holds it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.bundle.model import read_model
from qcsearch.bundle.probe import PROBE, check_probe, probe_samples
from qcsearch.bundle.seal import Seal, model_name
from qcsearch.bundle.verify import read_verified
from qcsearch.data.checks import as_numbers, check_shape, check_X
from qcsearch.data.quantum.reading import check_states
from qcsearch.data.sources.samples import load_samples
from qcsearch.serving.models.seals import Seals
from qcsearch.serving.models.steps import Steps
from qcsearch.training.expectations import Floats
from qcsearch.training.model import TrainedModel

__all__ = ["ServedModel"]

_VERSION_DIGITS = 12


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A model with the name that clients ask for.

    Attributes:
        name: in addresses.
        digest: of the bundle: its name by content.
        model: the model.
        probe: the bundle's `probe.json`; None if it has none.
        seal: who vouches for it; None if nobody was asked for.
        path: where it was read, and will be again.
    """

    name: str
    digest: str
    model: TrainedModel
    probe: bytes | None = None
    seal: Seal | None = None
    path: str = ""

    @classmethod
    def load(cls, spec: str, seals: Seals | None = None) -> ServedModel:
        """Verify and read a bundle.

        Args:
            spec: path of the bundle, or `NAME=PATH`; without a name it has that of the folder or file.
            seals: that it must have one of; None for none.

        Raises:
            BundleError: if it is not as it was written, or not sealed as it must be.
            InputError: if the name cannot stand in an address.
        """
        name, given, path = spec.partition("=")
        if not given or "/" in name:
            name, path = "", spec
        name, bundle = model_name(path, name), read_verified(path)
        seal = None if seals is None else seals.check(bundle, path, name)
        model = read_model(bundle.files)
        return cls(name, bundle.manifest.digest, model, bundle.files.get(PROBE), seal, path)

    @property
    def version(self) -> str:
        """The beginning of the digest, which is what clients call a version."""
        return self.digest[:_VERSION_DIGITS]

    @property
    def source(self) -> str:
        """What the exact engine's answers are of, as the command line says it."""
        return f"exact engine, noise of {self.model.device.name}"

    @property
    def n_columns(self) -> int:
        """Numbers of one sample."""
        return self.model.n_features_in

    @property
    def brightest(self) -> float | None:
        """About white in the training's images: of no pixel the ninth decile is above it; None if unknown."""
        model = self.model
        if model.image_shape is None or model.quantiles is None:
            return None
        return float(model.quantiles.edges.max())

    @cached_property
    def takes_text(self) -> bool:
        """Whether a column may hold text or a gap."""
        return self.model.encoder is not None

    def read(self, rows: Any) -> Floats:
        """Check samples as the command line checks a table; return them as numbers `(n_samples, n_columns)`.

        Args:
            rows: `(n_samples, n_columns)`, images `(n_samples, height, width)`, or a frame with the features' names.

        Raises:
            DataError: if the model cannot take them.
        """
        if self.model.quantum is not None:
            return check_states(as_numbers(rows, "X"), self.model.quantum)
        model = self.model
        if (encoder := model.encoder) is not None:
            rows = _as_cells(rows, [not levels for levels in encoder.levels])
            return load_samples(rows, model.feature_names or self.n_columns, None, encoder).X
        X, shape = check_X(rows, self.n_columns, names=model.feature_names or None)
        if shape is not None and model.image_shape is not None:
            check_shape(shape, model.image_shape, "X", "the model is expecting")
        return X

    def steps(self, X: Floats) -> Steps:
        """What the model makes of samples that `read` returned, on the exact engine."""
        return Steps.of(self.model, X)

    def labels(self, outputs: Floats) -> NDArray[Any]:
        """What outputs say, as the training knew it: `(n_samples,)`, or `(n_samples, n_outputs)`."""
        target = self.model.target
        return target.decode(target.answers(outputs))

    def figures(self, outputs: Floats) -> Floats:
        """Probabilities `(n_samples, n_outputs)`, or numbers in their own units."""
        return self.model.figures(outputs)

    def predictions(
        self, labels: NDArray[Any], figures: Floats, errors: Floats | None = None
    ) -> list[dict[str, Any]]:
        """Of each sample, as JSON values: label, probabilities by class, and their standard deviations by shots."""
        names, told = self.model.target.names, self.has_probabilities
        spreads = [None] * len(labels) if errors is None else errors.tolist()
        return [
            {
                "label": label,
                "probabilities": dict(zip(names, shares, strict=True)) if told else None,
                "errors": None if spread is None else dict(zip(names, spread, strict=True)),
            }
            for label, shares, spread in zip(labels.tolist(), figures.tolist(), spreads, strict=True)
        ]

    @property
    def has_probabilities(self) -> bool:
        """Whether it says how sure it is; who predicts numbers does not."""
        return self.model.target.task != "regression"

    @cached_property
    def a_label(self) -> NDArray[Any]:
        """Labels of one made-up sample, from which their type and shape are seen."""
        return self.labels(np.zeros((1, self.model.target.n_outputs)))

    def warm(self) -> None:
        """Compile circuit and kernels, by predicting one sample and several; see that the model is what it was.

        Raises:
            BundleError: if it does not say of its bundle's probe what it said when that was written.
            QCSearchError: if it cannot predict.
        """
        self.steps(probe_samples(self.model)[:1])
        if self.probe is not None:
            check_probe(self.model, self.probe)


def _as_cells(rows: NDArray[Any], is_number: list[bool]) -> NDArray[Any]:
    """Text as the cells of a table are read: in columns of numbers a number, and nothing is a gap."""
    if rows.dtype != object or rows.ndim != 2 or rows.shape[1] != len(is_number):
        return rows
    cells = rows.copy()
    for j, number in enumerate(is_number):
        cells[:, j] = [_number(cell) if number else cell or None for cell in rows[:, j]]
    return cells


def _number(cell: Any) -> Any:
    """The number that a text spells; the text itself if it spells none, which is refused by whoever reads it."""
    if not isinstance(cell, str) or "_" in cell:
        return cell
    try:
        return float(cell) if cell.strip() else None
    except ValueError:
        return cell
