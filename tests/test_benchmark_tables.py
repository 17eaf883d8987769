"""What the tables of whole searches claim: by the stored numbers, and nothing inside the error."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from qcsearch.search.finish.baselines.base import CIRCUIT, RAW
from qcsearch.search.finish.baselines.logistic import LogisticRegression
from qcsearch.search.finish.baselines.svm import SupportVectorMachine

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = ROOT / "benchmarks"
README, FRONT = ((folder / "README.md").read_text("utf-8") for folder in (BENCHMARKS, ROOT))
CLASSICAL = {
    f"{name}, raw features" for name in ("logistic regression", "RBF-SVM", "gradient boosting", "MLP")
}
MEASURED = (
    "nine_tasks",
    "strategies",
    "noise_awareness",
    "transfer",
    "contract",
    "predictors",
    "lean",
    "worth",
)


@pytest.fixture(scope="module")
def bench():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        record = ("critical_difference", "statistics", "store")
        search = ("contest", "summary", "tasks")
        names = (
            *MEASURED,
            "refit",
            "record.store",
            *(f"record.{part}" for part in record),
            *(f"search.{part}" for part in search),
        )
        yield SimpleNamespace(**{name.split(".")[-1]: import_module(name) for name in names})


def entry(strategy, task, seed, noisy):
    return {"settings": {"strategy": strategy, "task": task, "seed": seed}, "scores": {"noisy": noisy}}


def stored(name):
    return json.loads((BENCHMARKS / "results" / f"{name}.json").read_text("utf-8"))["runs"]


def block(text, name):
    return text.split(f"<!-- {name} -->\n")[1].split(f"\n<!-- /{name} -->")[0]


def rendered(bench, name):
    """The table of all that is stored, with what it needs to be told."""
    runs = stored(name)
    tasks = [task for task in bench.tasks.TASKS if any(run["settings"]["task"] == task for run in runs)]
    more = {
        "strategies": ([*dict.fromkeys(run["settings"]["strategy"] for run in runs)], tasks),
        "noise_awareness": (tasks, bench.noise_awareness.DEVICES),
        "transfer": (tasks,),
    }
    return getattr(bench, name).render(runs, *more.get(name, ()))


@pytest.mark.parametrize("name", MEASURED)
def test_a_table_of_the_readme_is_that_of_the_stored_results(bench, name):
    assert block(README, name) == rendered(bench, name)


def test_lean_kept_its_budgets_and_pure_trained_angles_alone(bench):
    for run in stored("lean"):
        settings, counts = run["settings"], run["model"]["parameters"]
        if settings["space"] == "lean":
            assert counts["parameters"] <= settings["max_parameters"] == bench.lean.BUDGETS[settings["task"]]
        else:
            assert (counts["feature_map_parameters"], counts["head_parameters"]) == (0, 0)


def test_the_table_of_the_front_page_is_that_of_the_stored_results(bench):
    assert block(FRONT, "nine_tasks") == bench.nine_tasks.front(stored("nine_tasks"))


def test_every_stored_accuracy_is_a_count_of_the_test_samples_that_its_interval_is_of(bench):
    for name in ("nine_tasks", "strategies", "noise_awareness", "transfer", "contract", "lean"):
        for run in stored(name):
            n, scores = bench.tasks.N_TEST[run["settings"]["task"]], run["scores"]
            for score in (scores["noisy"], scores["noiseless"], *scores["classical"].values()):
                assert score * n == pytest.approx(round(score * n), abs=1e-6), run["settings"]


def test_what_the_front_page_says_beside_its_table_is_what_was_stored(bench):
    text, table = " ".join(FRONT.split()), block(FRONT, "nine_tasks")
    assert "does as well as the circuits that are found" in text
    for told in (
        "RBF-SVM, n = 9, -0.5 points on the mean, better on 0, alike on 3, worse on 6: p = 0.12, cannot be told apart",
        "MLP, n = 9, -0.6 points on the mean, better on 0, alike on 4, worse on 5: p = 0.19, cannot be told apart",
        "Two-qubit gates added +0.05 points on the mean of 45 winners",
        "p = 0.97, cannot be told apart.",
    ):
        assert told in table
    cells = re.search(r"^\| mnist_10 \|.*$", table, re.MULTILINE)[0].split(" | ")
    assert "the circuits do as well without their two-qubit gates" in text
    head = table.splitlines()[0].split(" | ")
    ours, mlp = (float(cells[head.index(name)][:6]) for name in ("qcsearch, under noise", "MLP"))
    error = bench.statistics.difference(mlp, ours, bench.tasks.N_TEST["mnist_10"])
    assert f"better by {100 * (mlp - ours):.1f} points [{100 * error.low:.1f}–{100 * error.high:.1f}]" in text
    gains = [
        float(gain) for gain in re.findall(r"([+-]\d\.\d) \[[^]]*\] points", block(README, "noise_awareness"))
    ]
    assert (min(gains), max(gains), len(gains)) == (0.0, 1.4, 6)
    assert "gained [0.0 to 1.4 points]" in text
    assert "*searched without noise too* +0.53 points on the mean" in block(README, "noise_awareness")
    assert "six pairs of device and task, p = 0.25;" in text
    assert "p = 0.25, cannot be told apart." in block(README, "noise_awareness")
    assert "from random search, p = 0.5 over the nine;" in text
    assert "| random | 4, 3, 2 | +0.17 | p = 0.5 | p = 1 | cannot be told apart |" in block(
        README, "strategies"
    )


def test_a_classical_model_is_fitted_anew_to_all_training_rows_and_the_search_keeps_its_place(
    bench, tmp_path, monkeypatch
):
    parts = {"X_train": [[0.0], [0.1], [0.9], [1.0]] * 10, "y_train": ["a", "a", "b", "b"] * 10}
    parts |= {"X_test": [[0.05], [0.95], [0.98], [0.02]], "y_test": ["a", "b", "b", "b"]}
    np.savez(tmp_path / "toy.npz", **parts)
    monkeypatch.setattr(bench.refit, "data_file", lambda task: tmp_path / f"{task}.npz")
    rows = (SupportVectorMachine(RAW), LogisticRegression(CIRCUIT))
    monkeypatch.setattr(bench.refit, "classical_rows", lambda level: rows if level == "full" else ())
    path = tmp_path / "runs.json"
    store = bench.store.Store(path)
    found = [{"settings": {"task": "toy", "seed": seed}, "scores": {"noisy": 0.5, "classical": {"SVM": 0.1}}}
             for seed in (0, 1)]  # fmt: skip
    found[1]["scores"]["baselines"] = []
    for entry in (found[0], {"settings": {"task": "toy", "seed": 7}, "failed": "no"}, found[1]):
        store.add(entry)
    assert bench.refit.refitted(found, path)[0]["scores"]["classical"] == {"RBF-SVM, raw features": 0.75}
    first, failed, second = bench.store.Store(path).entries
    assert [one["settings"]["seed"] for one in (first, failed, second)] == [0, 7, 1]
    assert "classical_refit" not in failed
    assert first["scores"]["noisy"] == 0.5
    assert first["scores"]["classical"] == {"RBF-SVM, raw features": 0.75}
    assert first["classical_refit"]["date"]
    assert second["scores"]["classical"] == {"SVM": 0.1, "RBF-SVM, raw features": 0.75}


@pytest.mark.parametrize("name", ["nine_tasks", "strategies", "noise_awareness", "transfer", "contract"])
def test_every_stored_search_has_the_classical_models_that_are_tuned_on_the_rows_of_the_winner(bench, name):
    for run in stored(name):
        assert set(run["scores"]["classical"]) >= CLASSICAL
        assert "baselines" in run["scores"] or set(run["scores"]["classical"]) == CLASSICAL


def test_the_picture_of_the_readme_is_drawn_from_the_stored_ranks_and_the_same_each_time(bench, tmp_path):
    runs = stored("strategies")
    names = [*dict.fromkeys(run["settings"]["strategy"] for run in runs)]
    ranks = bench.strategies._ranking(bench.contest.contest(runs, names, list(bench.tasks.TASKS)))
    for name in ("a.svg", "b.svg"):
        bench.critical_difference.draw(ranks, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert f"](results/{bench.strategies.PICTURE.name})" in block(README, "strategies")
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", bench.strategies.PICTURE.read_text("utf-8"))
    assert re.findall(r"<text[^>]*>([^<]*)</text>", (tmp_path / "a.svg").read_text("utf-8")) == shown
    assert {f"{name}  {rank:.2f}" for name, rank in ranks.ranks.items()} <= set(shown)
    assert f"critical difference {ranks.critical_difference:.2f}" in shown


def test_strategies_are_compared_by_their_medians_on_the_tasks_that_all_of_them_ran(bench):
    scores = {
        "auto": {"moons": [0.90, 0.94, 0.99], "bank": [0.5, 0.5, 0.5]},
        "tpe": {"moons": [0.93, 0.95, 0.96], "bank": [0.51, 0.6, 0.7]},
        "random": {"moons": [0.99, 0.99, 0.99]},
    }
    entries = [
        entry(strategy, task, seed, value)
        for strategy, tasks in scores.items()
        for task, found in tasks.items()
        for seed, value in enumerate(found)
    ]
    found = bench.contest.contest(entries, ["auto", "random", "tpe"], ["moons", "bank"])
    assert found.complete == {"auto": [0.94, 0.5], "tpe": [0.95, 0.6]}
    assert found.ranking == ["tpe", "auto", "random"]
    assert found.mean("auto") == pytest.approx((0.94 + 0.5) / 2)
    assert found.mean("random") is None


CIRCUMSTANCES = {
    "commit": "abc",
    "date": "2026-11-21",
    "machine": {"cpu": "a core", "cores": 1, "threads": 1},
    "versions": {},
}


def searched(strategy, task, noisy):
    """A whole entry; its model and cost are the same for all."""
    settings = {"strategy": strategy, "task": task, "seed": 0, "space": "default", "device": "fake_torino"}
    return {
        "settings": {**settings, "max_seconds": 30, "workers": 1, "cores": 1},
        "scores": {
            "noisy": noisy,
            "noiseless": noisy,
            "refits": [],
            "classical": {"logistic regression, raw features": 0.5, "RBF-SVM, raw features": noisy},
        },
        "model": {"n_qubits": 2, "n_weights": 8, "two_qubit_gates": 1},
        "cost": {
            "trials": 3,
            "candidates": 4,
            "noisy_evaluations": 5,
            "noiseless_evaluations": 6,
            "wall_seconds": 7,
        },
        **CIRCUMSTANCES,
    }


def test_a_strategy_that_is_a_little_ahead_is_not_called_the_best(bench):
    """Nine tasks, on each the champion one sample of the test part better than one rival, far better than the other."""
    runs = []
    for task in bench.tasks.TASKS:
        n = bench.tasks.N_TEST[task]
        right = round(0.9 * n)
        ahead = right + (task not in ("moons", "bank", "mnist_2", "vowel_2"))
        runs += [searched("auto", task, ahead / n), searched("tpe", task, right / n)]
        runs += [searched("random", task, 0.5)]
    text = bench.strategies.render(runs, ["auto", "tpe", "random"], list(bench.tasks.TASKS))
    lines = {line.split(" | ")[0][2:]: line for line in text.splitlines() if line.startswith("| ")}
    assert "| 5, 4, 0 |" in lines["tpe"]
    assert lines["tpe"].endswith("| p = 0.062 | p = 0.062 | cannot be told apart |")
    assert lines["random"].endswith("| p = 0.0039 | p = 0.0078 | told apart |")
    assert "Told apart by it: `auto` above `random`, `tpe` above `random`." in text
    assert "**" not in text


def test_too_few_strategies_for_a_test_give_a_table_without_one(bench):
    runs = [searched("auto", "moons", 0.9), searched("tpe", "bank", 0.9)]
    text = bench.strategies.render(runs, ["auto", "tpe"], ["moons", "bank"])
    assert "| auto | 0.9000 [0.833–0.942] | – | – |" in text
    assert "Friedman" not in text
    assert "Wilcoxon" not in text


def test_the_nine_tasks_say_samples_error_and_marks_and_whether_the_winner_can_be_told_from_an_svm(bench):
    runs = [searched("auto", task, 0.975) for task in ("moons", "mnist_10", "vowel_4")]
    table, front = bench.nine_tasks.render(runs), bench.nine_tasks.front(runs)
    assert "| moons | 120 | 0.9750 [0.929–0.991] | ≥ 0.97: within the error |" in table
    assert "| mnist_10 | 2,000 | 0.9750 [0.967–0.981] | ≥ 0.87: met |" in table
    assert "| vowel_4 † ‡ | 72 |" in front
    for text in (table, front):
        assert (
            "RBF-SVM, n = 3, +0.0 points on the mean, better on 0, alike on 3, worse on 0: p = 1, cannot be told"
            in text
        )
        assert "‡ speakers are shared by the parts." in text
        assert "PQC" not in text
    assert "†" not in bench.nine_tasks.front(runs[:2])


def test_a_classical_model_that_was_not_fitted_in_time_has_a_dash_and_one_pair_less(bench):
    runs = [searched("auto", task, 0.975) for task in ("moons", "vowel_4")]
    del runs[0]["scores"]["classical"]["RBF-SVM, raw features"]
    assert (
        "| moons | 120 | 0.9750 [0.929–0.991] | 0.5000 [0.412–0.588] | – | – | – | 2 | 1 |"
        in bench.nine_tasks.front(runs)
    )
    assert "RBF-SVM, n = 1, " in bench.nine_tasks.render(runs)


def test_a_target_is_met_or_missed_only_where_interval_and_all_seeds_are_on_one_side(bench):
    reached = bench.summary.reached
    assert reached([0.95, 0.96, 0.97], 1000, 0.9) == "met"
    assert reached([0.95, 0.96, 0.97], 1000, 0.95) == "within the error"
    assert reached([0.89, 0.96, 0.97], 1000, 0.9) == "within the error"
    assert reached([0.95, 0.96, 0.97], 1000, 0.98) == "missed"
    assert reached([0.95, 0.96, 0.98], 1000, 0.98) == "within the error"
    assert reached([0.95, 0.96, 0.97], 50, 0.98) == "within the error"


def test_numbers_are_shown_as_median_and_range(bench):
    assert bench.summary.accuracy([0.95, 0.94, 0.97]) == "0.9500 (0.9400–0.9700)"
    assert bench.summary.tested([0.95, 0.94, 0.97], 400) == "0.9500 (0.9400–0.9700) [0.924–0.967]"
    assert bench.summary.tested([], 400) == "–"
    assert [bench.summary.probability(p) for p in (0.5, 0.0314, 4e-5)] == [
        "p = 0.5",
        "p = 0.031",
        "p < 0.001",
    ]
    assert bench.summary.number([1_234_000.0, 1_234_000.0]) == "1.23 M"
    assert bench.summary.number([999.0, 12_000.0]) == "6,499.5 (999–12 k)"
    assert bench.summary.number([]) == "–"


def tuned(target, original, tuned, share):
    return {
        "target": target,
        "original": original,
        "untuned": tuned - 0.01,
        "tuned": tuned,
        "share": share,
        "wall_seconds": 20.0,
    }


def test_the_table_of_transfers_judges_points_and_shares_by_kind_of_target(bench):
    tunings = [
        tuned("drift 1", 0.95, 0.94, 0.05),
        tuned("drift 2", 0.95, 0.96, 0.06),
        tuned("fake_fez", 0.95, 0.92, 0.11),
        {"target": "fake_fez", "failed": "Error: no region."},
    ]
    settings = {"task": "mnist_4", "strategy": "auto", "space": "default", "max_seconds": 120, "seed": 0}
    run = {
        "settings": {**settings, "workers": 1},
        "after": {"tunings": tunings},
        "cost": {"wall_seconds": 100.0},
        **CIRCUMSTANCES,
    }
    drift, fez = [
        line for line in bench.transfer.render([run], ["mnist_4"]).splitlines() if "| mnist_4" in line
    ]
    assert drift.startswith("| mnist_4 (832) |")
    assert (
        "| 0.9500 (0.9400–0.9600) [0.932–0.962] | +0.0 (-1.0 – +1.0) [-2.1 – +2.1]: within the error |"
        in drift
    )
    assert "| 5.5 % (5.0 – 6.0): met | 20.0 % (20.0 – 20.0) | 2 |" in drift
    assert "| +3.0 (+3.0 – +3.0) [+0.6 – +5.4]: within the error | 11.0 % (11.0 – 11.0): missed |" in fez
    assert "Failed: mnist_4, seed 0, fake_fez: Error: no region." in bench.transfer.render([run], ["mnist_4"])


def test_a_head_that_was_refitted_under_noise_is_an_arm_of_its_own_where_all_searches_have_it(bench):
    page = bench.noise_awareness
    entries = json.loads(json.dumps(stored("noise_awareness")))
    asked = (entries, ["mnist_4", "vowel_4"])
    assert page.REFITTED not in page.render(*asked, list(page.DEVICES))
    for entry in entries:
        if entry["settings"]["arm"] == page.UNAWARE:
            entry["after"]["refitted"] = entry["after"]["noisy"]
    text = page.render(*asked, list(page.DEVICES))
    assert f"| {page.REFITTED} |" in text
    assert f"over *{page.REFITTED}* +0.53 points on the mean" in text
