"""From a document to rows of cells, by a layout of columns. Pure: values in, values out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from services.billing.adapters import texts
from services.billing.adapters.excel.fields import FIELDS, Value
from services.billing.domain.document import Document, DocumentLine

TOTALS = {"fi": "Yhteensä", "sv": "Totalt", "en": "Total"}

_USUAL: Sequence[tuple[str, str, str, str]] = (
    ("document.key", "Tunniste", "Nyckel", "Key"),
    ("document.date", "Päivä", "Datum", "Date"),
    ("document.due_date", "Eräpäivä", "Förfallodag", "Due date"),
    ("payer.number", "Asiakasnumero", "Kundnummer", "Customer number"),
    ("payer.name", "Asiakas", "Kund", "Customer"),
    ("payer.business_id", "Y-tunnus", "FO-nummer", "Business ID"),
    ("payer.street", "Katuosoite", "Gatuadress", "Street"),
    ("payer.postal_code", "Postinumero", "Postnummer", "Postal code"),
    ("payer.city", "Postitoimipaikka", "Postanstalt", "City"),
    ("payer.channel", "Laskutustapa", "Faktureringssätt", "Invoice by"),
    ("payer.einvoice_address", "Verkkolaskuosoite", "Nätfakturaadress", "E-invoice address"),
    ("payer.einvoice_operator", "Välittäjä", "Operatör", "E-invoice operator"),
    ("payer.email", "Sähköposti", "E-post", "E-mail"),
    ("reference.order_number", "Tilausnumero", "Beställningsnummer", "Order number"),
    ("reference.cost_centre", "Kustannuspaikka", "Kostnadsställe", "Cost centre"),
    ("reference.work_number", "Työnumero", "Arbetsnummer", "Job number"),
    ("reference.contract", "Sopimus", "Avtal", "Contract"),
    ("reference.orderer", "Tilaaja", "Beställare", "Orderer"),
    ("document.workorders", "Työmääräimet", "Arbetsorder", "Work orders"),
    ("document.performed_on", "Työ tehty", "Arbetet utfört", "Work done"),
    ("line.position", "Rivi", "Rad", "Line"),
    ("line.product_code", "Tuote", "Produkt", "Product"),
    ("line.text", "Kuvaus", "Beskrivning", "Description"),
    ("line.quantity", "Määrä", "Antal", "Quantity"),
    ("line.unit", "Yksikkö", "Enhet", "Unit"),
    ("line.unit_price", "Yksikköhinta", "À-pris", "Unit price"),
    ("line.discount_percent", "Alennus %", "Rabatt %", "Discount %"),
    ("line.vat_category", "Alv-luokka", "Momsklass", "VAT category"),
    ("line.vat_rate_percent", "Alv %", "Moms %", "VAT %"),
    ("line.net", "Veroton", "Utan moms", "Without VAT"),
    ("line.vat", "Alv", "Moms", "VAT"),
    ("line.gross", "Verollinen", "Med moms", "With VAT"),
    ("document.reverse_charge", "Käännetty vero", "Omvänd skatt", "Reverse charge"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    field   name in FIELDS; None for a column of a fixed `text` ("" leaves it to be filled in by hand)
    format  one of the field's kind's formats
    """

    header: str
    field: str | None
    format: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file shows.

    by_line   a row for each line; otherwise one for each document
    totals    a row of totals after a document's lines
    language  of the totals row's label: fi, sv or en
    """

    columns: tuple[Column, ...]
    by_line: bool = True
    totals: bool = False
    language: str = "fi"

    @property
    def header(self) -> list[str]:
        """The column names in order."""
        return [column.header for column in self.columns]


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and how it is shown: format is "text" or one of Excel's codes."""

    value: Value
    format: str = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in the order of the columns."""

    cells: tuple[Cell, ...]
    is_total: bool = False


def usual_columns(language: str, *, by_line: bool) -> list[dict[str, str]]:
    """The columns for invoicing by hand, as settings, with headers in fi, sv or en."""
    chosen = {"fi": 1, "sv": 2, "en": 3}[language]
    columns = [{"field": row[0], "header": row[chosen]} for row in _USUAL if by_line or not FIELDS[row[0]].of_line]
    if not by_line:
        words = {"fi": ("Veroton", "Alv", "Verollinen"), "sv": ("Utan moms", "Moms", "Med moms")}
        titles = words.get(language, ("Without VAT", "VAT", "With VAT"))
        names = ("document.net", "document.vat", "document.gross")
        columns += [{"field": name, "header": title} for name, title in zip(names, titles, strict=True)]
    return columns


def column(setting: Mapping[str, str]) -> Column:
    """A column from its setting {header, field | text, format?}, as the schema let it through."""
    name = setting.get("field") or None
    usual = FIELDS[name].usual or "text" if name else "text"
    return Column(setting["header"], name, setting.get("format") or usual, setting.get("text", ""))


def rows(document: Document, layout: Layout) -> list[Row]:
    """The document's rows: of its lines in their order (or one for all), then its totals if wanted."""
    if not layout.by_line:
        return [_row(document, None, layout)]
    made = [_row(document, line, layout) for line in document.lines]
    return [*made, _totals(document, layout)] if layout.totals else made


