"""Peppol BIS Billing 3.0 as a `Format`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from lxml import etree

from services.billing.adapters import texts
from services.billing.adapters.einvoice import xml
from services.billing.adapters.einvoice.figures import Figures, GroupFigures, LineFigures
from services.billing.adapters.einvoice.fitting import Notice
from services.billing.adapters.einvoice.format import Written
from services.billing.adapters.einvoice.invoice import Invoice
from services.billing.adapters.peppol import writer
from services.billing.adapters.peppol.writer import PREFIXES
from services.billing.domain.document import Document
from services.billing.domain.outcomes import Rejected

_OVT = re.compile(r"0037[0-9]{8}[A-Z0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class PeppolForm:
    """UBL by BIS Billing 3.0.

    customer_number_as_reference  where the document has neither order number nor buyer's reference, one of which Peppol
                                  demands: use our customer number. False: such a document is refused.
    """

    customer_number_as_reference: bool = False
    name: str = "peppol"
    content_type: str = "application/xml"

    def losses(self, document: Document) -> tuple[Notice, ...]:
        """UBL sets no limits to texts and has all characters."""
        return ()

    def write(self, invoice: Invoice) -> Written:
        """The file."""
        if not invoice.buyer_reference and not invoice.order_number:
            invoice = replace(invoice, buyer_reference=invoice.buyer.number)
        return writer.write(invoice)

    def read(self, payload: bytes) -> Figures:
        """The numbers of the file, signs turned back for a credit note. Raises NotReadable."""
        root = xml.parse(payload)
        reader = _Reader(etree.QName(root).localname == "CreditNote")
        total = root.find("cac:LegalMonetaryTotal", PREFIXES)
        taxes = root.find("cac:TaxTotal", PREFIXES)
        if total is None or taxes is None:
            raise xml.NotReadable("no totals")
        rows = root.iterfind("cac:CreditNoteLine" if reader.is_credit else "cac:InvoiceLine", PREFIXES)
        return Figures(
            number=xml.text(root, "cbc:ID", PREFIXES),
            currency=xml.text(root, "cbc:DocumentCurrencyCode", PREFIXES),
            lines=tuple(reader.line(row) for row in rows),
            groups=tuple(reader.group(group) for group in taxes.iterfind("cac:TaxSubtotal", PREFIXES)),
            lines_net=reader.amount(total, "cbc:LineExtensionAmount"),
            net=reader.amount(total, "cbc:TaxExclusiveAmount"),
            vat=reader.amount(taxes, "cbc:TaxAmount"),
            gross=reader.amount(total, "cbc:TaxInclusiveAmount"),
            payable=reader.amount(total, "cbc:PayableAmount"),
        )

    def objections(self, document: Document) -> Iterator[Rejected]:
        """An address that is no OVT code, and no reference at all. That there is no address is told for every form."""
        address = "".join((document.payer.einvoice_address or "").split())
        if address and not _OVT.fullmatch(address):
            detail = (
                f"Peppol reaches Finnish buyers by an OVT code only (0037…); “{address[:40]}” is none. Ask the payer "
                f"{document.payer.number} for it, or bill this document by Finvoice."
            )
            yield Rejected("peppol.address_not_ovt", detail, "/payer/einvoice_address")
        has_reference = any(
            texts.clean(document.references.get(name, "")) for name in ("order_number", "orderer", "cost_centre")
        )
        by_number = self.customer_number_as_reference and texts.clean(document.payer.number)
        if not has_reference and not by_number:
            detail = (
                "Peppol needs the buyer's reference or order number. Add an order number, an orderer or a cost centre "
                "to the work order."
            )
            yield Rejected("peppol.reference_missing", detail, "/references/order_number")


@dataclass(frozen=True, slots=True)
class _Reader:
    is_credit: bool

    def amount(self, element: etree._Element, path: str) -> Decimal:
        return writer.signed(xml.decimal(element, path, PREFIXES), self.is_credit)

    def line(self, row: etree._Element) -> LineFigures:
        quantity = "cbc:CreditedQuantity" if self.is_credit else "cbc:InvoicedQuantity"
        base = row.findtext("cac:Price/cbc:BaseQuantity", "1", PREFIXES)
        return LineFigures(
            quantity=self.amount(row, quantity),
            price=xml.decimal(row, "cac:Price/cbc:PriceAmount", PREFIXES),
            discount=Decimal(0),
            net=self.amount(row, "cbc:LineExtensionAmount"),
            category=xml.text(row, "cac:Item/cac:ClassifiedTaxCategory/cbc:ID", PREFIXES),
            rate_percent=xml.decimal(row, "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent", PREFIXES),
            price_base=Decimal(base),
        )

    def group(self, group: etree._Element) -> GroupFigures:
        return GroupFigures(
            category=xml.text(group, "cac:TaxCategory/cbc:ID", PREFIXES),
            rate_percent=xml.decimal(group, "cac:TaxCategory/cbc:Percent", PREFIXES),
            base=self.amount(group, "cbc:TaxableAmount"),
            vat=self.amount(group, "cbc:TaxAmount"),
        )
