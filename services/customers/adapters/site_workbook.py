"""Read sites out of a firm's own workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, Final

from services.customers.adapters import workbook_words as words
from services.customers.adapters.contact_workbook import record_id
from services.customers.adapters.extra_columns import extra_columns, take_extra
from services.customers.adapters.workbook import BY_CONTENT, NAMELESS, split_city, split_postal_line, split_street
from services.customers.domain.extra_fields import ExtraField
from services.customers.domain.site import COORDINATE_PLACES, COORDINATES, DEVICE_PARTS, LONGEST_DEVICE_TEXT
from services.customers.domain.site_tree import SiteType
from shared import finland
from shared.excel import Cell, CellProblem, Column, TableReading, read_table
from shared.excel import words as split
from shared.excel.headers import Choices
from shared.excel.parsers import Parser, choice, day, decimal_of, form, long_text, problem_of, text

TYPES: Final = {
    SiteType.AREA.value: split("Alue | area | område"),
    SiteType.PROPERTY.value: split("Kiinteistö | tontti | taloyhtiö | property | fastighet | tomt"),
    SiteType.BUILDING.value: split("Rakennus | talo | kerrostalo | rivitalo | building | house | byggnad | hus"),
    SiteType.SPACE.value: split(
        "Tila | huone | huoneisto | asunto | porras | rappu | kerros | space | room | floor | stairwell | apartment"
        " | utrymme | lokal | rum | trappa | lägenhet | våning"
    ),
    SiteType.DEVICE.value: split(
        "Laite | kone | hissi | ilmanvaihtokone | lämpöpumppu | lämmönsiirrin | device | equipment | lift | elevator"
        " | anordning | apparat | hiss | värmepump"
    ),
}
"""Type of site → words for it."""

LABELS: Final = {
    "code": split(
        """
        Kohdetunnus | Kohteen tunnus | Kohdekoodi | Kohdenumero | Kohdenro | Kohde nro | Site code | Site number |
        Objektkod | Objektnummer | Tunnus | Code | Kohteen koodi | Kohteen numero | Koodi | Site no | Objektnr | Kod
        """
    ),
    "id": split("Kohteen ID | Site ID | Objektets ID"),
    "name": split(
        """
        Kohteen nimi | Kohde | Nimi | Taloyhtiö | Taloyhtiön nimi | Kiinteistö | Kiinteistön nimi | Rakennuksen nimi |
        Site name | Site | Name | Property | Property name | Objektets namn | Objekt | Namn | Fastighet
        """
    ),
    "type": split("Kohdetyyppi | Kohteen tyyppi | Tyyppi | Laji | Site type | Type | Objekttyp | Typ"),
    "parent": split("Yläkohde | Yläkohteen tunnus | Kuuluu kohteeseen | Parent site | Parent | Överordnat objekt"),
    "customer_number": words.LABELS["number"],
    "business_id": words.LABELS["business_id"],
    "street": split("Kohteen osoite | Käyntiosoite | Site address | Visiting address | Besöksadress")
    + words.LABELS["street"],
    "postal_code": words.LABELS["postal_code"],
    "postal_line": words.LABELS["postal_line"],
    "city": words.LABELS["city"],
    "country": words.LABELS["country"],
    "cost_centre": words.LABELS["default_cost_centre"],
    "price_group": words.LABELS["price_group"],
    "tag": split("Tunniste (QR, NFC) | Tagg (QR, NFC) | Tag (QR, NFC) | QR | NFC | QR-koodi | NFC-tagi | Tagi | Tag"),
    "latitude": split("Leveysaste | Leveysasteet | Latitude | Lat | Latitud"),
    "longitude": split("Pituusaste | Pituusasteet | Longitude | Lon | Lng | Longitud"),
    "access_instructions": split(
        "Kulkuohje | Kulkuohjeet | Ohjeet | Ohje | Access instructions | Instructions | Anvisningar"
    ),
    "manufacturer": split("Laitteen valmistaja | Valmistaja | Merkki | Manufacturer | Make | Tillverkare"),
    "model": split("Laitteen malli | Malli | Model | Modell"),
    "serial_number": split("Sarjanumero | Sarjanro | Serial number | Serial no | Serienummer"),
    "installed_on": split("Asennettu | Asennuspäivä | Installed on | Installed | Installerad"),
    "warranty_until": split("Takuu päättyy | Takuu asti | Warranty until | Warranty | Garanti till"),
    "notes": words.LABELS["billing_notes"],
}
"""Field → names of its column, the most specific first."""


def _degrees(name: str) -> Parser:
    most = COORDINATES[name]

    def parse(cell: Cell) -> Decimal:
        degrees = decimal_of(cell, code=f"{name}.form", expected="60,169860")
        if abs(degrees) > most:
            raise CellProblem(f"{name}.range", f"{cell.shown!r} is not a place on the globe", f"-{most} to {most}")
        return round(degrees, COORDINATE_PLACES)

    return parse


def _day(cell: Cell) -> str:
    return day(cell).isoformat()


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
    "postal_line": text(120),
    "city": text(100),
    "country": text(2),
    "cost_centre": text(60),
    "price_group": text(60),
    "tag": text(100),
    "latitude": _degrees("latitude"),
    "longitude": _degrees("longitude"),
    "access_instructions": long_text(),
    "manufacturer": text(LONGEST_DEVICE_TEXT),
    "model": text(LONGEST_DEVICE_TEXT),
    "serial_number": text(LONGEST_DEVICE_TEXT),
    "installed_on": _day,
    "warranty_until": _day,
    "notes": long_text(),
}
_NEVER: Final = {"name": ("asiakas", "customer", "kund", "yla", "parent"), "street": ("lasku", "invoice", "faktur")}

COLUMNS: Final = tuple(
    Column(
        field,
        LABELS[field],
        parse,
        required=field == "name",
        unique=field in ("code", "id", "tag"),
        fill_merged=field in ("parent", "customer_number", "business_id", "type"),
        never=_NEVER.get(field, ()),
        by_content=BY_CONTENT["business_id"] if field == "business_id" else None,
        by_content_if_nameless=NAMELESS.get(field),
    )
    for field, parse in _PARSERS.items()
)
"""Every column that is understood. Only the name is mandatory."""


def read_sites(stream: BinaryIO, chosen: Choices | None = None, *, own: Sequence[ExtraField] = ()) -> TableReading:
    """Read the sheet with sites; the same code or tag twice is wrong on the later row.

    own  the tenant's own fields, by whose names columns are found too

    Values: `code`, `id`, `name`, `type`, `parent` (code or id of a site in the register or in the file),
    `customer_number`, `business_id` (of the customer), `address` (or None), `cost_centre`, `notes`,
    `price_group`, `tag`, `latitude` and `longitude` (Decimal), `access_instructions`, `device` (its filled parts, or
    None), `extra` (only if a cell of an own field is filled), as far as the sheet has columns for them; empty cells are
    None. Raises NotAWorkbook, WorkbookTooLarge, NoTable.
    """
    return read_table(stream, (*COLUMNS, *extra_columns(own)), check_row=_complete_row, chosen=chosen)


def _complete_row(values: dict[str, Any]) -> Iterator[tuple[str, CellProblem]]:
    take_extra(values)
    if any(part in values for part in DEVICE_PARTS):
        values["device"] = {part: found for part in DEVICE_PARTS if (found := values.pop(part, None))} or None
    names = ("street", "postal_code", "postal_line", "city", "country")
    if not any(name in values for name in names):
        return
    parts = {name: values.pop(name, None) or "" for name in names}
    yield from split_postal_line(parts)
    split_street(parts)
    split_city(parts)
    country = parts["country"].upper() or "FI"
    if parts["postal_code"]:
        try:
            parts["postal_code"] = finland.read_postal_code(parts["postal_code"], "FI" if country == "AX" else country)
        except finland.InvalidPostalCode as wrong:
            yield "postal_code", problem_of(wrong)
    has_address = any(parts[name] for name in ("street", "postal_code", "city"))
    values["address"] = {**parts, "country": country} if has_address else None
