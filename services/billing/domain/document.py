"""The billing document: one future invoice (or credit) as plain values.

Adapters turn a `Document` into a target's format; nothing in here knows any target. Amounts are `Decimal`
in the document's currency with two decimals, unit prices have up to four decimals and quantities up to
three. All amounts are without VAT unless the name says `gross`.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

DIMENSIONS = ("cost_centre", "work_number", "contract")
"""The references that accounting systems can keep as dimensions of the ledger."""

PRIVATE = "private"
"""The kind of a payer who is a consumer."""
LABOUR = "labour"
"""The kind of a product that is work."""

_CENT, _STEP, _HALF_STEP = Decimal("0.01"), Decimal("0.0001"), Decimal("0.00005")
"""Of amounts, of unit prices, and how far a rounded unit price may be from the one that was meant."""

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
    late_interest_percent  a year, if one was agreed with this payer.
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
    late_interest_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """The days on which the work was done, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the work was done; the address is None, or parts of it are "", if the site has none."""

    site_name: str
    address: Address | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a document.

    name        as the buyer sees it: one path segment with an extension, at most 100 characters.
    media_type  application/pdf, image/jpeg or image/png, as found in the content.
    sha256      of the content, in hex.
    """

    name: str
    media_type: str
    content: bytes
    sha256: str


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
    performed_from, performed_to  first and last work date of the rows, both included; None if unknown.
    site_name        the site, when all rows share one.
    target_codes     the product's code by target, e.g. {"procountor": "4711"}; targets without one take `product_code`.
    dimensions       those of `DIMENSIONS` that the orders of the rows share with one value.
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
    performed_from: date | None = None
    performed_to: date | None = None
    site_name: str | None = None
    target_codes: Mapping[str, str] = field(default_factory=dict)
    dimensions: Mapping[str, str] = field(default_factory=dict)

    @property
    def cost_centre(self) -> str | None:
        """The cost centre of the line's orders, if they share one."""
        return self.dimensions.get("cost_centre")

    @property
    def gross(self) -> Decimal:
        """Line total with VAT, two decimals; the lines of a document sum to its `gross`."""
        return self.net + self.vat_share

    @property
    def unit_price_gross(self) -> Decimal:
        """Unit price with VAT, four decimals: what a consumer is shown.

        A price without VAT is kept to four decimals, so 200,00 with VAT comes back as 199,9999: where whole cents are
        that near, they were meant.
        """
        factor = (100 + self.vat_rate_percent) / 100
        exact = self.unit_price * factor
        cents = exact.quantize(_CENT, ROUND_HALF_UP)
        if abs(exact - cents) <= _HALF_STEP * factor:
            return cents.quantize(_STEP)
        return exact.quantize(_STEP, ROUND_HALF_UP)


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
    batch_id          of the batch that it was stored with; None before.
    period            first and last work date of its rows, None if unknown.
    delivery          the site, when all its orders share one; else None.
    prices_include_vat  the totals come from prices with VAT, as consumers are charged: a line's `gross` is quantity ×
                      `unit_price_gross` less discount, and `net` may be a cent off quantity × `unit_price`. Targets
                      that take either kind of price are to be given the one with VAT.
    attachments       in the order in which they were added. Empty unless the document was loaded to be sent.
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
    batch_id: str | None = None
    period: Period | None = None
    delivery: Delivery | None = None
    prices_include_vat: bool = False
    attachments: tuple[Attachment, ...] = ()

    @property
    def dimensions(self) -> dict[str, str]:
        """Those of `DIMENSIONS` that hold for the whole document."""
        return dimensions_of(self.references)

    @property
    def lacks_original(self) -> bool:
        """Whether it takes money back without being the credit of a document: returns that outweigh the sales."""
        return self.gross < 0 and self.reverses is None

    @property
    def labour_net(self) -> Decimal | None:
        """The labour without VAT on a document for a private person, which the household deduction is asked with.

        None for other payers, and if there is no labour. Negative on a credit.
        """
        lines = self._labour
        return sum((line.net for line in lines), Decimal("0.00")) if lines else None

    @property
    def labour_gross(self) -> Decimal | None:
        """As `labour_net`, with VAT: the deduction is a share of this."""
        lines = self._labour
        return sum((line.gross for line in lines), Decimal("0.00")) if lines else None

    @property
    def _labour(self) -> list[DocumentLine]:
        if self.payer.kind != PRIVATE:
            return []
        return [line for line in self.lines if line.product_kind == LABOUR]


def dimensions_of(references: Mapping[str, str]) -> dict[str, str]:
    """Return those of `references` that are dimensions, in the order of `DIMENSIONS`; empty ones are left out."""
    return {name: references[name] for name in DIMENSIONS if references.get(name)}
