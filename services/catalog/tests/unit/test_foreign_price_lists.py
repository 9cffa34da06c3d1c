"""Price lists as wholesalers and firms write them."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from services.catalog.adapters.price_workbook import read_prices
from services.catalog.adapters.workbook import read_products
from shared.excel import NoTable, Skipped, TableReading
from shared.testing.workbooks import workbook


def rows(reading: TableReading, *fields: str) -> dict[int, tuple[Any, ...]]:
    return {row.row_number: tuple(row.values.get(name) for name in fields) for row in reading.rows}


def wrong(reading: TableReading) -> list[tuple[int, str, str]]:
    return [(error.row, error.column_letter, error.code) for error in reading.errors]


def test_a_wholesalers_csv_with_decimal_commas_in_an_old_code_page() -> None:
    text = (
        "Tuotenumero;Nimitys;Tuoteryhmä;Yksikkö;Bruttohinta;Ale-%;Nettohinta;EAN\r\n"
        "0012345;Pistorasia 2-os. uppo;Asennuskalusteet;KPL;12,50;20;10,00;6400000000017\r\n"
        '0012346;"Kaapeli MMJ ""S"" Ø 3";Kaapelit;M;1 234,56;;1,4520;\r\n'
        "0012347;Vikavirtasuoja;Keskukset;KPL;60,00;;48,50 €;\r\n"
    )
    reading = read_products(io.BytesIO(text.encode("cp1252")))
    assert rows(reading, "code", "name", "unit", "list_price") == {
        2: ("0012345", "Pistorasia 2-os. uppo", "kpl", Decimal("10.00")),
        3: ("0012346", 'Kaapeli MMJ "S" Ø 3', "m", Decimal("1.4520")),
        4: ("0012347", "Vikavirtasuoja", "kpl", Decimal("48.50")),
    }
    assert reading.unknown_columns == ("Bruttohinta", "Ale-%")


def test_a_row_of_units_below_the_header() -> None:
    reading = read_products(
        workbook(
            [
                ["Hinnasto 1.1.2026 alkaen"],
                [],
                ["Koodi", "Nimike", "Ryhmä", "Yks", "Hinta", "Alv"],
                [None, None, None, None, "(€/yks)".replace("yks", "kpl"), "[%]"],
                ["HUOLTO", "Kiinteistönhoitaja", "Työ", "h", "45,00", 25.5],
            ]
        )
    )
    assert rows(reading, "code", "list_price") == {5: ("HUOLTO", Decimal("45.00"))}
    assert (reading.skipped, reading.errors) == ({4: Skipped.UNITS}, ())


def test_prices_with_vat_beside_prices_without() -> None:
    header = ["Tuotekoodi", "Tuote", "Tuoteryhmä", "Hinta sis. alv", "Hinta alv 0 %", "ALV"]
    reading = read_products(workbook([header, ["A1", "Avain", "Tarvike", 27.61, 22, "25,5 %"]]))
    assert rows(reading, "list_price", "vat_rate_percent") == {2: (Decimal("22.00"), Decimal("25.5"))}


@pytest.mark.parametrize(
    "name", ["Hinta EUR alv 0%", "á €", "À-hinta (€)", "Hinta veroton €", "Myyntihinta (veroton)", "Listahinta, €"]
)
def test_names_of_prices_without_vat(name: str) -> None:
    header = ["Tuotenumero", "Tuotteen kuvaus", "Tuoteryhmä", name, "Myyntihinta (verollinen)"]
    reading = read_products(workbook([header, ["A1", "Avain", "Tarvike", "22,00", 27.61]]))
    assert rows(reading, "name", "list_price") == {2: ("Avain", Decimal("22.00"))}


def test_only_prices_with_vat_are_never_taken_for_prices_without() -> None:
    header = ["Tuotekoodi", "Tuote", "Tuoteryhmä", "Hinta (sis. alv 25,5 %)"]
    reading = read_products(workbook([header, ["A1", "Avain", "Tarvike", 27.61]]))
    assert "list_price" not in reading.rows[0].values


def test_prices_that_say_of_which_unit_they_are() -> None:
    reading = read_products(
        workbook(
            [
                ["Nimike", "Koodi", "Luokka", "á-hinta (€)"],
                ["Ovenavaus", "OVI-1", "Työ", "á 30,00 €/kpl"],
                ["Hoitaja", "H1", "Työ", "45,00 €/h"],
                ["Kaapeli", "K1", "Tarvike", "1,4520 €/m"],
                ["Muu", "M1", "Tarvike", "sopimuksen mukaan"],
            ]
        )
    )
    assert rows(reading, "unit", "list_price") == {
        2: ("kpl", Decimal("30.00")),
        3: ("h", Decimal("45.00")),
        4: ("m", Decimal("1.4520")),
    }
    assert wrong(reading) == [(5, "D", "price.not_a_number")]


def test_groups_under_headings_with_subtotals_in_between() -> None:
    reading = read_products(
        workbook(
            [
                ["Hinnasto"],
                ["Koodi", "Tuote", "Yksikkö", "Hinta €"],
                ["Hinnat ilman alv, voimassa 1.1.2026 alkaen"],
                ["TYÖ:"],
                ["H1", "Hoitaja", "h", 45],
                ["H2", "Erikoismies", "h", 58],
                ["Yhteensä", None, None, 103],
                ["TARVIKKEET"],
                ["L1", "Lamppu", "kpl", 6.9],
                ["Tarvikkeet yhteensä", None, None, 6.9],
                ["Hinnat ilman arvonlisäveroa"],
            ]
        )
    )
    assert rows(reading, "code", "category_name", "kind") == {
        5: ("H1", "TYÖ", "labour"),
        6: ("H2", "TYÖ", "labour"),
        9: ("L1", "TARVIKKEET", "material"),
    }
    assert not reading.errors


def test_a_remark_above_the_rows_is_no_group() -> None:
    header, remark = ["Koodi", "Tuote", "Hinta €"], ["Hinnat ilman arvonlisäveroa (alv 0 %)"]
    with pytest.raises(NoTable):
        read_products(workbook([header, remark, ["H1", "Hoitaja", 45], ["H2", "Erikoismies", 58]]))


def test_a_row_above_the_first_heading_has_no_group() -> None:
    reading = read_products(workbook([["Koodi", "Tuote", "Hinta"], ["X", "Irto", 1], ["TYÖ"], ["H1", "Hoitaja", 45]]))
    assert rows(reading, "code") == {4: ("H1",)}
    assert [(row, code) for row, _, code in wrong(reading)] == [(2, "category_name.missing")]


def test_lost_zeros_come_back_where_the_width_is_certain_and_merged_groups_count_for_all_rows() -> None:
    reading = read_products(
        workbook(
            [
                ["Tuotenro", "Tuote", "Tuoteryhmä", "Hinta €/kpl"],
                ["00123", "A", "Kaapelit", "1,10"],
                [99, "B", None, 2.2],
                ["10456", "C", None, "3,30 €"],
            ],
            merged=["C2:C4"],
        )
    )
    assert rows(reading, "code", "category_name", "list_price") == {
        2: ("00123", "Kaapelit", Decimal("1.10")),
        3: ("00099", "Kaapelit", Decimal("2.20")),
        4: ("10456", "Kaapelit", Decimal("3.30")),
    }
    assert [warning.code for warning in reading.warnings] == ["code.leading_zeros"]


def test_hidden_columns_and_a_column_of_notes() -> None:
    reading = read_products(
        workbook(
            [
                ["Koodi", "Hinta", "Tuote", "Tuoteryhmä", "Hinta", "Muistiinpanot"],
                ["A", 99, "Avain", "Tarvike", 22, "tarkista!"],
            ],
            hidden_columns=["B"],
        )
    )
    assert rows(reading, "list_price") == {2: (Decimal("22.00"),)}


def test_a_list_of_new_prices_with_days_as_text_and_as_numbers() -> None:
    reading = read_prices(
        workbook(
            [
                ["Tuotekoodi", "Uusi hinta", "Voimassa alkaen", "Päättyy"],
                ["H1", 47.5, "1.1.2027", 46752],
                ["H2", "60,00", datetime(2027, 1, 1), "31. 12. 2027"],
                ["H3", "61,00", "2027/01/01", None],
                ["H4", "61,00", "1.1.27", None],
            ]
        )
    )
    first, last = date(2027, 1, 1), date(2027, 12, 31)
    assert rows(reading, "price", "valid_from", "valid_to") == {
        2: (Decimal("47.50"), first, last),
        3: (Decimal("60.00"), first, last),
        4: (Decimal("61.00"), first, None),
    }
    (error,) = reading.errors
    assert (error.row, error.column_letter, error.suggestion) == (5, "C", "1.1.2027")


@pytest.mark.parametrize("header", ["Asiakasnro", "Asiakas", "Kundnummer", "Customer number", "Kohde", "Site code"])
def test_a_price_for_somebody_who_is_not_known_by_that_becomes_nobodys(header: str) -> None:
    table = [["Tuotekoodi", "Hinta", header], ["SAH-1", "1 234,50 €", 1001], ["SAH-2", 10, None]]
    reading = read_prices(workbook(table))
    assert wrong(reading) == [(2, "C", "id.form")]
    assert rows(reading, "code", "price") == {3: ("SAH-2", Decimal(10))}


def test_a_customers_price_is_no_customer() -> None:
    reading = read_prices(workbook([["Tuotekoodi", "Hinta", "Asiakashinta", "Asiakasryhmä"], ["SAH-1", 12.5, 11, "A"]]))
    assert (wrong(reading), rows(reading, "customer_id")) == ([], {2: (None,)})


def test_all_that_is_wrong_with_a_price_is_said_at_once() -> None:
    table = [["Tuotekoodi", "Hinta", "Alkaa", "Päättyy"], ["KM", -1, date(2026, 12, 1), date(2026, 11, 1)]]
    found = wrong(read_prices(workbook(table)))
    assert [(row, letter) for row, letter, _ in found] == [(2, "B"), (2, "D")]


def test_names_of_prices_that_were_agreed() -> None:
    reading = read_prices(workbook([["Tuotenro", "Sopimushinta", "Ale-%", "Alkaa", "To", "Min qty"], ["SAH-1", 42]]))
    assert list(reading.columns.values()) == [
        "code", "price", "discount_percent", "valid_from", "valid_to", "min_quantity"
    ]  # fmt: skip
