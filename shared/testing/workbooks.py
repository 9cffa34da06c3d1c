"""Small workbooks for tests: made by openpyxl, or part by part as other programs (and attackers) make
them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence

from openpyxl import Workbook

Rows = Iterable[Sequence[object]]

_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/></Types>'
)
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(
    rows: Rows | Mapping[str, Rows],
    *,
    formats: Mapping[str, str] | None = None,
    merged: Sequence[str] = (),
    hidden_columns: Sequence[str] = (),
    hidden_sheets: Sequence[str] = (),
) -> io.BytesIO:
    """Make a workbook of one sheet (rows) or several (name → rows); row and column 1 first, None is an
    empty cell.

    formats, merged, hidden_columns  cell → number format, areas and column letters, all of the first sheet.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    sheets = rows if isinstance(rows, Mapping) else {"Taul1": rows}
    for name, sheet_rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in sheet_rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if name in hidden_sheets else "visible"
    first = book.worksheets[0]
    for cell, number_format in (formats or {}).items():
        first[cell].number_format = number_format
    for area in merged:
        first.merge_cells(area)
    for letter in hidden_columns:
        first.column_dimensions[letter].hidden = True
    stream = io.BytesIO()
    book.save(stream)
    stream.seek(0)
    return stream


def package(parts: Mapping[str, str | bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    """Zip parts by name as they are."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def minimal_parts(
    sheet: str, *, strings: str = "", styles: str = "", workbook_properties: str = "", sheet_target: str = "sheet1.xml"
) -> dict[str, str | bytes]:
    """Return the parts of the smallest workbook; `sheet` and the others are the inside of the root
    elements."""

    def relation(number: int, kind: str, target: str) -> str:
        return f'<Relationship Id="rId{number}" Type="{_DOCUMENT}/{kind}" Target="{target}"/>'

    root = relation(1, "officeDocument", "xl/workbook.xml")
    book_relations = relation(1, "worksheet", sheet_target) + relation(2, "sharedStrings", "sharedStrings.xml")
    book_relations += relation(3, "styles", "styles.xml")
    return {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}">{root}</Relationships>',
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}">{workbook_properties}'
            '<sheets><sheet name="Taul1" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{book_relations}</Relationships>',
        "xl/sheet1.xml": f'<worksheet xmlns="{_MAIN}">{sheet}</worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{strings}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>',
    }
