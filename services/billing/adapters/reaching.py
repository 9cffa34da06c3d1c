"""What a payer's record must hold for invoices to reach it: one list for every target, so that all tell the same."""

from collections.abc import Iterator
from typing import NamedTuple

from services.billing.domain.document import Party


class Lacking(NamedTuple):
    """A missing field. code: without the target; pointer: into the document."""

    code: str
    detail: str
    pointer: str


def lacking(payer: Party, channel: str) -> Iterator[Lacking]:
    """Name every field without which invoices cannot go by `channel` (einvoice, email, letter; others need nothing)."""
    if channel == "einvoice":
        if not (payer.einvoice_address or "").strip():
            detail = "An e-invoice needs the payer's e-invoice address."
            yield Lacking("einvoice_address_missing", detail, "/payer/einvoice_address")
        if not (payer.einvoice_operator or "").strip():
            detail = "An e-invoice needs the operator of the payer's e-invoice address."
            yield Lacking("einvoice_operator_missing", detail, "/payer/einvoice_operator")
    if channel == "email" and not (payer.email or "").strip():
        yield Lacking("email_missing", "An invoice by e-mail needs the payer's e-mail address.", "/payer/email")
    if channel == "letter":
        yield from lacking_address(payer)


def lacking_address(payer: Party) -> Iterator[Lacking]:
    """Name the missing parts of the postal address."""
    for part in ("street", "postal_code", "city"):
        if not getattr(payer.address, part).strip():
            detail = "The payer's street, postal code and city are needed."
            yield Lacking("address_incomplete", detail, f"/payer/address/{part}")
