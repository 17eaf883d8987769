"""Reading a bundle: verified first, then rebuilt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qcsearch.bundle.verify import read_verified

if TYPE_CHECKING:
    from qcsearch.training.model import TrainedModel

__all__ = ["load_bundle"]


def load_bundle(path: str | Path, digest: str | None = None) -> TrainedModel:
    """Verify a bundle and rebuild its model.

    Nothing is unpickled, no QPY is parsed, and no byte is parsed that was not verified.

    Args:
        path: the bundle's folder or zip file.
        digest: the digest that the bundle must have, learnt from somebody trusted.

    Returns:
        The model; on the exact engine it gives the numbers of the model that was written.

    Raises:
        BundleError: if the bundle is not as it was written, or its parts do not belong together.
    """
    bundle = read_verified(path, digest)
    # Here, so that a bundle that is not there or was changed is refused before Qiskit is imported.
    from qcsearch.bundle.model import read_model

    return read_model(bundle.files)
