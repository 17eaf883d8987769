"""What stands beside ours: classical models, the study's own kinds of quantum model, and those of two libraries."""

from __future__ import annotations

from external.models.base import Model
from external.models.classical import CLASSICAL
from external.models.libraries import LIBRARIES
from external.models.study import STUDY

__all__ = ["CLASSICAL", "LIBRARIES", "MODELS", "STUDY"]

MODELS: dict[str, Model] = {**CLASSICAL, **STUDY, **LIBRARIES}
"""By the name that the tables use."""
