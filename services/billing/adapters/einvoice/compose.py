"""From our document to an e-invoice. Pure: document, seller and number in, values out.

Source: finnish-billing sheet §2 (no VAT), §4 (rounding), §6 (payment), §9 (household deduction), §10 (fields).
"""

import re
from dataclasses import replace

from services.billing.adapters import texts
from services.billing.adapters.einvoice import payment
from services.billing.adapters.einvoice.invoice import Invoice, InvoiceLine, Payment, VatGroup
from services.billing.adapters.einvoice.prices import price_of
from services.billing.adapters.einvoice.seller import Seller
from services.billing.adapters.einvoice.words import Words, number, words
from services.billing.domain.document import Address, Delivery, Document, DocumentLine, Party, Period, VatLine
from services.billing.domain.numbering import IssuedNumber
from shared.finland import InvalidForm, vat_number_of
from shared.money import round_amount
from shared.units import unit


def compose(document: Document, seller: Seller, issued: IssuedNumber) -> Invoice:
    """Make the invoice of a document to which `objections.objection` had nothing to say.

    A document with a negative total is a credit note; so is one of nothing but zeros that reverses another.
    """
    original = document.reverses
    says = words(document.payer.language)
    references = {name: texts.clean(value) for name, value in document.references.items()}
    cost_centre, orderer = references.get("cost_centre", ""), references.get("orderer", "")
    return Invoice(
        key=document.key,
        number=str(issued.number),
        issued_at=issued.issued_at,
        is_credit=document.gross < 0 or (original is not None and document.gross == 0),
        dated=document.document_date,
        performed_on=document.performed_on,
        period=document.period,
        delivery=_delivery(document.delivery),
        currency=document.currency,
        language=document.payer.language,
        seller=seller,
        buyer=_tidied(document.payer),
        buyer_vat_number=_buyer_vat_number(document),
        buyer_reference=orderer or cost_centre,
        order_number=references.get("order_number", ""),
        project=references.get("work_number", ""),
        contract=references.get("contract", ""),
        cost_centre=cost_centre,
        orderer=orderer,
        orders=tuple(texts.clean(each) for each in document.workorder_numbers),
        credited_number=texts.clean(original.target_number or "") if original else "",
        credited_date=original.document_date if original else None,
        notes=_notes(document, seller, says),
        lines=tuple(_line(line, document.prices_include_vat) for line in document.lines),
        vat_groups=tuple(_vat_group(group, says) for group in document.vat_lines),
        net=document.net,
        vat=document.vat,
        gross=document.gross,
        payment=_payment(document, seller, issued.number, says),
        attachments=document.attachments,
    )


def _delivery(site: Delivery | None) -> Delivery | None:
    """The site if its address is whole: neither format takes a part of one, and the text above the lines has it."""
    if site is None or site.address is None:
        return None
    parts = [" ".join(texts.clean(part).split()) for part in (site.address.street, site.address.postal_code)]
    city, country = " ".join(texts.clean(site.address.city).split()), site.address.country.upper()
    if any(len(part) < 2 for part in (*parts, city)) or not re.fullmatch("[A-Z]{2}", country):
        return None
    return Delivery(" ".join(texts.clean(site.site_name).split()), Address(parts[0], parts[1], city, country))


def _line(line: DocumentLine, prices_include_vat: bool) -> InvoiceLine:
    price = price_of(line, prices_include_vat)
    undiscounted = round_amount(line.quantity * price.unit / price.base)
    first, last = line.performed_from, line.performed_to
    return InvoiceLine(
        position=line.position,
        code=texts.clean(line.product_code),
        text=texts.clean(line.text) or texts.clean(line.product_code),
        quantity=line.quantity,
        unit=unit(line.unit),
        unit_price=price.unit,
        net_price=price.net,
        price_base=price.base,
        price_with_vat=line.unit_price_gross if prices_include_vat else None,
        discount_percent=line.discount_percent,
        discount=undiscounted - line.net,
        net=line.net,
        category=line.vat_category,
        rate_percent=line.vat_rate_percent,
        period=Period(first, last) if first and last else None,
        cost_centre=texts.clean(line.cost_centre or ""),
    )


def _vat_group(group: VatLine, says: Words) -> VatGroup:
    is_reverse_charge = group.category == texts.REVERSE_CHARGE
    return VatGroup(
        category=group.category,
        rate_percent=group.rate_percent,
        base=group.base,
        vat=group.vat,
        reason=says.reverse_charge if is_reverse_charge else "",
        reason_code="VATEX-EU-AE" if is_reverse_charge else "",
    )


def _payment(document: Document, seller: Seller, invoice_number: int, says: Words) -> Payment:
    reference = payment.national_reference(invoice_number)
    if seller.reference_type == "rf":
        reference = payment.rf_reference(reference)
    days = (document.due_date - document.document_date).days
    agreed = document.payer.late_interest_percent
    percent = agreed if agreed is not None else seller.late_interest_percent
    return Payment(
        reference=reference,
        due_date=document.due_date,
        terms=says.terms.format(days=days) if days > 0 else says.terms_at_once,
        interest=says.interest_by_law if percent is None else says.interest.format(percent=number(percent, 1)),
        interest_percent=percent,
        bar_code=payment.bank_bar_code(seller.accounts[0].iban, reference, document.gross, document.due_date),
    )


def _notes(document: Document, seller: Seller, says: Words) -> tuple[str, ...]:
    notes = [texts.introduction(document)]
    if document.reverses is not None and document.reverses.target_number:
        notes.append(says.credits.format(number=texts.clean(document.reverses.target_number)))
    notes += [texts.statements(document), texts.clean(seller.free_text)]
    return tuple(note for note in notes if note)


def _buyer_vat_number(document: Document) -> str:
    """The register's VAT number; under reverse charge also the one that follows from a Finnish business id.

    Only there: a buyer that owes the VAT is registered for it, others with a business id need not be.
    """
    payer = document.payer
    if payer.vat_number:
        return "".join(payer.vat_number.split()).upper()
    if payer.business_id and any(texts.is_reverse_charge(line) for line in document.lines):
        try:
            return vat_number_of(payer.business_id)
        except InvalidForm:
            return ""
    return ""


def _tidied(payer: Party) -> Party:
    """The payer without anything in its identifiers that XML or an operator would choke on."""
    return replace(
        payer,
        number=texts.clean(payer.number),
        business_id=texts.clean(payer.business_id or "") or None,
        einvoice_address="".join((payer.einvoice_address or "").split()) or None,
        einvoice_operator="".join((payer.einvoice_operator or "").split()) or None,
    )
