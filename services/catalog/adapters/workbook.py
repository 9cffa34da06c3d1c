"""Read products out of a firm's own price list.

`read_products` returns rows whose values have the names and forms of `product.changed.v1`, as far as the sheet has
columns for them; what it has no column for is not in `values`, so an import changes only what the file speaks about.
An empty cell is None, except that an empty unit is `kpl` and an empty VAT leaves its two keys out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, Final

from stdnum import ean

from services.catalog.adapters import workbook_words as words
from services.catalog.domain.categories import LONGEST_PATH
from shared.excel import (
    DEFAULT_LIMITS,
    Cell,
    CellProblem,
    Column,
    Kind,
    Noted,
    TableReading,
    WorkbookLimits,
    read_table,
)
from shared.excel.cells import plain
from shared.excel.headers import Choices
from shared.excel.parsers import Parser, as_text, choice, decimal_of, fold, percent_of, text, yes_no
from shared.excel.recognition import mostly, reads
from shared.money import round_unit_price
from shared.units import UnknownUnit, read_unit, suggest
from shared.vat import RATES, UnknownVatRate, class_for_rate, is_current

_KIND_BY_WORD: Final = {fold(word): kind for kind, known in words.KINDS.items() for word in (kind, *known)}
_KIND_BY_UNIT: Final = {"h": "labour", "min": "labour", "km": "travel"}
_HIGHEST_PRICE: Final = Decimal(10) ** 10


_PRICE_PER_UNIT = re.compile(
    r"(?:[aáà]\s)?\s*(?P<price>[0-9][0-9\s.,]*)\s*(?:€|e|eur|euroa?)?\s*(?:/|per)\s*(?P<unit>[^\W\d_]+[²³23]?\.?)",
    re.IGNORECASE,
)
_PER_PIECE = re.compile(r"[aáà]\s+(?=[0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PricePer:
    """A price whose cell says of which unit it is."""

    price: object
    unit: str


def price(cell: Cell) -> object:
    """Price of one unit without VAT, at least 2 decimals, at most 4."""
    found = price_per(cell)
    return found.price if isinstance(found, PricePer) else found


def price_per(cell: Cell) -> object:
    """The same, with the unit if the cell names it: `á 12,50 €/kpl`."""
    if cell.kind is Kind.TEXT and (found := _PRICE_PER_UNIT.fullmatch(cell.shown)):
        try:
            unit = read_unit(found["unit"]).code
        except UnknownUnit:
            return _price(cell)
        read = _price(Cell(Kind.TEXT, found["price"].strip()))
        if isinstance(read, Noted):
            return Noted(PricePer(read.value, unit), read.code, read.reason)
        return PricePer(read, unit)
    if cell.kind is Kind.TEXT:
        return _price(Cell(Kind.TEXT, _PER_PIECE.sub("", cell.shown, count=1)))
    return _price(cell)


def _price(cell: Cell) -> object:
    price = decimal_of(cell, code="price.not_a_number", expected="1234,50")
    if price < 0 or price >= _HIGHEST_PRICE:
        raise CellProblem("price.out_of_range", f"{cell.shown} is not a price", "0 or more, without VAT")
    rounded = round_unit_price(price)
    shown = rounded.quantize(Decimal("0.01")) if rounded == rounded.quantize(Decimal("0.01")) else rounded
    if rounded != price:
        return Noted(shown, "price.rounded", f"{cell.shown} was rounded to four decimals")
    return shown


def _unit(cell: Cell) -> str:
    written = as_text(cell)
    try:
        return read_unit(written).code
    except UnknownUnit:
        raise CellProblem(
            "unit.unknown", f"{cell.shown!r} is not a unit", "kpl, h, m, km …", suggest(written)
        ) from None


def _vat_parser(day: date | None) -> Parser:
    known = ", ".join(f"{plain(rate.rate_percent)} %" for rate in RATES if rate.last is None)

    def parse(cell: Cell) -> object:
        rate = percent_of(cell)
        if 0 < rate < 1:  # 0.255 typed into a cell without a percent format: no rate lies between 0 and 1
            rate = Decimal(plain(rate * 100))
        try:
            vat_class = class_for_rate(rate)
        except UnknownVatRate:
            raise CellProblem("vat.unknown_rate", f"{cell.shown} is not a VAT rate", known.replace(".", ",")) from None
        if day is not None and not is_current(rate, day):
            return Noted((vat_class.value, rate), "vat.outdated_rate", f"{plain(rate)} % is no longer in force")
        return vat_class.value, rate

    return parse


def fit_codes(cells: Sequence[Cell]) -> Parser:
    """Make the parser of product codes after seeing them all.

    Codes of digits that stand as text show how long codes are; one that stands as a number and is shorter has lost its
    leading zeros. They are put back when the width is certain, else the person is asked to look.
    """
    written = [str(cell.value) for cell in cells if cell.kind is Kind.TEXT and str(cell.value).isdigit()]
    stored = [code for cell in cells if cell.kind is Kind.NUMBER and (code := _digits(cell))]
    width, is_certain = _code_width(written, stored)

    def parse(cell: Cell) -> object:
        code = str(text(60)(cell))
        if cell.kind is not Kind.NUMBER or not code.isdigit() or len(code) >= width:
            return code
        if is_certain:
            return Noted(
                code.zfill(width), "code.leading_zeros", "The code was stored as a number; its zeros were put back"
            )
        return Noted(code, "code.leading_zeros", "The code is stored as a number; leading zeros may be gone")

    return parse


def _code_width(written: Sequence[str], stored: Sequence[str]) -> tuple[int, bool]:
    """Return the usual number of digits of a code (0 = none is usual), and whether that is certain."""
    widths = {len(code) for code in written}
    if len(widths) == 1:
        width = widths.pop()
        seen_among_numbers = any(len(code) == width for code in stored)
        has_leading_zero = any(code.startswith("0") for code in written)
        if all(len(code) <= width for code in stored) and (seen_among_numbers or has_leading_zero):
            return width, True
    lengths = Counter(map(len, (*written, *stored)))
    usual, count = lengths.most_common(1)[0] if lengths else (0, 0)
    return (usual, False) if count * 2 > lengths.total() else (0, False)


def _digits(cell: Cell) -> str | None:
    code = plain(cell.value) if isinstance(cell.value, Decimal) else ""
    return code.zfill(cell.format.min_digits) if code.isdigit() else None


_WITH_VAT: Final = ("sis", "verollinen", "inkl", "incl", "brutto", "gross")
_COST: Final = ("osto", "hankinta", "kustannus", "omakustanne", "cost", "purchase", "inkop", "sjalvkostnad")
_NEVER: Final = {
    "code": ("ean", "ryhma", "group", "grupp", "tili"),
    "name": ("ryhma", "group", "grupp", "koodi", "kategoria", "category"),
    "list_price": (*_WITH_VAT, *_COST),
    "cost_price": _WITH_VAT,
    "vat_class": ("hinta", "price", "pris", "numero", "number", "nummer"),
}
_REQUIRED: Final = frozenset({"code", "name", "category_name"})


def _is_barcode(cell: Cell) -> bool:
    """Say whether a cell holds a GTIN of 8, 13 or 14 digits with the right check digit."""
    digits = _digits(cell) if cell.kind is Kind.NUMBER else str(cell.value)
    return digits is not None and len(digits) in (8, 13, 14) and ean.is_valid(digits)


def _is_rate(cell: Cell) -> bool:
    """Say whether a cell holds a percentage that is, or was, a VAT rate and no round number."""
    return (cell.format.is_percent or "%" in cell.shown or cell.shown in ("25,5", "13,5")) and _reads_rate(cell)


_reads_rate = reads(_vat_parser(None), kinds=(Kind.TEXT, Kind.NUMBER))
_FILL_MERGED: Final = frozenset({"category_name", "unit", "vat_class", "revenue_account", "kind"})


def _columns(day: date | None) -> tuple[Column, ...]:
    """Every column that is understood; code, name and category are mandatory (domain.md §2.4)."""
    parsers: dict[str, Parser] = {
        "code": text(60),
        "name": text(200),
        "category_name": text(LONGEST_PATH),
        "unit": _unit,
        "list_price": price_per,
        "cost_price": price_per,
        "vat_class": _vat_parser(day),
        "revenue_account": text(20),
        "barcode": text(60),
        "kind": choice(words.KINDS, "kind.unknown"),
        "construction_service": yes_no,
        "field_recordable": yes_no,
        "price_editable": yes_no,
        "invoice_text_fi": text(500),
        "invoice_text_sv": text(500),
        "invoice_text_en": text(500),
    }
    by_content = {"unit": mostly(reads(_unit)), "barcode": mostly(_is_barcode)}
    return tuple(
        Column(
            field,
            words.LABELS[field],
            parse,
            required=field in _REQUIRED,
            unique=field == "code",
            fill_merged=field in _FILL_MERGED,
            never=_NEVER.get(field, ()),
            fit=fit_codes if field == "code" else None,
            by_heading=field == "category_name",
            by_content=by_content.get(field),
            by_content_if_nameless=mostly(_is_rate) if field == "vat_class" else None,
        )
        for field, parse in parsers.items()
    )


FIELDS: Final = frozenset(words.LABELS)
"""Every field that a column may be."""


def read_products(
    stream: BinaryIO,
    chosen: Choices | None = None,
    limits: WorkbookLimits = DEFAULT_LIMITS,
    *,
    day: date | None = None,
) -> TableReading:
    """Read the sheet with products; the same code twice (case does not matter) is wrong on the later row.

    stream  an .xlsx, .ods or .csv file; read to the end, not closed.
    chosen  what a person said about its columns (`shared.excel.headers.Choices`)
    day     VAT rates that are not in force on it give a warning; None asks for none.
    Values: `code`, `name`, `category_name`, `unit` (short code), `list_price` and `cost_price` (Decimal, 2 to 4
    decimals, or None), `vat_class` with `vat_rate_percent` (Decimal, as in the file), `revenue_account`, `barcode`,
    `kind`, `construction_service`, `field_recordable`, `price_editable`,
    `invoice_text_fi`, `_sv`, `_en`. Without a column for it (see
    `reading.columns`) the kind is what category and unit suggest.
    Raises NotAWorkbook, WorkbookTooLarge, NoTable.
    """
    return read_table(stream, _columns(day), limits, check_row=_complete_row, chosen=chosen)


def _complete_row(values: dict[str, Any]) -> Iterator[tuple[str, CellProblem]]:
    yield from _take_units_of_prices(values)
    if "unit" in values and values["unit"] is None:
        values["unit"] = "kpl"
    if "vat_class" in values:
        vat = values.pop("vat_class")
        if vat is not None:
            values["vat_class"], values["vat_rate_percent"] = vat
    for flag in ("construction_service", "field_recordable", "price_editable"):
        if flag in values and values[flag] is None:
            del values[flag]
    if values.get("kind") is None:
        values["kind"] = kind_of(values.get("category_name") or "", values.get("unit"))


def _take_units_of_prices(values: dict[str, Any]) -> Iterator[tuple[str, CellProblem]]:
    """A unit that stands beside a price is the row's, unless the row says another: then one of them is wrong."""
    for field in ("list_price", "cost_price"):
        found = values.get(field)
        if isinstance(found, PricePer):
            values[field] = found.price
            if values.get("unit") is None:
                values["unit"] = found.unit
            elif values["unit"] != found.unit:
                said = f"The price is per {found.unit}, the row says {values['unit']}"
                yield field, CellProblem("price.other_unit", said, f"price per {values['unit']}")


def kind_of(category_name: str, unit: str | None) -> str:
    """Return the kind of product that its category's name, else its unit, suggests; `material` when neither does."""
    by_word = _KIND_BY_WORD.get(fold(category_name))
    return by_word or _KIND_BY_UNIT.get(unit or "", "material")