def _row(document: Document, line: DocumentLine | None, layout: Layout) -> Row:
    return Row(tuple(_cell(_read(each, document, line), each.format) for each in layout.columns))


def _read(column: Column, document: Document, line: DocumentLine | None) -> Value:
    return column.text if column.field is None else FIELDS[column.field].read(document, line)


def _totals(document: Document, layout: Layout) -> Row:
    """Labelled in the column of the line's text or else the first one of a line that is no amount."""
    fields = [None if each.field is None else FIELDS[each.field] for each in layout.columns]
    of_lines = [i for i, field in enumerate(fields) if field is not None and field.of_line and field.total is None]
    named = [i for i, each in enumerate(layout.columns) if each.field == "line.text"]
    place = next(iter(named or of_lines), None)
    cells = []
    for index, (each, field) in enumerate(zip(layout.columns, fields, strict=True)):
        if index == place:
            cells.append(Cell(TOTALS[layout.language]))
        elif field is not None and field.total is not None:
            cells.append(_cell(field.total(document), each.format))
        elif each.field == "document.key":
            cells.append(Cell(document.key))
        else:
            cells.append(Cell(None))
    return Row(tuple(cells), is_total=True)


def _cell(value: Value, wanted: str) -> Cell:
    if wanted == "text" and isinstance(value, Decimal):
        return Cell(f"{value:f}".replace(".", ","))
    if wanted == "text" and isinstance(value, date):
        return Cell(value.isoformat())
    if isinstance(value, str):
        return Cell(texts.clean(value) or None)
    return Cell(value, wanted)


def to_json(row: Row) -> dict[str, Any]:
    """A row as plain values; `from_json` takes it back."""
    return {"total": row.is_total, "cells": [_cell_to_json(cell) for cell in row.cells]}


def from_json(value: Mapping[str, Any]) -> Row:
    """A row that `to_json` made."""
    return Row(tuple(_cell_from_json(cell) for cell in value["cells"]), value["total"])


def _cell_to_json(cell: Cell) -> Any:
    match cell.value:
        case Decimal():
            return {"number": f"{cell.value:f}", "format": cell.format}
        case date():
            return {"date": cell.value.isoformat(), "format": cell.format}
        case _:
            return cell.value


def _cell_from_json(value: Any) -> Cell:
    if isinstance(value, dict):
        if "number" in value:
            return Cell(Decimal(value["number"]), value["format"])
        return Cell(date.fromisoformat(value["date"]), value["format"])
    return Cell(value)


def payload(name: str, document: Document, layout: Layout) -> bytes:
    """What will be written into the file `name`: the same bytes for the same document and layout."""
    content = {
        "version": 1,
        "key": document.key,
        "file": name,
        "header": layout.header,
        "rows": [to_json(row) for row in rows(document, layout)],
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
