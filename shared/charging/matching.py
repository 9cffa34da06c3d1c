"""When a rule holds, and if it does not, which of its conditions are not met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from fractions import Fraction

from shared.charging.calendar import Calendar
from shared.charging.facts import OrderFacts, RecordedRow
from shared.charging.rules import ChargingRule, Conditions
from shared.clock import HELSINKI


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in a stretch of work.

    clock         time of the day in Finland; None if it was not recorded
    hours_before  hours that the worker had worked on the work date by then; None: not counted
    """

    day: date
    clock: time | None = None
    hours_before: Fraction | None = None


def moment_at(at: datetime, hours_before: Fraction | None = None) -> Moment:
    """Return the moment of an aware time, by the clock in Finland."""
    local = at.astimezone(HELSINKI)
    return Moment(local.date(), local.time(), hours_before)


def unmet_facts(rule: ChargingRule, order: OrderFacts, row: RecordedRow) -> Iterator[str]:
    """Yield the names of conditions on order and row that are not met; the rule's period is among them."""
    wanted = rule.conditions
    if rule.archived:
        yield "archived"
    elif not rule.holds_on(row.work_date):
        yield "period"
    yield from _unmet_of_row(wanted, row)
    yield from unmet_of_order(wanted, order)


def _unmet_of_row(wanted: Conditions, row: RecordedRow) -> Iterator[str]:
    if wanted.product_ids and row.product_id not in wanted.product_ids:
        yield "product"
    if wanted.product_kinds and row.product_kind not in wanted.product_kinds:
        yield "product_kind"
    if wanted.workers and row.worker not in wanted.workers:
        yield "worker"
    if wanted.marks and not wanted.marks & row.marks:
        yield "marks"


def unmet_of_order(wanted: Conditions, order: OrderFacts) -> Iterator[str]:
    """Yield the names of conditions on the order that are not met: those are the same for all its rows."""
    if wanted.customer_ids and order.customer_id not in wanted.customer_ids:
        yield "customer"
    if wanted.price_groups and order.price_group not in wanted.price_groups:
        yield "price_group"
    if wanted.site_ids and wanted.site_ids.isdisjoint(order.site_path):
        yield "site"
    if wanted.order_types and order.order_type not in wanted.order_types:
        yield "order_type"
    if wanted.urgent is not None and wanted.urgent != order.urgent:
        yield "urgent"


def unmet_time(wanted: Conditions, moment: Moment, calendar: Calendar) -> Iterator[str]:
    """Yield the names of conditions on time that are not met at this moment.

    A condition on the clock is never met by work without clock times.
    """
    if wanted.weekdays and moment.day.isoweekday() not in wanted.weekdays:
        yield "weekday"
    if wanted.holiday is not None and calendar.is_holiday(moment.day, eves=wanted.eves) != wanted.holiday:
        yield "holiday"
    if wanted.clock is not None and (moment.clock is None or not wanted.clock.covers(moment.clock)):
        yield "clock"
    if wanted.day_hours is not None and (
        moment.hours_before is None or not wanted.day_hours.covers(moment.hours_before)
    ):
        yield "day_hours"
