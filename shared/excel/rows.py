"""Tell the rows of a table that are data from totals, notes, group headings and headers printed again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from shared.excel.cells import Cell, Kind
from shared.excel.headers import Header
from shared.excel.parsers import fold
from shared.excel.sheet import Sheet


class Skipped(StrEnum):
    """Why a row that is not empty was not read as data."""

    TOTALS = "totals"
    NOTE = "note"
    HEADER_AGAIN = "header_again"
    UNITS = "units"
    """Right below the header: in what each column is counted."""
    EXAMPLE = "example"
    """The row of a template that shows how to fill it in."""


_NOTHING: Final = frozenset(
    {"-", "\u2013", "\u2014", "\u2212", "--", "---", "N/A", "n/a", "NULL", "null", "(null)", "NaN"}
)


def means_nothing(cell: Cell) -> bool:
    """A dash in a cell, or what programs write for no value, says that there is nothing."""
    return cell.kind is Kind.TEXT and cell.value in _NOTHING


_TOTALS: Final = (
    "yhteensä|yht|summa|välisumma|loppusumma|kokonaissumma|kaikki yhteensä|total|totals|totalt|sum|grand total"
    "|subtotal|summa summarum|sammanlagt|delsumma"
)
_COUNTED: Final = (
    r"(?:kpl|asiakasta|asiakkaita|tuotetta|nimikettä|riviä|customers|products|rows|kunder|produkter|rader|st|eur|€)"
)
_TOTALS_CELL: Final = re.compile(rf"(?:{_TOTALS})[.:]?\s*(?:[0-9\s.,]*\s*{_COUNTED}?\.?)?", re.IGNORECASE)
_TOTAL_OF: Final = re.compile(
    r".*\s(?:yhteensä|yht\.?|summa|välisumma|totalt?|sammanlagt|subtotal)[.:]?|(?:totalt?|summa)\s.*", re.IGNORECASE
)
_NOTE_CELL: Final = re.compile(
    r"(?:\*|huom\b|huomio\b|huomaa\b|note\b|notes\b|nb\b|obs\b|ps\b|lähde\b|\(\*)", re.IGNORECASE
)


EXAMPLE_MARKS: Final = {"fi": "Esimerkki:", "sv": "Exempel:", "en": "Example:"}
"""Language → how the first cell of a template's example row begins. No name of a real record has the colon."""


_UNIT_WORDS: Final = re.compile(
    r"€|eur|euroa?|snt|%|h|t|tunti|kpl|st|pcs?|m|m[23²³]|km|kg|g|l|pvä?\.?|päivää|vrk|d|dagar|days|kk|min|mm|cm"
    r"|(?:sis\.?)?(?:alv|moms|vat)(?:0%?)?|pvm"
)


def is_unit_word(cell: Cell) -> bool:
    """Say whether a cell says nothing but in what something is counted: `€/kpl`, `[h]`, `%`, `pv`."""
    if cell.kind is not Kind.TEXT:
        return False
    bare = re.sub(r"[\s()\[\]]", "", str(cell.value)).casefold()
    return bool(bare) and all(_UNIT_WORDS.fullmatch(part) for part in bare.split("/"))


_LONGEST_HEADING: Final = 60
_REMARK: Final = re.compile(
    r"\b(?:hinnat|hinnasto|hintoihin|alv|moms|vat|voimassa|päivitetty|tulostettu|huom\w*|obs|note|prices|priser\w*"
    r"|gäller|uppdaterad|valid|updated|printed)\b|[0-9]{1,2}\.[0-9]{1,2}\.|[0-9]{4}",
    re.IGNORECASE,
)


def heading_of(cell: Cell) -> Cell | None:
    """Return what a text that stands alone names as a group (`TARVIKKEET:`); None for what is a remark, not a name."""
    if cell.kind is not Kind.TEXT or len(str(cell.value)) > _LONGEST_HEADING or _REMARK.search(str(cell.value)):
        return None
    name = str(cell.value).strip(" :–-")
    return Cell(Kind.TEXT, name) if name else None


