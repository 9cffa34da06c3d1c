"""Outcomes of a batch from the broker's confirms (messaging.md 4)."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.bus.publisher import Outcome, Outgoing
from shared.bus.rabbitmq.publisher import Flight


def flight(size: int, first_tag: int = 1) -> Flight:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    made = Flight([Outgoing(f"e{n}", "t", "k", {}, b"", now) for n in range(size)])
    made.first_tag = first_tag
    return made


def test_one_confirm_may_cover_many() -> None:
    batch = flight(3, first_tag=11)
    batch.settle(12, True, True)
    assert not batch.done.is_set()
    batch.settle(13, False, True)
    assert batch.done.is_set()
    assert batch.outcomes() == [Outcome.CONFIRMED] * 3


def test_confirms_come_in_any_order_and_twice() -> None:
    batch = flight(3)
    for tag, multiple in ((3, False), (1, False), (1, False), (3, True)):
        batch.settle(tag, multiple, True)
    assert batch.outcomes() == [Outcome.CONFIRMED] * 3


def test_a_returned_message_is_confirmed_too_but_counts_as_returned() -> None:
    batch = flight(2)
    batch.returned.add("e1")
    batch.settle(2, True, True)
    assert batch.outcomes() == [Outcome.CONFIRMED, Outcome.RETURNED]


def test_a_refusal_is_not_a_confirm() -> None:
    batch = flight(2)
    batch.settle(1, False, False)
    batch.settle(2, False, True)
    assert batch.outcomes() == [Outcome.REFUSED, Outcome.CONFIRMED]


def test_what_is_open_at_the_end_is_unknown() -> None:
    batch = flight(2)
    batch.settle(2, False, True)
    batch.end()
    assert batch.outcomes() == [Outcome.UNKNOWN, Outcome.CONFIRMED]


def test_a_confirm_of_an_earlier_batch_changes_nothing() -> None:
    batch = flight(2, first_tag=5)
    batch.settle(4, True, True)
    assert batch.outcomes() == [Outcome.UNKNOWN] * 2
