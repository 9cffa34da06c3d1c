"""Finnish VAT rates as dated data.

The class belongs to the product, the rate to the day the work was done or the goods delivered (domain.md
§4); a prepayment takes the day it is received and a credit the rate of the original sale.
Source: finnish-billing.md §1 (AVL 84 §, 85 §, 85 a §; changes of 1.9.2024, 1.1.2025 and 1.1.2026).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.errors import RuleBroken
from shared.money import round_amount


class VatClass(StrEnum):
    """What a product is for VAT. The values are the codes used in tables, events and JSON."""

    STANDARD = "standard"
    REDUCED = "reduced"
    PRESS = "press"
    ZERO = "zero"


class UnknownVatRate(RuleBroken):
    """No class had this rate (on this day, when a day was given)."""

    code = "vat.unknown_rate"
    title = "There is no such VAT rate"


class NoVatRate(RuleBroken):
    """The table does not reach back to this day."""

    code = "vat.no_rate_on_day"
    title = "The VAT rate of that day is not known"


@dataclass(frozen=True, slots=True)
class DatedRate:
    """One rate of one class: valid from `first` to `last`, both included; `last` None = still valid."""

    vat_class: VatClass
    rate_percent: Decimal
    first: date
    last: date | None = None

    def is_valid_on(self, day: date) -> bool:
        """Say whether the rate was in force on `day`."""
        return self.first <= day and (self.last is None or day <= self.last)


RATES: Final[tuple[DatedRate, ...]] = (
    DatedRate(VatClass.STANDARD, Decimal("24"), date(2013, 1, 1), date(2024, 8, 31)),
    DatedRate(VatClass.STANDARD, Decimal("25.5"), date(2024, 9, 1)),
    DatedRate(VatClass.REDUCED, Decimal("14"), date(2013, 1, 1), date(2025, 12, 31)),
    DatedRate(VatClass.REDUCED, Decimal("13.5"), date(2026, 1, 1)),
    DatedRate(VatClass.PRESS, Decimal("10"), date(2013, 1, 1)),
    DatedRate(VatClass.ZERO, Decimal("0"), date(2013, 1, 1)),
)
"""All rates, oldest first in each class. A change of law is a new row here, never a changed one."""


def rate_on(vat_class: VatClass, day: date) -> Decimal:
    """Return the rate of `vat_class` in percent on `day`, e.g. Decimal("25.5"). Raises NoVatRate before
    2013.
    """
    for rate in RATES:
        if rate.vat_class is vat_class and rate.is_valid_on(day):
            return rate.rate_percent
    raise NoVatRate(f"{vat_class.value} on {day.isoformat()}")


def class_for_rate(rate_percent: Decimal, day: date | None = None) -> VatClass:
    """Return the class that has, or ever had, this rate: 25.5 and 24 → standard, 13.5 and 14 → reduced.

    day  only rates valid on it count. Raises UnknownVatRate.
    """
    for rate in RATES:
        if rate.rate_percent == rate_percent and (day is None or rate.is_valid_on(day)):
            return rate.vat_class
    when = f" on {day.isoformat()}" if day else ""
    raise UnknownVatRate(f"{rate_percent} % is not a Finnish VAT rate{when}")


def is_current(rate_percent: Decimal, day: date) -> bool:
    """Say whether some class has this rate on `day`."""
    return any(rate.rate_percent == rate_percent and rate.is_valid_on(day) for rate in RATES)


def vat_of(net: Decimal, rate_percent: Decimal) -> Decimal:
    """Return the VAT of a net sum in cents, rounded once: one of the named rounding places (domain.md §4)."""
    return round_amount(net * rate_percent / Decimal(100))
