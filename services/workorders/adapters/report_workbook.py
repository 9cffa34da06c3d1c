"""The customer's report as an .xlsx workbook: a sheet of sums for each grouping, and one of all rows."""

from __future__ import annotations

from typing import BinaryIO

from services.workorders.adapters.report_tables import row_table, summary_tables
from services.workorders.adapters.report_words import Words
from services.workorders.domain.report import Report
from shared.excel.writing import write_workbook


def write_report_workbook(stream: BinaryIO, report: Report, words: Words, *, prices: bool) -> None:
    """Write the report. prices  whether it may hold money"""
    tables = [*summary_tables(report, words, prices=prices), row_table(report, words, prices=prices)]
    write_workbook(stream, {table.title: (table.header, table.rows) for table in tables})
