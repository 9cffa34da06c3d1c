"""Read an .xlsx workbook into sheets of typed cells.

An own streaming reader instead of a library's, for three reasons: numbers come as the decimal digits that
are in the file and not as binary floats; number formats are known (25,5 % is stored as 0.255, 00100 may be
100 shown with five digits); and all limits hold *while* reading, so a hostile file costs what the limits say
and no more. openpyxl builds the whole workbook first and raises whatever a damaged style sheet makes it
raise; calamine tells no formats.

Cached results of formulas are read, never computed. Hidden sheets are left out, hidden rows and columns are not.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from shared.excel.cells import (
    NumberFormat,
    clean,
    number_format,
)
from shared.excel.limits import DEFAULT_LIMITS, WorkbookLimits
from shared.excel.markup import parse
from shared.excel.package import Package, Reason, open_package, read_content, refused, too_large
from shared.excel.sheet import Effort, Sheet, SheetReader, TextCollector, column_letter, is_true, whole_number

__all__ = ["Sheet", "column_letter", "read_package", "read_workbook"]


def read_workbook(stream: BinaryIO, limits: WorkbookLimits = DEFAULT_LIMITS) -> tuple[Sheet, ...]:
    """Read every visible sheet, in the order of the tabs.

    stream  positioned at the start of an .xlsx file; it is read to the end and not closed.
    Raises NotAWorkbook or WorkbookTooLarge. Nothing in the file is executed, nothing is fetched.
    """
    return read_package(open_package(read_content(stream, limits), limits), limits)


def read_package(package: Package, limits: WorkbookLimits) -> tuple[Sheet, ...]:
    """Read every visible sheet of an opened .xlsx package (see `read_workbook`)."""
    if package.is_open_document:
        raise refused(Reason.NOT_XLSX)
    book = _read_book(package, limits)
    effort = Effort(limits)
    strings = _read_shared_strings(package, book.related("/sharedStrings"), effort)
    formats = _read_formats(package, book.related("/styles"))
    sheets = []
    for name, part in book.sheets:
        reader = SheetReader(strings, formats, effort, date1904=book.date1904)
        parse(package.chunks(part), part=part, start=reader.start, end=reader.end, text=reader.text)
        rows = {row: reader.rows[row] for row in sorted(reader.rows)}
        sheets.append(Sheet(name, rows, tuple(reader.merged), tuple(reader.hidden)))
    return tuple(sheets)


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
            book.date1904 = is_true(attributes.get("date1904"))

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


def _read_shared_strings(package: Package, part: str | None, effort: Effort) -> list[str]:
    strings: list[str] = []
    if part is None or part not in package:
        return strings
    collector = TextCollector(effort)

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


def _read_formats(package: Package, part: str | None) -> list[NumberFormat]:
    """Number formats by style index (`s` of a cell)."""
    codes: dict[int, str] = {}
    styles: list[int] = []
    inside = [False]

    def start(element: str, attributes: Mapping[str, str]) -> None:
        if element == "cellXfs":
            inside[0] = True
        elif element == "numFmt" and "formatCode" in attributes:
            codes[whole_number(attributes.get("numFmtId"))] = attributes["formatCode"]
        elif element == "xf" and inside[0]:
            styles.append(whole_number(attributes.get("numFmtId")))

    def end(element: str) -> None:
        if element == "cellXfs":
            inside[0] = False

    if part is not None and part in package:
        parse(package.chunks(part), part=part, start=start, end=end)
    return [number_format(style, codes.get(style)) for style in styles]
