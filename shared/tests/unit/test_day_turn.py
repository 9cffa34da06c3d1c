"""The loop at the turn of the day."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime

from shared.day_turn import run_day_turns
from shared.errors import TemporarilyUnavailable


class StopAfter(threading.Event):
    """Is set after so many pauses, without ever waiting."""

    def __init__(self, pauses: int) -> None:
        super().__init__()
        self._left = pauses

    def wait(self, timeout: float | None = None) -> bool:
        self._left -= 1
        if self._left <= 0:
            self.set()
        return self.is_set()


def test_the_business_day_of_helsinki_is_turned_until_it_is_stopped() -> None:
    seen: list[date] = []

    def turn(day: date, _stop: threading.Event) -> int:
        seen.append(day)
        return 1

    run_day_turns(turn, lambda: datetime(2026, 3, 1, 22, 30, tzinfo=UTC), StopAfter(2))
    assert seen == [date(2026, 3, 2), date(2026, 3, 2)]


def test_a_database_that_is_away_is_tried_again() -> None:
    tries: list[date] = []

    def turn(day: date, _stop: threading.Event) -> int:
        tries.append(day)
        raise TemporarilyUnavailable()

    run_day_turns(turn, lambda: datetime(2026, 3, 1, tzinfo=UTC), StopAfter(3))
    assert len(tries) == 3
