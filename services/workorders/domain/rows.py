"""Rows of a work order: when they may change, and how what was done differs from what was planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from services.workorders.domain.errors import OrderLocked
from services.workorders.domain.lifecycle import BEFORE_APPROVAL, State
from shared.errors import FieldError

MOST_ROWS = 500
"""Rows of one order, planned and recorded ones together."""

LARGEST_FIELD_QUANTITY = Decimal(10_000)
"""Beyond it the office records the row. Being the same for every product, it tells a worker nothing about prices."""

_OLD_WORK = timedelta(days=62)
"""Work of two months ago is usually a slip in the date, and a slip across a VAT change costs money."""

_WORKING = (State.IN_PROGRESS, State.PAUSED)
_REVIEWING = (*_WORKING, State.DONE, State.IN_REVIEW)
_PLANNING = (State.DRAFT, State.PLANNED, State.ASSIGNED, *_WORKING)


def check_rows_open(state: State, *, planned: bool, by_office: bool) -> None:
    """Raise OrderLocked unless rows of this kind may change in this state.

    planned    a row of the plan, else a recorded one
    by_office  the caller plans or reviews; recorded rows then stay open through the review
    Source: domain.md 2.8 (never edited after approval), 3.
    """
    open_states = _PLANNING if planned else (_REVIEWING if by_office else _WORKING)
    if state not in open_states:
        kind = "planned" if planned else "recorded"
        raise OrderLocked(
            f"Rows are not {kind} on a work order that is {state.value}.",
            state=state.value,
            allowed_states=[allowed.value for allowed in open_states],
        )


def check_order_open(state: State) -> None:
    """Raise OrderLocked unless the order's own fields may change: before approval."""
    if state not in BEFORE_APPROVAL:
        raise OrderLocked(f"A work order that is {state.value} cannot be changed.", state=state.value)


REMOVED = "removed after the order was reopened"
DISMISSED = "removed by hand, though a charging rule asks for it"
NO_LONGER = "no longer charged after the rows were changed"
"""Why a row that was made by rules, or for a set, is closed when billing knows it already."""

TAKEN_OFF: Final = frozenset({REMOVED, DISMISSED, NO_LONGER})
"""Reasons that stand for a removal: such a row is kept for whoever knows its id, but it is no work of the order."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a row adds to the sums of its unit."""

    unit: str
    worked: Decimal
    charged: Decimal


def measure_of(unit: str, worked: Decimal | None, quantity: Decimal, *, charged: bool, derived: bool) -> Measure | None:
    """Return what a recorded row adds to the sums of its unit; None for what rules add: money, and no more work.

    A set is worked as it was recorded and charged as its parts, which is what the customer's document says.
    Source: domain.md 2.4 (a set becomes rows), 2.6 (recorded and charged time).
    """
    if derived:
        return None
    return Measure(unit, worked or Decimal("0.000"), quantity if charged else Decimal("0.000"))


def unit_sums(measures: Iterable[Measure | None]) -> tuple[Measure, ...]:
    """Add up what was worked and what is charged in each unit, in the order of their first row."""
    sums: dict[str, Measure] = {}
    for one in measures:
        if one is not None:
            before = sums.get(one.unit, Measure(one.unit, Decimal("0.000"), Decimal("0.000")))
            sums[one.unit] = Measure(one.unit, before.worked + one.worked, before.charged + one.charged)
    return tuple(sums.values())


@dataclass(frozen=True, slots=True)
class QuantityOf:
    """A quantity of a product on one row, in `unit`, 3 decimals."""

    product_id: str
    unit: str
    quantity: Decimal
    planned: bool


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """Planned and recorded quantity of one product in one unit, added up over the rows."""

    product_id: str
    unit: str
    planned: Decimal
    recorded: Decimal

    @property
    def difference(self) -> Decimal:
        """Recorded less planned."""
        return self.recorded - self.planned


def compare_with_plan(rows: Iterable[QuantityOf]) -> tuple[PlanDifference, ...]:
    """Add up planned and recorded quantities per product and unit, in the order of their first row.

    Empty if nothing was planned: then there is nothing to compare with (domain.md 2.8).
    """
    sums: dict[tuple[str, str], list[Decimal]] = {}
    anything_planned = False
    for row in rows:
        pair = sums.setdefault((row.product_id, row.unit), [Decimal(0), Decimal(0)])
        pair[0 if row.planned else 1] += row.quantity
        anything_planned = anything_planned or row.planned
    if not anything_planned:
        return ()
    return tuple(PlanDifference(product_id, unit, *pair) for (product_id, unit), pair in sums.items())


def implausible(
    quantity: Decimal | None, days: Mapping[str, date | None], today: date, *, by_office: bool
) -> Iterator[FieldError]:
    """Yield what cannot be meant: nothing at all, work of tomorrow, more than anybody carries. None is not checked.

    days       pointer of a day or moment of work → its business day
    by_office  the caller plans work and may record any quantity
    """
    if quantity is not None and quantity == 0:
        yield FieldError("/quantity", "row.quantity_zero", "A row needs a quantity other than zero.")
    if quantity is not None and not by_office and abs(quantity) > LARGEST_FIELD_QUANTITY:
        detail = f"In the field at most {LARGEST_FIELD_QUANTITY} of one product; ask the office to record more."
        yield FieldError("/quantity", "row.quantity_too_large", detail)
    for pointer, day in days.items():
        if day is not None and day > today:
            yield FieldError(pointer, "row.future", "Work is recorded when it is done, not before.")


def is_unusual(charged: Iterable[tuple[Decimal, date]], today: date) -> bool:
    """Say whether a person should see the work before it is billed: a total below zero, or work of long ago.

    charged  (net, work date) of the charged rows
    """
    rows = list(charged)
    return sum((net for net, _ in rows), Decimal(0)) < 0 or any(today - day > _OLD_WORK for _, day in rows)
