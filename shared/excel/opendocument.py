"""An OpenDocument spreadsheet (.ods), read as a stream under the same limits as an .xlsx.

Source: OASIS OpenDocument 1.3, part 3, 9 (tables) and 19.385 (value types).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from shared.excel.cells import GENERAL, Cell, Kind, NumberFormat, iso_date_cell, number_cell, text_cell
from shared.excel.limits import WorkbookLimits
from shared.excel.markup import parse
from shared.excel.package import Package, Reason, refused, too_large
from shared.excel.sheet import MAX_COLUMN, MAX_ROW, Area, Effort, Sheet

_NUMBERS: Final = ("float", "percentage", "currency")


def read_open_document(package: Package, limits: WorkbookLimits) -> tuple[Sheet, ...]:
    """Read every visible sheet, in the order of the tabs. Raises NotAWorkbook or WorkbookTooLarge."""
    if "meta-inf/manifest.xml" in package:
        _refuse_encrypted(package)
    reader = _Reader(limits)
    part = "content.xml"
    parse(package.chunks(part), part=part, start=reader.start, end=reader.end, text=reader.text)
    if not reader.is_spreadsheet:
        raise refused(Reason.NOT_XLSX)
    return tuple(reader.sheets)


def _refuse_encrypted(package: Package) -> None:
    def start(element: str, _: Mapping[str, str]) -> None:
        if element == "encryption-data":
            raise refused(Reason.ENCRYPTED)

    parse(package.chunks("META-INF/manifest.xml"), part="manifest", start=start)


class _Reader:
    """Handlers for `content.xml`. What is repeated is counted as often as it stands in the sheet."""

    def __init__(self, limits: WorkbookLimits) -> None:
        self.sheets: list[Sheet] = []
        self.is_spreadsheet = False
        self._limits, self._effort = limits, Effort(limits)
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._depth = 0
        self._ignored = 0
        self._name, self._is_hidden = "", False
        self._rows: dict[int, dict[int, Cell]] = {}
        self._merged: list[Area] = []
        self._hidden: list[tuple[int, int]] = []
        self._row = self._column = self._columns = self._row_repeat = 0
        self._cells: dict[int, Cell] = {}
        self._cell: Mapping[str, str] | None = None
        self._paragraphs: list[str] = []

    def start(self, element: str, attributes: Mapping[str, str]) -> None:
        bare = {name.rpartition(":")[2]: value for name, value in attributes.items()}
        if self._ignored or element in ("annotation", "tracked-changes", "shapes"):
            self._ignored += 1
        elif element == "spreadsheet":
            self.is_spreadsheet = True
        elif element == "style":
            self._style = bare.get("name", "")
        elif element == "table-properties" and bare.get("display") == "false":
            self._hidden_styles.add(self._style)
        elif element == "table":
            self._start_table(bare)
        elif self._depth == 1:
            self._start_inside(element, bare)

    def end(self, element: str) -> None:
        if self._ignored:
            self._ignored -= 1
        elif element == "table":
            self._depth -= 1
            if self._depth == 0:
                self._end_table()
        elif self._depth == 1 and element in ("table-cell", "covered-table-cell"):
            self._end_cell()
        elif self._depth == 1 and element == "table-row":
            self._end_row()

    def text(self, text: str) -> None:
        if self._paragraphs and not self._ignored:
            self._paragraphs[-1] += text
            self._effort.text_so_far(sum(map(len, self._paragraphs)))

    def _start_table(self, bare: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > 1:  # a table inside a cell is none of ours
            return
        if len(self.sheets) >= self._limits.sheets:
            raise too_large("sheets", "The workbook has too many sheets")
        self._name = bare.get("name", "")
        self._is_hidden = bare.get("style-name", "") in self._hidden_styles
        self._rows, self._merged, self._hidden = {}, [], []
        self._row = self._columns = 0

    def _start_inside(self, element: str, bare: Mapping[str, str]) -> None:
        if element == "table-column":
            count = _times(bare.get("number-columns-repeated"), MAX_COLUMN)
            if bare.get("visibility") in ("collapse", "filter"):
                self._hidden.append((self._columns + 1, self._columns + count))
            self._columns += count
            self._effort.element()
        elif element == "table-row":
            self._effort.element()
            self._row_repeat = _times(bare.get("number-rows-repeated"), MAX_ROW)
            self._column, self._cells = 0, {}
        elif element in ("table-cell", "covered-table-cell"):
            self._effort.element()
            self._cell, self._paragraphs = bare, []
        elif self._cell is not None and element == "p":
            self._paragraphs.append("")
        elif self._paragraphs and element in ("s", "tab"):
            self._paragraphs[-1] += " "
        elif self._paragraphs and element == "line-break":
            self._paragraphs[-1] += "\n"

    def _end_cell(self) -> None:
        bare, self._cell = self._cell or {}, None
        shown, self._paragraphs = "\n".join(self._paragraphs), []
        repeat = _times(bare.get("number-columns-repeated"), MAX_COLUMN)
        cell = _cell(bare, shown)
        first = self._column + 1
        self._column += repeat
        if cell is None or self._is_hidden:
            return
        if self._column > MAX_COLUMN:
            raise refused(Reason.DAMAGED, "columns")
        for number in range(first, first + repeat):
            self._effort.cell(cell)
            self._cells[number] = cell
        down, across = _times(bare.get("number-rows-spanned")), _times(bare.get("number-columns-spanned"))
        if down > 1 or across > 1:
            row = self._row + 1
            self._merged.append(Area(row, first, min(row + down - 1, MAX_ROW), min(first + across - 1, MAX_COLUMN)))
            if len(self._merged) > self._limits.merged:
                raise too_large("merged", "The workbook has too many merged areas")

    def _end_row(self) -> None:
        first = self._row + 1
        self._row += self._row_repeat
        if not self._cells:
            return
        if self._row > MAX_ROW:
            raise refused(Reason.DAMAGED, "rows")
        for number in range(first, self._row + 1):
            if number > first:
                for cell in self._cells.values():
                    self._effort.cell(cell)
            self._rows[number] = dict(self._cells)

    def _end_table(self) -> None:
        if not self._is_hidden:
            self.sheets.append(Sheet(self._name, self._rows, tuple(self._merged), tuple(self._hidden)))


def _cell(bare: Mapping[str, str], shown: str) -> Cell | None:
    kind = bare.get("value-type", "")
    if kind in _NUMBERS:
        form = NumberFormat(is_percent=True) if kind == "percentage" else _format_of(shown, bare.get("value", ""))
        return number_cell(bare.get("value", ""), form, date1904=False)
    if kind == "date":
        return iso_date_cell(bare.get("date-value", ""))
    if kind == "boolean":
        return Cell(Kind.BOOLEAN, bare.get("boolean-value") == "true")
    if re.fullmatch(r"(?:#[A-Z/0]{2,7}[!?]?|Err:[0-9]{3})", shown) and "formula" in bare:
        return Cell(Kind.ERROR, shown)
    if not kind and "formula" in bare:
        return Cell(Kind.UNCALCULATED, "")
    return text_cell(bare.get("string-value", "") or shown)


def _format_of(shown: str, value: str) -> NumberFormat:
    """A number that is shown with leading zeros has a format that keeps them: `00100` for 100."""
    is_padded = re.fullmatch(r"0[0-9]{1,14}", shown) and shown.lstrip("0") == value.removesuffix(".0").lstrip("0")
    return NumberFormat(min_digits=len(shown)) if is_padded else GENERAL


def _times(text: str | None, most: int = MAX_ROW) -> int:
    """Read how often something is repeated or how far it spans; 1 if it does not say."""
    if text is None:
        return 1
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        raise refused(Reason.DAMAGED, "number")
    return min(int(text), most + 1)
