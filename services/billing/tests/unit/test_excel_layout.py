"""Columns, cells and files of billing material."""

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import ValidationError
from openpyxl import load_workbook

from services.billing.adapters.excel.build import layout_of
from services.billing.adapters.excel.fields import FIELDS
from services.billing.adapters.excel.layout import Cell, Row, from_json, rows, to_json
from services.billing.adapters.excel.settings import ExcelSettings
from services.billing.adapters.excel.sheets import CsvForm, NotOurFile, SheetForm, XlsxForm
from services.billing.domain.document import Address, Delivery
from services.billing.tests.unit.builders import a_document, a_party, a_row


def settings(**given: Any) -> dict[str, Any]:
    return ExcelSettings().load(given)


def columns(*names: str, **formats: str) -> list[dict[str, str]]:
    return [{"header": name, "field": name, **({"format": formats[name]} if name in formats else {})} for name in names]


def read_xlsx(content: bytes) -> list[list[Any]]:
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def written(form: SheetForm, *cells: Cell) -> bytes:
    return form.grown(None, [f"c{i}" for i in range(len(cells))], [Row(cells)])


def test_the_usual_columns_show_numbers_dates_and_texts_as_what_they_are() -> None:
    layout = layout_of(settings())
    document = a_document(a_row(quantity="0.333", unit_price="1.4520"))
    header, row = read_xlsx(XlsxForm().grown(None, layout.header, rows(document, layout)))
    shown = dict(zip(header, row, strict=True))
    assert shown["Tunniste"] == document.key
    assert shown["Päivä"].date() == date(2026, 11, 20)
    assert shown["Postinumero"] == "02150"
    assert Decimal(str(shown["Määrä"])) == Decimal("0.333")
    assert Decimal(str(shown["Yksikköhinta"])) == Decimal("1.452")
    assert Decimal(str(shown["Veroton"])) == document.net == Decimal("0.48")
    assert Decimal(str(shown["Verollinen"])) == document.gross


def test_every_field_can_be_a_column() -> None:
    layout = layout_of(settings(columns=columns(*FIELDS)))
    document = a_document(a_row(), payer=a_party(vat_number="FI90000118"))
    (row,) = rows(document, layout)
    assert len(row.cells) == len(FIELDS)
    assert all(field.description for field in FIELDS.values())


def test_a_layout_of_ones_own_has_its_order_formats_and_empty_columns() -> None:
    own = [
        {"header": "Lasku nro", "text": ""},
        {"header": "Tili", "text": "3000"},
        {"header": "Summa", "field": "line.net", "format": "text"},
        {"header": "Pvm", "field": "document.date", "format": "d.m.yyyy"},
    ]
    layout = layout_of(settings(columns=own))
    (row,) = rows(a_document(), layout)
    assert [cell.value for cell in row.cells] == [None, "3000", "45,00", date(2026, 11, 20)]
    content = CsvForm().grown(None, layout.header, [row]).decode("utf-8-sig")
    assert content == "Lasku nro;Tili;Summa;Pvm\r\n;3000;45,00;20.11.2026\r\n"


def test_totals_follow_the_lines_and_are_the_documents() -> None:
    layout = layout_of(settings(columns=columns("line.text", "line.net", "line.vat", "line.gross"), totals=True))
    document = a_document(a_row(row_id="1"), a_row(row_id="2", product_id="other", unit_price="99.99"))
    *lines, total = rows(document, layout)
    assert len(lines) == 2
    assert total.is_total
    assert [cell.value for cell in total.cells] == ["Yhteensä", document.net, document.vat, document.gross]
    for place in (1, 2, 3):
        assert sum((row.cells[place].value for row in lines), Decimal(0)) == total.cells[place].value  # type: ignore[misc]


def test_a_row_for_each_document_has_no_lines() -> None:
    layout = layout_of(settings(rows="documents", language="en"))
    document = a_document(a_row(row_id="1"), a_row(row_id="2", product_id="other"))
    (row,) = rows(document, layout)
    shown = dict(zip(layout.header, row.cells, strict=True))
    assert shown["With VAT"].value == document.gross


FORMULAS = ["=1+1", "+358 40 123", "-5 astetta", "@SUM(A1)", "=cmd|' /C calc'!A0", "#N/A"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula_in_a_workbook_even_after_it_has_grown(text: str) -> None:
    form = XlsxForm()
    content = form.grown(written(form, Cell(text)), ["c0"], [Row((Cell("next"),))])
    cell = load_workbook(io.BytesIO(content)).worksheets[0]["A2"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert cell.quotePrefix is (text[0] != "#")
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("text", [*FORMULAS[:-1], "\t=1+1", "'=1"])
def test_no_text_becomes_a_formula_in_csv_and_reads_back(text: str) -> None:
    content = written(CsvForm(), Cell(text))
    (row,) = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))[1:]
    assert row[0][0] not in "=+-@\t"
    if text[0] != "'":
        assert list(CsvForm().column(content, 0)) == [text]


