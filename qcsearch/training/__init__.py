"""Training: one loop for simulators and hardware, gradients, optimisers, losses, heads, the trained model.

```
assembly.py     a candidate on its device: gate list, mapped circuit, observables, compiled programs
expectations.py what the loop asks of an engine, exact or a machine
gradients.py    adjoint, parameter shift, finite difference, SPSA
occurrences.py  a parameter of its own for each occurrence of an angle, for the shift
heads.py  losses.py  optimisers.py  options.py
trainer.py      the loop;  task.py what stays the same in it, state.py what changes, fit.py what it hands back
checkpoint.py   what it can go on from
model.py        the trained model;  train.py one candidate, no search
```
"""
