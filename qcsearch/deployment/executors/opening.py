"""From a spec such as `local:fake_torino` to an open executor."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, cast

from qcsearch.deployment.executors.base import EXECUTORS, Executor, Opener
from qcsearch.errors import BackendError

if TYPE_CHECKING:
    from qcsearch.devices.device import Device

__all__ = ["open_executor"]


@EXECUTORS.register("aer")
def _open_aer(*, argument: str, device: Device | None, seed: int) -> Executor:
    from qcsearch.deployment.executors.aer import AerExecutor

    if argument or device is None:
        raise BackendError(
            f"The backend 'aer' simulates the model's own device and takes no name. Got {argument!r}."
        )
    return AerExecutor(device, seed)


@EXECUTORS.register("local")
def _open_local(*, argument: str, device: Device | None, seed: int) -> Executor:
    from qcsearch.deployment.executors.local import LocalExecutor

    return LocalExecutor.open(argument, seed)


@EXECUTORS.register("backend")
def _open_backend(*, argument: str, device: Device | None, seed: int) -> Executor:
    from qcsearch.deployment.executors.backend import BackendExecutor, load_backend

    return BackendExecutor(load_backend(argument), f"backend:{argument}", seed)


@EXECUTORS.register("env")
def _open_env(*, argument: str, device: Device | None, seed: int) -> Executor:
    from qcsearch.deployment.executors.backend import BackendExecutor
    from qcsearch.deployment.executors.environment import EnvironmentBackend

    return BackendExecutor(EnvironmentBackend(argument), f"env:{argument}", seed)


@EXECUTORS.register("ibm")
def _open_ibm(*, argument: str, device: Device | None, seed: int) -> Executor:
    raise BackendError(
        f"The backend 'ibm:{argument}' is billed: it must be opened with a ceiling and a journal.",
        fix="use `qcsearch deploy`, or pass an `executors.ibm.IbmExecutor` in place of its name.",
    )


def open_executor(backend: str | Executor, *, device: Device | None = None, seed: int = 0) -> Executor:
    """Open what a spec names.

    Args:
        backend: `aer` (Aer under the model's own snapshot), `local:<fake>` (a recorded backend of
            qiskit-ibm-runtime behind its own primitives), `backend:<package.module>:<object>` (any local
            BackendV2), `env:<folder>:<package.module>:<object>` (one in a Python environment of its own), a
            plugin's name and what it wants after a colon; or an executor that is already open.
        device: the device that the model was made for.
        seed: seed of everything random that the executor decides, ≥ 0.

    Raises:
        BackendError: if there is no such backend, or a plugin's opener is none.
    """
    if not isinstance(backend, str):
        return backend
    name, _, argument = backend.strip().partition(":")
    opener = cast(Opener, EXECUTORS.get(name))
    _check_opener(name, opener)
    return opener(argument=argument, device=device, seed=seed)


def _check_opener(name: str, opener: Opener) -> None:
    """Refuse what cannot be called as one, such as the executor's class itself, which a plugin may have named."""
    try:
        inspect.signature(opener).bind(argument="", device=None, seed=0)
    except ValueError:  # something written in another language
        return
    except TypeError as error:
        raise BackendError(
            f"The plugin '{name}' of the executors must be a function of argument, device and seed: {error}.",
            fix="let its entry point name a function that takes the three by name and returns an executor.",
        ) from error
