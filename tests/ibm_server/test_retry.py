from __future__ import annotations

import pytest

from qcsearch.deployment.ibm.connection import retry
from qcsearch.deployment.ibm.connection.retry import CircuitBreaker, RetryPolicy, TokenBucket
from qcsearch.errors import InputError, ServiceError


class Clock:
    """A clock that sleeping moves on."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(retry, "time", clock)
    return clock


def test_no_minute_sees_more_than_twice_the_rate_and_the_long_run_no_more_than_it(clock):
    bucket, times = TokenBucket(5), []
    for _ in range(50):
        bucket.take()
        times.append(clock.now)
    assert times[4] == 0.0
    assert times[5] == pytest.approx(12.0)
    assert times[-1] == pytest.approx(12.0 * 45)


def test_the_breaker_opens_after_failures_in_a_row_and_lets_one_try_after_its_time(clock):
    breaker = CircuitBreaker(3, 10.0)
    for _ in range(2):
        breaker.failed()
    breaker.check()
    breaker.failed()
    with pytest.raises(ServiceError, match="3 times in a row"):
        breaker.check()
    clock.now += 10.0
    breaker.check()
    breaker.failed()
    with pytest.raises(ServiceError):
        breaker.check()
    breaker.succeeded()
    breaker.check()


def test_pauses_double_up_to_half_a_minute():
    policy = RetryPolicy(backoff=0.5)
    assert [policy.pause(n) for n in (1, 2, 3, 20)] == [0.5, 1.0, 2.0, 30.0]


@pytest.mark.parametrize("wrong", [{"call_timeout": 0.0}, {"attempts": 0}, {"submits_per_minute": -1.0}])
def test_a_limit_that_cannot_be_is_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        RetryPolicy(**wrong)
