"""What makes a document impossible in Procountor, known before anything is sent. Source: sheet §4–§6."""

import re
from collections.abc import Iterator

from stdnum import iban as iban_number

from services.billing.adapters import texts
from services.billing.adapters.procountor import names
from services.billing.adapters.procountor.mapping import lengths_of
from services.billing.adapters.procountor.rules import Rules, our_channel, product_code, trimmed, unit, vat_status
from services.billing.adapters.procountor.vat import VatOffer
from services.billing.adapters.reaching import Lacking, lacking, lacking_address
from services.billing.adapters.totals import odd_totals
from services.billing.domain.document import Document, DocumentLine, Party
from services.billing.domain.outcomes import Rejected
from services.billing.domain.preflight import Problem, Severity, blocks

LONGEST_CODE, LONGEST_KEY = 40, 40
HOME_CURRENCY = "EUR"
LARGEST_ATTACHMENT = 10_000_000
_BUSINESSES = frozenset({"company", "housing_company", "public"})
_LONGEST_TERM_DAYS = 999
_OVT = re.compile(r"0037[0-9]{8}[A-Z0-9]{0,5}")


def objection(document: Document, rules: Rules, offer: VatOffer | None = None) -> Rejected | None:
    """What makes the document impossible in Procountor, found before anything is sent.

    offer  what the company uses of VAT, None if it is not known. None if nothing makes it impossible.
    """
    return next(objections(document, rules, offer), None)


def objections(document: Document, rules: Rules, offer: VatOffer | None = None) -> Iterator[Rejected]:
    """All reasons for `objection`."""
    if not document.lines:
        yield Rejected("procountor.no_lines", "The document has no lines.", "/lines")
    if len(document.key) > LONGEST_KEY:
        yield Rejected("procountor.key", f"The document's key is longer than {LONGEST_KEY} characters.", "/key")
    if document.currency != HOME_CURRENCY:
        detail = f"Procountor wants an exchange rate for {document.currency}, and none is known here."
        yield Rejected("procountor.currency", detail, "/currency")
    if (document.reverses is not None or document.lacks_original) and not rules.negative_credits:
        detail = (
            "It is not known how Procountor takes credits: make the credit note there, or allow negative rows in the "
            "settings of the connection."
        )
        yield Rejected("procountor.credits_not_enabled", detail)
    yield from _payer_objections(document.payer, rules)
    for index, line in enumerate(document.lines):
        yield from _line_objections(document, index, line, rules)
    if offer is not None:
        yield from vat_objections(document, rules, offer)
    for index, attachment in enumerate(document.attachments):
        if len(attachment.content) > LARGEST_ATTACHMENT:
            detail = f"The attachment {attachment.name} is larger than the 10 MB that Procountor takes."
            yield Rejected("procountor.attachment_too_large", detail, f"/attachments/{index}")


def vat_objections(document: Document, rules: Rules, offer: VatOffer) -> Iterator[Rejected]:
    """Percentages and statuses that the company does not use."""
    for index, line in enumerate(document.lines):
        if line.vat_rate_percent not in offer.percentages:
            detail = (
                f"Line {line.position}: the VAT percentage {trimmed(line.vat_rate_percent):f} is not in use in the "
                f"company; it uses {', '.join(f'{each:f}' for each in sorted(offer.percentages))}."
            )
            yield Rejected("procountor.vat_percent_not_offered", detail, f"/lines/{index}/vat_rate_percent")
        status = vat_status(line, rules)
        if status is not None and status not in offer.statuses:
            detail = (
                f"Line {line.position}: the VAT status {status} is not in use in the company; it uses "
                f"{', '.join(map(str, sorted(offer.statuses)))}."
            )
            yield Rejected("procountor.vat_status_not_offered", detail, f"/lines/{index}/vat_category")


def _payer_objections(payer: Party, rules: Rules) -> Iterator[Rejected]:
    if not payer.number.strip():
        yield Rejected("procountor.customer_number_missing", "The payer has no customer number.", "/payer/number")
    if not _is_known(payer.number):
        detail = f"The customer number {payer.number} has characters that Procountor does not know."
        yield Rejected("procountor.customer_number_characters", detail, "/payer/number")
    if not texts.clean(payer.name):
        yield Rejected("procountor.customer_name_missing", "The payer has no name.", "/payer/name")
    if payer.address.country.upper() not in names.COUNTRIES:
        detail = f"The country {payer.address.country} has no counterpart in the Procountor connection."
        yield Rejected("procountor.country", detail, "/payer/address/country")
    for code, detail, pointer in _lacking(payer, our_channel(payer, rules)):
        yield Rejected(f"procountor.{code}", detail, pointer)


