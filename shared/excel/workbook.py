"""Read an .xlsx workbook into sheets of typed cells.

An own streaming reader instead of a library's, for three reasons: numbers come as the decimal digits that
are in the file and not as binary floats; number formats are known (25,5 % is stored as 0.255, 00100 may be
100 shown with five digits); and all limits hold *while* reading, so a hostile file costs what the limits say
and no more. openpyxl builds the whole workbook first and raises whatever a damaged style sheet makes it
raise; calamine tells no formats.

Cached results of formulas are read, never computed. Hidden sheets are left out, hidden rows and columns are
not.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from shared.excel.cells import (
    GENERAL,
    Cell,
    Kind,
    NumberFormat,
    clean,
    iso_date_cell,
    number_cell,
    number_format,
    text_cell,
)
from shared.excel.limits import DEFAULT_LIMITS, WorkbookLimits
from shared.excel.markup import parse
from shared.excel.package import Package, Reason, open_package, refused, too_large

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
        return any(first <= column <= last for first, last in self.hidden_columns)


def read_workbook(stream: BinaryIO, limits: WorkbookLimits = DEFAULT_LIMITS) -> tuple[Sheet, ...]:
    """Read every visible sheet, in the order of the tabs.

    stream  positioned at the start of the file; it is read to the end and not closed.
    Raises NotAWorkbook or WorkbookTooLarge. Nothing in the file is executed, nothing is fetched.
    """
    package = open_package(stream, limits)
    book = _read_book(package, limits)
    effort = _Effort(limits)
    strings = _read_shared_strings(package, book.related("/sharedStrings"), effort)
    formats = _read_formats(package, book.related("/styles"))
    sheets = []
    for name, part in book.sheets:
        reader = _SheetReader(strings, formats, effort, date1904=book.date1904)
        parse(package.chunks(part), part=part, start=reader.start, end=reader.end, text=reader.text)
        rows = {row: reader.rows[row] for row in sorted(reader.rows)}
        sheets.append(Sheet(name, rows, tuple(reader.merged), tuple(reader.hidden)))
    return tuple(sheets)


def column_letter(column: int) -> str:
    """Return the letters of a 1-based column: 1 → A, 27 → AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class _Effort:
    """Counts what has been read so far against the limits."""

    def __init__(self, limits: WorkbookLimits) -> None:
        self.limits = limits
        self._elements = self._cells = self._characters = 0

    def element(self) -> None:
        self._elements += 1
        if self._elements > self.limits.elements:
            raise too_large("elements", "The workbook has too many rows, cells or texts")

    def cell(self, cell: Cell) -> None:
        self._cells += 1
        if self._cells > self.limits.cells:
            raise too_large("cells", f"The workbook has more than {self.limits.cells} filled cells")
        if isinstance(cell.value, str):
            self._characters += len(cell.value)
            if self._characters > self.limits.text_characters:
                raise too_large("text_characters", "The workbook has too much text")

    def text_so_far(self, length: int) -> None:
        if length > self.limits.cell_characters:
            raise too_large("cell_characters", "A cell of the workbook has too much text")


@dataclass(slots=True)
class _Book:
    sheets: list[tuple[str, str]] = field(default_factory=list)
    relations: dict[str, tuple[str, str]] = field(default_factory=dict)
    date1904: bool = False

    def related(self, type_end: str) -> str | None:
        """The part of the first relation whose type ends so; both the transitional and the strict namespace
        fit.
        """
        return next((part for kind, part in self.relations.values() if kind.endswith(type_end)), None)


def _read_book(package: Package, limits: WorkbookLimits) -> _Book:
    _refuse_macro_types(package)
    roots = _read_relations(package, "_rels/.rels", "")
    root = next((part for kind, part in roots.values() if kind.endswith("/officeDocument")), None)
    if root is None or root not in package:
        raise refused(Reason.NOT_XLSX)
    folder, name = posixpath.split(root)
    book = _Book(relations=_read_relations(package, f"{folder}/_rels/{name}.rels", folder))
    listed: list[tuple[str, str, str]] = []

    def start(element: str, attributes: Mapping[str, str]) -> None:
        if element == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            listed.append((attributes.get("name", ""), relation, attributes.get("state", "visible")))
        elif element == "workbookPr":
            book.date1904 = _is_true(attributes.get("date1904"))

    parse(package.chunks(root), part=root, start=start)
    if not listed:
        raise refused(Reason.NOT_XLSX)
    if len(listed) > limits.sheets:
        raise too_large("sheets", f"The workbook has {len(listed)} sheets")
    for sheet_name, relation, state in listed:
        kind, part = book.relations.get(relation, ("", ""))
        if state == "visible" and kind.endswith("/worksheet"):
            book.sheets.append((sheet_name, part))
    return book


def _refuse_macro_types(package: Package) -> None:
    def start(_: str, attributes: Mapping[str, str]) -> None:
        if "macroenabled" in attributes.get("ContentType", "").lower():
            raise refused(Reason.MACROS)

    parse(package.chunks("[Content_Types].xml"), part="[Content_Types].xml", start=start)


