"""What makes a document impossible as an e-invoice, found before it gets a number.

A number that is given out is used up, so everything that can be known from the document is asked here.
"""

import re
from collections.abc import Iterator
from typing import Final

from services.billing.adapters import texts
from services.billing.adapters.einvoice import figures
from services.billing.adapters.einvoice.words import number
from services.billing.adapters.totals import odd_totals
from services.billing.domain.document import Document, DocumentLine, Party
from services.billing.domain.outcomes import Rejected
from services.billing.domain.preflight import Problem, Severity
from shared.units import UnknownUnit, unit

_CHANNEL_DIFFERS: Final = "einvoice.channel_differs"
_CHANNEL: Final = "/payer/invoice_channel"
_CATEGORIES = frozenset({"S", "AE", "Z"})
_OTHER_CHANNELS = {"email": "e-mail", "letter": "letter"}


def objections(document: Document) -> Iterator[Rejected]:
    """Every reason, the sums among them: see `figures.check_document`."""
    yield from _of_buyer(document)
    if not document.lines:
        yield Rejected("einvoice.no_lines", "The document has no lines.", "/lines")
    if document.reverses is not None and not texts.clean(document.reverses.target_number or ""):
        detail = (
            "A credit note must name the invoice that it takes back, and the number of the original is not known. Look "
            "it up and write the credit in the accounting system."
        )
        yield Rejected("einvoice.original_number_missing", detail, "/reverses/target_number")
    if not re.fullmatch(r"[A-Z]{3}", document.currency):
        yield Rejected("einvoice.currency", f"“{document.currency}” is not a currency code.", "/currency")
    for index, line in enumerate(document.lines):
        yield from _of_line(index, line)
    if any(texts.is_reverse_charge(line) for line in document.lines) and texts.buyer_vat_id(document) is None:
        detail = "Reverse charge needs the buyer's VAT number or business ID."
        yield Rejected("einvoice.vat_number_missing", detail, "/payer/vat_number")
    difference = figures.check_document(document)
    if difference is not None:
        yield difference


def warnings(document: Document) -> Iterator[Problem]:
    """What an e-invoice can say, but somebody should know."""
    payer = document.payer
    if texts.clean(payer.einvoice_address or "") and wants_another_channel(payer):
        yield Problem(_CHANNEL_DIFFERS, _channel_detail(payer), _CHANNEL, Severity.WARNING)
    yield from odd_totals(document, "einvoice")


def _of_buyer(document: Document) -> Iterator[Rejected]:
    payer = document.payer
    if len(texts.clean(payer.name)) < 2:
        yield Rejected("einvoice.buyer_name", "The payer's name needs at least two characters.", "/payer/name")
    if not texts.clean(payer.einvoice_address or ""):
        yield _no_einvoices(payer)
    for field, name in (("street", "street address"), ("postal_code", "postal code"), ("city", "town")):
        if len(texts.clean(getattr(payer.address, field))) < 2:
            detail = f"The payer's {name} is missing: an invoice must show the buyer's address."
            yield Rejected(f"einvoice.buyer_{field}_missing", detail, f"/payer/address/{field}")
    if not re.fullmatch(r"[A-Za-z]{2}", payer.address.country):
        detail = f"“{payer.address.country}” is not a country code of two letters, such as FI."
        yield Rejected("einvoice.buyer_country", detail, "/payer/address/country")


def _no_einvoices(payer: Party) -> Rejected:
    """One refusal: who gets invoices by e-mail or letter lacks nothing, but is billed over the wrong connection."""
    if wants_another_channel(payer):
        return Rejected(_CHANNEL_DIFFERS, _channel_detail(payer), _CHANNEL)
    detail = (
        f"The payer {payer.number} has no e-invoice address. Add it to the customer, or bill this document by "
        "another connection."
    )
    return Rejected("einvoice.buyer_address_missing", detail, "/payer/einvoice_address")


def wants_another_channel(payer: Party) -> bool:
    """Whether the payer's record says that invoices go by e-mail or letter."""
    return payer.invoice_channel in _OTHER_CHANNELS


def _channel_detail(payer: Party) -> str:
    return f"The payer gets invoices by {_OTHER_CHANNELS[payer.invoice_channel]}, and this connection makes e-invoices."


def _of_line(index: int, line: DocumentLine) -> Iterator[Rejected]:
    try:
        unit(line.unit)
    except UnknownUnit:
        detail = f"Line {line.position}: the unit “{line.unit}” has no code for e-invoices. Choose another unit."
        yield Rejected("einvoice.unit_unknown", detail, f"/lines/{index}/unit")
    if not (texts.clean(line.text) or texts.clean(line.product_code)):
        yield Rejected("einvoice.text_missing", f"Line {line.position} has no text.", f"/lines/{index}/text")
    if line.vat_category not in _CATEGORIES:
        detail = f"Line {line.position}: e-invoices with VAT category {line.vat_category} are not made."
        yield Rejected("einvoice.vat_category", detail, f"/lines/{index}/vat_category")
    if (line.vat_category == "S") != (line.vat_rate_percent > 0):
        detail = f"Line {line.position}: {number(line.vat_rate_percent)} % does not fit category {line.vat_category}."
        yield Rejected("einvoice.vat_rate", detail, f"/lines/{index}/vat_rate_percent")
