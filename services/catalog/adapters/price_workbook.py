"""Read prices out of a workbook: list prices, and those of price groups, customers and sites."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO, Final

from services.catalog.adapters import workbook_words as words
from services.catalog.adapters.workbook import fit_codes, price
from shared.excel import Cell, CellProblem, Column, TableReading, read_table
from shared.excel import words as split
from shared.excel.headers import Choices
from shared.excel.parsers import Parser, as_text, day, decimal_of, percent_of, text
from shared.ids import is_id

LABELS: Final = {
    "code": words.LABELS["code"],
    "price": split("Sopimushinta | Asiakashinta | Contract price | Customer price | Avtalspris | Kundpris")
    + words.LABELS["list_price"],
    "discount_percent": split(
        "Alennus % | Alennus | Alennusprosentti | Ale % | Ale | Discount % | Discount | Rabatt % | Rabatt"
    ),
    "price_group": split("Hintaryhmä | Hinnasto | Price group | Price list | Prisgrupp | Prislista"),
    "customer_id": split(
        "Asiakkaan ID | Customer ID | Kundens ID | Asiakasnumero | Asiakasnro | Asiakas | Customer number "
        "| Customer no | Customer | Kundnummer | Kundnr | Kund"
    ),
    "site_id": split(
        "Kohteen ID | Site ID | Objektets ID | Kohdenumero | Kohdenro | Kohde | Kiinteistö | Site code | Site "
        "| Objektnummer | Objekt | Fastighet"
    ),
    "min_quantity": split("Määrästä alkaen | Vähimmäismäärä | From quantity | Minimum quantity | Från antal | Min qty"),
    "valid_from": split(
        "Voimassa alkaen | Alkaen | Alkaa | Alkupvm | Alkupäivä | Valid from | From | Gäller från | Från"
    ),
    "valid_to": split(
        "Voimassa asti | Asti | Päättyy | Loppupäivä | Loppupvm | Valid to | Until | To | Gäller till | Till"
    ),
}
"""Field → names of its column, the most specific first.

A customer or site that stands there by number or name is understood so far that its row is refused: a price that was
meant for one of them must not become everybody's.
"""
_NO_PARTY: Final = ("hinta", "ryhm", "price", "group", "pris", "grupp")
"""Parts of names of columns that hold prices or groups of customers: `Asiakashinta`."""


def _id(cell: Cell) -> str:
    written = as_text(cell).lower()
    if not is_id(written):
        detail = f"{cell.shown!r} is not an id; a price for one customer or site needs it, not its number or name"
        raise CellProblem("id.form", detail, "the id that the API gives")
    return written


def _discount(cell: Cell) -> Decimal:
    percent = percent_of(cell)
    if not 0 <= percent <= 100 or percent != round(percent, 2):
        raise CellProblem("discount.out_of_range", f"{cell.shown} is not a discount", "0–100 %, two decimals")
    return percent


def _quantity(cell: Cell) -> Decimal:
    quantity = decimal_of(cell, code="quantity.not_a_number")
    if not 0 <= quantity < 10**10 or quantity != round(quantity, 3):
        raise CellProblem("quantity.out_of_range", f"{cell.shown} is not a quantity", "0 or more, three decimals")
    return quantity


_PARSERS: Final[dict[str, Parser]] = {
    "code": text(60),
    "price": price,
    "discount_percent": _discount,
    "price_group": text(60),
    "customer_id": _id,
    "site_id": _id,
    "min_quantity": _quantity,
    "valid_from": day,
    "valid_to": day,
}

COLUMNS: Final = tuple(
    Column(
        field,
        LABELS[field],
        parse,
        required=field == "code",
        fill_merged=field in ("price_group", "customer_id", "site_id", "valid_from", "valid_to"),
        never=_NO_PARTY if field in ("customer_id", "site_id") else (),
        fit=fit_codes if field == "code" else None,
    )
    for field, parse in _PARSERS.items()
)
"""Every column that is understood. Only the product code is mandatory."""


def read_prices(stream: BinaryIO, chosen: Choices | None = None) -> TableReading:
    """Read the sheet with prices; a row has a price or a discount.

    Values: `code`, `price` and `discount_percent` (Decimal or None), `price_group`, `customer_id`, `site_id`,
    `min_quantity`, `valid_from`, `valid_to` (date or None). Raises NotAWorkbook, WorkbookTooLarge, NoTable.
    """
    return read_table(stream, COLUMNS, check_row=_check_row, chosen=chosen)


def _check_row(values: dict[str, Any]) -> Iterator[tuple[str, CellProblem]]:
    if "price" in values and values.get("price") is None and values.get("discount_percent") is None:
        yield "price", CellProblem("price.missing", "The row has neither a price nor a discount", "1234,50")
    first, last = values.get("valid_from"), values.get("valid_to")
    if first is not None and last is not None and last < first:
        yield "valid_to", CellProblem("period.backwards", "The last day is before the first one", f"{first} or later")
