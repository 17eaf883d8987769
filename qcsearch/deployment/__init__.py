"""From the noise model to a backend: executors, fine-tuning, inference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach

if TYPE_CHECKING:
    from qcsearch.deployment.deploying import deploy
    from qcsearch.deployment.deployment import Deployment
    from qcsearch.deployment.executors.base import EXECUTORS, Executor, JobSeeds
    from qcsearch.deployment.executors.folding import runnable
    from qcsearch.deployment.executors.opening import open_executor
    from qcsearch.deployment.finetune.options import TuningOptions
    from qcsearch.deployment.ibm.options import IbmOptions
    from qcsearch.deployment.inference import Inference, infer
    from qcsearch.deployment.settings import DeploymentSettings, MeasurementSettings
    from qcsearch.deployment.values import Pub
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.deployment.deploying": ("deploy",),
            "qcsearch.deployment.deployment": ("Deployment",),
            "qcsearch.deployment.executors.base": ("EXECUTORS", "Executor", "JobSeeds"),
            "qcsearch.deployment.executors.folding": ("runnable",),
            "qcsearch.deployment.executors.opening": ("open_executor",),
            "qcsearch.deployment.finetune.options": ("TuningOptions",),
            "qcsearch.deployment.ibm.options": ("IbmOptions",),
            "qcsearch.deployment.inference": ("Inference", "infer"),
            "qcsearch.deployment.settings": ("DeploymentSettings", "MeasurementSettings"),
            "qcsearch.deployment.values": ("Pub",),
        },
    )

__all__ = [
    "EXECUTORS",
    "Deployment",
    "DeploymentSettings",
    "Executor",
    "IbmOptions",
    "Inference",
    "JobSeeds",
    "MeasurementSettings",
    "Pub",
    "TuningOptions",
    "deploy",
    "infer",
    "open_executor",
    "runnable",
]
