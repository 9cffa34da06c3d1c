"""What cannot be meant on a row, and what a person should see before it is billed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.workorders.domain.lifecycle import CustomerFacts, OrderFacts, RowFacts, Step, after_completion
from services.workorders.domain.rows import LARGEST_FIELD_QUANTITY, implausible, is_unusual
from services.workorders.domain.values import ReviewMode

TODAY = date(2026, 11, 21)


def codes(quantity: str | None, day: date | None, *, by_office: bool = False) -> list[str]:
    number = None if quantity is None else Decimal(quantity)
    return [error.code for error in implausible(number, {"/work_date": day}, TODAY, by_office=by_office)]


@pytest.mark.parametrize(
    ("quantity", "day", "expected"),
    [
        ("1", TODAY, []),
        ("-1", TODAY - timedelta(days=400), []),
        (None, None, []),
        ("0", TODAY, ["row.quantity_zero"]),
        ("0.000", None, ["row.quantity_zero"]),
        ("1", TODAY + timedelta(days=1), ["row.future"]),
        ("0", TODAY + timedelta(days=1), ["row.quantity_zero", "row.future"]),
        (str(LARGEST_FIELD_QUANTITY), TODAY, []),
        ("10000.001", TODAY, ["row.quantity_too_large"]),
        ("-10000.001", TODAY, ["row.quantity_too_large"]),
    ],
)
def test_what_a_worker_cannot_mean(quantity: str | None, day: date | None, expected: list[str]) -> None:
    assert codes(quantity, day) == expected


def test_the_office_may_record_any_quantity_but_zero() -> None:
    assert codes("250000", TODAY, by_office=True) == []
    assert codes("0", TODAY, by_office=True) == ["row.quantity_zero"]


@pytest.mark.parametrize(
    ("rows", "unusual"),
    [
        ([], False),
        ([("10.00", 0)], False),
        ([("10.00", 62)], False),
        ([("10.00", 63)], True),
        ([("10.00", 0), ("-10.01", 0)], True),
        ([("10.00", 0), ("-10.00", 0)], False),
    ],
)
def test_a_total_below_zero_and_old_work_are_unusual(rows: list[tuple[str, int]], unusual: bool) -> None:
    charged = [(Decimal(net), TODAY - timedelta(days=ago)) for net, ago in rows]

    assert is_unusual(charged, TODAY) is unusual


def test_unusual_work_goes_to_a_person_where_nobody_reviews() -> None:
    ready = OrderFacts(customer=CustomerFacts(), rows=(RowFacts(),))

    assert after_completion(ReviewMode.NONE, ready) is Step.APPROVE
    assert after_completion(ReviewMode.NONE, replace(ready, unusual=True)) is Step.SUBMIT
