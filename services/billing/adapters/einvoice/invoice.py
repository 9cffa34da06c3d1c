"""An e-invoice as plain values: everything is decided, only the format is missing.

Amounts carry the sign of our document: a credit note is negative here, and each format turns the sign its own way.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.billing.adapters.einvoice.seller import Seller
from services.billing.domain.document import Attachment, Delivery, Party, Period
from shared.units import Unit


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line. `net` = quantity × unit price ÷ base rounded to cents − `discount`, which has the sign of the line.

    net_price       the price after the discount: `net` = quantity × net price ÷ base rounded to cents.
    price_base      so many units the prices are for; 1 but for consumers' long quantities (`prices.price_of`).
    price_with_vat  of one unit before discount, where the buyer is shown such prices; else None.
    """

    position: int
    code: str
    text: str
    quantity: Decimal
    unit: Unit
    unit_price: Decimal
    net_price: Decimal
    price_base: int
    price_with_vat: Decimal | None
    discount_percent: Decimal
    discount: Decimal
    net: Decimal
    category: str
    rate_percent: Decimal
    period: Period | None
    cost_centre: str


@dataclass(frozen=True, slots=True)
class VatGroup:
    """The VAT of one category and rate; reason and its code only where the law asks why there is no VAT."""

    category: str
    rate_percent: Decimal
    base: Decimal
    vat: Decimal
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """How and when it is paid. `reference` is national or RF; `bar_code` None where there is none."""

    reference: str
    due_date: date
    terms: str
    interest: str
    interest_percent: Decimal | None
    bar_code: str | None

    @property
    def is_rf(self) -> bool:
        """Whether the reference is ISO 11649."""
        return self.reference.startswith("RF")


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice or credit note. Empty strings and None: not known.

    issued_at           when it got its number; aware, UTC.
    buyer_vat_number    the buyer's VAT number, also where it follows from the business id under reverse charge.
    buyer_reference     BT-10; order_number BT-13; project BT-11; contract BT-12; cost_centre BT-19.
    period              BG-14: the days of the work.
    delivery            BG-13: the site, with an address of which nothing is missing, or None.
    orders              numbers of our work orders (BT-14).
    credited_number     the invoice that a credit note takes back (BT-25), and its date.
    notes               free texts, in order, each of one or several lines.
    """

    key: str
    number: str
    issued_at: datetime
    is_credit: bool
    dated: date
    performed_on: date | None
    period: Period | None
    delivery: Delivery | None
    currency: str
    language: str
    seller: Seller
    buyer: Party
    buyer_vat_number: str
    buyer_reference: str
    order_number: str
    project: str
    contract: str
    cost_centre: str
    orderer: str
    orders: tuple[str, ...]
    credited_number: str
    credited_date: date | None
    notes: tuple[str, ...]
    lines: tuple[InvoiceLine, ...]
    vat_groups: tuple[VatGroup, ...]
    net: Decimal
    vat: Decimal
    gross: Decimal
    payment: Payment
    attachments: tuple[Attachment, ...] = ()
