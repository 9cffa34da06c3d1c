"""Periods of days that may not overlap: who owns a site, what a product costs.

Both days of a period belong to it; no last day means that it goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from shared.errors import Conflict, RuleBroken

ONE_DAY = timedelta(days=1)


class PeriodOverlap(Conflict):
    """Two facts of which only one can hold would hold on the same day."""

    code = "period.overlap"
    title = "Another entry is valid in this period"


class InvalidPeriod(RuleBroken):
    """The last day of a period is before its first."""

    code = "period.invalid"
    title = "The period ends before it begins"


@dataclass(frozen=True, slots=True)
class Period:
    """A period with the id of the fact that is true in it."""

    id: str
    first: date
    last: date | None = None

    def covers(self, day: date) -> bool:
        """Say whether `day` lies in the period."""
        return self.first <= day and (self.last is None or day <= self.last)


def closing_days(existing: Iterable[Period], first: date, last: date | None) -> Mapping[str, date]:
    """Return id → new last day for those that a new period from `first` to `last` ends.

    An open period that began earlier ends the day before the new one begins. Raises PeriodOverlap if any other shares
    a day with the new one, InvalidPeriod if `last` is before `first`.
    """
    if last is not None and last < first:
        raise InvalidPeriod(f"{last.isoformat()} is before {first.isoformat()}.")
    closing: dict[str, date] = {}
    for period in existing:
        apart = (period.last is not None and period.last < first) or (last is not None and last < period.first)
        if apart:
            continue
        if period.last is None and period.first < first:
            closing[period.id] = first - ONE_DAY
        else:
            raise PeriodOverlap(f"The other entry begins on {period.first.isoformat()}.")
    return closing
