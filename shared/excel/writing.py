"""Write rows as an .xlsx workbook that is safe to open.

Formula injection: a text that begins like a formula (`=`, `+`, `-`, `@`) is stored as text and marked with
`quotePrefix`, Excel's own apostrophe. So it is never computed, not even after somebody edits the cell, and
reading the file back gives the very same text; an apostrophe written into the text would not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO, Final

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from shared.excel.sheet import column_letter

Value = str | Decimal | int | bool | date | datetime | None
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_LEADING_ZERO = re.compile(r"0[0-9]")
_LONGEST_TEXT: Final = 32_767
_WIDEST: Final = 60


def write_workbook(stream: BinaryIO, sheets: Mapping[str, tuple[Sequence[str], Iterable[Sequence[Value]]]]) -> None:
    """Write sheets of a header row and data rows.

    sheets  name (at most 31 characters) → (header names, rows); a row has one value per header name.
    Texts are cut at Excel's 32 767 characters, and control characters that XML forbids become blanks.
    """
    book = Workbook(write_only=True)
    for name, (header, rows) in sheets.items():
        sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:31])
        sheet.freeze_panes = "A2"
        for index, title in enumerate(header, start=1):
            sheet.column_dimensions[column_letter(index)].width = min(_WIDEST, max(12, len(title) + 2))
        sheet.append([_cell(sheet, title, bold=True) for title in header])
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    book.save(stream)


def _cell(sheet: WriteOnlyWorksheet, value: Value, *, bold: bool = False) -> Cell:
    cell = WriteOnlyCell(sheet)
    written_cell(cell, value)
    if bold:
        cell.font = Font(bold=True)
    return cell


def written_cell(cell: Cell, value: Value) -> None:
    """Set a cell's value: a text is stored as text, whatever it looks like, and marked if it begins like a formula."""
    if not isinstance(value, str):
        cell.value = value
        return
    text = _LOOKS_ESCAPED.sub("_x005F_", _FORBIDDEN.sub(" ", value)[:_LONGEST_TEXT])
    cell.value = text
    cell.data_type = "s"
    if text.startswith(_FORMULA_STARTS):
        cell.quotePrefix = True
    elif _LEADING_ZERO.match(text):
        cell.number_format = "@"
