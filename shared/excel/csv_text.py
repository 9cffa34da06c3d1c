"""A table as text: encoding and delimiter are found by looking, since the file says neither."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from typing import Final

from shared.excel.cells import Cell, text_cell
from shared.excel.limits import WorkbookLimits
from shared.excel.package import Reason, refused
from shared.excel.sheet import MAX_COLUMN, MAX_ROW, Effort, Sheet

SHEET_NAME: Final = "CSV"
_DELIMITERS: Final = (";", "\t", ",", "|")
_LINES_LOOKED_AT: Final = 60
_FEWEST_LINES: Final = 2
_OLD_CODE_PAGES: Final = ("cp1252", "cp850", "mac_roman")
"""What files without UTF-8 are in: Windows, DOS, old Macs; the first of equals is taken."""
_NORDIC: Final = frozenset("åäöÅÄÖéüÉÜ€§½")
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_csv(content: bytes, limits: WorkbookLimits) -> Sheet:
    """Read the table; every filled cell is text. Raises NotAWorkbook when it is no text, or has no delimiter."""
    text = decode(content)
    delimiter = find_delimiter(text)
    effort = Effort(limits)
    rows: dict[int, dict[int, Cell]] = {}
    try:
        for number, values in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            effort.element()
            if number > MAX_ROW or len(values) > MAX_COLUMN:
                raise refused(Reason.DAMAGED, "too many rows or columns")
            if cells := _cells(values, effort):
                rows[number] = cells
    except csv.Error as fault:
        raise refused(Reason.DAMAGED, "quotes") from fault
    return Sheet(SHEET_NAME, rows)


def decode(content: bytes) -> str:
    """Return the text: UTF-8 or UTF-16 where it is marked or fits, else the old code page that gives most å, ä and ö.

    Raises NotAWorkbook for what is no text.
    """
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), None)
    try:
        text = content.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        if encoding is not None:
            raise refused(Reason.NOT_XLSX) from None
        text = max((content.decode(page, errors="replace") for page in _OLD_CODE_PAGES), key=_nordic_letters)
    if any(ord(character) < 32 and character not in "\t\r\n\f" for character in text):
        raise refused(Reason.NOT_XLSX)
    return text


def find_delimiter(text: str) -> str:
    """Return the delimiter that cuts most of the first lines into equally many parts.

    Where none cuts any, several lines are a table of one column, and one line is no table: raises NotAWorkbook.
    """
    lines = "\n".join(text.splitlines()[:_LINES_LOOKED_AT])
    best, best_score = "", 0
    for delimiter in _DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(io.StringIO(lines), delimiter=delimiter) if len(row) > 1)
        except csv.Error:
            continue
        score = max((count * width for width, count in widths.items()), default=0)
        if score > best_score:
            best, best_score = delimiter, score
    if not best and len([line for line in text.splitlines() if line.strip()]) < _FEWEST_LINES:
        raise refused(Reason.NOT_XLSX)
    return best or _DELIMITERS[0]


def _cells(values: list[str], effort: Effort) -> dict[int, Cell]:
    cells: dict[int, Cell] = {}
    for number, value in enumerate(values, start=1):
        effort.text_so_far(len(value))
        if (cell := text_cell(value)) is not None:
            effort.cell(cell)
            cells[number] = cell
    return cells


def _nordic_letters(text: str) -> int:
    return sum(1 for character in text if character in _NORDIC)
