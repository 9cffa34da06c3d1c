"""Tables that are no .xlsx: text with any delimiter and encoding, and OpenDocument spreadsheets."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from shared.excel import Kind, NotAWorkbook, WorkbookLimits, WorkbookTooLarge, read_sheets
from shared.testing.workbooks import package

NORDIC = "Nimi;Postinumero;Kaupunki\r\nÄänekosken Öljy Åbo;00100;Jyväskylä\r\n"


def values(content: bytes) -> dict[int, dict[int, object]]:
    (sheet,) = read_sheets(io.BytesIO(content))
    return {row: {number: cell.value for number, cell in cells.items()} for row, cells in sheet.rows.items()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "cp850", "mac_roman"])
def test_the_encoding_is_found(encoding: str) -> None:
    found = values(NORDIC.encode(encoding))
    assert found[2] == {1: "Äänekosken Öljy Åbo", 2: "00100", 3: "Jyväskylä"}


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found_and_quotes_are_read(delimiter: str) -> None:
    text = delimiter.join(["Nimi", "Hinta"]) + "\n" + delimiter.join(['"A ""x""; B, C\n2"', '"1,50"']) + "\n"
    assert values(text.encode())[2] == {1: 'A "x"; B, C\n2', 2: "1,50"}


@pytest.mark.parametrize("content", [b"x", b"\x00;\x01\n", b"\xff\xfea", b"\x89PNG\r\n\x1a\n;;"])
def test_what_is_no_text_table_is_refused(content: bytes) -> None:
    with pytest.raises(NotAWorkbook):
        read_sheets(io.BytesIO(content))


def test_a_text_table_is_limited_too() -> None:
    with pytest.raises(WorkbookTooLarge):
        read_sheets(io.BytesIO(b"a;b\n" * 20), WorkbookLimits(cells=30))
    with pytest.raises(WorkbookTooLarge):
        read_sheets(io.BytesIO(b"a;" + b"b" * 2000), WorkbookLimits(cell_characters=1000))


ODS = """<?xml version="1.0"?>
<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:style="s" xmlns:calcext="c">
<office:automatic-styles><style:style style:name="ta2" style:family="table">
<style:table-properties table:display="false"/></style:style></office:automatic-styles>
<office:body><office:spreadsheet>
<table:table table:name="Taul1">
<table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse"/>
<table:table-row><table:table-cell office:value-type="string"><text:p>Nimi</text:p>
<office:annotation><text:p>huomautus</text:p></office:annotation></table:table-cell>
<table:table-cell office:value-type="string" table:number-rows-spanned="2"><text:p>Postinro</text:p></table:table-cell>
</table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="string">
<text:p>A<text:s/>B</text:p><text:p>C</text:p></table:table-cell>
<table:covered-table-cell office:value-type="float" office:value="100"><text:p>00100</text:p></table:covered-table-cell>
<table:table-cell office:value-type="percentage" office:value="0.255"/>
<table:table-cell office:value-type="date" office:date-value="2026-09-03"/>
<table:table-cell office:value-type="boolean" office:boolean-value="true"/>
<table:table-cell table:formula="of:=1/0" office:value-type="string" calcext:value-type="error">
<text:p>#DIV/0!</text:p></table:table-cell>
</table:table-row>
<table:table-row table:number-rows-repeated="1048573"><table:table-cell table:number-columns-repeated="16384"/>
</table:table-row>
</table:table>
<table:table table:name="Piilossa" table:style-name="ta2"><table:table-row>
<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row></table:table>
</office:spreadsheet></office:body></office:document-content>"""


def ods(content: str = ODS, **parts: str) -> io.BytesIO:
    return package({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content, **parts})


def test_an_open_document_is_read_with_kinds_and_formats() -> None:
    (sheet,) = read_sheets(ods())
    assert list(sheet.rows) == [1, 2, 3]
    assert sheet.rows[1][1].value == "Nimi"
    cells = sheet.rows[3]
    assert cells[1].value == "A B\nC"
    assert (cells[2].value, cells[2].format.min_digits) == (Decimal(100), 5)
    assert (cells[3].value, cells[3].format.is_percent) == (Decimal("0.255"), True)
    assert cells[4].kind is Kind.DATE
    assert cells[5].value is True
    assert cells[6].kind is Kind.ERROR
    assert sheet.is_hidden(3)
    assert not sheet.is_hidden(2)
    assert (sheet.merged[0].first_row, sheet.merged[0].last_row) == (1, 2)


def test_a_repeated_filled_cell_counts_as_often_as_it_stands_there() -> None:
    bomb = ODS.replace(
        'table:number-columns-repeated="16384"/>',
        'table:number-columns-repeated="16384" office:value-type="float" office:value="1"/>',
    )
    with pytest.raises(WorkbookTooLarge):
        read_sheets(ods(bomb))


def test_encrypted_damaged_and_hostile_open_documents_are_refused() -> None:
    manifest = {"META-INF/manifest.xml": '<m:manifest xmlns:m="m"><m:encryption-data/></m:manifest>'}
    for stream, reason in (
        (ods("x", **manifest), "encrypted"),
        (ods("<a"), "damaged"),
        (ods('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "damaged"),
        (ods(ODS, **{"Basic/script-lb.xml": "x"}), "macros"),
        (ods("<a/>"), "not_xlsx"),
        (ods('<?xml version="1.0" encoding="F-8"?><a/>'), "damaged"),
    ):
        with pytest.raises(NotAWorkbook) as caught:
            read_sheets(stream)
        assert caught.value.facts["reason"] == reason
