"""Training: one loop for simulators and hardware, gradients, optimizers, losses, heads, the trained model.

```
transpiled.py   a candidate on its device: gate list, mapped circuit, observables, compiled programs
expectations.py what the loop asks of an engine, exact or a machine
gradients.py    adjoint, parameter shift, finite difference, SPSA
heads/          from expectation values to logits; bound_head.py one with its parameters, to classes too
parameters.py   weights of the circuit and parameters of the head;  data.py what is learnt from
losses.py  optimizers.py  options.py
loop/           trainer.py: the loop; task.py what stays the same in it, state.py what changes, fit.py what it
                hands back, checkpoint.py what it can resume from
shots/          what finitely many shots make of values, of a training and of an accuracy
scoring.py      what a candidate with its parameters says of samples: predictions.py
metrics.py      how good that is, by scikit-learn's scorers;  statistics.py how sure that is
judging/        recall by class, calibration of the probabilities
model.py        the trained model;  single.py one candidate, no search
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach

if TYPE_CHECKING:
    from qcsearch.training.heads import HEADS
    from qcsearch.training.loop.trainer import TrainingControl
    from qcsearch.training.losses import LOSSES
    from qcsearch.training.model import TrainedModel
    from qcsearch.training.optimizers import OPTIMIZERS
    from qcsearch.training.parameters import Parameters
    from qcsearch.training.single import train
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.training.heads": ("HEADS",),
            "qcsearch.training.loop.trainer": ("TrainingControl",),
            "qcsearch.training.losses": ("LOSSES",),
            "qcsearch.training.model": ("TrainedModel",),
            "qcsearch.training.optimizers": ("OPTIMIZERS",),
            "qcsearch.training.parameters": ("Parameters",),
            "qcsearch.training.single": ("train",),
        },
    )

__all__ = ["HEADS", "LOSSES", "OPTIMIZERS", "Parameters", "TrainedModel", "TrainingControl", "train"]
