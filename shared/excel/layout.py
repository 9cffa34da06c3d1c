"""What a register looks like as a table: one description for its template and its export, in three languages.

The titles are among the labels that the import knows, and the words among its words, so what goes out comes back in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from shared.excel.rows import EXAMPLE_MARKS
from shared.excel.writing import Value, write_workbook, written_cell

LANGUAGES: Final = ("fi", "sv", "en")
_ROWS_PREPARED: Final = 2_000
_HEADER_FILL: Final = PatternFill("solid", fgColor="DDEBF7")
_EXAMPLE_FONT: Final = Font(italic=True, color="808080")
_YES_NO: Final[Mapping[Any, tuple[str, str, str]]] = {True: ("kyllä", "ja", "yes"), False: ("ei", "nej", "no")}
_LONGEST_LIST: Final = 255


def three(fi: str, sv: str, en: str) -> dict[str, str]:
    """Return a text in the three languages."""
    return {"fi": fi, "sv": sv, "en": en}


@dataclass(frozen=True, slots=True)
class LayoutColumn:
    """One column of a register.

    field       of the import's Column
    titles      language → header name
    notes       language → what to fill in
    example     what the template's example row shows; choices as the stored value
    choices     stored value → words (fi, sv, en); a list to choose from
    is_text     leading zeros matter, so the cells have the text format
    permission  without it the column is left out
    several     the value is a list of the choices
    """

    field: str
    titles: Mapping[str, str]
    notes: Mapping[str, str]
    example: Value = None
    choices: Mapping[Any, tuple[str, str, str]] | None = None
    is_text: bool = False
    permission: str | None = None
    several: bool = False

    def shown(self, value: Any, language: str) -> Any:
        """Return a stored value as the cell has it."""
        if self.several:
            return ", ".join(str(self._word(one, language)) for one in value or ()) or None
        return self._word(value, language)

    def words(self, language: str) -> list[str]:
        """Return the words to choose from."""
        place = LANGUAGES.index(language)
        return [words[place] for words in (self.choices or {}).values()]

    def _word(self, value: Any, language: str) -> Any:
        if self.choices is None or value is None:
            return value
        return self.choices[value][LANGUAGES.index(language)]


@dataclass(frozen=True, slots=True)
class Layout:
    """A register as a table; the first column of `example_field` carries the mark of the example row."""

    register: str
    titles: Mapping[str, str]
    columns: tuple[LayoutColumn, ...]
    example_field: str = "name"

    def visible(self, may: Callable[[str], bool]) -> tuple[LayoutColumn, ...]:
        """Return the columns that a caller with these permissions may see."""
        return tuple(column for column in self.columns if column.permission is None or may(column.permission))


def yes_no_choices() -> Mapping[Any, tuple[str, str, str]]:
    """Return the choices of a column that is yes or no."""
    return _YES_NO


def write_export(
    stream: BinaryIO,
    layout: Layout,
    columns: Sequence[LayoutColumn],
    records: Iterable[Mapping[str, Any]],
    language: str,
) -> None:
    """Write records (field → stored value) as a workbook that the import takes back unchanged; streams."""
    header = [column.titles[language] for column in columns]
    rows = ([column.shown(record.get(column.field), language) for column in columns] for record in records)
    write_workbook(stream, {layout.titles[language]: (header, rows)})


def write_template(stream: BinaryIO, layout: Layout, columns: Sequence[LayoutColumn], language: str) -> None:
    """Write an empty table to fill in: lists, notes, an example row, text format where zeros lead, protected header."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = layout.titles[language][:31]
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, start=1):
        _prepare_column(sheet, number, column, language)
        _write_header(sheet, number, column, language)
        _write_example(sheet, number, column, language, is_marked=column.field == layout.example_field)
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False
    sheet.protection.insertRows = False
    sheet.protection.deleteRows = False
    sheet.protection.sort = False
    sheet.protection.autoFilter = False
    book.save(stream)


def _prepare_column(sheet: Worksheet, number: int, column: LayoutColumn, language: str) -> None:
    letter = get_column_letter(number)
    dimension = sheet.column_dimensions[letter]
    dimension.width = min(40, max(14, len(column.titles[language]) + 3))
    dimension.protection = Protection(locked=False)
    if column.is_text:
        dimension.number_format = "@"
    # A cell's own format wins over the column's in every program. Styled once and copied: looking it up takes seconds.
    prepared: Any = sheet.cell(_ROWS_PREPARED + 1, number)
    prepared.protection = Protection(locked=False)
    if column.is_text:
        prepared.number_format = "@"
    for row in range(2, _ROWS_PREPARED + 1):
        cell: Any = sheet.cell(row, number)
        cell._style = copy(prepared._style)
    words = column.words(language)
    listed = '"' + ",".join(words) + '"'
    if words and not column.several and len(listed) <= _LONGEST_LIST and not any("," in word for word in words):
        validation = DataValidation(type="list", formula1=listed, allow_blank=True, showErrorMessage=True)
        validation.add(f"{letter}2:{letter}1048576")
        sheet.add_data_validation(validation)


def _write_header(sheet: Worksheet, number: int, column: LayoutColumn, language: str) -> None:
    cell = sheet.cell(1, number, column.titles[language])
    cell.font = Font(bold=True)
    cell.fill = _HEADER_FILL
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    cell.protection = Protection(locked=True)
    note = column.notes[language]
    if column.several:
        note = f"{note}: {', '.join(column.words(language))}"
    cell.comment = Comment(note, "Urakka", width=280, height=100)


def _write_example(sheet: Worksheet, number: int, column: LayoutColumn, language: str, *, is_marked: bool) -> None:
    value = column.shown(column.example, language)
    cell: Any = sheet.cell(2, number)
    written_cell(cell, f"{EXAMPLE_MARKS[language]} {value}" if is_marked else value)
    cell.font = _EXAMPLE_FONT
    if column.is_text:
        cell.number_format = "@"
