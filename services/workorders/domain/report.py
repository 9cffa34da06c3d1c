"""The customer's report: what was done for a customer, where and in which packages, and what of it is billed.

Plain values and sums; no table and no file format is known here. Hours and quantities are in the row's unit, amounts in
EUR without VAT with two decimals. Source: domain.md 2.3, 2.7, 2.8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.workorders.domain.rows import Measure, measure_of, unit_sums

HOURS = "h"
"""The unit of time that reports add up under its own name."""
_NOTHING = Decimal("0.000")


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One recorded row.

    quantity    what is charged, in `unit`; negative for returned material
    worked      what was recorded, in `unit`; zero for what nobody recorded
    derived     a charging rule made it: it is money, and no more work
    net         None without a price, and for what is not charged
    charged     billing makes, or made, a line of it
    billed      an accepted document holds it
    """

    id: str
    work_date: date
    product_code: str
    description: str
    quantity: Decimal
    worked: Decimal
    unit: str
    chargeability: str
    unit_price: Decimal | None
    net: Decimal | None
    charged: bool
    billed: bool
    derived: bool = False

    @property
    def measure(self) -> Measure | None:
        """What it adds to the sums of its unit."""
        return measure_of(self.unit, self.worked, self.quantity, charged=self.charged, derived=self.derived)


@dataclass(frozen=True, slots=True)
class Place:
    """A site: `label` is its name below the names of the sites it lies in, `Haapapiha / Haapatie 4`."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Package:
    """A work package."""

    id: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """One work order with those of its rows that lie in the report's period."""

    id: str
    number: str
    type: str
    state: str
    description: str
    site: Place | None
    package: Package | None
    rows: tuple[ReportRow, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over orders.

    hours, charged_hours  recorded and charged time of rows in hours
    units                 every unit that occurs, hours too, in the order of the alphabet
    net                   of the charged rows; `net` = `billed` + `unbilled`
    unpriced              charged rows without a price: they are missing from `net`
    """

    orders: int
    rows: int
    hours: Decimal
    charged_hours: Decimal
    units: tuple[Measure, ...]
    net: Decimal
    billed: Decimal
    unbilled: Decimal
    unpriced: int


@dataclass(frozen=True, slots=True)
class Group:
    """The orders that share a site, a package or a type. key  None for those without one"""

    key: str | None
    label: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Subject:
    """The customer of the report."""

    id: str
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Report:
    """All work for a customer with a work date from `first` to `last`, both included."""

    customer: Subject
    first: date
    last: date
    orders: tuple[ReportOrder, ...]
    totals: Totals
    by_site: tuple[Group, ...]
    by_package: tuple[Group, ...]
    by_type: tuple[Group, ...]


def report_of(customer: Subject, first: date, last: date, orders: Sequence[ReportOrder]) -> Report:
    """Return the report with its sums. orders  in the order in which they are shown"""
    return Report(
        customer=customer,
        first=first,
        last=last,
        orders=tuple(orders),
        totals=totals_of(orders),
        by_site=_grouped(orders, lambda order: (order.site.id, order.site.label) if order.site else (None, "")),
        by_package=_grouped(orders, lambda order: _package_key(order.package)),
        by_type=_grouped(orders, lambda order: (order.type, order.type)),
    )


def totals_of(orders: Iterable[ReportOrder]) -> Totals:
    """Add up orders. What is not charged counts as work, not as money."""
    found = list(orders)
    rows = [row for order in found for row in order.rows]
    units = tuple(sorted(unit_sums(row.measure for row in rows), key=lambda each: each.unit))
    hours = next((each for each in units if each.unit == HOURS), Measure(HOURS, _NOTHING, _NOTHING))
    charged = [row for row in rows if row.charged]
    billed = _net(row for row in charged if row.billed)
    unbilled = _net(row for row in charged if not row.billed)
    return Totals(
        orders=len(found),
        rows=len(rows),
        hours=hours.worked,
        charged_hours=hours.charged,
        units=units,
        net=billed + unbilled,
        billed=billed,
        unbilled=unbilled,
        unpriced=sum(row.net is None for row in charged),
    )


def _net(rows: Iterable[ReportRow]) -> Decimal:
    return sum((row.net for row in rows if row.net is not None), Decimal("0.00"))


def _package_key(package: Package | None) -> tuple[str | None, str]:
    return (package.id, f"{package.code} {package.name}") if package else (None, "")


def _grouped(
    orders: Iterable[ReportOrder], key_of: Callable[[ReportOrder], tuple[str | None, str]]
) -> tuple[Group, ...]:
    members: dict[tuple[str | None, str], list[ReportOrder]] = {}
    for order in orders:
        members.setdefault(key_of(order), []).append(order)
    groups = [Group(key, label, totals_of(found)) for (key, label), found in members.items()]
    return tuple(sorted(groups, key=lambda group: (group.key is None, group.label, group.key or "")))