def _lacking(payer: Party, how: str) -> Iterator[Lacking]:
    """Sheet §5.3: an operator is needed in Finland only, a postal address for e-invoices too."""
    is_finnish = payer.address.country.upper() == "FI"
    yield from (each for each in lacking(payer, how) if is_finnish or each.code != "einvoice_operator_missing")
    if how == "einvoice":
        yield from lacking_address(payer)


def _line_objections(document: Document, index: int, line: DocumentLine, rules: Rules) -> Iterator[Rejected]:
    code = product_code(line)
    if not code or len(code) > LONGEST_CODE or not _is_known(code):
        detail = (
            f"Procountor needs a product code of 1–{LONGEST_CODE} characters that Windows-1252 has; line "
            f"{line.position} has “{code}”."
        )
        yield Rejected("procountor.product_code", detail, f"/lines/{index}/product_code")
    if vat_status(line, rules) is None:
        detail = (
            f"Line {line.position}: the connection's settings name no Procountor VAT status for category "
            f"{line.vat_category} at {trimmed(line.vat_rate_percent):f} %."
        )
        yield Rejected("procountor.vat_status_missing", detail, f"/lines/{index}/vat_category")
    if texts.is_reverse_charge(line) and texts.buyer_vat_id(document) is None:
        detail = "Reverse charge needs the buyer's VAT number or business ID."
        yield Rejected("procountor.vat_number_missing", detail, "/payer/vat_number")


def preflight(document: Document, rules: Rules, offer: VatOffer | None = None) -> Iterator[Problem]:
    """Everything that Procountor is known to refuse or that we would replace or shorten (sheet §4–§6)."""
    yield from blocks(objections(document, rules, offer))
    payer = document.payer
    if payer.kind in _BUSINESSES and not texts.clean(payer.business_id or ""):
        detail = "Procountor needs the business ID of a company."
        yield Problem("procountor.business_id_missing", detail, "/payer/business_id")
    if not 0 <= (document.due_date - document.document_date).days <= _LONGEST_TERM_DAYS:
        detail = f"The due date must be 0–{_LONGEST_TERM_DAYS} days after the document date."
        yield Problem("procountor.due_date", detail, "/due_date")
    if our_channel(payer, rules) == "einvoice" and (payer.einvoice_address or "").strip() and not _is_known_form(payer):
        detail = f"Procountor may not know the form of the e-invoice address {payer.einvoice_address}."
        yield Problem("procountor.einvoice_address_form", detail, "/payer/einvoice_address", Severity.WARNING)
    for index, line in enumerate(document.lines):
        if line.unit.strip() not in ("", "%") and unit(line, rules) == names.NO_UNIT:
            detail = f"Procountor has no unit “{line.unit}”; it would stand in the comment."
            yield Problem("procountor.unit_unknown", detail, f"/lines/{index}/unit", Severity.WARNING)
    # A return that is refused altogether needs no warning beside the refusal.
    if rules.negative_credits or not document.lacks_original:
        yield from odd_totals(document, "procountor")
    yield from _replaced(document)
    yield from texts.too_long("procountor.text_too_long", lengths_of(document))


def _is_known(text: str) -> bool:
    """Whether Procountor knows all characters of what must not be replaced, since things are found by it."""
    return texts.clean(text) == text.strip() and names.in_windows_1252(text) == text


def _is_known_form(payer: Party) -> bool:
    """In Finland an OVT code or an IBAN; Procountor checks the form (sheet §5.3), of which no more is public."""
    address = (payer.einvoice_address or "").replace(" ", "")
    return payer.address.country.upper() != "FI" or bool(_OVT.fullmatch(address)) or iban_number.is_valid(address)


def _replaced(document: Document) -> Iterator[Problem]:
    """Texts with characters that Windows-1252 lacks."""
    for pointer, text, _ in lengths_of(document):
        clean = texts.clean(text)
        lost = sorted({character for character in clean if names.in_windows_1252(character) != character})
        if lost:
            detail = f"These characters are replaced: {' '.join(lost)[:60]}"
            yield Problem("procountor.characters_replaced", detail, pointer, Severity.WARNING)
