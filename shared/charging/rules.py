"""Charging rules as values: when a rule holds, and what it does (domain.md §2.6).

Shapes follow the data of `charging_rule.changed.v1`; `shared.charging.data` reads and writes it.
Units: minutes are whole, hours and quantities have 3 decimals, unit prices 4, factors and percentages 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar, TypeAlias


class EffectKind(StrEnum):
    """What a rule can do. Of all rules of one kind and group, the first that holds wins."""

    INCLUDED = "included"
    STEP = "step"
    MINIMUM = "minimum"
    FACTOR = "factor"
    CALL_OUT = "call_out"
    VEHICLE_FEE = "vehicle_fee"
    FEE = "fee"
    SURCHARGE = "surcharge"
    INVOICE_FEE = "invoice_fee"


class Per(StrEnum):
    """What is taken together.

    visit  one worker's rows of one order on one work date, unless the rows name their visits
    day    one worker's rows of one order on one work date, whatever their visits; for `included` and `fee` all
           workers' rows of the work date
    order  all rows of the order
    """

    VISIT = "visit"
    DAY = "day"
    ORDER = "order"


class FactorBasis(StrEnum):
    """Which hours a factor is paid for: as charged (after step and minimum), or as worked."""

    CHARGED = "charged"
    WORKED = "worked"


@dataclass(frozen=True, slots=True)
class TimeBand:
    """A part of the day by the clock in Finland, `start` belongs to it, `end` does not.

    An end at or before the start is on the next day: 21–06 is the night, 00–00 the whole day.
    """

    start: time
    end: time

    def covers(self, clock: time) -> bool:
        """Say whether this time of the day lies in the band."""
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


@dataclass(frozen=True, slots=True)
class HourBand:
    """A part of a worker's hours of one work date: those after the first `start` hours, up to `end` (None: all)."""

    start: Decimal
    end: Decimal | None = None

    def covers(self, hours: Fraction) -> bool:
        """Say whether work done after `hours` hours of the day lies in the band."""
        return Fraction(self.start) <= hours and (self.end is None or hours < Fraction(self.end))


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a rule holds: all given conditions must; an empty set or None does not ask.

    product_ids    any of these products; a labour type is a product of the kind `labour`
    product_kinds  `material`, `labour`, `travel`, `subcontracting`, `equipment`, `fee`, `fixed_price`
    workers        the worker group: ids of users who did the work
    site_ids       the order's site or one that it lies in
    weekdays       1 is Monday, 7 is Sunday
    holiday        True: only on public holidays; False: only on other days
    eves           Midsummer Eve and Christmas Eve count as holidays: so by habit, not by law
    urgent         the order's urgent flag
    marks          any of the row's marks, e.g. `overtime_50`
    day_hours      which of the worker's hours of the day, e.g. those after the 8th: overtime
    """

    product_ids: frozenset[str] = frozenset()
    product_kinds: frozenset[str] = frozenset()
    workers: frozenset[str] = frozenset()
    customer_ids: frozenset[str] = frozenset()
    price_groups: frozenset[str] = frozenset()
    site_ids: frozenset[str] = frozenset()
    order_types: frozenset[str] = frozenset()
    weekdays: frozenset[int] = frozenset()
    clock: TimeBand | None = None
    holiday: bool | None = None
    eves: bool = True
    urgent: bool | None = None
    marks: frozenset[str] = frozenset()
    day_hours: HourBand | None = None


@dataclass(frozen=True, slots=True)
class Included:
    """The work belongs to the contract: reported, not charged.

    times  how many times; None: without end
    per    what counts as one time
    """

    kind: ClassVar[EffectKind] = EffectKind.INCLUDED
    times: int | None = None
    per: Per = Per.DAY
    group: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Every started 15, 30 or 60 minutes of a visit or day is charged whole."""

    kind: ClassVar[EffectKind] = EffectKind.STEP
    minutes: int
    per: Per = Per.VISIT
    group: str = ""


@dataclass(frozen=True, slots=True)
class Minimum:
    """At least so many minutes of a visit or day are charged."""

    kind: ClassVar[EffectKind] = EffectKind.MINIMUM
    minutes: int
    per: Per = Per.VISIT
    group: str = ""


@dataclass(frozen=True, slots=True)
class Factor:
    """Hours cost `factor` times their price: a supplement row with (factor − 1) × the row's price per hour.

    product_id  the product of the supplement row
    """

    kind: ClassVar[EffectKind] = EffectKind.FACTOR
    factor: Decimal
    product_id: str
    basis: FactorBasis = FactorBasis.CHARGED
    group: str = ""


@dataclass(frozen=True, slots=True)
class CallOut:
    """A fee for being called, once for each visit.

    unit_price  a fixed price; None with base_hours None: the product's price
    base_hours  in place of it: so many hours at the price of the visit's first hour row
    """

    kind: ClassVar[EffectKind] = EffectKind.CALL_OUT
    product_id: str
    unit_price: Decimal | None = None
    base_hours: Decimal | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class VehicleFee:
    """A fee for the service vehicle, once for each visit, with kilometres included.

    included_km     so many kilometres of the visit are not charged; the rest are, on the rows that recorded them
    km_product_ids  which rows record kilometres; empty: all with the unit km
    """

    kind: ClassVar[EffectKind] = EffectKind.VEHICLE_FEE
    product_id: str
    unit_price: Decimal | None = None
    included_km: Decimal = Decimal(0)
    km_product_ids: frozenset[str] = frozenset()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee for waste or anything else, once for each order, day or visit."""

    kind: ClassVar[EffectKind] = EffectKind.FEE
    product_id: str
    unit_price: Decimal | None = None
    quantity: Decimal = Decimal(1)
    per: Per = Per.ORDER
    group: str = ""


@dataclass(frozen=True, slots=True)
class Surcharge:
    """A percentage of the charged rows that the rule holds for, e.g. small supplies 2 % of material."""

    kind: ClassVar[EffectKind] = EffectKind.SURCHARGE
    product_id: str
    percent: Decimal
    group: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceFee:
    """A fee for each invoice, except in some channels; see `shared.charging.invoice_fee`."""

    kind: ClassVar[EffectKind] = EffectKind.INVOICE_FEE
    product_id: str
    unit_price: Decimal | None = None
    except_channels: frozenset[str] = frozenset()
    group: str = ""


Effect: TypeAlias = Included | Step | Minimum | Factor | CallOut | VehicleFee | Fee | Surcharge | InvoiceFee


def group_of(effect: Effect) -> str:
    """Return what the effect competes in with others of its kind.

    Without a group of its own all effects of a kind compete; but fees and surcharges of two products are two things.
    """
    if not effect.group and isinstance(effect, Fee | Surcharge):
        return effect.product_id
    return effect.group


@dataclass(frozen=True, slots=True)
class ChargingRule:
    """One rule. Lower `priority` comes first; rules of equal priority come in order of their ids.

    text                what derived rows say on the invoice, by language (fi, sv, en); without one the name
    valid_from, valid_to  both days included; the work date decides
    archived            out of use: never holds
    """

    id: str
    name: str
    priority: int
    effects: tuple[Effect, ...]
    conditions: Conditions = field(default_factory=Conditions)
    text: Mapping[str, str] = field(default_factory=dict)
    valid_from: date | None = None
    valid_to: date | None = None
    archived: bool = False

    def holds_on(self, day: date) -> bool:
        """Say whether the rule is in force for work of this day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to) and not self.archived
