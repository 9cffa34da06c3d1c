"""The billing document: one future invoice (or credit) as plain values.

Adapters turn a `Document` into a target's format; nothing in here knows any target. Amounts are `Decimal`
in the document's currency with two decimals, unit prices have up to four decimals and quantities up to
three. All amounts are without VAT unless the name says `gross`.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

KEY_PREFIX = "URK-"
"""Starts every document key, so that a person in the accounting system sees where a document came from."""


def new_document_key() -> str:
    """Return a new stable key of a document: `URK-` and a random UUID, 40 characters in all.

    The key is made once, with the document, and is the same in every attempt to send it: it is what the
    target is asked for when an answer was lost. 40 characters fit the fields that the adapters use.
    """
    return f"{KEY_PREFIX}{uuid.uuid4()}"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. `postal_code` is text (leading zeros matter), `country` ISO 3166-1 alpha-2."""

    street: str
    postal_code: str
    city: str
    country: str


@dataclass(frozen=True, slots=True)
class Party:
    """The payer of a document, as it was when the document was made.

    number            the customer number of our register, by which accounting systems find the customer.
    kind              company | private | housing_company | public | internal.
    language          fi | sv | en.
    invoice_channel   einvoice | email | letter | none.
    payment_term_days whole days from the document date to the due date.
    """

    customer_id: str
    number: str
    name: str
    kind: str
    business_id: str | None
    vat_number: str | None
    address: Address
    email: str | None
    language: str
    invoice_channel: str
    einvoice_address: str | None
    einvoice_operator: str | None
    payment_term_days: int


@dataclass(frozen=True, slots=True)
class Holding:
    """What of one row of the ledger stands on a line. `quantity` in the line's unit, negative on a credit."""

    ledger_id: str
    row_id: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line: one or several work rows merged.

    position         1, 2, 3 … in the document.
    quantity         in `unit`, up to three decimals; negative for returns and credits.
    unit_price       without VAT, up to four decimals, never negative after a discount.
    discount_percent 0–100, already taken into `net`.
    vat_category     S standard rate, AE reverse charge, Z zero rate (UNCL5305 codes).
    net              line total without VAT, rounded half away from zero to two decimals.
    vat_share        the VAT spread over the lines so that the lines of a rate sum to its VAT exactly.
    row_ids          the work rows in the line; every row of a document is in exactly one line.
    holdings         how much of each row: sums to `quantity`. Adapters do not need it.
    """

    position: int
    product_id: str
    product_code: str
    product_kind: str
    text: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    discount_percent: Decimal
    vat_class: str
    vat_category: str
    vat_rate_percent: Decimal
    net: Decimal
    vat_share: Decimal
    row_ids: tuple[str, ...]
    holdings: tuple[Holding, ...] = ()


@dataclass(frozen=True, slots=True)
class VatLine:
    """The VAT of one category and rate: `base` is the sum of the lines' `net`, `vat` is rounded once."""

    category: str
    rate_percent: Decimal
    base: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class OriginalDocument:
    """The accepted document that a credit takes back, wholly or in part, as the target knows it.

    target_id      the target's id of it; target_number: the number that the buyer saw, None if the target gave none.
    document_date  the invoice date, which e-invoices must name beside the number.
    """

    document_id: str
    key: str
    document_date: date
    target_id: str
    target_number: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """One future invoice (or credit) for one payer, in one currency.

    key               stable over all attempts, at most 40 characters (`new_document_key`).
    performed_on      the last work date of its rows, None if unknown.
    references        order_number, cost_centre, work_number, contract, orderer; only those that have a value.
    lines             in the order of `position`.
    vat_lines         one per VAT category and rate, sorted by category and falling rate.
    net, vat, gross   sums of `vat_lines`; `gross` = `net` + `vat`.
    workorder_numbers in rising order, without repetitions.
    text_before       free text above the lines, "" if none.
    reverses          the original of a credit; None for an ordinary document. A credit has negative quantities and
                      totals (of the original's sign), and positive unit prices.
    """

    id: str
    key: str
    tenant_id: str
    payer: Party
    currency: str
    document_date: date
    performed_on: date | None
    due_date: date
    references: Mapping[str, str]
    lines: tuple[DocumentLine, ...]
    vat_lines: tuple[VatLine, ...]
    net: Decimal
    vat: Decimal
    gross: Decimal
    workorder_numbers: tuple[str, ...]
    text_before: str
    reverses: OriginalDocument | None = None
