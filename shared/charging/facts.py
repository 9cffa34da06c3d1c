"""What charging needs to know of an order and its rows, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from shared.charging.rules import EffectKind


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """The order, as far as rules ask.

    id             a UUID; ids of derived rows are made from it
    site_path      ids of the order's site, then of those it lies in, nearest first
    urgent         priority "urgent"
    included_used  rule id → how many times of "included in contract" were used before this order
    earlier_hours  (worker, work date) → hours of that day worked on other orders before this one
    """

    id: str
    customer_id: str | None = None
    price_group: str | None = None
    site_path: tuple[str, ...] = ()
    order_type: str | None = None
    urgent: bool = False
    included_used: Mapping[str, int] = field(default_factory=dict)
    earlier_hours: Mapping[tuple[str, date], Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """One recorded row, as worked; never what an earlier run made of it.

    quantity     worked, in `unit`, 3 decimals; rows with the unit `h` (or `min`) are *time rows*
    unit_price   without VAT and before the discount; None: not known
    started_at, ended_at   aware; a factor by the clock needs both, the quantity may be less than lies between (a
                 pause); a beginning alone is enough for all else
    worker       id of who did the work (not necessarily of who typed it)
    visit        names the visit, if something better is known than worker and work date
    marks        of the row, e.g. `overtime_50`
    correction   the row corrects another one: no steps, minimums or fees come of it
    chargeable   what a person decided: warranty, goodwill, internal, paid and closed rows are not; a row that an
                 earlier run marked as included in the contract is
    vat_rate_percent  a surcharge makes a row of its own for each rate among the rows it is of
    """

    id: str
    product_id: str
    product_kind: str
    unit: str
    quantity: Decimal
    unit_price: Decimal | None
    work_date: date
    worker: str
    discount_percent: Decimal = Decimal(0)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    visit: str | None = None
    marks: frozenset[str] = frozenset()
    correction: bool = False
    chargeable: bool = True
    vat_rate_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One step, for people and programs.

    code     e.g. `step`, `minimum`, `included`; the codes are the keys of `shared.charging.explain.TEXTS`
    params   what the text is made of, as text
    text     by language: fi, sv, en
    row_ids  the recorded rows it is about
    """

    code: str
    rule_id: str
    rule_name: str
    params: Mapping[str, str]
    text: Mapping[str, str]
    row_ids: tuple[str, ...]


class PriceFrom(StrEnum):
    """Where the unit price of a derived row comes from.

    rule     the rule names it
    row      made from the unit price of a recorded row; None if that row has none
    rows     a percentage of the amounts of recorded rows
    product  the price of the product on the work date, which the caller resolves: `unit_price` is None
    """

    RULE = "rule"
    ROW = "row"
    ROWS = "rows"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class ChargedRow:
    """What is charged for one recorded row.

    charged_quantity      in the row's unit; the worked quantity stays beside it. With `included_in_contract` it is
                          the worked quantity, and the price is 0
    unit_price            of the row, or 0 if included in the contract
    net                   charged quantity × price − discount in cents; None without a price, 0 if not chargeable
    """

    row_id: str
    worked_quantity: Decimal
    charged_quantity: Decimal
    unit_price: Decimal | None
    included_in_contract: bool
    net: Decimal | None
    explanation: tuple[Explanation, ...] = ()


@dataclass(frozen=True, slots=True)
class DerivedRow:
    """A row that a rule adds. Its code, name and VAT class are those of `product_id`.

    id            the same whenever the same rule makes it of the same order, visit or row
    quantity      in `unit`, 3 decimals
    unit_price    see `price_from`; 4 decimals
    work_date     decides the VAT rate
    worker        whose row or visit it comes from; None for what belongs to the whole order or day
    row_ids       recorded rows it comes from
    text          by language, as far as the rule says; `rule_name` otherwise
    net           None while the price is not known
    """

    id: str
    kind: EffectKind
    rule_id: str
    rule_name: str
    product_id: str
    unit: str
    quantity: Decimal
    unit_price: Decimal | None
    price_from: PriceFrom
    discount_percent: Decimal
    work_date: date
    worker: str | None
    row_ids: tuple[str, ...]
    text: Mapping[str, str]
    net: Decimal | None
    explanation: tuple[Explanation, ...] = ()


@dataclass(frozen=True, slots=True)
class ChargingResult:
    """What an order is charged.

    rows           one for each recorded row, in the order in which those were given
    derived        in order of work date, then of kind, rule and id
    included_used  rule id → how many times of "included in contract" this order uses
    """

    rows: tuple[ChargedRow, ...]
    derived: tuple[DerivedRow, ...]
    included_used: Mapping[str, int]

    @property
    def net(self) -> Decimal:
        """The sum of all amounts that are known, in cents."""
        parts = [*(row.net for row in self.rows), *(row.net for row in self.derived)]
        return sum((part for part in parts if part is not None), Decimal("0.00"))


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """One document, as far as rules for invoice fees ask. A credit never gets the fee.

    channel  how the invoice goes out: `einvoice`, `email`, `letter`
    day      the day of billing
    """

    day: date
    channel: str | None
    customer_id: str | None = None
    price_group: str | None = None
    is_credit: bool = False


@dataclass(frozen=True, slots=True)
class InvoiceFeeRow:
    """The fee of one document; `unit_price` None: the price of the product on the day."""

    rule_id: str
    rule_name: str
    product_id: str
    quantity: Decimal
    unit_price: Decimal | None
    text: Mapping[str, str]
