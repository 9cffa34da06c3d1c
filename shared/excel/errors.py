"""What can be wrong with a workbook as a whole. What is wrong with a cell is a value:
`shared.excel.table.CellError`.
"""

from __future__ import annotations

from shared.errors import Malformed, RuleBroken, TooLarge


class NotAWorkbook(Malformed):
    """The file is not an .xlsx workbook we read. `facts["reason"]` is one of the values of `Reason`."""

    code = "workbook.unreadable"
    title = "This is not an Excel workbook (.xlsx) that can be read"


class WorkbookTooLarge(TooLarge):
    """The file, or what it unpacks to, passes a limit. `facts["limit"]` names the field of WorkbookLimits."""

    code = "workbook.too_large"
    title = "The workbook is too large"


class NoTable(RuleBroken):
    """No sheet has a header row with the columns that are needed. `facts["missing"]` lists their usual
    names.
    """

    code = "workbook.no_table"
    title = "No sheet has the columns that are needed"
