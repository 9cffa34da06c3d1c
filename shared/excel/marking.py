"""A copy of an uploaded workbook with the cells that are wrong marked and explained.

openpyxl keeps the looks of the workbook but was not made for hostile files, so what it gets has passed our own reader
and a second look for what would cost it too much; everything else comes back as a plain workbook with the same cells.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from shared.excel.cells import Cell
from shared.excel.limits import DEFAULT_LIMITS, WorkbookLimits
from shared.excel.remark_texts import Labels, remark_text
from shared.excel.sheet import Sheet
from shared.excel.source import read_sheets
from shared.excel.writing import written_cell

_WRONG: Final = PatternFill("solid", fgColor="FFC7CE")
_DOUBTFUL: Final = PatternFill("solid", fgColor="FFEB9C")
_MOST_MERGED_CELLS: Final = 200_000
_LIBRARY_FAULTS: Final = (
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    OverflowError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
)
"""What openpyxl raises on a workbook that it does not understand; SyntaxError is the base of XML faults."""

Remarks = Sequence[Mapping[str, Any]]
"""Errors or warnings as in an import's report: sheet, row, column, reason, expected, suggestion."""


def mark_workbook(
    content: bytes,
    errors: Remarks,
    warnings: Remarks,
    language: str,
    labels: Labels,
    limits: WorkbookLimits = DEFAULT_LIMITS,
) -> bytes:
    """Return an .xlsx with the same sheets, wrong cells red, doubtful ones yellow, each with a comment.

    content   the file as it was uploaded (.xlsx, .ods or .csv)
    language  of the comments
    labels    field → language → name of its column
    Raises NotAWorkbook or WorkbookTooLarge if it is no table file.
    """
    sheets = read_sheets(io.BytesIO(content), limits)
    book = _opened(content, sheets) or _rebuilt(sheets)
    remarks = _by_cell(errors, warnings, language, labels)
    for (sheet_name, row, column), (text, fill) in remarks.items():
        if sheet_name in book.sheetnames and row > 0:
            cell = book[sheet_name].cell(row, column)
            if not isinstance(cell, MergedCell):
                cell.fill = fill
                cell.comment = Comment(text, "Urakka", width=320, height=110)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _by_cell(
    errors: Remarks, warnings: Remarks, language: str, labels: Labels
) -> dict[tuple[str, int, int], tuple[str, PatternFill]]:
    texts: dict[tuple[str, int, int], list[str]] = defaultdict(list)
    fills: dict[tuple[str, int, int], PatternFill] = {}
    for remarks, fill in ((errors, _WRONG), (warnings, _DOUBTFUL)):
        for remark in remarks:
            place = (remark["sheet"][:31], remark["row"], remark["column"])
            texts[place].append(remark_text(remark, language, labels))
            fills.setdefault(place, fill)
    return {place: ("\n".join(texts[place])[:2000], fills[place]) for place in texts}


def _opened(content: bytes, sheets: Sequence[Sheet]) -> Workbook | None:
    if not content.startswith(b"PK") or not _is_harmless(content, sheets):
        return None
    try:
        return load_workbook(io.BytesIO(content), keep_links=False)
    except _LIBRARY_FAULTS:
        return None


def _is_harmless(content: bytes, sheets: Sequence[Sheet]) -> bool:
    """Say whether no part has a document type and no merged area is so large that openpyxl would drown in it."""
    merged = sum(
        (area.last_row - area.first_row + 1) * (area.last_column - area.first_column + 1)
        for sheet in sheets
        for area in sheet.merged
    )
    if merged > _MOST_MERGED_CELLS:
        return False
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for info in archive.infolist():
            if info.filename.lower().endswith((".xml", ".rels", ".vml")):
                try:
                    head = archive.read(info)[:4096]
                except _LIBRARY_FAULTS:
                    return False
                if b"<!DOCTYPE" in head or not head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
                    return False
    return True


def _rebuilt(sheets: Sequence[Sheet]) -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        target = book.create_sheet(sheet.name[:31] or "Sheet")
        for row, cells in sheet.rows.items():
            for column, cell in cells.items():
                written_cell(target.cell(row, column), _value(cell))
    if not sheets:
        book.create_sheet("Sheet")
    return book


def _value(cell: Cell) -> Any:
    return cell.value
