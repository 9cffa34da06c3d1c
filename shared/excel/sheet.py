"""One worksheet part, read row by row into typed cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.excel.cells import GENERAL, Cell, Kind, NumberFormat, iso_date_cell, number_cell, text_cell
from shared.excel.limits import WorkbookLimits
from shared.excel.package import Reason, refused, too_large

MAX_ROW: Final = 1_048_576
MAX_COLUMN: Final = 16_384


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, 1-based, both corners included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A visible sheet.

    rows            row number → column number → filled cell; both 1-based as in the sheet, rows in ascending
    order.
    merged          merged areas; only the first cell of each is filled.
    hidden_columns  pairs of first and last hidden column.
    """

    name: str
    rows: Mapping[int, Mapping[int, Cell]]
    merged: tuple[Area, ...] = ()
    hidden_columns: tuple[tuple[int, int], ...] = ()

    def is_hidden(self, column: int) -> bool:
        """Say whether a 1-based column is hidden."""
        return any(first <= column <= last for first, last in self.hidden_columns)


def column_letter(column: int) -> str:
    """Return the letters of a 1-based column: 1 → A, 27 → AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class Effort:
    """Counts what has been read so far against the limits; every method raises WorkbookTooLarge at the first excess."""

    def __init__(self, limits: WorkbookLimits) -> None:
        self.limits = limits
        self._elements = self._cells = self._characters = 0

    def element(self) -> None:
        """Count one element."""
        self._elements += 1
        if self._elements > self.limits.elements:
            raise too_large("elements", "The workbook has too many rows, cells or texts")

    def cell(self, cell: Cell) -> None:
        """Count one filled cell and its text."""
        self._cells += 1
        if self._cells > self.limits.cells:
            raise too_large("cells", f"The workbook has more than {self.limits.cells} filled cells")
        if isinstance(cell.value, str):
            self._characters += len(cell.value)
            if self._characters > self.limits.text_characters:
                raise too_large("text_characters", "The workbook has too much text")

    def text_so_far(self, length: int) -> None:
        """Check the text of one cell, in characters, while it is still growing."""
        if length > self.limits.cell_characters:
            raise too_large("cell_characters", "A cell of the workbook has too much text")


class TextCollector:
    """Gathers the `t` elements of a shared or inline string; phonetic readings (`rPh`) are no part of the
    text.
    """

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._pieces: list[str] = []
        self._length = 0
        self._inside = self._phonetic = False

    @property
    def text(self) -> str:
        """What was gathered since the last reset."""
        return "".join(self._pieces)

    def reset(self) -> None:
        """Begin a new string."""
        self._pieces, self._length = [], 0

    def start(self, element: str) -> None:
        """Take the beginning of an element by its local name."""
        if element == "rPh":
            self._phonetic = True
        self._inside = element == "t" and not self._phonetic

    def end(self, element: str) -> None:
        """Take the end of an element by its local name."""
        if element == "rPh":
            self._phonetic = False
        self._inside = False

    def add(self, text: str) -> None:
        """Take text between elements."""
        if self._inside:
            self._length += len(text)
            self._effort.text_so_far(self._length)
            self._pieces.append(text)


class SheetReader:
    """Handlers for one worksheet part."""

    def __init__(self, strings: list[str], formats: list[NumberFormat], effort: Effort, *, date1904: bool) -> None:
        self.rows: dict[int, dict[int, Cell]] = {}
        self.merged: list[Area] = []
        self.hidden: list[tuple[int, int]] = []
        self._strings, self._formats, self._effort, self._date1904 = strings, formats, effort, date1904
        self._inline = TextCollector(effort)
        self._row = self._column = 0
        self._in_data = self._in_value = self._has_formula = False
        self._type, self._style = "n", -1
        self._value: list[str] = []
        self._length = 0

    def start(self, element: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element by its local name."""
        if not self._in_data:
            self._start_outside(element, attributes)
        elif element == "c":
            self._start_cell(attributes)
        elif element == "row":
            self._effort.element()
            self._row = whole_number(attributes.get("r")) if "r" in attributes else self._row + 1
            self._column = 0
            if not 1 <= self._row <= MAX_ROW:
                raise refused(Reason.DAMAGED, "row number")
        elif element == "v":
            self._in_value = True
        elif element == "f":
            self._has_formula = True
        else:
            self._inline.start(element)

    def end(self, element: str) -> None:
        """Take the end of an element by its local name."""
        if element == "v":
            self._in_value = False
        elif element == "c" and self._in_data:
            self._end_cell()
        elif element == "sheetData":
            self._in_data = False
        else:
            self._inline.end(element)

    def text(self, text: str) -> None:
        """Take text between elements."""
        if self._in_value:
            self._value.append(text)
            self._length += len(text)
            self._effort.text_so_far(self._length)
        else:
            self._inline.add(text)

    def _start_outside(self, element: str, attributes: Mapping[str, str]) -> None:
        if element == "sheetData":
            self._in_data = True
        elif element == "mergeCell":
            self.merged.append(_area(attributes.get("ref", "")))
            if len(self.merged) > self._effort.limits.merged:
                raise too_large("merged", "The workbook has too many merged areas")
        elif element == "col" and is_true(attributes.get("hidden")):
            self.hidden.append((whole_number(attributes.get("min")), whole_number(attributes.get("max"))))
            if len(self.hidden) > MAX_COLUMN:
                raise refused(Reason.DAMAGED, "columns")

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        self._effort.element()
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
        else:
            self._row, self._column = _position(reference)
        self._type = attributes.get("t", "n")
        self._style = whole_number(attributes.get("s")) if "s" in attributes else -1
        self._value, self._length, self._has_formula = [], 0, False
        self._inline.reset()

    def _end_cell(self) -> None:
        cell = self._cell()
        if cell is not None:
            self._effort.cell(cell)
            self.rows.setdefault(self._row, {})[self._column] = cell

    def _cell(self) -> Cell | None:
        content = "".join(self._value)
        if self._type == "s":
            return self._shared(content)
        if self._type == "inlineStr":
            return text_cell(self._inline.text)
        if self._type == "str":
            return text_cell(content)
        if not content.strip():
            return Cell(Kind.UNCALCULATED, "") if self._has_formula else None
        if self._type == "b":
            return Cell(Kind.BOOLEAN, is_true(content.strip()))
        if self._type == "e":
            return Cell(Kind.ERROR, content.strip()[:40])
        if self._type == "d":
            return iso_date_cell(content.strip())
        style = self._formats[self._style] if 0 <= self._style < len(self._formats) else GENERAL
        return number_cell(content, style, date1904=self._date1904)

    def _shared(self, content: str) -> Cell | None:
        index = whole_number(content)
        if index >= len(self._strings):
            raise refused(Reason.DAMAGED, "shared strings")
        text = self._strings[index]
        return Cell(Kind.TEXT, text) if text else None


_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


def _position(reference: str) -> tuple[int, int]:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise refused(Reason.DAMAGED, "cell reference")
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    row = int(found[2])
    if not (1 <= row <= MAX_ROW and column <= MAX_COLUMN):
        raise refused(Reason.DAMAGED, "cell reference")
    return row, column


def _area(reference: str) -> Area:
    first, _, last = reference.partition(":")
    top, left = _position(first)
    bottom, right = _position(last or first)
    return Area(min(top, bottom), min(left, right), max(top, bottom), max(left, right))


def whole_number(text: str | None) -> int:
    """Read an index or a count of the format itself. Raises NotAWorkbook."""
    if text is None or not re.fullmatch(r"\s*[0-9]{1,9}\s*", text):
        raise refused(Reason.DAMAGED, "number")
    return int(text)


def is_true(text: str | None) -> bool:
    """Read a flag of the format itself; absent is false."""
    return text in ("1", "true", "on")
