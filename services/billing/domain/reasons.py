"""Reasons that people understand: what a code means in Finnish, Swedish and English, and where it is corrected.

The tables are `reason_texts.REASONS` (what became of documents) and `refusal_texts.REFUSALS` (what billing answers to a
wish that it does not carry out). A code that is in neither (an adapter of somebody else) is told in the words of the
target.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.billing.domain.reason_texts import REASONS
from services.billing.domain.refusal_texts import REFUSALS

LANGUAGES = ("fi", "sv", "en")


class Owner(StrEnum):
    """Where the cause is corrected."""

    CUSTOMERS = "customers"
    CATALOG = "catalog"
    WORKORDERS = "workorders"
    BILLING = "billing"
    CONNECTION = "connection"
    TARGET = "target"
    """In the accounting system itself."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason for a person.

    text   what is wrong and what to do, in the wanted language; None for a code that the table does not have.
    owner  who has the data to correct, None if it is not known.
    field  JSON pointer into the owner's record (a customer, a product, the settings of a connection), None if no single
           field is wrong.
    line   position from 1 of the line that it is about, None if it is about the whole document.
    """

    code: str
    text: str | None
    owner: Owner | None
    field: str | None
    line: int | None


def explain(code: str, language: str, pointer: str | None = None) -> Explanation:
    """Explain a code. pointer: into our document, as the outcome told it; it names the field where the code does not.

    language  fi, sv or en; anything else is fi.
    """
    owner, field, line = locate(pointer)
    known = REASONS.get(code) or REFUSALS.get(code)
    if known is None:
        return Explanation(code, None, owner, field, line)
    own_owner, own_field, *texts = known
    if own_owner is not None:
        field = own_field if own_field or owner != own_owner else field
        owner = Owner(own_owner)
    return Explanation(code, texts[_index(language)], owner, field, line)


def locate(pointer: str | None) -> tuple[Owner | None, str | None, int | None]:
    """Return who owns what `pointer` (into our document) shows, the pointer into their record, and the line."""
    if pointer is None:
        return None, None, None
    line = re.match(r"^/lines/(\d+)(?:/|$)", pointer)
    if line is not None:
        place = _OF_LINES.get(pointer[line.end() :])
        owner, field = place or (Owner.BILLING, pointer)
        return owner, field, int(line.group(1)) + 1
    for beginning, (owner, record) in _OF_DOCUMENT.items():
        if pointer == beginning or pointer.startswith(f"{beginning}/"):
            return owner, f"{record}{pointer[len(beginning) :]}" or None, None
    return Owner.BILLING, pointer, None


_OF_DOCUMENT: Mapping[str, tuple[Owner, str]] = {
    "/payer/address": (Owner.CUSTOMERS, "/billing_address"),
    "/payer": (Owner.CUSTOMERS, ""),
    "/references": (Owner.WORKORDERS, "/references"),
    "/performed_on": (Owner.WORKORDERS, "/rows"),
}
"""Beginnings of pointers, the longer ones first."""

_OF_LINES: Mapping[str, tuple[Owner, str]] = {
    "product_code": (Owner.CATALOG, "/code"),
    "unit": (Owner.CATALOG, "/unit"),
    "vat_rate_percent": (Owner.CATALOG, "/vat_class"),
    "vat_category": (Owner.CATALOG, "/vat_class"),
    "text": (Owner.CATALOG, "/invoice_text"),
}


def _index(language: str) -> int:
    return LANGUAGES.index(language) if language in LANGUAGES else 0
