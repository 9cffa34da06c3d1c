"""Read sites out of a firm's own workbook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from services.customers.adapters import workbook_words as words
from services.customers.adapters.contact_workbook import record_id
from services.customers.domain.site_tree import SiteType
from shared import finland
from shared.excel import CellProblem, Column, TableReading, read_table
from shared.excel import words as split
from shared.excel.headers import Choices
from shared.excel.parsers import Parser, choice, form, long_text, problem_of, text

TYPES: Final = {
    SiteType.AREA.value: split("Alue | area | område"),
    SiteType.PROPERTY.value: split("Kiinteistö | tontti | property | fastighet"),
    SiteType.BUILDING.value: split("Rakennus | talo | building | byggnad"),
    SiteType.SPACE.value: split("Tila | huone | huoneisto | porras | space | room | utrymme | lokal"),
    SiteType.DEVICE.value: split("Laite | kone | device | equipment | anordning | apparat"),
}
"""Type of site → words for it."""

LABELS: Final = {
    "code": split(
        """
        Kohdetunnus | Kohteen tunnus | Kohdekoodi | Kohdenumero | Kohdenro | Kohde nro | Site code | Site number |
        Objektkod | Objektnummer | Tunnus | Code
        """
    ),
    "id": split("Kohteen ID | Site ID | Objektets ID"),
    "name": split("Kohteen nimi | Kohde | Nimi | Site name | Site | Name | Objektets namn | Objekt | Namn"),
    "type": split("Kohdetyyppi | Kohteen tyyppi | Tyyppi | Laji | Site type | Type | Objekttyp | Typ"),
    "parent": split("Yläkohde | Yläkohteen tunnus | Kuuluu kohteeseen | Parent site | Parent | Överordnat objekt"),
    "customer_number": words.LABELS["number"],
    "business_id": words.LABELS["business_id"],
    "street": split("Kohteen osoite | Käyntiosoite | Site address | Visiting address | Besöksadress")
    + words.LABELS["street"],
    "postal_code": words.LABELS["postal_code"],
    "city": words.LABELS["city"],
    "country": words.LABELS["country"],
    "cost_centre": words.LABELS["default_cost_centre"],
    "notes": split("Ohjeet | Kulkuohje | Kulkuohjeet | Ohje | Access instructions | Instructions | Anvisningar")
    + words.LABELS["billing_notes"],
}
"""Field → names of its column, the most specific first."""

_PARSERS: Final[dict[str, Parser]] = {
    "code": text(60),
    "id": record_id,
    "name": text(200),
    "type": choice(TYPES, "type.unknown"),
    "parent": text(60),
    "customer_number": text(40),
    "business_id": form(finland.read_business_id),
    "street": text(200),
    "postal_code": text(20),
    "city": text(100),
    "country": text(2),
    "cost_centre": text(60),
    "notes": long_text(),
}
_NEVER: Final = {"name": ("asiakas", "customer", "kund", "yla", "parent"), "street": ("lasku", "invoice", "faktur")}

COLUMNS: Final = tuple(
    Column(
        field,
        LABELS[field],
        parse,
        required=field == "name",
        unique=field in ("code", "id"),
        fill_merged=field in ("parent", "customer_number", "business_id", "type"),
        never=_NEVER.get(field, ()),
    )
    for field, parse in _PARSERS.items()
)
"""Every column that is understood. Only the name is mandatory."""


def read_sites(stream: BinaryIO, chosen: Choices | None = None) -> TableReading:
    """Read the sheet with sites; the same code twice is wrong on the later row.

    Values: `code`, `id`, `name`, `type`, `parent` (code or id of a site in the register or in the file),
    `customer_number`, `business_id` (of the customer), `address` (or None), `cost_centre`, `notes`, as far as the sheet
    has columns for them; empty cells are None. Raises NotAWorkbook, WorkbookTooLarge, NoTable.
    """
    return read_table(stream, COLUMNS, check_row=_complete_row, chosen=chosen)


def _complete_row(values: dict[str, Any]) -> Iterator[tuple[str, CellProblem]]:
    names = ("street", "postal_code", "city", "country")
    if not any(name in values for name in names):
        return
    parts = {name: values.pop(name, None) or "" for name in names}
    country = parts["country"].upper() or "FI"
    if parts["postal_code"]:
        try:
            parts["postal_code"] = finland.read_postal_code(parts["postal_code"], "FI" if country == "AX" else country)
        except finland.InvalidPostalCode as wrong:
            yield "postal_code", problem_of(wrong)
    has_address = any(parts[name] for name in ("street", "postal_code", "city"))
    values["address"] = {**parts, "country": country} if has_address else None
