"""Excel workbooks: read tables out of what people really send, write tables that are safe to open.

Start at `read_table` (shared/excel/table.py) with one `Column` per field; `shared/excel/parsers.py` has the
parsers.
"""

from shared.excel.cells import Cell, Kind
from shared.excel.errors import NoTable, NotAWorkbook, WorkbookTooLarge
from shared.excel.headers import Column, words
from shared.excel.limits import DEFAULT_LIMITS, WorkbookLimits
from shared.excel.parsers import CellProblem, Noted
from shared.excel.rows import Skipped
from shared.excel.sheet import Sheet, column_letter
from shared.excel.source import read_sheets
from shared.excel.table import CellError, CellWarning, ParsedRow, TableReading, read_table
from shared.excel.workbook import read_workbook
from shared.excel.writing import write_workbook

__all__ = [
    "DEFAULT_LIMITS",
    "Cell",
    "CellError",
    "CellProblem",
    "CellWarning",
    "Column",
    "Kind",
    "NoTable",
    "NotAWorkbook",
    "Noted",
    "ParsedRow",
    "Sheet",
    "Skipped",
    "TableReading",
    "WorkbookLimits",
    "WorkbookTooLarge",
    "column_letter",
    "read_sheets",
    "read_table",
    "read_workbook",
    "words",
    "write_workbook",
]
