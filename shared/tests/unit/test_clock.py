"""Moments are aware; business days are the tenant's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from shared.clock import business_day, iso_utc, utc_now


def test_now_is_aware_and_in_utc() -> None:
    assert utc_now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-01-31T21:59:59+00:00", date(2026, 1, 31)),
        ("2026-01-31T22:00:00+00:00", date(2026, 2, 1)),  # winter: UTC+2
        ("2026-06-30T20:59:59+00:00", date(2026, 6, 30)),
        ("2026-06-30T21:00:00+00:00", date(2026, 7, 1)),  # summer: UTC+3
    ],
)
def test_the_day_begins_at_midnight_in_helsinki(moment: str, day: date) -> None:
    assert business_day(datetime.fromisoformat(moment)) == day


def test_another_zone_has_another_day() -> None:
    moment = datetime(2026, 1, 31, 22, 30, tzinfo=UTC)

    assert business_day(moment, ZoneInfo("Europe/Stockholm")) == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 21, 16, 20, tzinfo=UTC), "2026-11-21T16:20:00.000Z"),
        (datetime(2026, 11, 21, 16, 20, 1, 999_999, UTC), "2026-11-21T16:20:01.999Z"),
        (datetime(2026, 11, 22, 1, 0, 0, 5_000, timezone(timedelta(hours=2))), "2026-11-21T23:00:00.005Z"),
    ],
)
def test_moments_are_written_in_utc_with_milliseconds(moment: datetime, text: str) -> None:
    assert iso_utc(moment) == text