class RowKinds:
    """Tells data rows from totals, notes and headers printed again."""

    def __init__(self, sheet: Sheet, header: Header) -> None:
        self._sheet, self._header = sheet, header
        self._required = {number for number, column in header.found.items() if column.required}
        self._header_words = {number: fold(name) for number, name in header.names.items()}
        self._wide = {
            area.first_row: area.first_column for area in sheet.merged if area.last_column > area.first_column
        }
        self._after_totals = False
        self._first_row = next((row for row in sheet.rows if row > header.row), 0)
        self._keys = {number for number, column in header.found.items() if column.unique}

    def skip(self, row: int) -> Skipped | None:
        """Say why `row` is no data, or None. Rows must be asked for in order."""
        cells = {number: cell for number, cell in self._sheet.rows[row].items() if not means_nothing(cell)}
        if self._is_header_again(row):
            return Skipped.HEADER_AGAIN
        if row == self._first_row and cells and all(is_unit_word(cell) for cell in cells.values()):
            return Skipped.UNITS
        if any(str(cell.value).startswith(tuple(EXAMPLE_MARKS.values())) for cell in cells.values()):
            return Skipped.EXAMPLE
        if self._is_totals(cells):
            self._after_totals = True
            return Skipped.TOTALS
        if self._is_note(row, cells):
            return Skipped.NOTE
        return None

    def is_bare_sum(self, row: int, data_rows: Sequence[int]) -> bool:
        """A last row with numbers only and nothing in any required column: a sum without the word."""
        cells = self._sheet.rows[row]
        return (
            row == data_rows[-1]
            and len(data_rows) > 1
            and not self._required & set(cells)
            and all(cell.kind in (Kind.NUMBER, Kind.UNCALCULATED) for cell in cells.values())
        )

    def _is_header_again(self, row: int) -> bool:
        cells = self._sheet.rows[row]
        names = {number: str(cell.value) for number, cell in cells.items() if cell.kind is Kind.TEXT}
        same = other = 0
        for number, name in names.items():
            if self._header_words.get(number) == fold(name):
                same += 1
            else:
                other += 1
            if other * 2 >= len(names):  # most rows are none: they are told apart by half of their cells
                return False
        return same >= 2

    def _is_totals(self, cells: Mapping[int, Cell]) -> bool:
        texts = [str(cells[number].value) for number in sorted(cells) if cells[number].kind is Kind.TEXT]
        return (
            len(texts) in (1, 2)
            and all(_TOTALS_CELL.fullmatch(text) or _is_count(text) for text in texts)
            and any(_TOTALS_CELL.fullmatch(text) for text in texts)
        ) or self._is_total_of_group(cells)

    def _is_total_of_group(self, cells: Mapping[int, Cell]) -> bool:
        """One text, such as `Tarvikkeet yhteensä`, beside numbers only, none of which is a key."""
        texts = {number: str(cell.value) for number, cell in cells.items() if cell.kind is Kind.TEXT}
        return (
            len(texts) == 1
            and len(cells) > 1
            and all(_TOTAL_OF.fullmatch(text) for text in texts.values())
            and all(cells[number].kind in (Kind.NUMBER, Kind.UNCALCULATED) for number in cells if number not in texts)
            and not (self._keys & cells.keys()) - texts.keys()
        )

    def _is_note(self, row: int, cells: Mapping[int, Cell]) -> bool:
        inside = [number for number in cells if number in self._header.found]
        if not inside:
            return True
        if len(cells) > 1:
            return False
        number, cell = next(iter(cells.items()))
        if cell.kind is not Kind.TEXT:
            return False
        is_key = number in self._required or self._header.found[number].unique
        alone_but_incomplete = len(self._required) > 1 or not is_key
        return (
            self._after_totals
            or self._wide.get(row) == number
            or bool(_NOTE_CELL.match(str(cell.value)))
            or alone_but_incomplete
        )


def _is_count(text: str) -> bool:
    return bool(re.fullmatch(rf"[0-9\s.,]+\s*{_COUNTED}?\.?", text, re.IGNORECASE))
