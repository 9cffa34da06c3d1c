"""The bytes of workbooks and CSV files, new and grown. Pure: bytes and rows in, bytes out."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import MergedCell
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from services.billing.adapters.excel.layout import Cell, Row
from shared.excel.sheet import column_letter
from shared.excel.writing import written_cell

_SHEET = "Urakka"
_WIDEST = 60
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class NotOurFile(Exception):
    """The file cannot be read as one that we wrote."""


class SheetForm(Protocol):
    """A form of file that can begin, grow and be read."""

    def grown(self, old: bytes | None, header: Sequence[str], rows: Sequence[Row]) -> bytes:
        """The file with the rows at its end; a new one if there is none. Raises NotOurFile."""

    def header(self, content: bytes) -> list[str]:
        """The column names. Raises NotOurFile."""

    def column(self, content: bytes, index: int) -> Iterator[str]:
        """The texts of one column (from 0) below its name. Raises NotOurFile."""


class XlsxForm:
    """Workbooks: numbers are numbers, dates are dates, everything else is text and never a formula."""

    def grown(self, old: bytes | None, header: Sequence[str], rows: Sequence[Row]) -> bytes:
        """As SheetForm; what a person changed in the file stays."""
        book = _new_book(header) if old is None else _open(old)
        sheet = _sheet(book)
        place = _last_row(sheet) + 1
        for offset, row in enumerate(rows):
            for index, cell in enumerate(row.cells, start=1):
                _write(sheet.cell(row=place + offset, column=index), cell, bold=row.is_total)
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()

    def header(self, content: bytes) -> list[str]:
        """As SheetForm."""
        sheet = _sheet(_open(content, read_only=True))
        first = next(sheet.iter_rows(min_row=1, max_row=1, values_only=True), ())
        names = ["" if value is None else str(value) for value in first]
        while names and not names[-1]:
            names.pop()
        return names

    def column(self, content: bytes, index: int) -> Iterator[str]:
        """As SheetForm."""
        sheet = _sheet(_open(content, read_only=True))
        for values in sheet.iter_rows(min_row=2, values_only=True):
            if index < len(values) and isinstance(values[index], str):
                yield str(values[index])


@dataclass(frozen=True, slots=True)
class CsvForm:
    """CSV as Excel in Finland reads it, by default: semicolons, decimal commas, UTF-8 with a mark, CR LF.

    A text that a spreadsheet would take for a formula gets an apostrophe before it: CSV has no other way to say
    "text". Numbers are not texts, so negative amounts stay as they are.
    """

    delimiter: str = ";"
    decimal: str = ","
    encoding: str = "utf-8-sig"

    def grown(self, old: bytes | None, header: Sequence[str], rows: Sequence[Row]) -> bytes:
        """As SheetForm."""
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=self.delimiter, lineterminator="\r\n")
        if old is None:
            writer.writerow([_guarded(name) for name in header])
        for row in rows:
            writer.writerow([self._shown(cell) for cell in row.cells])
        if old is None:
            return stream.getvalue().encode(self.encoding)
        end = b"" if old.endswith(b"\n") else b"\r\n"
        return old + end + stream.getvalue().encode("utf-8")

    def header(self, content: bytes) -> list[str]:
        """As SheetForm; names as they stand in the file."""
        return [_unguarded(name) for name in next(self._read(content), [])]

    def column(self, content: bytes, index: int) -> Iterator[str]:
        """As SheetForm."""
        reader = self._read(content)
        next(reader, None)
        for values in reader:
            if index < len(values):
                yield _unguarded(values[index])

    def _read(self, content: bytes) -> Iterator[list[str]]:
        try:
            text = content.decode("utf-8-sig")
            yield from csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter)
        except (UnicodeDecodeError, csv.Error):
            raise NotOurFile from None

    def _shown(self, cell: Cell) -> str:
        match cell.value:
            case None:
                return ""
            case Decimal():
                return _with_places(cell.value, cell.format).replace(".", self.decimal)
            case date():
                return _DATES[cell.format](cell.value)
            case _:
                return _guarded(cell.value)


_DATES = {
    "yyyy-mm-dd": lambda day: day.isoformat(),
    "d.m.yyyy": lambda day: f"{day.day}.{day.month}.{day.year}",
    "dd.mm.yyyy": lambda day: f"{day:%d.%m.%Y}",
}


def _with_places(value: Decimal, code: str) -> str:
    """With at least as many decimals as the format has zeros; never rounded, whatever the format."""
    whole, _, decimals = f"{value:f}".partition(".")
    _, _, pattern = code.partition(".")
    decimals = decimals.rstrip("0").ljust(pattern.count("0"), "0")
    return f"{whole}.{decimals}" if decimals else whole


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text


def _new_book(header: Sequence[str]) -> Workbook:
    book = Workbook()
    sheet = _sheet(book)
    sheet.title = _SHEET
    sheet.freeze_panes = "A2"
    for index, title in enumerate(header, start=1):
        _write(sheet.cell(row=1, column=index), Cell(title), bold=True)
        sheet.column_dimensions[column_letter(index)].width = min(_WIDEST, max(12, len(title) + 2))
    return book


def _open(content: bytes, *, read_only: bool = False) -> Workbook:
    try:
        return load_workbook(io.BytesIO(content), read_only=read_only)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError):
        raise NotOurFile from None


def _sheet(book: Workbook) -> Worksheet:
    """Ours by its name, or the first one of a book where a person renamed it."""
    return book[_SHEET] if _SHEET in book.sheetnames else book.worksheets[0]


def _last_row(sheet: Worksheet) -> int:
    """The last row that holds anything: formatted empty rows below do not count."""
    for number in range(sheet.max_row, 0, -1):
        if any(cell.value is not None for cell in sheet[number]):
            return number
    return 0


def _write(target: SheetCell | MergedCell, cell: Cell, *, bold: bool) -> None:
    if isinstance(target, MergedCell):
        raise NotOurFile  # cannot be below the last row; somebody's merge reaches over the end
    if cell.value is not None:
        written_cell(target, cell.value)
        target.number_format = "@" if isinstance(cell.value, str) else cell.format
    if bold:
        target.font = Font(bold=True)
