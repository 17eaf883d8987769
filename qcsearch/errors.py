"""The exception tree.

```
QCSearchError                 exit code 2, the base of everything raised on purpose
├── InputError (ValueError)   exit code 2, something a person gave is wrong; nothing was started
│   ├── DataError             the data set
│   ├── DeviceError           the device or its calibration snapshot
│   ├── SpaceError            the search space
│   ├── CandidateError        the candidate: an unknown encoding, qubits that are not there
│   ├── CircuitError          a circuit the engine cannot simulate exactly
│   ├── RunError              the run folder: not one, or made with other settings
│   └── BundleError           the bundle: changed, incomplete, unreadable
├── MissingExtraError         exit code 2, an optional dependency is not installed
├── NoFeasibleCandidateError  exit code 4, every candidate broke a constraint
└── BackendError              exit code 5, the backend or the credentials
```

A message is one sentence that names the thing, what it must be, and what it was; `fix`, when known,
says what to do.
"""

from __future__ import annotations

__all__ = [
    "BackendError",
    "BundleError",
    "CandidateError",
    "CircuitError",
    "DataError",
    "DeviceError",
    "InputError",
    "MissingExtraError",
    "NoFeasibleCandidateError",
    "QCSearchError",
    "RunError",
    "SpaceError",
]


class QCSearchError(Exception):
    """Base of every error that qcsearch raises on purpose.

    Args:
        message: one sentence: what, what it must be, what it was.
        fix: what the person can do about it, if that is known.
    """

    exit_code = 2

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message if fix is None else f"{message} Fix: {fix}")
        self.message = message
        self.fix = fix

    def __reduce__(self) -> tuple[type[QCSearchError], tuple[str, str | None]]:
        return type(self), (self.message, self.fix)


class InputError(QCSearchError, ValueError):
    """Something that was given is wrong; no work was started."""


class DataError(InputError):
    """The data set cannot be used."""


class DeviceError(InputError):
    """The device or its calibration snapshot cannot be used."""


class SpaceError(InputError):
    """The search space is wrong."""


class CandidateError(InputError):
    """The candidate cannot be built."""


class CircuitError(InputError):
    """The circuit holds something that the exact engine cannot simulate."""


class RunError(InputError):
    """The run folder is not one, or it was made with other settings."""


class BundleError(InputError):
    """The bundle was changed, is incomplete, or cannot be read."""


class MissingExtraError(QCSearchError, ImportError):
    """An optional dependency is not installed."""


class NoFeasibleCandidateError(QCSearchError):
    """Every candidate broke a constraint."""

    exit_code = 4


class BackendError(QCSearchError):
    """The backend refused, or the credentials did."""

    exit_code = 5
