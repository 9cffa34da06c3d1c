"""Read a table out of a workbook: every good row, and every wrong cell at once, each where it stands in the
sheet.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from shared.excel.cells import Cell, Kind
from shared.excel.errors import NoTable
from shared.excel.headers import Choices, Column, Header, find_header
from shared.excel.limits import DEFAULT_LIMITS, WorkbookLimits
from shared.excel.package import too_large
from shared.excel.parsers import CellProblem, Noted, Parser
from shared.excel.rows import RowKinds, Skipped, heading_of, means_nothing
from shared.excel.sheet import Sheet, column_letter
from shared.excel.source import read_sheets


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that keeps its row out.

    row, column    1-based, as in the sheet; `column_letter` is the same column's letter.
    field          of the Column it belongs to.
    value          what the cell shows (at most 200 characters), None when it is empty.
    code           stable; `reason`, `expected` and `suggestion` are for people (see CellProblem).
    """

    sheet: str
    row: int
    column: int
    column_letter: str
    field: str
    value: str | None
    code: str
    reason: str
    expected: str = ""
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class CellWarning(CellError):
    """A cell, or with row 0 a whole sheet, that was taken in (or left out) in a way that someone should
    look at.
    """


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """A row without errors: `values` has every field whose column exists; empty cells are None."""

    row_number: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TableReading:
    """Everything found in one table.

    sheet, header_row  where it is.
    columns            header name as in the sheet → field, from left to right.
    rows               good rows in order.
    errors, warnings   by row, then column.
    skipped            row number → why, for totals, notes and repeated headers (empty rows are not listed).
    unknown_columns    header names that are no field of ours.
    column_numbers     field → 1-based column, for problems that only the register can see.
    """

    sheet: str
    header_row: int
    columns: Mapping[str, str]
    rows: tuple[ParsedRow, ...]
    errors: tuple[CellError, ...]
    warnings: tuple[CellWarning, ...]
    skipped: Mapping[int, Skipped] = field(default_factory=dict)
    unknown_columns: tuple[str, ...] = ()
    column_numbers: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


RowProblem = tuple[str, CellProblem]
RowCheck = Callable[[dict[str, Any]], Iterable[RowProblem]]
"""Looks at, and may complete, the values of one row; yields (field, problem). Fields with errors are
absent.
"""


def read_table(
    stream: BinaryIO,
    columns: Sequence[Column],
    limits: WorkbookLimits = DEFAULT_LIMITS,
    *,
    check_row: RowCheck | None = None,
    chosen: Choices | None = None,
) -> TableReading:
    """Read the sheet whose header fits `columns` best (the first of equals).

    stream     an .xlsx, .ods or .csv file; read to the end, not closed.
    check_row  rules over several cells of one row.
    chosen     header name, folded → field, or "" for a column to leave out: what a person said about this file.
    Raises NotAWorkbook, WorkbookTooLarge, or NoTable when no visible sheet has all required columns. Other
    sheets that have them too are not read; a warning in row 0 names each.
    """
    candidates = [
        (sheet, header)
        for sheet in read_sheets(stream, limits)
        if (header := find_header(sheet, columns, chosen)) is not None
    ]
    fitting = [(sheet, header) for sheet, header in candidates if not _lacking(sheet, header, columns)]
    if not fitting:
        raise _no_table(candidates, columns)
    sheet, header = max(fitting, key=lambda pair: len(pair[1].found))
    reader = _TableReader(sheet, header, check_row, _named_by_headings(header, columns))
    others = [other.name for other, _ in fitting if other is not sheet]
    return reader.read(others)


def _lacking(sheet: Sheet, header: Header, columns: Sequence[Column]) -> list[Column]:
    """Required columns that are neither in the header nor named by headings above groups of rows."""
    missing = header.missing(columns)
    has_headings = any(column.by_heading for column in missing) and bool(_headings(sheet, header))
    return [column for column in missing if not (column.by_heading and has_headings)]


def _named_by_headings(header: Header, columns: Sequence[Column]) -> Column | None:
    fields = {column.field for column in header.found.values()}
    return next((column for column in columns if column.by_heading and column.field not in fields), None)


