"""`qcsearch check`: what a search would meet, found out without starting it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qcsearch.cli.options.common import Json, Verbose, examples
from qcsearch.cli.options.groups import grouped
from qcsearch.cli.options.search import MaybeData, RunOption, SearchOptions, TableColumns
from qcsearch.cli.output import display, emit, facts, say, table, tell
from qcsearch.errors import CandidateError, NoFeasibleCandidateError
from qcsearch.wording import percent, seconds

if TYPE_CHECKING:
    from qcsearch.candidate.candidate import Candidate
    from qcsearch.cli.options.inputs import Inputs
    from qcsearch.search.trial.objective import Objective

SAMPLED = 200


@dataclass(frozen=True)
class _Sample:
    """Candidates drawn at random.

    Attributes:
        feasible: those that keep the constraints, with their parameters.
        rejected: number of the others by the constraint they break most.
        seconds: to draw, build and map all of them.
    """

    feasible: list[tuple[Candidate, dict[str, Any]]]
    rejected: Counter[str]
    seconds: float


@examples(
    "qcsearch check digits:0-3 --device fake_torino --trials 40",
    "qcsearch check flowers.csv --target species --space my_space.toml --max-seconds 300",
)
@grouped
def check(
    data: MaybeData = None,
    *,
    table: TableColumns,
    options: SearchOptions,
    run: RunOption = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Check what `search` with the same arguments would meet; nothing is written or spent.

    Validates data, device and space, draws 200 candidates and says which constraints reject how
    many, times one trial, and estimates the whole. Exit code 4: none of the 200 is feasible.
    """
    from qcsearch.cli.options.inputs import gather
    from qcsearch.search.strategies import check_strategy
    from qcsearch.search.trial.features import Features
    from qcsearch.search.trial.objective import Objective

    inputs = gather(data, table.options, options, run=run)
    settings = inputs.settings
    check_strategy(settings.strategy, inputs.space, settings.strategy_options)
    features = Features.of(inputs.dataset, settings)
    limit = settings.budget.setup_seconds
    objective = Objective.of(features, inputs.space, inputs.device, settings.seed, limit, settings.shots)
    say(f"Drawing {SAMPLED} candidates ...")
    sample = _draw(objective, settings.seed)
    if not sample.feasible:
        raise NoFeasibleCandidateError(
            f"None of {SAMPLED} candidates kept all constraints; rejected by: {_counts(sample.rejected)}.",
            fix="loosen these constraints of the search space.",
        )
    say("Timing one trial ...")
    seconds = _time_one(objective, sample)
    found = _findings(inputs, objective, sample, seconds)
    if json:
        emit(found)
        return
    _show(inputs, objective, found, sample)


def _draw(objective: Objective, seed: int) -> _Sample:
    """Draw `SAMPLED` candidates with the random sampler and map each of them."""
    import optuna

    from qcsearch.search.trial.constraints import BUILDABLE, Infeasible

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    feasible, rejected, started = [], Counter[str](), time.monotonic()
    for _ in range(SAMPLED):
        params = objective.bound.draw(study.ask())
        try:
            candidate = objective.bound.candidate(params)
            objective.transpile(candidate)
        except CandidateError:
            rejected[BUILDABLE] += 1
        except Infeasible as broken:
            rejected[broken.constraint] += 1
        else:
            feasible.append((candidate, params))
    return _Sample(feasible, rejected, time.monotonic() - started)


def _time_one(objective: Objective, sample: _Sample) -> float:
    """Seconds of one whole trial; one of two steps goes before it, to load the compiled kernels."""
    from dataclasses import replace

    candidate, params = sample.feasible[0]
    short = replace(candidate, training=replace(candidate.training, steps=2))
    objective(0, short, params)
    return objective(0, candidate, params).seconds


def _findings(inputs: Inputs, objective: Objective, sample: _Sample, seconds: float) -> dict[str, Any]:
    """What was found, as JSON values; the estimate takes every candidate for one like the timed one."""
    from qcsearch.search.finish.schedule import Plan

    share = len(sample.feasible) / SAMPLED
    cost = share * seconds + (1 - share) * sample.seconds / SAMPLED
    plan = Plan.of(objective)
    final = plan.top * plan.rounds * plan.steps_factor * seconds
    split = objective.features.split
    asked, in_time = inputs.settings, inputs.settings.budget.search_seconds
    eta = None if asked.n_trials is None else asked.n_trials * cost / asked.workers + final
    fits = None if in_time is None else int(in_time * asked.workers / cost)
    if asked.max_seconds is not None:
        eta = asked.max_seconds if eta is None else min(eta, asked.max_seconds)
    return {
        "data": {
            "name": inputs.dataset.name,
            "train": len(split.train),
            "validation": len(split.validation),
            "test": len(split.test),
            "n_features": inputs.dataset.n_features,
            "target": inputs.dataset.target.to_json(),
            "notices": [*inputs.dataset.notices, *split.notices],
        },
        "device": {"name": inputs.device.name, "notices": list(inputs.device.notices)},
        "space": {"name": inputs.space.name, "fingerprint": inputs.space.fingerprint},
        "run": {"path": str(inputs.run), "resumed": inputs.resumed},
        "sampled": SAMPLED,
        "feasible": len(sample.feasible),
        "rejected": dict(sample.rejected.most_common()),
        "trial_seconds": seconds,
        "trials_in_time": fits,
        "eta_seconds": eta,
    }


def _show(inputs: Inputs, objective: Objective, found: dict[str, Any], sample: _Sample) -> None:
    from qcsearch.cli.progress import clock

    data, split = inputs.dataset, objective.features.split
    items: dict[str, object] = {
        "data": f"{data.name}: {len(split.train)} train, {len(split.validation)} validation, "
        f"{len(split.test)} test samples; {data.n_features} features, {data.target.words}",
        "device": f"{inputs.device.name}, {inputs.device.n_qubits} qubits",
        "space": inputs.space.name,
        "feasible": f"{found['feasible']} of {SAMPLED} candidates ({percent(found['feasible'] / SAMPLED)})",
        "one trial": seconds(found["trial_seconds"], 2),
    }
    if found["trials_in_time"] is not None:
        items["fits in the time"] = f"about {found['trials_in_time']} trials that go to their end"
    if found["eta_seconds"] is not None:
        items["whole search"] = f"about {clock(found['eta_seconds'])}; pruned trials make it shorter"
    display(facts(inputs.title, items))
    if sample.rejected:
        display(table("\nRejected by", ("constraint", "candidates"), sample.rejected.most_common()))
    for notice in (*found["data"]["notices"], *found["device"]["notices"]):
        tell(f"Note: {notice}")
    tell("Nothing was written. `qcsearch search` with the same arguments starts the search.")


def _counts(rejected: Counter[str]) -> str:
    return ", ".join(f"{name} {n}" for name, n in rejected.most_common())
