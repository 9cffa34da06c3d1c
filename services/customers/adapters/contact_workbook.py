"""Read contact persons out of a firm's own workbook: one row for each person and role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from services.customers.adapters import workbook_words as words
from services.customers.adapters.workbook import BY_CONTENT, NAMELESS, complete_contact_line, complete_name
from services.customers.domain.contact import Role
from shared import finland
from shared.excel import Cell, CellProblem, Column, TableReading, read_table
from shared.excel import words as split
from shared.excel.headers import Choices
from shared.excel.parsers import Parser, as_text, choice, form, long_text, text, yes_no
from shared.ids import is_id

ROLES: Final = {
    Role.ORDERS.value: split("Tilaaja | tilaa | tilaukset | orderer | orders | beställare | beställer"),
    Role.APPROVES.value: split("Hyväksyjä | hyväksyy | approver | approves | godkännare | attestant"),
    Role.BILLING.value: split("Laskutus | laskut | billing | invoicing | fakturering | faktura"),
    Role.ACCESS.value: split("Avaimet | kulku | avain | kulunvalvonta | keys | access | nycklar"),
    Role.RESIDENT.value: split("Asukas | vuokralainen | resident | tenant | boende | hyresgäst"),
}
"""Role → words for it."""

LABELS: Final = {
    "id": split("Yhteyshenkilön tunniste | Contact ID | Kontaktens ID"),
    "name": split(
        """
        Nimi | Yhteyshenkilö | Yhteyshenkilön nimi | Yhteyshlö | Henkilö | Kontakti | Kontaktihenkilö | Sukunimi etunimi
        | Name | Contact person | Contact | Contact name | Namn | Kontaktperson | Kontakt
        """
    ),
    "first_name": words.LABELS["first_name"],
    "last_name": words.LABELS["last_name"],
    "contact_line": words.LABELS["contact_line"],
    "title": split("Titteli | Nimike | Asema | Tehtävä | Title | Job title | Position | Titel | Befattning"),
    "email": words.LABELS["email"],
    "phone": words.LABELS["phone"],
    "notes": words.LABELS["billing_notes"],
    "customer_number": words.LABELS["number"],
    "business_id": words.LABELS["business_id"],
    "site": split(
        "Kohdetunnus | Kohteen tunnus | Kohdekoodi | Kohdenumero | Site code | Site number | Objektkod | Objektnummer"
    ),
    "role": split("Rooli | Role | Roll | Tehtävärooli"),
    "is_default": split("Oletus | Oletushenkilö | Default | Standard"),
}
"""Field → names of its column, the most specific first."""


def record_id(cell: Cell) -> str:
    """Parser of one of our ids, as an export writes it."""
    written = as_text(cell).lower()
    if not is_id(written):
        raise CellProblem("id.form", f"{cell.shown!r} is not an id of ours", "as in an export, or empty")
    return written


_PARSERS: Final[dict[str, Parser]] = {
    "id": record_id,
    "name": text(200),
    "first_name": text(100),
    "last_name": text(100),
    "contact_line": long_text(),
    "title": text(100),
    "email": form(finland.read_email),
    "phone": form(finland.read_phone),
    "notes": long_text(),
    "customer_number": text(40),
    "business_id": form(finland.read_business_id),
    "site": text(60),
    "role": choice(ROLES, "role.unknown"),
    "is_default": yes_no,
}
_NEVER: Final = {"name": ("asiakas", "customer", "kund", "yritys", "kohde", "site", "objekt")}

COLUMNS: Final = tuple(
    Column(
        field,
        LABELS[field],
        parse,
        required=field == "name",
        never=_NEVER.get(field, ()),
        instead=("last_name",) if field == "name" else (),
        by_content=BY_CONTENT.get(field) if field != "name" else None,
        by_content_if_nameless=NAMELESS.get(field),
    )
    for field, parse in _PARSERS.items()
)
"""Every column that is understood. Only the name is mandatory."""


def read_contacts(stream: BinaryIO, chosen: Choices | None = None) -> TableReading:
    """Read the sheet with contact persons.

    Values: `id`, `name`, `title`, `email`, `phone`, `notes`, `customer_number`, `business_id` (of the customer), `site`
    (code or id), `role`, `is_default`, as far as the sheet has columns for them; empty cells are None.
    Raises NotAWorkbook, WorkbookTooLarge, NoTable.
    """
    return read_table(stream, COLUMNS, check_row=_complete_row, chosen=chosen)


def _complete_row(values: dict[str, Any]) -> Iterator[tuple[str, CellProblem]]:
    yield from complete_name(values)
    yield from complete_contact_line(values)
    values["role"] = values.get("role") or Role.ORDERS.value
    values["is_default"] = bool(values.get("is_default"))
    yield from ()