def _headings(sheet: Sheet, header: Header) -> dict[int, Cell]:
    """Rows below the header in which one text stands alone, and some row of data follows: row number → the text."""
    kinds = RowKinds(sheet, header)
    headings: dict[int, Cell] = {}
    last_data = 0
    for row, cells in sheet.rows.items():
        if row <= header.row:
            continue
        why = kinds.skip(row)
        if why is None:
            last_data = row
        elif why is Skipped.NOTE and len(cells) == 1 and (heading := heading_of(next(iter(cells.values())))):
            headings[row] = heading
    return {row: cell for row, cell in headings.items() if row < last_data}


def _no_table(candidates: Sequence[tuple[Sheet, Header]], columns: Sequence[Column]) -> NoTable:
    required = [column for column in columns if column.required]
    found: list[str] = []
    if candidates:
        _, header = max(candidates, key=lambda pair: len(pair[1].found))
        required = list(header.missing(columns))
        found = list(header.names.values())
    names = [column.labels[0] for column in required]
    return NoTable(
        f"No sheet has the columns {', '.join(names)}", missing=names, found=[name[:60] for name in found][:50]
    )


class _TableReader:
    """Reads the rows below one header."""

    def __init__(self, sheet: Sheet, header: Header, check_row: RowCheck | None, by_heading: Column | None) -> None:
        self._sheet, self._header, self._check_row = sheet, header, check_row
        self._numbers = {column.field: number for number, column in header.found.items()}
        self._fills = _merged_values(sheet, header)
        self._by_heading = by_heading
        self._headings = _headings(sheet, header) if by_heading is not None else {}
        self._heading_rows = list(self._headings)
        self._errors: list[CellError] = []
        self._warnings: list[CellWarning] = []
        self._seen: dict[tuple[str, str], int] = {}
        self._refused: dict[int, dict[str, Any]] = {}

    def read(self, other_tables: Sequence[str]) -> TableReading:
        kinds = RowKinds(self._sheet, self._header)
        skipped: dict[int, Skipped] = {}
        data_rows: list[int] = []
        for row in self._sheet.rows:
            if row > self._header.row and (why := kinds.skip(row)) is not None:
                skipped[row] = why
            elif row > self._header.row:
                data_rows.append(row)
        data_rows = [row for row in data_rows if not kinds.is_bare_sum(row, data_rows)]
        parsers = self._fitted_parsers(data_rows)
        rows = [parsed for row in data_rows if (parsed := self._read_row(row, parsers)) is not None]
        for name in other_tables:
            self._warnings.append(_sheet_not_read(name))
        found = self._header.found
        return TableReading(
            sheet=self._sheet.name,
            header_row=self._header.row,
            columns={self._header.names[number]: column.field for number, column in found.items()},
            rows=tuple(rows),
            errors=tuple(sorted(self._errors, key=lambda error: (error.row, error.column))),
            warnings=tuple(sorted(self._warnings, key=lambda warning: (warning.row, warning.column))),
            skipped=skipped,
            unknown_columns=tuple(name for number, name in self._header.names.items() if number not in found),
            column_numbers=dict(self._numbers),
            refused=self._refused,
        )

    def _fitted_parsers(self, rows: Sequence[int]) -> dict[int, Parser]:
        parsers: dict[int, Parser] = {}
        for number, column in self._header.found.items():
            if column.fit is None:
                parsers[number] = column.parse
            else:
                cells = (self._cell(row, number) for row in rows)
                parsers[number] = column.fit([cell for cell in cells if cell is not None])
        return parsers

    def _read_row(self, row: int, parsers: Mapping[int, Parser]) -> ParsedRow | None:
        errors_before = len(self._errors)
        values: dict[str, Any] = {}
        for number, column in self._header.found.items():
            cell = self._cell(row, number)
            try:
                values[column.field] = self._value(row, column, cell, parsers[number])
            except CellProblem as problem:
                self._add_error(row, column.field, problem)
        if self._by_heading is not None:
            self._take_heading(row, self._by_heading, values)
        if self._check_row is not None:
            for wrong_field, broken_rule in self._check_row(values):
                self._add_error(row, wrong_field, broken_rule)
        if len(self._errors) == errors_before:
            return ParsedRow(row, values)
        self._refused[row] = values
        return None

    def _take_heading(self, row: int, column: Column, values: dict[str, Any]) -> None:
        above = bisect_right(self._heading_rows, row)
        try:
            cell = self._headings[self._heading_rows[above - 1]] if above else None
            if cell is not None or column.required:
                values[column.field] = self._value(row, column, cell, column.parse)
        except CellProblem as problem:
            self._add_error(row, column.field, problem)

    def _value(self, row: int, column: Column, cell: Cell | None, parse: Parser) -> object:
        if cell is None:
            if column.required:
                raise CellProblem(f"{column.field}.missing", f"{column.labels[0]} is missing", column.labels[0])
            return None
        if cell.kind is Kind.ERROR:
            raise CellProblem("cell.error_value", f"The cell has the error value {cell.shown}")
        if cell.kind is Kind.UNCALCULATED:
            raise CellProblem(
                "cell.formula_without_value", "The result of the formula is not in the file: open and save it in Excel"
            )
        value = parse(cell)
        if isinstance(value, Noted):
            self._add_warning(row, column.field, value)
            value = value.value
        if column.unique:
            self._refuse_repetition(row, column, value)
        return value

    def _refuse_repetition(self, row: int, column: Column, value: object) -> None:
        first = self._seen.setdefault((column.field, str(value).casefold()), row)
        if first != row:
            raise CellProblem(f"{column.field}.duplicate", f"{value} is already on row {first}", "each one once")

    def _cell(self, row: int, column: int) -> Cell | None:
        cell = self._sheet.rows[row].get(column) or self._fills.get((row, column))
        return None if cell is None or means_nothing(cell) else cell

    def _add_error(self, row: int, field_name: str, problem: CellProblem) -> None:
        number, shown = self._place(row, field_name)
        self._errors.append(
            CellError(
                sheet=self._sheet.name,
                row=row,
                column=number,
                column_letter=column_letter(number),
                field=field_name,
                value=shown,
                code=problem.code,
                reason=problem.reason,
                expected=problem.expected,
                suggestion=problem.suggestion,
            )
        )

    def _add_warning(self, row: int, field_name: str, noted: Noted) -> None:
        number, shown = self._place(row, field_name)
        self._warnings.append(
            CellWarning(
                sheet=self._sheet.name,
                row=row,
                column=number,
                column_letter=column_letter(number),
                field=field_name,
                value=shown,
                code=noted.code,
                reason=noted.reason,
            )
        )

    def _place(self, row: int, field_name: str) -> tuple[int, str | None]:
        """The column number of a field and what its cell shows; a field without a column is shown at the
        first one.
        """
        number = self._numbers.get(field_name, next(iter(self._header.found)))
        cell = self._cell(row, number)
        return number, cell.shown if cell is not None else None


def _sheet_not_read(name: str) -> CellWarning:
    reason = f"The sheet {name!r} has a table of the same kind and was not read"
    return CellWarning(name, 0, 0, "", "", None, "sheet.not_read", reason)


def _merged_values(sheet: Sheet, header: Header) -> dict[tuple[int, int], Cell]:
    """Cells that a merged area stands for below its first one, in columns that want it."""
    fills: dict[tuple[int, int], Cell] = {}
    numbers = list(sheet.rows)
    filled = 0
    for area in sheet.merged:
        column = header.found.get(area.first_column)
        cell = sheet.rows.get(area.first_row, {}).get(area.first_column)
        if column is None or not column.fill_merged or cell is None or area.first_row <= header.row:
            continue
        below = numbers[bisect_right(numbers, area.first_row) : bisect_right(numbers, area.last_row)]
        filled += len(below)
        if filled > _MOST_FILLED:
            raise too_large("merged", "The merged areas of the workbook cover too many rows")
        fills |= {(row, area.first_column): cell for row in below}
    return fills


_MOST_FILLED: Final = 200_000
