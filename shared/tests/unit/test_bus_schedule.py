"""Retry times, back-off and lanes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.bus.schedule import RETRY_DELAYS, back_off_s, lane_of, next_attempt

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_each_failure_waits_longer_and_the_last_one_parks() -> None:
    waits = [next_attempt(attempts, NOW, 0.5) for attempts in range(1, 9)]
    assert [wait - NOW for wait in waits[:-1] if wait] == list(RETRY_DELAYS)
    assert waits[-1] is None


@pytest.mark.parametrize(("chance", "factor"), [(0.0, 0.8), (1.0, 1.2)])
def test_jitter_is_a_fifth_each_way(chance: float, factor: float) -> None:
    assert next_attempt(2, NOW, chance) == NOW + timedelta(seconds=5 * factor)


def test_back_off_doubles_up_to_its_limit_and_is_never_zero() -> None:
    assert [back_off_s(n, 1.0) for n in (1, 2, 3, 30)] == [0.2, 0.4, 0.8, 30.0]
    assert back_off_s(1, 0.0) == pytest.approx(0.02)
    assert back_off_s(10_000, 1.0) == 30.0


def test_a_lane_is_the_same_in_every_process() -> None:
    assert [lane_of(f"order-{n}", 4) for n in range(6)] == [1, 3, 1, 3, 0, 2]
    assert {lane_of(str(n), 4) for n in range(100)} == {0, 1, 2, 3}
