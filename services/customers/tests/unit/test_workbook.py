"""Customers are read from the workbooks firms have, not from a template."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from services.customers.adapters.workbook import COLUMNS, read_customers
from shared.excel import NoTable, Skipped
from shared.excel.parsers import fold
from shared.testing.workbooks import workbook

ROOT = Path(__file__).parents[4]
EXPECTED = json.loads(Path(__file__).with_name("demo_customers.json").read_text("utf-8"))


def read(rows, **how):
    return read_customers(workbook(rows, **how))


def one(header, *cells, **how):
    """The values of a single good row."""
    reading = read([header, list(cells)], **how)
    assert reading.errors == ()
    return reading.rows[0].values


def wrong(header, *cells):
    """The errors of a single row, (column, code)."""
    return [(error.column, error.code) for error in read([header, list(cells)]).errors]


def test_the_demo_workbook_gives_exactly_what_is_expected():
    with (ROOT / "deploy/demo/huolto-asiakkaat.xlsx").open("rb") as stream:
        reading = read_customers(stream)
    rows = [
        {
            "row": row.row_number,
            "name": row.values["name"],
            "business_id": row.values["business_id"],
            "postal_code": row.values["billing_address"]["postal_code"],
            "kind": row.values.get("kind", "company"),
        }
        for row in reading.rows
    ]
    assert (reading.sheet, reading.header_row) == (EXPECTED["sheet"], EXPECTED["header_row"])
    assert rows == EXPECTED["rows"]
    assert [{"row": e.row, "column": e.column, "code": e.code} for e in reading.errors] == EXPECTED["errors"]
    assert list(reading.warnings) == EXPECTED["warnings"]
    assert reading.skipped == {EXPECTED["totals_row"]: Skipped.TOTALS}
    assert reading.unknown_columns == ()


def test_a_whole_row_of_the_demo_workbook():
    with (ROOT / "deploy/demo/huolto-asiakkaat.xlsx").open("rb") as stream:
        rows = {row.row_number: row.values for row in read_customers(stream).rows}
    assert rows[37] == {
        "name": "Kallio & Pojat Ky",
        "business_id": "9050145-7",
        "billing_address": {
            "street": "Ida Ekmanin tie 807",
            "postal_code": "02150",
            "city": "Pornainen",
        },
        "email": "halanen@example.com",
        "phone": None,
        "kind": "company",
        "contact_name": "Hannele Kivinen",
        "einvoice_address": None,
        "einvoice_operator": None,
        "billing_notes": None,
    }
    assert rows[57]["name"] == "Parviainen –LVI Oy Ab"
    assert (rows[7]["phone"], rows[7]["payment_term_days"]) == ("+35891234567", 14)


OTHER_NAMES = {
    "Nimi": ["Asiakkaan nimi", "ASIAKAS", "Customer name", "Kundnamn"],
    "Y-tunnus": ["LY-tunnus", "Ytunnus", "Business ID", "FO-nummer"],
    "Osoite": ["Katuosoite", "Lähiosoite", "Street address", "Gatuadress"],
    "Postinumero": ["Postinro", "Pnro", "ZIP", "Postnr"],
    "Kaupunki": ["Postitoimipaikka", "Paikkakunta", "City", "Ort"],
    "E-mail": ["Sähköposti", "S-posti", "Email", "E-post"],
    "Puhelin": ["Puh.", "Puhelinnumero", "Phone", "Telefon"],
    "Tyyppi": ["Asiakastyyppi", "Laji", "Customer type", "Kundtyp"],
    "OVT": ["Verkkolaskuosoite", "OVT-tunnus", "E-invoice address", "E-fakturaadress"],
    "Operaattori": ["Välittäjä", "Välittäjätunnus", "Operator", "Förmedlare"],
    "Maksuehto": ["Maksuaika", "Maksuehto (pv)", "Payment term", "Betalningsvillkor"],
}


@pytest.mark.parametrize("seed", range(4))
def test_the_demo_workbook_in_other_clothes_gives_the_same(seed):
    dice = random.Random(seed)
    theirs = openpyxl.load_workbook(ROOT / "deploy/demo/huolto-asiakkaat.xlsx", data_only=True).worksheets[0]
    order = dice.sample(range(13), 13)
    places = {before + 1: after for after, before in enumerate(order, start=2)}  # column A stays empty
    rows = [[None, *(row[column] for column in order)] for row in theirs.iter_rows(min_row=4, values_only=True)]
    rows[0] = [OTHER_NAMES[name][seed] if name in OTHER_NAMES else name for name in rows[0]]
    titles = [["Muu otsikko"], [None, "Nimi ja osoite:"], []][: seed % 4]
    reading = read({"Ohje": [["Lue tämä"]], "Lista": [*titles, *rows]})
    shift = len(titles) + 1 - EXPECTED["header_row"]
    found = [(row.row_number - shift, row.values["name"], row.values["business_id"]) for row in reading.rows]
    assert found == [(row["row"], row["name"], row["business_id"]) for row in EXPECTED["rows"]]
    errors = {(e.row - shift, e.column, e.code) for e in reading.errors}
    assert errors == {(e["row"], places[e["column"]], e["code"]) for e in EXPECTED["errors"]}
    assert (reading.sheet, reading.warnings) == ("Lista", ())


def test_swedish_and_english_workbooks_in_any_order():
    swedish = one(
        ["Betalningsvillkor", "Postnr", "Kundtyp", "FO-nummer", "Ort", "Kundnamn", "Språk", "Gatuadress", "Kundnr"],
        "14 dagar netto", "20100", "Bostadsaktiebolag", "9000011-8", "ÅBO", "Bostads Ab Exempel", "Svenska",
        "Storgatan 1", 1001,
    )  # fmt: skip
    assert swedish == {
        "name": "Bostads Ab Exempel",
        "number": "1001",
        "business_id": "9000011-8",
        "kind": "housing_company",
        "payment_term_days": 14,
        "language": "sv",
        "billing_address": {"street": "Storgatan 1", "postal_code": "20100", "city": "ÅBO"},
    }
    english = one(["Phone", "Company name", "Business ID", "Country"], "+46 8 123 45 67", "Example Ltd", None, "Sweden")
    assert english == {"name": "Example Ltd", "business_id": None, "phone": "+4681234567", "billing_address": None}


@pytest.mark.parametrize(
    "label",
    ["Y-tunnus", "Ytunnus", "LY-tunnus", "Y - TUNNUS", "Y-tunnus:", "Y‑tunnus", "Y-tunnus (yritys)", "Y-tunnus / Hetu"],
)
def test_names_of_the_business_id(label):
    assert one(["Asiakas", label], "A Oy", "9000011-8")["business_id"] == "9000011-8"


@pytest.mark.parametrize("label", ["Postinro", "Postinumero", "Pnro", "POSTI NRO", "Postinumro"])
def test_names_of_the_postal_code(label):
    assert one(["Nimi", label], "A Oy", 100)["billing_address"]["postal_code"] == "00100"


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("9000011-9", "business_id.check_digit"),
        (9000011, "business_id.check_digit_missing"),
        ("9000011", "business_id.check_digit_missing"),
        ("ei ole", "business_id.form"),
        ("9000011-8 ja 9000048-4", "business_id.form"),
    ],
)
def test_wrong_business_ids(cell, code):
    assert wrong(["Nimi", "Y-tunnus"], "A Oy", cell) == [(2, code)]


@pytest.mark.parametrize("cell", ["9000011-8", "90000118", 90000118, " 9000011–8\u00a0", "FI90000118"])
def test_business_ids_are_healed(cell):
    assert one(["Nimi", "Y-tunnus"], "A Oy", cell)["business_id"] == "9000011-8"


def test_the_same_business_id_or_number_twice_is_wrong_on_the_later_row():
    reading = read(
        [
            ["Nimi", "Y-tunnus", "Asiakasnumero"],
            ["A Oy", "9000011-8", "K1"],
            ["B Oy", 90000118, "K2"],
            ["C Oy", None, "k1"],
            ["A Oy", None, None],
        ]
    )
    assert [(e.row, e.column, e.code) for e in reading.errors] == [
        (3, 2, "business_id.duplicate"),
        (4, 3, "number.duplicate"),
    ]
    assert [row.row_number for row in reading.rows] == [2, 5]


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        (14, 14),
        ("14 pv", 14),
        ("14pv netto", 14),
        ("Netto 30", 30),
        ("30 päivää", 30),
        ("21 days", 21),
        ("heti", 0),
        ("7", 7),
    ],
)
def test_payment_terms(cell, days):
    assert one(["Nimi", "Maksuehto"], "A", cell)["payment_term_days"] == days


@pytest.mark.parametrize("cell", ["sopimuksen mukaan", "30 pv -2 %", 400, 14.5, "-14"])
def test_other_texts_are_no_payment_terms(cell):
    assert wrong(["Nimi", "Maksuehto"], "A", cell) == [(2, "payment_term.form")]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("YRITYS", "company"),
        ("yksityinen", "private"),
        ("Taloyhtiö ", "housing_company"),
        ("As. Oy", "housing_company"),
        ("Kunta", "public"),
        ("internal", "internal"),
    ],
)
def test_kinds(cell, kind):
    assert one(["Nimi", "Tyyppi", "Puhelin"], "A", cell, None)["kind"] == kind


def test_an_empty_kind_says_nothing():
    assert "kind" not in one(["Nimi", "Tyyppi", "Puhelin"], "A", None, None)


def test_an_unknown_kind_is_wrong_and_the_nearest_is_suggested():
    (error,) = read([["Nimi", "Tyyppi"], ["A", "Taloyhtöi"]]).errors
    assert (error.code, error.suggestion) == ("kind.unknown", "Taloyhtiö")


def test_all_wrong_cells_of_a_row_come_at_once():
    header = ["Nimi", "Y-tunnus", "Postinumero", "Sähköposti", "Puhelin", "OVT", "Operaattori", "Kieli", "Maa"]
    assert wrong(header, None, "1-2", "1234567", "ei ole@", "x", "0037", "Maventa", "klingon", "Atlantis") == [
        (1, "name.missing"),
        (2, "business_id.form"),
        (3, "postal_code.form"),
        (4, "email.form"),
        (5, "phone.form"),
        (6, "einvoice_address.form"),
        (7, "einvoice_operator.form"),
        (8, "language.unknown"),
        (9, "country.unknown"),
    ]


def test_identifiers_stored_as_numbers_get_their_zeros_back():
    row = one(["Nimi", "OVT", "Välittäjä", "Puhelin", "Postinumero"], "A", 3790000118, 3721291126, 401234567, 2150)
    assert (row["einvoice_address"], row["einvoice_operator"]) == ("003790000118", "003721291126")
    assert (row["phone"], row["billing_address"]["postal_code"]) == ("+358401234567", "02150")


def test_a_number_that_the_spreadsheet_has_rounded_is_refused():
    assert wrong(["Nimi", "OVT"], "A", 37900001181234567) == [(2, "cell.digits_lost")]


def test_addresses_in_one_cell_are_split_when_they_can_be():
    header = ["Nimi", "Osoite", "Postinumero ja -toimipaikka"]
    expected = {"street": "Haapatie 4 A 12", "postal_code": "02150", "city": "ESPOO"}
    assert one(header, "A", "Haapatie 4 A 12", "02150 ESPOO")["billing_address"] == expected
    assert one(["Nimi", "Osoite"], "A", "Haapatie 4 A 12, 02150 ESPOO")["billing_address"] == expected
    assert one(["Nimi", "Osoite"], "A", "Haapatie 4")["billing_address"]["street"] == "Haapatie 4"
    assert wrong(header, "A", None, "ESPOO") == [(3, "postal_code.form")]


def test_foreign_addresses_keep_their_postal_code():
    row = one(["Nimi", "Postinumero", "Kaupunki", "Maa"], "A", "111 29", "Stockholm", "Ruotsi")
    assert row["billing_address"] == {"street": "", "postal_code": "111 29", "city": "Stockholm", "country": "SE"}


def test_what_the_sheet_has_no_column_for_is_not_in_the_values():
    assert one(["Nimi", "Puhelin"], "A", None) == {"name": "A", "phone": None}


def test_sending_e_invoices_needs_the_address():
    header = ["Nimi", "Laskutustapa", "OVT", "Operaattori"]
    assert wrong(header, "A", "Verkkolasku", None, "DABAFIHH") == [(3, "einvoice_address.missing")]
    assert one(header, "A", "Kirje", None, None)["invoice_channel"] == "letter"


def test_other_columns():
    row = one(
        ["Nimi", "Vaaditut viitteet", "Laskutusrytmi", "Rakennusalan myyjä alkaen"]
        + ["Hintaryhmä", "ALV-numero", "Huomautus"],
        "A", "tilausnumero, Kustannuspaikka", "koontilasku", "3.9.2026", "A", "FI90000118", "rivi 1\nrivi 2",
    )  # fmt: skip
    assert row["required_references"] == ["order_number", "cost_centre"]
    assert (row["billing_rhythm"], row["construction_seller_from"]) == ("monthly", date(2026, 9, 3))
    assert (row["price_group"], row["vat_number"], row["billing_notes"]) == ("A", "FI90000118", "rivi 1\nrivi 2")


def test_two_customers_in_one_cell_are_refused_but_a_wrapped_name_is_not():
    for cell in ("A Oy\nB Oy", "A Oy / B Ky", "A Oy; B Oy"):
        assert wrong(["Nimi", "Puhelin"], cell, None) == [(1, "name.several")]
    assert one(["Nimi", "Puhelin"], "As Oy Pitkän\nNimen talo", None)["name"] == "As Oy Pitkän Nimen talo"


def test_a_customer_may_be_a_name_only_and_notes_below_the_table_are_not_customers():
    reading = read(
        [["Nimi", "Puhelin"], ["A Oy", None], ["Yhteensä 1 asiakasta", None], ["Punaiset tarkistettava", None]]
    )
    assert [row.values["name"] for row in reading.rows] == ["A Oy"]
    assert reading.errors == ()


def test_a_business_id_alone_is_a_customer_without_a_name():
    assert wrong(["Nimi", "Y-tunnus"], None, "9000011-8") == [(1, "name.missing")]


def test_a_workbook_without_names_is_no_list_of_customers():
    with pytest.raises(NoTable):
        read([["Tuotekoodi", "Hinta"], ["A", 1]])


def test_no_header_name_means_two_fields():
    seen: dict[str, str] = {}
    for column in COLUMNS:
        for label in column.labels:
            assert seen.setdefault(fold(label), column.field) == column.field, label


def test_columns_of_the_plan_have_names_in_three_languages():
    assert all(len(column.labels) >= 3 for column in COLUMNS)


def test_a_long_list_is_read_whole():
    rows = [
        [f"Asiakas {n}", None, "Katu 1", 100, "ESPOO", f"a{n}@example.com", "040 1234567", "Yritys"]
        for n in range(2_000)
    ]
    stream = workbook([["Nimi", "Y-tunnus", "Osoite", "Postinro", "Kaupunki", "E-mail", "Puhelin", "Tyyppi"], *rows])
    assert len(read_customers(stream).rows) == 2_000
