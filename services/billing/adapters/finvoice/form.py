"""Finvoice 3.0 as a `Format`."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

from services.billing.adapters import texts
from services.billing.adapters.einvoice import xml
from services.billing.adapters.einvoice.figures import Figures, GroupFigures, LineFigures
from services.billing.adapters.einvoice.fitting import Notice
from services.billing.adapters.einvoice.format import Written
from services.billing.adapters.einvoice.invoice import Invoice
from services.billing.adapters.einvoice.objections import wants_another_channel
from services.billing.adapters.einvoice.words import plain
from services.billing.adapters.finvoice import writer
from services.billing.domain.document import Document
from services.billing.domain.outcomes import Rejected

_IDENTIFIERS = (
    ("/references/order_number", "order_number", 70, "order number"),
    ("/references/contract", "contract", 70, "contract number"),
    ("/references/work_number", "work_number", 70, "job number"),
    ("/references/cost_centre", "cost_centre", 35, "cost centre"),
)
"""Where each stands, its name among the references, its longest form in Finvoice, and what people call it."""


@dataclass(frozen=True, slots=True)
class FinvoiceForm:
    """Finvoice 3.0. encoding: "ISO-8859-15" for the banks' channel, "UTF-8" where the operator takes it."""

    encoding: str = "ISO-8859-15"
    name: str = "finvoice"
    content_type: str = "application/xml"

    def objections(self, document: Document) -> Iterator[Rejected]:
        """Identifiers that are too long are never cut, so they are refused."""
        return _objections(document)

    def losses(self, document: Document) -> tuple[Notice, ...]:
        """See `writer.losses`."""
        return writer.losses(document, self.encoding)

    def write(self, invoice: Invoice) -> Written:
        """The file."""
        return writer.write(invoice, self.encoding)

    def read(self, payload: bytes) -> Figures:
        """The numbers of the file. Raises NotReadable."""
        root = xml.parse(payload)
        details = root.find("InvoiceDetails")
        if details is None:
            raise xml.NotReadable("no InvoiceDetails")
        total = details.find("InvoiceTotalVatIncludedAmount")
        return Figures(
            number=xml.text(details, "InvoiceNumber"),
            currency=total.get("AmountCurrencyIdentifier", "") if total is not None else "",
            lines=tuple(_line(row) for row in root.iterfind("InvoiceRow")),
            groups=tuple(_group(group) for group in details.iterfind("VatSpecificationDetails")),
            lines_net=xml.decimal(details, "RowsTotalVatExcludedAmount"),
            net=xml.decimal(details, "InvoiceTotalVatExcludedAmount"),
            vat=xml.decimal(details, "InvoiceTotalVatAmount"),
            gross=xml.decimal(details, "InvoiceTotalVatIncludedAmount"),
            payable=xml.decimal(root, "EpiDetails/EpiPaymentInstructionDetails/EpiInstructedAmount"),
        )


def _line(row: etree._Element) -> LineFigures:
    has_discount = row.find("RowDiscountAmount") is not None
    has_base = row.find("UnitPriceBaseQuantity") is not None
    return LineFigures(
        quantity=xml.decimal(row, "InvoicedQuantity"),
        price=xml.decimal(row, "UnitPriceNetAmount"),
        discount=xml.decimal(row, "RowDiscountAmount") if has_discount else Decimal(0),
        net=xml.decimal(row, "RowVatExcludedAmount"),
        category=xml.text(row, "RowVatCode"),
        rate_percent=xml.decimal(row, "RowVatRatePercent"),
        price_base=xml.decimal(row, "UnitPriceBaseQuantity") if has_base else Decimal(1),
    )


def _group(group: etree._Element) -> GroupFigures:
    return GroupFigures(
        category=xml.text(group, "VatCode"),
        rate_percent=xml.decimal(group, "VatRatePercent"),
        base=xml.decimal(group, "VatBaseAmount"),
        vat=xml.decimal(group, "VatRateAmount"),
    )


def _objections(document: Document) -> Iterator[Rejected]:
    payer = document.payer
    has_address = bool(texts.clean(payer.einvoice_address or ""))
    if not texts.clean(payer.einvoice_operator or "") and (has_address or not wants_another_channel(payer)):
        detail = f"The payer {payer.number} has no e-invoice operator: add the operator's id to the customer."
        yield Rejected("finvoice.buyer_operator_missing", detail, "/payer/einvoice_operator")
    for pointer, name, limit, called in _IDENTIFIERS:
        value = texts.clean(document.references.get(name, ""))
        if len(value) > limit:
            detail = f"The {called} has {len(value)} characters; Finvoice has room for {limit}."
            yield Rejected("finvoice.identifier_too_long", detail, pointer)
    for pointer, text, limit, called in (
        ("/payer/einvoice_address", payer.einvoice_address, 35, "payer's e-invoice address"),
        ("/payer/einvoice_operator", payer.einvoice_operator, 35, "payer's operator id"),
        ("/payer/business_id", payer.business_id, 35, "payer's business ID"),
        ("/payer/number", payer.number, 70, "customer number"),
        ("/reverses/target_number", document.reverses and document.reverses.target_number, 20, "original's number"),
    ):
        if len(text or "") > limit:
            detail = f"The {called} has {len(text or '')} characters; Finvoice has room for {limit}."
            yield Rejected("finvoice.identifier_too_long", detail, pointer)
    for index, line in enumerate(document.lines):
        if len(texts.clean(line.product_code)) > 70:
            detail = f"Line {line.position}: a product code has at most 70 characters in Finvoice."
            yield Rejected("finvoice.identifier_too_long", detail, f"/lines/{index}/product_code")
        if len(texts.clean(line.cost_centre or "")) > 35:
            detail = f"Line {line.position}: a cost centre has at most 35 characters in Finvoice."
            yield Rejected("finvoice.identifier_too_long", detail, f"/lines/{index}/cost_centre")
        if len(plain(line.quantity)) > 14:
            detail = f"Line {line.position}: the quantity has more digits than Finvoice has room for (14)."
            yield Rejected("finvoice.quantity_too_long", detail, f"/lines/{index}/quantity")
