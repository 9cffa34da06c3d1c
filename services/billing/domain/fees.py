"""The fee of a document that charging rules ask for (domain sheet, section 2.6): a row that billing itself adds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from services.billing.domain.document import Document
from services.billing.domain.preflight import Problem, Severity
from services.billing.domain.rows import REVERSE_CHARGE, ApprovedRow
from shared.charging import ChargingRule, DocumentFacts, InvoiceFeeRow, invoice_fee
from shared.vat import VatClass, rate_on


@dataclass(frozen=True, slots=True)
class FeeProduct:
    """What a fee takes from its product. list_price: on the day of billing, without VAT; None if there is none."""

    id: str
    code: str
    kind: str
    unit: str
    vat_class: str
    target_codes: Mapping[str, str]
    list_price: Decimal | None


@dataclass(frozen=True, slots=True)
class FeeBook:
    """The rules with an invoice fee, and the products of those fees by id."""

    rules: Sequence[ChargingRule] = ()
    products: Mapping[str, FeeProduct] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnknownFee:
    """A fee that a rule asks for, and whose product or price is not known: the document goes without it."""

    rule_name: str

    @property
    def problem(self) -> Problem:
        """As the preview tells it."""
        detail = f"The rule “{self.rule_name}” asks for a fee whose product or price is not known."
        return Problem("billing.fee_not_known", detail, "/lines", Severity.WARNING)


def fee_row(
    book: FeeBook, document: Document, members: Sequence[ApprovedRow], price_group: str | None
) -> ApprovedRow | UnknownFee | None:
    """Return the fee of a document as a row of its own, which belongs to the order of the last of its rows.

    document     compiled of `members`, without the fee. price_group: the payer's.
    The rules are asked about the payer on the document date. The fee's work date is the last one of the document: it
    belongs to that work, and its VAT rate is of that day. On a document that is under reverse charge altogether the
    fee is so too, since it is a part of the price of that work (AVL 73 §).
    None if no rule asks for a fee or the fee is 0, and for documents of 0 or less.
    """
    if not book.rules or document.net <= 0 or document.performed_on is None:
        return None
    payer = document.payer
    fee = invoice_fee(
        DocumentFacts(document.document_date, payer.invoice_channel, payer.customer_id, price_group), book.rules
    )
    if fee is None:
        return None
    product = book.products.get(fee.product_id)
    unit_price = fee.unit_price if fee.unit_price is not None or product is None else product.list_price
    if product is None or unit_price is None:
        return UnknownFee(fee.rule_name)
    return _row(fee, product, unit_price, document, members) if unit_price else None


def _row(
    fee: InvoiceFeeRow, product: FeeProduct, unit_price: Decimal, document: Document, members: Sequence[ApprovedRow]
) -> ApprovedRow:
    last = members[-1]
    reverse_charge = all(row.vat_category == REVERSE_CHARGE for row in members)
    day = document.performed_on or document.document_date
    return ApprovedRow(
        row_id=_id_of("row", document, fee),
        ledger_id=_id_of("ledger", document, fee),
        workorder_id=last.workorder_id,
        workorder_number=last.workorder_number,
        position=last.position + 1,
        customer_id=last.customer_id,
        payer_id=last.payer_id,
        currency=last.currency,
        product_id=product.id,
        product_code=product.code,
        product_kind=product.kind,
        description=fee.text.get(document.payer.language) or fee.rule_name,
        quantity=fee.quantity,
        unit=product.unit,
        work_date=day,
        unit_price=unit_price,
        discount_percent=Decimal(0),
        vat_class=product.vat_class,
        vat_rate_percent=rate_on(VatClass(product.vat_class), day),
        construction_service=reverse_charge,
        buyer_is_construction_seller=reverse_charge,
        site=document.delivery,
        target_codes=product.target_codes,
        dimensions=document.dimensions,
        fee_rule_id=fee.rule_id,
    )


def _id_of(kind: str, document: Document, fee: InvoiceFeeRow) -> str:
    """The same for one document and rule: the database refuses a second fee of it."""
    return str(uuid5(NAMESPACE_URL, f"urn:urakka:invoice-fee:{kind}:{document.key}:{fee.rule_id}"))
