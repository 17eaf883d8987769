"""What the commands that may spend QPU seconds share: opening the backend, showing the plan, asking."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from qcsearch.cli.output import display, say, table
from qcsearch.cli.process import be_patient
from qcsearch.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qcsearch.cli.options.hardware import HardwareOptions, IbmJobOptions, TomographyHardwareOptions
    from qcsearch.deployment.cost.plan import Plan
    from qcsearch.deployment.executors.base import Executor
    from qcsearch.deployment.ibm.options import IbmOptions
    from qcsearch.deployment.values import Cost
    from qcsearch.devices.device import Device
    from qcsearch.search.run.folder import RunFolder

__all__ = ["ask", "backend_of", "billing", "is_billed", "opened", "rows", "show"]


def backend_of(folder: RunFolder, backend: str) -> str:
    """The spec that was given, or the recorded backend of the run's device, or Aer if that is not recorded."""
    from qcsearch.devices.calibration.providers import is_recorded

    device = folder.config.device
    return backend.strip() or (f"local:{device}" if is_recorded(device) else "aer")


def billing(spec: str, hardware: HardwareOptions | TomographyHardwareOptions) -> IbmOptions | None:
    """How jobs are run and limited on a billed backend; None for one that costs nothing.

    Raises:
        InputError: if there is no ceiling, or nobody is there to be asked, or what only IBM's processors take is
            asked of another backend.
    """
    if not is_billed(spec, hardware):
        return None
    if hardware.max_qpu_seconds is None:
        raise InputError(
            f"Jobs on {spec} are billed and must have a ceiling. --max-qpu-seconds is missing.",
            fix="`qcsearch cost` says what to expect.",
        )
    if not hardware.yes and not sys.stdin.isatty():
        raise InputError("Spending QPU seconds must be agreed to. Nobody is there to ask.", fix="add --yes.")
    from qcsearch.deployment.ibm.connection.retry import RetryPolicy
    from qcsearch.deployment.ibm.options import IbmOptions

    retry = RetryPolicy(submits_per_minute=hardware.submits_per_minute)
    return IbmOptions(hardware.max_qpu_seconds, retry=retry, **hardware.jobs)


def is_billed(spec: str, hardware: IbmJobOptions) -> bool:
    """Whether jobs on a backend cost QPU seconds.

    Raises:
        InputError: if what only IBM's processors take is asked of another backend.
    """
    if spec.startswith("ibm:"):
        return True
    if hardware.given:
        raise InputError(
            f"{' and '.join(hardware.given)} must go with a backend ibm:<backend>. Got {spec or 'the exact engine'}."
        )
    return False


@contextmanager
def opened(
    spec: str, device: Device, seed: int, journal: Path, options: IbmOptions | None
) -> Iterator[str | Executor]:
    """Yield the backend: opened, with its journal, if it is billed; else its spec."""
    if options is None:
        yield spec
        return
    from qcsearch.deployment.executors.ibm import IbmExecutor
    from qcsearch.deployment.executors.ibm_estimator import IbmEstimator

    be_patient()
    kind = IbmEstimator if options.primitive == "estimator" else IbmExecutor
    executor = kind(spec.partition(":")[2], journal, options, device, seed)
    try:
        yield executor
    except BaseException:
        executor.close(wait=False)
        raise
    executor.close()


def rows(plan: Plan) -> list[tuple[str, int, int, int, float]]:
    """One row a stage, and their sum."""
    stages = {
        "measuring the model as it came": plan.before,
        f"{len(plan.steps)} training steps": plan.training,
        "measuring the trained model": plan.after,
        "measuring the test split": plan.test,
        "all": plan.total,
    }
    return [(name, x.jobs, x.circuits, x.executions, round(x.seconds, 1)) for name, x in stages.items()]


def show(plan: Plan, title: str) -> None:
    """Print the table of a plan."""
    columns = ("", "jobs", "circuits", "executions", "QPU seconds, at least")
    cells: list[tuple[Any, ...]] = [
        (name, jobs, f"{circuits:,}", f"{executions:,}", f"{seconds:,.1f}")
        for name, jobs, circuits, executions, seconds in rows(plan)
    ]
    display(table(title, columns, cells, right=(1, 2, 3, 4)))


def ask(cost: Cost, ceiling: float, yes: bool) -> None:
    """Say what it will cost and ask, before money is spent.

    Raises:
        typer.Abort: if the answer is no.
    """
    if yes:
        return
    jobs = "1 job" if cost.jobs == 1 else f"{cost.jobs} jobs"
    say(f"{jobs} will take at least {cost.seconds:.0f} QPU seconds; the ceiling is {ceiling:g}.")
    if not typer.confirm("Go on?", err=True):
        raise typer.Abort
