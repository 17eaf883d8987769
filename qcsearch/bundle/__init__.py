"""The trained model on disk: written, verified, read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach

if TYPE_CHECKING:
    from qcsearch.bundle.read import load_bundle
    from qcsearch.bundle.sealing import check_seal, seal_bundle
    from qcsearch.bundle.verify import verify_bundle
    from qcsearch.bundle.write import write_bundle
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.bundle.read": ("load_bundle",),
            "qcsearch.bundle.sealing": ("check_seal", "seal_bundle"),
            "qcsearch.bundle.verify": ("verify_bundle",),
            "qcsearch.bundle.write": ("write_bundle",),
        },
    )

__all__ = ["check_seal", "load_bundle", "seal_bundle", "verify_bundle", "write_bundle"]
