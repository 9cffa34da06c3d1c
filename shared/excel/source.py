"""A table file of any kind that is taken in: .xlsx, .ods or .csv, told apart by content, never by name."""

from __future__ import annotations

from typing import BinaryIO

from shared.excel.csv_text import read_csv
from shared.excel.limits import DEFAULT_LIMITS, WorkbookLimits
from shared.excel.opendocument import read_open_document
from shared.excel.package import Reason, open_package, read_content, refused
from shared.excel.sheet import Sheet
from shared.excel.workbook import read_package

_BLANK = b"\xef\xbb\xbf \t\r\n"
_NO_TABLES = (b"%pdf-", b"{\\rtf", b"<!doctype", b"<html", b"<?xml")
"""How texts begin that people take for tables: a PDF, a letter, a page that was saved from a browser."""


def read_sheets(stream: BinaryIO, limits: WorkbookLimits = DEFAULT_LIMITS) -> tuple[Sheet, ...]:
    """Read every visible sheet of a workbook, or the one table of a text file.

    stream  positioned at the start of the file; it is read to the end and not closed.
    Raises NotAWorkbook or WorkbookTooLarge. Nothing in the file is executed, nothing is fetched.
    """
    content = read_content(stream, limits)
    if content.lstrip(_BLANK)[:20].lower().startswith(_NO_TABLES):
        raise refused(Reason.NOT_XLSX)
    if not content.startswith(b"PK"):
        return (read_csv(content, limits),)
    package = open_package(content, limits)
    if package.is_open_document:
        return read_open_document(package, limits)
    return read_package(package, limits)
