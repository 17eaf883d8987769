"""The stages of a deployment and what each costs."""

from __future__ import annotations

from dataclasses import dataclass

from qcsearch.deployment.cost.cost import REP_DELAY, program_cost
from qcsearch.deployment.executors.base import Billed
from qcsearch.deployment.finetune.tuning import Tuner
from qcsearch.deployment.program import BackendProgram
from qcsearch.deployment.values import Cost

__all__ = ["Plan", "measuring", "plan_deployment"]


@dataclass(frozen=True)
class Plan:
    """What the stages of a deployment cost.

    Attributes:
        before: measuring the validation samples with the weights that came in.
        steps: each training step.
        after: measuring the validation samples with the new weights; nothing, if there are no steps.
        test: measuring the test samples.
    """

    before: Cost
    steps: tuple[Cost, ...]
    after: Cost
    test: Cost

    @property
    def least(self) -> Cost:
        """What has to be paid for a result, without any step."""
        return self.before + self.test

    @property
    def total(self) -> Cost:
        """All of it."""
        return self.before + self.training + self.after + self.test

    @property
    def training(self) -> Cost:
        """All steps together."""
        return sum(self.steps, Cost())


def plan_deployment(tuner: Tuner, n_test: int) -> Plan:
    """The plan of a deployment.

    Args:
        tuner: what will take the steps.
        n_test: test samples that will be measured.
    """
    validation = measuring(tuner.program, len(tuner.validation))
    work = [tuner.step_work(step) for step in range(tuner.steps)]
    by_shots: dict[int, Cost] = {}
    for program, n_rows in work:
        if program.shots not in by_shots:
            by_shots[program.shots] = measuring(program, n_rows)
    return Plan(
        before=validation,
        steps=tuple(by_shots[program.shots] for program, _ in work),
        after=validation if tuner.steps else Cost(),
        test=measuring(tuner.program, n_test),
    )


def measuring(program: BackendProgram, n_rows: int) -> Cost:
    """What it costs to measure a program on its executor with so many sets of features and weights."""
    executor = program.executor
    return program_cost(program, n_rows, executor.rep_delay if isinstance(executor, Billed) else REP_DELAY)