def _read_relations(package: Package, part: str, folder: str) -> dict[str, tuple[str, str]]:
    """Relations inside the package: id → (type, part). External ones are left out."""
    relations: dict[str, tuple[str, str]] = {}

    def start(element: str, attributes: Mapping[str, str]) -> None:
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            path = target if target.startswith("/") else posixpath.join(folder, target)
            relations[attributes.get("Id", "")] = (attributes.get("Type", ""), posixpath.normpath(path).lstrip("/"))

    if part in package:
        parse(package.chunks(part), part=part, start=start)
    return relations


def _read_shared_strings(package: Package, part: str | None, effort: _Effort) -> list[str]:
    strings: list[str] = []
    if part is None or part not in package:
        return strings
    collector = _TextCollector(effort)

    def start(element: str, _: Mapping[str, str]) -> None:
        if element == "si":
            effort.element()
            collector.reset()
        collector.start(element)

    def end(element: str) -> None:
        collector.end(element)
        if element == "si":
            strings.append(clean(collector.text))

    parse(package.chunks(part), part=part, start=start, end=end, text=collector.add)
    return strings


class _TextCollector:
    """Gathers the `t` elements of a shared or inline string; phonetic readings (`rPh`) are no part of the
    text.
    """

    def __init__(self, effort: _Effort) -> None:
        self._effort = effort
        self._pieces: list[str] = []
        self._length = 0
        self._inside = self._phonetic = False

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def reset(self) -> None:
        self._pieces, self._length = [], 0

    def start(self, element: str) -> None:
        if element == "rPh":
            self._phonetic = True
        self._inside = element == "t" and not self._phonetic

    def end(self, element: str) -> None:
        if element == "rPh":
            self._phonetic = False
        self._inside = False

    def add(self, text: str) -> None:
        if self._inside:
            self._length += len(text)
            self._effort.text_so_far(self._length)
            self._pieces.append(text)


def _read_formats(package: Package, part: str | None) -> list[NumberFormat]:
    """Number formats by style index (`s` of a cell)."""
    codes: dict[int, str] = {}
    styles: list[int] = []
    inside = [False]

    def start(element: str, attributes: Mapping[str, str]) -> None:
        if element == "cellXfs":
            inside[0] = True
        elif element == "numFmt" and "formatCode" in attributes:
            codes[_number(attributes.get("numFmtId"))] = attributes["formatCode"]
        elif element == "xf" and inside[0]:
            styles.append(_number(attributes.get("numFmtId")))

    def end(element: str) -> None:
        if element == "cellXfs":
            inside[0] = False

    if part is not None and part in package:
        parse(package.chunks(part), part=part, start=start, end=end)
    return [number_format(style, codes.get(style)) for style in styles]


class _SheetReader:
    """Handlers for one worksheet part."""

    def __init__(self, strings: list[str], formats: list[NumberFormat], effort: _Effort, *, date1904: bool) -> None:
        self.rows: dict[int, dict[int, Cell]] = {}
        self.merged: list[Area] = []
        self.hidden: list[tuple[int, int]] = []
        self._strings, self._formats, self._effort, self._date1904 = strings, formats, effort, date1904
        self._inline = _TextCollector(effort)
        self._row = self._column = 0
        self._in_data = self._in_value = self._has_formula = False
        self._type, self._style = "n", -1
        self._value: list[str] = []
        self._length = 0

    def start(self, element: str, attributes: Mapping[str, str]) -> None:
        if not self._in_data:
            self._start_outside(element, attributes)
        elif element == "c":
            self._start_cell(attributes)
        elif element == "row":
            self._effort.element()
            self._row = _number(attributes.get("r")) if "r" in attributes else self._row + 1
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
        if element == "v":
            self._in_value = False
        elif element == "c" and self._in_data:
            self._end_cell()
        elif element == "sheetData":
            self._in_data = False
        else:
            self._inline.end(element)

    def text(self, text: str) -> None:
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
            self._effort.element()
            self.merged.append(_area(attributes.get("ref", "")))
        elif element == "col" and _is_true(attributes.get("hidden")):
            self._effort.element()
            self.hidden.append((_number(attributes.get("min")), _number(attributes.get("max"))))

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        self._effort.element()
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
        else:
            self._row, self._column = _position(reference)
        self._type = attributes.get("t", "n")
        self._style = _number(attributes.get("s")) if "s" in attributes else -1
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
            return Cell(Kind.BOOLEAN, _is_true(content.strip()))
        if self._type == "e":
            return Cell(Kind.ERROR, content.strip()[:40])
        if self._type == "d":
            return iso_date_cell(content.strip())
        style = self._formats[self._style] if 0 <= self._style < len(self._formats) else GENERAL
        return number_cell(content, style, date1904=self._date1904)

    def _shared(self, content: str) -> Cell | None:
        index = _number(content)
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


def _number(text: str | None) -> int:
    if text is None or not re.fullmatch(r"\s*[0-9]{1,9}\s*", text):
        raise refused(Reason.DAMAGED, "number")
    return int(text)


def _is_true(text: str | None) -> bool:
    return text in ("1", "true", "on")
