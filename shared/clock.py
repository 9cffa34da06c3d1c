"""Time: aware UTC everywhere, business days in the tenant's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

HELSINKI = ZoneInfo("Europe/Helsinki")


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def business_day(moment: datetime, zone: ZoneInfo = HELSINKI) -> date:
    """Return the calendar day of an aware `moment` in the tenant's `zone`."""
    return moment.astimezone(zone).date()


def start_of_day(day: date, zone: ZoneInfo = HELSINKI) -> datetime:
    """Return the first moment of a calendar day in the tenant's `zone`, aware, in UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def iso_utc(moment: datetime) -> str:
    """Write an aware `moment` as RFC 3339 in UTC with milliseconds, e.g. `2026-11-21T16:20:00.000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
