"""Nonsense from the service: read as unknown, or refused in a sentence, and never believed."""

from __future__ import annotations

import math

import pytest

from qcsearch.deployment.ibm.connection.answers import charged_seconds, limit_reached, plausible_seconds
from qcsearch.errors import ServiceError

NO_SECONDS = [
    None, True, False, "12", "", [], [3.0], {}, math.nan, math.inf, -math.inf, -1000, -1e-9, 1e308, 10**400, 10_801,
]  # fmt: skip
NO_METRICS = [None, [], [{}], "usage", 3, math.nan, {}, {"usage": None}, {"usage": []}, {"usage": "12"}]


@pytest.mark.parametrize("seconds", NO_SECONDS)
def test_what_cannot_be_seconds_is_no_usage(seconds):
    assert charged_seconds({"usage": {"qpu_charge_time_seconds": seconds, "status": "completed"}}) is None


@pytest.mark.parametrize("metrics", NO_METRICS)
def test_what_cannot_be_metrics_is_no_usage(metrics):
    assert charged_seconds(metrics) is None


@pytest.mark.parametrize("status", ["pending", "PENDING", None, 7, ["completed"]])
def test_what_is_not_final_is_no_usage(status):
    assert charged_seconds({"usage": {"qpu_charge_time_seconds": 3.0, "status": status}}) is None
    assert charged_seconds({"usage": {"qpu_charge_time_seconds": 3.0}}) is None


def test_seconds_are_taken_up_to_what_a_job_can_cost():
    metrics = {"usage": {"qpu_charge_time_seconds": 30, "status": "completed"}}
    assert charged_seconds(metrics) == 30.0
    assert charged_seconds(metrics, 30.0) == 30.0
    assert charged_seconds(metrics, 29.9) is None
    assert plausible_seconds(1e9) == 1e9


def test_a_limit_is_reached_or_not_or_there_is_no_answer():
    assert [limit_reached({"usage_limit_reached": x}) for x in (True, False, None)] == [True, False, False]
    for nonsense in ("no", 0, [], math.nan):
        with pytest.raises(ServiceError, match="true or false"):
            limit_reached({"usage_limit_reached": nonsense})
