"""Periods that may not overlap."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.periods import ONE_DAY, InvalidPeriod, Period, PeriodOverlap, closing_days


def d(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def period(name: str, first: str, last: str | None = None) -> Period:
    return Period(name, d(first), d(last) if last else None)


def test_a_new_period_ends_the_open_one_the_day_before() -> None:
    assert closing_days([period("old", "01-01")], d("03-01"), None) == {"old": d("02-28")}
    assert closing_days([period("old", "01-01", "02-28")], d("03-01"), None) == {}
    assert closing_days([period("later", "05-01")], d("03-01"), d("04-30")) == {}


@pytest.mark.parametrize(
    "existing",
    [period("same day", "03-01"), period("bounded", "01-01", "03-01"), period("later", "06-01")],
    ids=lambda existing: existing.id,
)
def test_any_other_common_day_is_refused(existing: Period) -> None:
    with pytest.raises(PeriodOverlap):
        closing_days([existing], d("03-01"), None)


def test_a_period_ends_after_it_begins() -> None:
    with pytest.raises(InvalidPeriod):
        closing_days([], d("03-02"), d("03-01"))


DAYS = st.dates(date(2026, 1, 1), date(2026, 2, 15))


@given(st.lists(st.tuples(DAYS, st.one_of(st.none(), DAYS)), max_size=8))
def test_whatever_is_added_no_day_has_two(wanted: list[tuple[date, date | None]]) -> None:
    kept: list[Period] = []
    for index, (first, last) in enumerate(wanted):
        try:
            closing = closing_days(kept, first, last)
        except (PeriodOverlap, InvalidPeriod):
            continue
        kept = [Period(one.id, one.first, closing.get(one.id, one.last)) for one in kept]
        kept.append(Period(str(index), first, last))
    day = date(2026, 1, 1)
    while day < date(2026, 3, 1):
        assert sum(one.covers(day) for one in kept) <= 1
        day += ONE_DAY
