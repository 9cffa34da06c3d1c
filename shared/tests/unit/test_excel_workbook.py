"""Cells are read as every program writes them, and numbers stay exact."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.excel import Kind, column_letter, read_workbook
from shared.excel.cells import clean, number_format, serial_date
from shared.testing.workbooks import minimal_parts, package, workbook


def read_one(sheet, **parts):
    return read_workbook(package(minimal_parts(sheet, **parts)))[0]


def cells_of(row_xml, **parts):
    return read_one(f"<sheetData><row>{row_xml}</row></sheetData>", **parts).rows.get(1, {})


def test_all_types_of_cells():
    row = read_workbook(workbook([["a", 1, 1.5, True, datetime(2026, 9, 3), date(2026, 9, 3), None, "=1+1"]]))[0].rows[
        1
    ]
    assert [(cell.kind.value, cell.value) for cell in row.values()] == [
        ("text", "a"),
        ("number", Decimal(1)),
        ("number", Decimal("1.5")),
        ("boolean", True),
        ("date", datetime(2026, 9, 3)),
        ("date", datetime(2026, 9, 3)),
        ("uncalculated", ""),
    ]
    assert list(row) == [1, 2, 3, 4, 5, 6, 8]


def test_cells_and_rows_without_references_follow_each_other():
    sheet = read_one("<sheetData><row><c><v>1</v></c><c/><c><v>3</v></c></row><row><c><v>4</v></c></row></sheetData>")
    assert {row: list(cells) for row, cells in sheet.rows.items()} == {1: [1, 3], 2: [1]}


def test_inline_rich_and_phonetic_text():
    row = cells_of(
        '<c t="inlineStr"><is><t>sisä</t></is></c><c t="s"><v>0</v></c><c t="str"><f>A1</f><v>kaava</v></c>',
        strings="<si><r><t>As </t></r><r><t>Oy</t></r><rPh><t>ohi</t></rPh></si>",
    )
    assert [cell.value for cell in row.values()] == ["sisä", "As Oy", "kaava"]


def test_prefixed_elements_and_absolute_targets():
    parts = minimal_parts("", sheet_target="/xl/sheet1.xml")
    parts["xl/sheet1.xml"] = (
        '<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData><x:row r="2">'
        '<x:c r="B2"><x:v>7</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    assert read_workbook(package(parts))[0].rows[2][2].value == Decimal(7)


def test_part_names_differ_in_case_and_slashes():
    parts = minimal_parts("<sheetData><row><c t='s'><v>0</v></c></row></sheetData>", strings="<si><t>a</t></si>")
    parts["xl\\SharedStrings.xml"] = parts.pop("xl/sharedStrings.xml")
    assert read_workbook(package(parts))[0].rows[1][1].value == "a"


def test_errors_booleans_and_iso_dates():
    row = cells_of(
        '<c t="e"><v>#N/A</v></c><c t="b"><v>0</v></c><c t="d"><v>2026-09-03T10:00:00</v></c><c><v>x</v></c>'
    )
    assert [cell.kind for cell in row.values()] == [Kind.ERROR, Kind.BOOLEAN, Kind.DATE, Kind.ERROR]
    assert row[3].value == datetime(2026, 9, 3, 10)


@pytest.mark.parametrize("digits", ["1E999999999", "1E-99999999", "NaN", "INF", "9" * 41, "1,5", "--1"])
def test_numbers_that_are_none_are_error_values(digits):
    row = cells_of(f"<c><v>{digits}</v></c>")
    assert row[1].kind is Kind.ERROR or row[1].value == 0


def test_formulas_give_their_saved_result_and_nothing_is_computed():
    row = cells_of("<c><f>1+1</f><v>3</v></c><c><f>1+1</f></c>")
    assert (row[1].value, row[2].kind) == (Decimal(3), Kind.UNCALCULATED)


STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="0.0%"/><numFmt numFmtId="165" formatCode="00000"/>'
    '<numFmt numFmtId="166" formatCode="d\\.m\\.yyyy;@"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs>'
)


def test_number_formats_say_what_a_number_means():
    row = cells_of(
        '<c s="1"><v>0.25500000000000001</v></c><c s="2"><v>100</v></c><c s="3"><v>46268</v></c>', styles=STYLES
    )
    assert (row[1].value, row[1].format.is_percent, row[1].shown) == (Decimal("0.255"), True, "25,5 %")
    assert row[2].format.min_digits == 5
    assert row[3].value == datetime(2026, 9, 3)


def test_the_1904_calendar():
    row = cells_of('<c s="3"><v>0</v></c>', styles=STYLES, workbook_properties='<workbookPr date1904="1"/>')
    assert row[1].value == datetime(1904, 1, 1)


def test_dates_before_the_day_that_never_was():
    assert serial_date(Decimal(59)) == datetime(1900, 2, 28)
    assert serial_date(Decimal(61)) == datetime(1900, 3, 1)
    assert serial_date(Decimal(-1)) is None


@pytest.mark.parametrize(
    ("code", "is_date", "is_percent"),
    [
        ("General", False, False),
        ("Standard", False, False),
        ("0.00", False, False),
        ('#,##0.00 "€"', False, False),
        ("#,##0.00\\ [$€-40B]", False, False),
        ("d.m.yyyy", True, False),
        ("[$-40B]d. mmmm yyyy", True, False),
        ("[h]:mm:ss", False, False),
        ("mm:ss", False, False),
        ('0 "pv"', False, False),
        ("0.0%", False, True),
        ('0.0" %"', False, False),
    ],
)
def test_number_format_codes(code, is_date, is_percent):
    found = number_format(164, code)
    assert (found.is_date, found.is_percent) == (is_date, is_percent)


def test_sheets_hidden_from_the_reader_are_left_out_hidden_columns_are_not():
    book = workbook({"A": [[1, 2]], "B": [[3]]}, hidden_columns=["B"], hidden_sheets=["B"], merged=["A1:A3"])
    (sheet,) = read_workbook(book)
    assert sheet.name == "A"
    assert [sheet.is_hidden(column) for column in (1, 2, 3)] == [False, True, False]
    assert (sheet.merged[0].first_row, sheet.merged[0].last_row) == (1, 3)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  A\u00a0Oy \u200b", "A Oy"),
        ("a\r\n\n b_x000D_", "a\nb"),
        ("a\u0308iti", "äiti"),
        ("\u2003\u00a0", ""),
        ("a\tb\x07", "a b"),
    ],
)
def test_text_is_cleaned(text, cleaned):
    assert clean(text) == cleaned


def test_column_letters():
    assert [column_letter(n) for n in (1, 26, 27, 702, 703, 16_384)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


@settings(deadline=None)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_numbers_keep_every_digit(number):
    row = cells_of(f"<c><v>{number}</v></c><c><v>{float(number)!r}</v></c>")
    assert row[1].value == row[2].value == number


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(
            st.one_of(
                st.none(),
                st.integers(-(10**12), 10**12),
                st.booleans(),
                st.from_regex(r"[a-zåäö]{1,8}", fullmatch=True),
            ),
            max_size=5,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_the_reading_agrees_with_openpyxl(rows):
    stream = workbook(rows)
    (sheet,) = read_workbook(stream)
    stream.seek(0)
    theirs = {
        (cell.row, cell.column): cell.value
        for row in openpyxl.load_workbook(stream).worksheets[0].iter_rows()
        for cell in row
        if cell.value is not None
    }
    assert {(row, column): cell.value for row, cells in sheet.rows.items() for column, cell in cells.items()} == theirs
