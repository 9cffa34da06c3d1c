"""Products are read from the price lists firms have."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from services.catalog.adapters.workbook import _columns, kind_of, read_products
from shared.excel import NoTable, Skipped
from shared.excel.parsers import fold
from shared.testing.workbooks import workbook

ROOT = Path(__file__).parents[4]
EXPECTED = json.loads(Path(__file__).with_name("demo_products.json").read_text("utf-8"))
HEADER = ["Tuotekoodi", "Nimi", "Tuoteryhmä", "Yks.", "Hinta alv 0", "ALV %"]


def read(rows, *, day=None, **how):
    return read_products(workbook(rows, **how), day=day)


def one(header, *cells, **how):
    reading = read([header, list(cells)], **how)
    assert reading.errors == ()
    return reading.rows[0].values


def found(reading):
    return [(error.row, error.column, error.code) for error in reading.errors]


def test_the_demo_workbook_gives_exactly_what_is_expected():
    with (ROOT / "deploy/demo/huolto-tuotteet.xlsx").open("rb") as stream:
        reading = read_products(stream, day=date(2026, 9, 3))
    rows = [
        {
            "row": row.row_number,
            "code": row.values["code"],
            "price": str(row.values["list_price"]),
            "vat": str(row.values["vat_rate_percent"]),
            "unit": row.values["unit"],
        }
        for row in reading.rows
    ]
    assert (reading.sheet, reading.header_row) == (EXPECTED["sheet"], EXPECTED["header_row"])
    assert rows == EXPECTED["rows"]
    assert [{"row": e.row, "column": e.column, "code": e.code} for e in reading.errors] == EXPECTED["errors"]
    assert [{"row": w.row, "column": w.column, "code": w.code} for w in reading.warnings] == EXPECTED["warnings"]
    assert reading.skipped == {}


def test_a_whole_row_of_the_demo_workbook():
    with (ROOT / "deploy/demo/huolto-tuotteet.xlsx").open("rb") as stream:
        first = read_products(stream).rows[0]
    assert first.values == {
        "code": "MAT-1",
        "name": "Materiaali facilis Ø 40",
        "category_name": "Materiaali",
        "unit": "m",
        "list_price": Decimal("103.2993"),
        "vat_class": "reduced",
        "vat_rate_percent": Decimal("13.5"),
        "revenue_account": "3000",
        "barcode": None,
        "kind": "material",
    }


def test_swedish_and_english_price_lists_in_any_order():
    swedish = one(
        ["Moms %", "Benämning", "Pris exkl. moms", "Produktgrupp", "Enhet", "Artikelnr"],
        "25,5 %",
        "Lampa",
        "6,90 €",
        "Material",
        "st",
        "L1",
    )
    assert (swedish["code"], swedish["list_price"], swedish["unit"], swedish["vat_class"]) == (
        "L1",
        Decimal("6.90"),
        "kpl",
        "standard",
    )
    english = one(
        ["Category", "Unit price", "Item code", "Description", "UOM"], "Labour", "1 234,5", "W", "Work", "hours"
    )
    assert (english["list_price"], english["unit"], english["kind"]) == (Decimal("1234.50"), "h", "labour")


@pytest.mark.parametrize(
    ("cell", "price"),
    [
        (12.5, "12.50"),
        ("12,5", "12.50"),
        ("1 234,50 €", "1234.50"),
        ("1\u00a0234,5", "1234.50"),
        (103.2993, "103.2993"),
        (0, "0.00"),
        ("12,50 €/h", "12.50"),
        ("á 12,50 €/h", "12.50"),
        ("12,50 e / tunti", "12.50"),
        ("á 12,50", "12.50"),
        ("-", None),
        (None, None),
    ],
)
def test_prices(cell, price):
    value = one(HEADER, "A", "a", "Työ", "h", cell, 25.5)["list_price"]
    assert (str(value) if value is not None else None) == price


@pytest.mark.parametrize(
    ("cell", "code", "suggestion"),
    [
        ("sop.", "price.not_a_number", None),
        ("tarjous", "price.not_a_number", None),
        ("12,50 €/kpl", "price.other_unit", None),
        ("12,50 €/hylly", "price.not_a_number", "12,50"),
        ("12,50/15,00", "price.not_a_number", None),
        (-5, "price.out_of_range", None),
        ("-5,00", "price.out_of_range", None),
        (date(2026, 5, 12), "price.not_a_number", "12,5"),
        (True, "price.not_a_number", None),
    ],
)
def test_what_is_no_price(cell, code, suggestion):
    (error,) = read([HEADER, ["A", "a", "Työ", "h", cell, 25.5]]).errors
    assert (error.column, error.code, error.suggestion) == (5, code, suggestion)


def test_a_price_finer_than_four_decimals_is_rounded_and_told():
    reading = read([HEADER, ["A", "a", "Työ", "h", 1.23455, 25.5]])
    assert reading.rows[0].values["list_price"] == Decimal("1.2346")
    assert [(w.column, w.code) for w in reading.warnings] == [(5, "price.rounded")]


def test_noise_of_binary_fractions_is_not_a_finer_price():
    reading = read([HEADER, ["A", "a", "Työ", "h", 0.1 + 0.2, 25.5]])
    assert (reading.rows[0].values["list_price"], reading.warnings) == (Decimal("0.30"), ())


@pytest.mark.parametrize(
    ("cell", "vat_class", "rate"),
    [
        (25.5, "standard", "25.5"),
        ("25,5 %", "standard", "25.5"),
        ("25.5%", "standard", "25.5"),
        (0.255, "standard", "25.5"),
        (24, "standard", "24"),
        (14, "reduced", "14"),
        ("13,5", "reduced", "13.5"),
        (10, "press", "10"),
        (0, "zero", "0"),
        ("0 %", "zero", "0"),
    ],
)
def test_vat_rates(cell, vat_class, rate):
    values = one(HEADER, "A", "a", "Työ", "h", 1, cell)
    assert (values["vat_class"], str(values["vat_rate_percent"])) == (vat_class, rate)


def test_a_percent_format_means_hundredths():
    values = one(HEADER, "A", "a", "Työ", "h", 1, 0.135, formats={"F2": "0.0%"})
    assert (values["vat_class"], values["vat_rate_percent"]) == ("reduced", Decimal("13.5"))
    assert found(read([HEADER, ["A", "a", "Työ", "h", 1, 25.5]], formats={"F2": "0.0%"})) == [
        (2, 6, "vat.unknown_rate")
    ]


@pytest.mark.parametrize("cell", [22, "vapaa", "25,5 tai 10", -10])
def test_other_rates_are_wrong(cell):
    assert [
        (column, code.split(".")[0]) for _, column, code in found(read([HEADER, ["A", "a", "Työ", "h", 1, cell]]))
    ] in (
        [(6, "vat")],
        [(6, "cell")],
    )


def test_a_rate_no_longer_in_force_is_a_warning():
    reading = read([HEADER, ["A", "a", "Työ", "h", 1, 24]], day=date(2026, 9, 3))
    assert [(w.row, w.column, w.code) for w in reading.warnings] == [(2, 6, "vat.outdated_rate")]
    assert len(reading.rows) == 1


@pytest.mark.parametrize(
    ("cell", "unit"), [("kpl", "kpl"), ("KPL.", "kpl"), ("st", "kpl"), ("tunti", "h"), ("m2", "m²"), (None, "kpl")]
)
def test_units(cell, unit):
    assert one(HEADER, "A", "a", "X", cell, 1, 25.5)["unit"] == unit


def test_an_unknown_unit_is_wrong():
    (error,) = read([HEADER, ["A", "a", "X", "t", 1, 25.5]]).errors
    assert (error.column, error.code, error.suggestion) == (4, "unit.unknown", "h / tn")


def test_the_same_code_twice_is_wrong_on_the_later_row():
    reading = read(
        [HEADER, ["mat-1", "a", "X", "h", 1, 0], ["MAT-1 ", "b", "X", "h", 1, 0], ["MAT-2", "c", "X", "h", 1, 0]]
    )
    assert found(reading) == [(3, 1, "code.duplicate")]
    assert [row.values["code"] for row in reading.rows] == ["mat-1", "MAT-2"]


def codes(*cells, **how):
    reading = read([HEADER, *([cell, "a", "X", "h", 1, 0] for cell in cells)], **how)
    return [row.values["code"] for row in reading.rows], [warning.row for warning in reading.warnings]


def test_zeros_that_a_number_lost_are_put_back_when_the_width_is_certain():
    assert codes("09536", 3497, 56489, "TYÖ-1") == (["09536", "03497", "56489", "TYÖ-1"], [3])
    assert codes("12345", 3497, 56489) == (["12345", "03497", "56489"], [3])


def test_they_are_not_when_it_is_not():
    assert codes("12", "345", 7, 899, 100) == (["12", "345", "7", "899", "100"], [2 + 2])
    assert codes(12345, 3497, 56489) == (["12345", "3497", "56489"], [3])
    assert codes("123456", 3497, 5648) == (["123456", "3497", "5648"], [])
    assert codes(1, 20, 300, 4000) == (["1", "20", "300", "4000"], [])


def test_a_number_shown_with_zeros_keeps_them():
    assert codes(42, formats={"A2": "00000"}) == (["00042"], [])


def test_healed_codes_are_compared_too():
    assert found(
        read([HEADER, ["03497", "a", "X", "h", 1, 0], ["12345", "a", "X", "h", 1, 0], [3497, "b", "X", "h", 1, 0]])
    ) == [(4, 1, "code.duplicate")]


def test_mandatory_cells_and_all_errors_at_once():
    assert found(read([HEADER, ["A", None, None, "xyz", "sop.", 99], [None, "b", "X", "h", 1, 0]])) == [
        (2, 2, "name.missing"),
        (2, 3, "category_name.missing"),
        (2, 4, "unit.unknown"),
        (2, 5, "price.not_a_number"),
        (2, 6, "vat.unknown_rate"),
        (3, 1, "code.missing"),
    ]


def test_headings_of_groups_totals_and_notes_are_no_products():
    reading = read(
        [
            ["Hinnasto 2026"],
            ["Hinnat ilman arvonlisäveroa"],
            [],
            HEADER,
            ["SÄHKÖTARVIKKEET"],
            ["A", "a", "X", "h", 1, 0],
            ["Yhteensä", None, None, None, 1],
            ["Huom! Hinnat voimassa toistaiseksi"],
        ],
        merged=["A1:F1", "A2:F2"],
    )
    assert (reading.header_row, len(reading.rows), reading.errors) == (4, 1, ())
    assert reading.skipped == {5: Skipped.NOTE, 7: Skipped.TOTALS, 8: Skipped.NOTE}


def test_a_category_merged_over_its_products():
    reading = read([HEADER, ["A", "a", "X", "h", 1, 0], ["B", "b", None, "h", 1, 0]], merged=["C2:C3"])
    assert [row.values["category_name"] for row in reading.rows] == ["X", "X"]


def test_prices_with_vat_and_purchase_prices_are_not_taken_for_list_prices():
    header = ["Koodi", "Nimi", "Ryhmä", "Hinta sis. alv", "Ostohinta", "Hinta"]
    values = one(header, "A", "a", "X", 125.5, 60, 100)
    assert (values["list_price"], values["cost_price"]) == (Decimal("100.00"), Decimal("60.00"))
    assert "list_price" not in one(header[:5], "A", "a", "X", 125.5, 60)


def test_the_other_columns():
    values = one(
        ["Koodi", "Nimi", "Ryhmä", "Tyyppi", "Rakennuspalvelu", "Kentällä", "Tili", "EAN"],
        "A", "a", "X", "Alihankinta", "x", None, 3000, 6414893012345,
    )  # fmt: skip
    assert values == {
        "code": "A",
        "name": "a",
        "category_name": "X",
        "kind": "subcontracting",
        "construction_service": True,
        "revenue_account": "3000",
        "barcode": "6414893012345",
    }


@pytest.mark.parametrize(
    ("category", "unit", "kind"),
    [
        ("Työ", "kpl", "labour"),
        ("Matkat", None, "travel"),
        ("Tarvikkeet", "h", "material"),
        ("Muut", "h", "labour"),
        ("Muut", "km", "travel"),
        ("Muut", "kpl", "material"),
        ("Alihankinta", "erä", "subcontracting"),
    ],
)
def test_the_kind_follows_from_category_and_unit(category, unit, kind):
    assert kind_of(category, unit) == kind


def test_customers_beside_the_products_are_left_alone():
    reading = read(
        {"Asiakkaat": [["Nimi", "Y-tunnus"], ["A Oy", "9000011-8"]], "Tuotteet": [HEADER, ["A", "a", "X", "h", 1, 0]]}
    )
    assert (reading.sheet, len(reading.rows), reading.warnings) == ("Tuotteet", 1, ())


def test_a_list_without_categories_is_refused_as_a_whole():
    with pytest.raises(NoTable) as caught:
        read([["Koodi", "Nimi", "Hinta"], ["A", "a", 1]])
    assert caught.value.facts["missing"] == ["Tuoteryhmä"]


def test_no_header_name_means_two_fields():
    seen: dict[str, str] = {}
    for column in _columns(None):
        for label in column.labels:
            assert seen.setdefault(fold(label), column.field) == column.field, label
