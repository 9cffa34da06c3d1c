"""How often a loop may look."""

from __future__ import annotations

from shared.bus.schedule import Pace


def test_a_few_rounds_are_free_then_one_in_each_interval() -> None:
    pace = Pace(0.5, at_once=3, clock=lambda: 100.0)
    assert [pace.pause_s() for _ in range(5)] == [0.0, 0.0, 0.0, 0.5, 1.0]


def test_rest_makes_rounds_free_again() -> None:
    moments = iter([0.0, 0.0, 0.0, 0.0, 1.0, 10.0, 10.0, 10.0, 10.0])
    pace = Pace(0.5, at_once=3, clock=lambda: next(moments))
    assert [pace.pause_s() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert pace.pause_s() == 0.0
    assert [pace.pause_s() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
