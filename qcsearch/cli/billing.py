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

    from qcsearch.deployment.cost import Cost
    from qcsearch.deployment.executors.base import Executor
    from qcsearch.deployment.ibm.options import IbmOptions
    from qcsearch.deployment.plan import Plan
    from qcsearch.devices.device import Device
    from qcsearch.search.run_folder import RunFolder

__all__ = ["ask", "backend_of", "billing", "opened", "rows", "show"]

_FLAGS = {
    "primitive": ("--primitive", "sampler"),
    "resilience_level": ("--resilience-level", None),
    "dynamical_decoupling": ("--decoupling", ""),
    "twirling": ("--twirling", False),
    "private": ("--private", False),
    "mode": ("--mode", "job"),
    "max_drift": ("--max-drift", None),
}
"""What only IBM's processors take: its option, and its value where it is not given."""


def backend_of(folder: RunFolder, backend: str) -> str:
    """The spec that was given, or the recorded backend of the run's device, or Aer if that is not recorded."""
    from qcsearch.devices.providers import is_recorded

    device = folder.config.device
    return backend.strip() or (f"local:{device}" if is_recorded(device) else "aer")


def billing(
    spec: str, max_qpu_seconds: float | None, yes: bool, submits_per_minute: float, **jobs: Any
) -> IbmOptions | None:
    """How jobs are run and limited on a billed backend; None for one that costs nothing.

    Args:
        spec: of the backend.
        max_qpu_seconds: the ceiling.
        yes: whether it need not be asked.
        submits_per_minute: at most.
        **jobs: further fields of `IbmOptions`.

    Raises:
        InputError: if there is no ceiling, or nobody is there to be asked, or what only IBM's processors take is
            asked of another backend.
    """
    if not spec.startswith("ibm:"):
        _refuse_flags(spec, jobs)
        return None
    if max_qpu_seconds is None:
        raise InputError(
            f"Jobs on {spec} are billed and must have a ceiling. --max-qpu-seconds is missing.",
            fix="`qcsearch cost` says what to expect.",
        )
    if not yes and not sys.stdin.isatty():
        raise InputError("Spending QPU seconds must be agreed to. Nobody is there to ask.", fix="add --yes.")
    from qcsearch.deployment.ibm.options import IbmOptions
    from qcsearch.deployment.ibm.pace import Patience

    return IbmOptions(max_qpu_seconds, patience=Patience(submits_per_minute=submits_per_minute), **jobs)


def _refuse_flags(spec: str, jobs: dict[str, Any]) -> None:
    given = [flag for name, (flag, default) in _FLAGS.items() if jobs.get(name, default) != default]
    if given:
        raise InputError(
            f"{' and '.join(given)} must go with a backend ibm:<backend>. Got {spec or 'the exact engine'}."
        )


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
        executor.close(patient=False)
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
