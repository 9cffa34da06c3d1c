"""Texts that every target prints alike.

References, the statements of reverse charge and of the household deduction, and cutting at limits.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import Decimal

from services.billing.domain.document import LABOUR, PRIVATE, Document, DocumentLine
from services.billing.domain.preflight import Problem, Severity
from shared.finland import InvalidForm, vat_number_of

REVERSE_CHARGE = "AE"

_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

_LABELS = {
    "fi": {
        "order_number": "Tilausnumero",
        "cost_centre": "Kustannuspaikka",
        "work_number": "Työnumero",
        "contract": "Sopimus",
        "orderer": "Tilaaja",
        "workorders": "Työmääräimet",
        "period": "Työn ajankohta {first}–{last}",
        "labour": "Työn osuus kotitalousvähennystä varten {amount} € (sis. alv {rate} %)",
        "reverse_charge": "Käännetty verovelvollisuus, AVL 8 c §. Ostajan alv-numero {number}",
    },
    "sv": {
        "order_number": "Beställningsnummer",
        "cost_centre": "Kostnadsställe",
        "work_number": "Arbetsnummer",
        "contract": "Avtal",
        "orderer": "Beställare",
        "workorders": "Arbetsorder",
        "period": "Arbetets tidpunkt {first}–{last}",
        "labour": "Arbetets andel för hushållsavdraget {amount} € (inkl. moms {rate} %)",
        "reverse_charge": "Omvänd skattskyldighet, ML 8 c §. Köparens momsnummer {number}",
    },
    "en": {
        "order_number": "Order number",
        "cost_centre": "Cost centre",
        "work_number": "Job number",
        "contract": "Contract",
        "orderer": "Orderer",
        "workorders": "Work orders",
        "period": "Period of the work {first}–{last}",
        "labour": "Labour for the household deduction {amount} € (incl. VAT {rate} %)",
        "reverse_charge": "Reverse charge, Finnish VAT Act section 8 c. Buyer's VAT number {number}",
    },
}

_REFERENCES = ("order_number", "cost_centre", "work_number", "contract", "orderer")


def clean(text: str) -> str:
    """The text in composed form (NFC), without control characters, outer blanks and carriage returns.

    `\\n` and `\\t` stay; so do å, dashes, typographic quotes and no-break spaces.
    """
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _NOT_TEXT.sub("", composed).strip()


def cut(text: str, limit: int) -> str:
    """The cleaned text in at most `limit` characters; what was cut off is shown by "…"."""
    text = clean(text)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def too_long(code: str, lengths: Iterable[tuple[str, str, int]]) -> Iterator[Problem]:
    """Warn of every text that `cut` would shorten. lengths: (pointer into the document, text, limit)."""
    for pointer, text, limit in lengths:
        if (length := len(clean(text))) > limit:
            detail = f"{length} characters, of which {limit} fit."
            yield Problem(code, detail, pointer, Severity.WARNING)


def labels(language: str) -> dict[str, str]:
    """The labels in fi, sv or en; Finnish for anything else."""
    return _LABELS.get(language, _LABELS["fi"])


def introduction(document: Document) -> str:
    """What stands above the lines.

    The document's own text, the references and the work orders, one a line.
    """
    words = labels(document.payer.language)
    parts = [document.text_before]
    parts += [f"{words[name]}: {document.references[name]}" for name in _REFERENCES if document.references.get(name)]
    if document.workorder_numbers:
        parts.append(f"{words['workorders']}: {', '.join(document.workorder_numbers)}")
    return "\n".join(clean(part) for part in parts if clean(part))


def period(document: Document) -> str:
    """The days of the work in words, "" if they are not known or only one: that one has a field in every target."""
    if document.period is None or document.period.first == document.period.last:
        return ""
    first, last = (f"{day.day}.{day.month}.{day.year}" for day in (document.period.first, document.period.last))
    return labels(document.payer.language)["period"].format(first=first, last=last)


def is_reverse_charge(line: DocumentLine) -> bool:
    """Whether the buyer owes the VAT of the line."""
    return line.vat_category == REVERSE_CHARGE


def buyer_vat_id(document: Document) -> str | None:
    """The buyer's VAT number, else the one that follows from its business ID; None if neither is known.

    A business ID that cannot be read stands as it is.
    """
    payer = document.payer
    try:
        return clean(payer.vat_number or "") or vat_number_of(payer.business_id or "")
    except InvalidForm:
        return clean(payer.business_id or "") or None


def reverse_charge_statement(document: Document) -> str:
    """The sentence that the law demands on a reverse-charge invoice (AVL 8 c §, 209 e §).

    "" if no line is one.
    """
    if not any(is_reverse_charge(line) for line in document.lines):
        return ""
    return labels(document.payer.language)["reverse_charge"].format(number=buyer_vat_id(document) or "")


def labour_shares(document: Document) -> list[tuple[Decimal, Decimal]]:
    """Return (rate, labour with VAT) for each VAT rate with labour, the highest first; [] unless the payer is a
    private person, who alone can ask for the household deduction. The parts sum to `Document.labour_gross`.
    """
    if document.payer.kind != PRIVATE:
        return []
    shares: dict[Decimal, Decimal] = {}
    for line in document.lines:
        if line.product_kind == LABOUR:
            shares[line.vat_rate_percent] = shares.get(line.vat_rate_percent, Decimal(0)) + line.gross
    return sorted(shares.items(), reverse=True)


def labour_statement(document: Document) -> str:
    """The sentence that the household deduction is asked with, one line for each VAT rate; "" if there is none."""
    words = labels(document.payer.language)["labour"]
    return "\n".join(
        words.format(amount=f"{amount:.2f}".replace(".", ","), rate=f"{rate.normalize():f}".replace(".", ","))
        for rate, amount in labour_shares(document)
    )


def statements(document: Document) -> str:
    """What a law wants to be read on the invoice, each on a line of its own: reverse charge, labour; "" if nothing."""
    return "\n".join(filter(None, (reverse_charge_statement(document), labour_statement(document))))
