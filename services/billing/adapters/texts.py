"""Texts that every target prints alike.

References, the statement of reverse charge, and cutting at limits.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from services.billing.domain.document import Document, DocumentLine
from services.billing.domain.preflight import Problem, Severity

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
        "reverse_charge": "Käännetty verovelvollisuus, AVL 8 c §. Ostajan alv-numero {number}",
    },
    "sv": {
        "order_number": "Beställningsnummer",
        "cost_centre": "Kostnadsställe",
        "work_number": "Arbetsnummer",
        "contract": "Avtal",
        "orderer": "Beställare",
        "workorders": "Arbetsorder",
        "reverse_charge": "Omvänd skattskyldighet, ML 8 c §. Köparens momsnummer {number}",
    },
    "en": {
        "order_number": "Order number",
        "cost_centre": "Cost centre",
        "work_number": "Job number",
        "contract": "Contract",
        "orderer": "Orderer",
        "workorders": "Work orders",
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


def is_reverse_charge(line: DocumentLine) -> bool:
    """Whether the buyer owes the VAT of the line."""
    return line.vat_category == REVERSE_CHARGE


def buyer_vat_id(document: Document) -> str | None:
    """The buyer's VAT number or, at home, business id; None if neither is known."""
    return clean(document.payer.vat_number or document.payer.business_id or "") or None


def reverse_charge_statement(document: Document) -> str:
    """The sentence that the law demands on a reverse-charge invoice (AVL 8 c §, 209 e §).

    "" if no line is one.
    """
    if not any(is_reverse_charge(line) for line in document.lines):
        return ""
    return labels(document.payer.language)["reverse_charge"].format(number=buyer_vat_id(document) or "")
