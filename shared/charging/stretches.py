"""A row's time cut where conditions change: by the clock, at midnight, and by the worker's hours of the day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil

from shared.charging.facts import RecordedRow
from shared.charging.matching import Moment, moment_at
from shared.charging.rules import Conditions
from shared.clock import HELSINKI

TIME_UNITS = {"h": Decimal(1), "min": Decimal(60)}
"""Units of time rows, and how many of them make an hour."""

LONGEST_SPAN = timedelta(days=31)
"""Longer ones are slips of the pen: such a row counts as one without clock times."""

_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a row in which no condition changes; `seconds` is its weight, and `moment` its beginning."""

    seconds: int
    moment: Moment


def is_time_row(row: RecordedRow) -> bool:
    """Say whether the row is measured in time."""
    return row.unit in TIME_UNITS


def hours_of(row: RecordedRow) -> Fraction:
    """Return the worked hours of a time row."""
    return Fraction(row.quantity) / Fraction(TIME_UNITS[row.unit])


def clock_span(row: RecordedRow) -> tuple[datetime, datetime] | None:
    """Return when the row began and ended, in whole seconds UTC; None if that was not (sensibly) recorded."""
    if row.started_at is None or row.ended_at is None:
        return None
    start, end = (at.astimezone(UTC).replace(microsecond=0) for at in (row.started_at, row.ended_at))
    return (start, end) if start < end <= start + LONGEST_SPAN else None


def beginning(row: RecordedRow, hours_before: Fraction | None) -> Moment:
    """Return the moment at which the row begins: by its clock time, else its work date."""
    if row.started_at is None:
        return Moment(row.work_date, None, hours_before)
    return moment_at(row.started_at, hours_before)


def stretches(row: RecordedRow, conditions: Sequence[Conditions], hours_before: Fraction | None) -> tuple[Stretch, ...]:
    """Cut a time row so that each of `conditions` is met by the whole of a stretch or by nothing of it.

    hours_before  hours of the worker's day before the row; None: the row does not count towards the day
    The stretches follow one another without gap or overlap. Local clock times are those that people see: the hour
    that comes twice in October is in a band both times, the one that is missing in March is in none.
    """
    span = clock_span(row)
    whole = int((span[1] - span[0]).total_seconds()) if span else max(1, round(abs(hours_of(row)) * 3600))
    cuts = {0, whole}
    if span:
        cuts.update(_clock_cuts(span[0], span[1], conditions))
    if hours_before is not None and row.quantity > 0:
        cuts.update(_hour_cuts(whole, hours_before, hours_of(row), conditions))
    edges = sorted(cut for cut in cuts if 0 <= cut <= whole)
    return tuple(
        Stretch(last - first, _moment(row, span, first, whole, hours_before))
        for first, last in zip(edges, edges[1:], strict=False)
    )


def _moment(
    row: RecordedRow, span: tuple[datetime, datetime] | None, second: int, whole: int, hours_before: Fraction | None
) -> Moment:
    hours = None if hours_before is None else hours_before + hours_of(row) * second / whole
    return moment_at(span[0] + timedelta(seconds=second), hours) if span else Moment(row.work_date, None, hours)


def _clock_cuts(start: datetime, end: datetime, conditions: Iterable[Conditions]) -> Iterator[int]:
    clocks = {_MIDNIGHT}
    for wanted in conditions:
        if wanted.clock:
            clocks |= {wanted.clock.start, wanted.clock.end}
    day, last = start.astimezone(HELSINKI).date(), end.astimezone(HELSINKI).date()
    while day <= last:
        for at in _instants(day, clocks):
            yield int((at - start).total_seconds())
        day += timedelta(days=1)


def _instants(day: date, clocks: Iterable[time]) -> Iterator[datetime]:
    """Every moment of the day at which the clock shows one of these times; on a day when the clocks are changed, every
    full hour too, for the change itself is at one.
    """
    local = [datetime.combine(day, clock, HELSINKI) for clock in clocks]
    for at in local:
        yield at.astimezone(UTC)
        yield at.replace(fold=1).astimezone(UTC)
    dawn = datetime.combine(day, _MIDNIGHT, HELSINKI).astimezone(UTC)
    dusk = datetime.combine(day + timedelta(days=1), _MIDNIGHT, HELSINKI).astimezone(UTC)
    if dusk - dawn != timedelta(days=1):
        yield from (dawn + timedelta(hours=hour) for hour in range(26))


def _hour_cuts(whole: int, hours_before: Fraction, hours: Fraction, conditions: Iterable[Conditions]) -> Iterator[int]:
    for wanted in conditions:
        if wanted.day_hours:
            for edge in (wanted.day_hours.start, wanted.day_hours.end):
                if edge is not None:
                    yield ceil((Fraction(edge) - hours_before) / hours * whole)