def test_a_negative_amount_in_csv_is_a_number() -> None:
    assert b"\r\n-12,50\r\n" in written(CsvForm(), Cell(Decimal("-12.5"), "0.00"))


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        ("1", "0.00", "1,00"),
        ("1.4520", "0.00##", "1,452"),
        ("1.4520", "0.00", "1,452"),
        ("0.333", "General", "0,333"),
        ("8.000", "General", "8"),
        ("25.50", "General", "25,5"),
        ("3", "0", "3"),
        ("-0.005", "0.00", "-0,005"),
    ],
)
def test_csv_pads_decimals_and_never_rounds(value: str, code: str, shown: str) -> None:
    assert written(CsvForm(encoding="utf-8"), Cell(Decimal(value), code)).decode() == f"c0\r\n{shown}\r\n"


@pytest.mark.parametrize("form", [XlsxForm(), CsvForm()], ids=["xlsx", "csv"])
def test_a_file_grows_and_tells_its_header_and_columns(form: SheetForm) -> None:
    header = ["Avain", "=Summa"]
    content = form.grown(None, header, [Row((Cell("A"), Cell(Decimal("1.50"), "0.00")))])
    content = form.grown(content, header, [Row((Cell("B"), Cell(None)))])
    assert form.header(content) == header
    assert list(form.column(content, 0)) == ["A", "B"]


@pytest.mark.parametrize("form", [XlsxForm(), CsvForm()], ids=["xlsx", "csv"])
def test_what_is_no_such_file_is_told(form: SheetForm) -> None:
    with pytest.raises(NotOurFile):
        form.header(b"\xff\xfe\x00PK not a file of ours \xc3\x28")


def test_what_a_biller_changed_in_a_growing_workbook_stays() -> None:
    form = XlsxForm()
    book = load_workbook(io.BytesIO(written(form, Cell("A"))))
    book.worksheets[0]["D2"] = "laskutettu"
    book.worksheets[0]["A9"].number_format = "0.00"  # a formatted empty row is not the end
    stream = io.BytesIO()
    book.save(stream)
    grown = read_xlsx(form.grown(stream.getvalue(), ["c0"], [Row((Cell("B"),))]))
    assert (grown[1][3], grown[2][0]) == ("laskutettu", "B")


def test_rows_go_through_json_unchanged() -> None:
    layout = layout_of(settings(totals=True))
    for row in rows(a_document(), layout):
        assert from_json(to_json(row)) == row


def test_control_characters_and_broken_text_do_not_stop_a_file() -> None:
    payer = a_party(name="A\x00B\ud800C", address=Address("\x0b", "00100", "Ä", "FI"))
    layout = layout_of(settings())
    content = XlsxForm().grown(None, layout.header, rows(a_document(payer=payer), layout))
    assert read_xlsx(content)[1][layout.header.index("Asiakas")] == "ABC"


@pytest.mark.parametrize(
    "wrong",
    [
        {"folder": "../etc"},
        {"folder": "/etc"},
        {"folder": ".hidden"},
        {"folder": "a//b"},
        {"file_type": "xls"},
        {"files": "week"},
        {"columns": []},
        {"columns": [{"header": "a"}]},
        {"columns": [{"header": "a", "field": "line.net", "text": "x"}]},
        {"columns": [{"header": "a", "field": "line.secret"}]},
        {"columns": [{"header": "a", "field": "line.net", "format": "d.m.yyyy"}]},
        {"columns": [{"header": "a", "text": "x", "format": "0.00"}]},
        {"columns": columns("line.net"), "files": "day"},
        {"columns": columns("line.net"), "rows": "documents"},
        {"columns": [*columns("line.net"), *columns("line.net")]},
        {"colums": []},
    ],
)
def test_senseless_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_site_period_and_labour_share_can_be_shown() -> None:
    site = Delivery("A-talo", Address("Haapatie 4 A", "02150", "ESPOO", "FI"))
    work = a_row(unit_price="239.0438", site=site, work_date=date(2026, 11, 2), dimensions={"cost_centre": "KP-1"})
    part = a_row(row_id="2", position=2, product_id="2", product_kind="material", unit_price="159.3625", site=site)
    document = a_document(work, part, payer=a_party(kind="private", business_id=None))
    names = (
        "document.period_from", "document.site", "document.site_address", "document.labour", "line.unit_price_gross",
        "line.performed_from", "line.site", "line.cost_centre",
    )  # fmt: skip
    layout = layout_of(settings(columns=columns(*names)))
    header, first, second = read_xlsx(XlsxForm().grown(None, layout.header, rows(document, layout)))
    shown = dict(zip(header, first, strict=True))
    assert shown["document.period_from"].date() == date(2026, 11, 2)
    assert (shown["document.site"], shown["document.site_address"]) == ("A-talo", "Haapatie 4 A, 02150 ESPOO")
    assert (shown["document.labour"], shown["line.unit_price_gross"]) == (300, 300)
    assert shown["line.performed_from"].date() == date(2026, 11, 2)
    assert (shown["line.site"], shown["line.cost_centre"]) == ("A-talo", "KP-1")
    assert second[header.index("line.cost_centre")] is None
