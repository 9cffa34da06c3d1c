"""What we write is safe to open and reads back as it was."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.excel import read_workbook, write_workbook
from shared.excel.cells import clean


def written(header, rows):
    stream = io.BytesIO()
    write_workbook(stream, {"Taul1": (header, rows)})
    stream.seek(0)
    return stream


@pytest.mark.parametrize(
    "text", ["=1+1", "+358401234567", "-5", "@SUM(A1)", '=HYPERLINK("http://127.0.0.1";"x")', "\t=1"]
)
def test_texts_that_look_like_formulas_stay_texts(text):
    stream = written(["A"], [[text]])
    cell = openpyxl.load_workbook(stream).worksheets[0]["A2"]
    assert (cell.data_type, cell.value, cell.quotePrefix) == ("s", text, True)


def test_values_read_back_as_they_were():
    row = ["Å & <b>", Decimal("1234.5600"), 7, True, date(2026, 9, 3), None]
    (sheet,) = read_workbook(written(["a", "b", "c", "d", "e", "f"], [row]))
    assert [cell.value for cell in sheet.rows[2].values()] == [
        "Å & <b>",
        Decimal("1234.56"),
        Decimal(7),
        True,
        datetime(2026, 9, 3),
    ]


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=50))
def test_no_text_breaks_the_file(text):
    (sheet,) = read_workbook(written(["otsikko"], [[text]]))
    cell = sheet.rows.get(2, {}).get(1)
    assert (cell.value if cell else "") == clean(text)


def test_a_text_that_looks_like_an_escape_stays_itself():
    (sheet,) = read_workbook(written(["a"], [["_x0041_ ja _x005F_"]]))
    assert sheet.rows[2][1].value == "_x0041_ ja _x005F_"


def test_names_of_sheets_are_made_to_fit():
    stream = io.BytesIO()
    write_workbook(stream, {"Asiakkaat: 1/2 [x] " + "y" * 40: (["a"], [])})
    stream.seek(0)
    assert len(read_workbook(stream)[0].name) == 31
