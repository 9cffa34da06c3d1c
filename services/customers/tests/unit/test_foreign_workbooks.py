"""Registers as firms and their other programs write them: exports, managers' lists, sheets made by hand."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from services.customers.adapters.contact_workbook import read_contacts
from services.customers.adapters.site_workbook import read_sites
from services.customers.adapters.workbook import read_customers
from shared.excel import Skipped, TableReading
from shared.testing.workbooks import workbook

NBSP, SOFT, NB_HYPHEN = "\u00a0", "\u00ad", "\u2011"
Shown = dict[int, dict[str, Any]]


def rows(reading: TableReading, *fields: str) -> Shown:
    """Row number → the named values; parts of the address by their own names."""
    shown: Shown = {}
    for row in reading.rows:
        address = row.values.get("billing_address") or row.values.get("address") or {}
        values = {**row.values, **{name: part for name, part in address.items() if part}}
        shown[row.row_number] = {name: values.get(name) for name in fields}
    return shown


def wrong(reading: TableReading) -> list[tuple[int, str, str, str | None]]:
    return [(error.row, error.column_letter, error.code, error.suggestion) for error in reading.errors]


def csv(text: str, encoding: str = "cp1252") -> io.BytesIO:
    return io.BytesIO(text.encode(encoding))


def test_an_export_of_an_accounting_program_by_its_column_names() -> None:
    reading = read_customers(
        workbook(
            [
                ["Asiakaskoodi", "Nimi", "Nimen tarkenne", "Y-tunnus / hetu", "Katuosoite", "Postinumero",
                 "Postitoimipaikka", "Maakoodi", "Verkkolaskutunnus", "Verkkolaskun välitystunnus", "Maksuehto (pv)",
                 "Aktiivinen"],
                [1001, "As Oy Esimerkin Haapapiha", "c/o Malli", "9000011-8", "Haapatie 4", 2150, "ESPOO", "FI",
                 "003790000118", "003721291126", 14, "Kyllä"],
                [1002, "Mallirakennus Oy", None, 9000159, "Katu 1", 33100, "TAMPERE", "FI", None, None, 30, "Kyllä"],
            ]
        )
    )  # fmt: skip
    assert rows(reading, "number", "business_id", "postal_code", "einvoice_operator", "payment_term_days") == {
        2: {"number": "1001", "business_id": "9000011-8", "postal_code": "02150", "einvoice_operator": "003721291126",
            "payment_term_days": 14},
    }  # fmt: skip
    assert wrong(reading) == [(3, "D", "business_id.check_digit_missing", "9000159-1")]


def test_a_csv_of_business_partners_in_utf_8_with_a_mark() -> None:
    reading = read_customers(
        csv(
            "\ufeffNimi;Tyyppi;Asiakasnumero;Y-tunnus;Maksuehto päivää;Laskukanava;Katuosoite;Postinumero;Ptp\r\n"
            'Mallirakennus Oy;Yritys;20;90001591;30;Sähköposti;"Katu 1; 2. krs";33100;Tampere\r\n'
            '"Kauppakeskus ""Malli"" Oy";Yritys;21;9000233-2;14;Kirje;PL 45;101;Helsinki\r\n',
            "utf-8",
        )
    )
    assert rows(reading, "name", "business_id", "street", "postal_code", "invoice_channel") == {
        2: {"name": "Mallirakennus Oy", "business_id": "9000159-1", "street": "Katu 1; 2. krs",
            "postal_code": "33100", "invoice_channel": "email"},
        3: {"name": 'Kauppakeskus "Malli" Oy', "business_id": "9000233-2", "street": "PL 45",
            "postal_code": "00101", "invoice_channel": "letter"},
    }  # fmt: skip
    assert not reading.errors


def test_a_swedish_register_with_title_date_and_count() -> None:
    reading = read_customers(
        workbook(
            [
                ["Kundregister"], ["Utskrivet 3.9.2026"], [],
                ["Kundnr", "Kundnamn", "FO-nummer", "Faktureringsadress", "Postnr", "Postort", "Betalningsvillkor",
                 "Kundtyp", "Faktureringssätt"],
                ["K-1", "Bostads Ab Exempelgården", "9000048-4", "Alvägen 4", "02150", "ESBO", "14 dagar netto",
                 "Bostadsaktiebolag", "E-post"],
                ["K-2", "Svensson Anna", None, "Björkgränd 2", "00100", "HELSINGFORS", "30 dgr", "Privat", "Brev"],
                ["Totalt 2 kunder"],
            ]
        )
    )  # fmt: skip
    assert rows(reading, "number", "kind", "payment_term_days", "invoice_channel") == {
        5: {"number": "K-1", "kind": "housing_company", "payment_term_days": 14, "invoice_channel": "email"},
        6: {"number": "K-2", "kind": "private", "payment_term_days": 30, "invoice_channel": "letter"},
    }
    assert reading.skipped == {7: Skipped.TOTALS}


def test_two_header_rows_whose_upper_one_names_groups() -> None:
    reading = read_customers(
        workbook(
            [
                ["Asiakas", None, None, "Laskutus", None, None, "Käynti", None],
                ["Nro", "Nimi", "Y-tunnus", "Osoite", "Postinro", "Ptp", "Osoite", "Huom"],
                [7, "Malli Oy", "9000085-5", "Laskukatu 1", 100, "Helsinki", "Käyntikatu 9", "soita ensin"],
            ],
            merged=["A1:C1", "D1:F1", "G1:H1"],
        )
    )
    assert reading.header_row == 2
    assert rows(reading, "number", "street", "postal_code") == {
        3: {"number": "7", "street": "Laskukatu 1", "postal_code": "00100"}
    }
    assert reading.rows[0].values["visiting_address"]["street"] == "Käyntikatu 9"


def test_name_and_business_id_in_one_cell_and_one_column_for_all_contact_details() -> None:
    reading = read_customers(
        workbook(
            [
                ["Asiakas", "Osoite", "Yhteystiedot"],
                ["Mallirakennus Oy (9000159-1)", "Katu 1, 33100 Tampere", "040 123 4567, maija@malli.example"],
                ["Esimerkkikiinteistöt Oy, Y-tunnus: 9000196-2", "Katu 2, 00100 Helsinki", "info@malli.example"],
                ["Lahtinen Pekka", "Koivutie 3 A 4, 02150 Espoo", "p. 050 765 4321"],
                ["Väärä Oy 9000233-1", None, None],
                ["Hyvä Oy", None, "maija(at)malli.example"],
                ["Huolto 24/7 Oy", None, None],
            ]
        )
    )
    assert rows(reading, "name", "business_id", "phone", "email", "city") == {
        2: {"name": "Mallirakennus Oy", "business_id": "9000159-1", "phone": "+358401234567",
            "email": "maija@malli.example", "city": "Tampere"},
        3: {"name": "Esimerkkikiinteistöt Oy", "business_id": "9000196-2", "phone": None,
            "email": "info@malli.example", "city": "Helsinki"},
        4: {"name": "Lahtinen Pekka", "business_id": None, "phone": "+358507654321", "email": None, "city": "Espoo"},
        7: {"name": "Huolto 24/7 Oy", "business_id": None, "phone": None, "email": None, "city": None},
    }  # fmt: skip
    assert [(row, column) for row, column, *_ in wrong(reading)] == [(5, "A"), (6, "C")]


def test_soft_hyphens_no_break_spaces_and_no_break_hyphens() -> None:
    reading = read_customers(
        workbook(
            [
                [f"Asia{SOFT}kas{SOFT}numero", f"Asiakkaan{NBSP}nimi", f"Y{NB_HYPHEN}tunnus", f"Posti{SOFT}numero",
                 "Puhelin"],
                ["001", f"Malli{NBSP}Oy ", f"9000270{NB_HYPHEN}3", f"00{NBSP}100", f"040{NBSP}123{NBSP}4567"],
            ]
        )
    )  # fmt: skip
    assert rows(reading, "number", "name", "business_id", "postal_code", "phone") == {
        2: {"number": "001", "name": "Malli Oy", "business_id": "9000270-3", "postal_code": "00100",
            "phone": "+358401234567"}
    }  # fmt: skip


@pytest.mark.parametrize("first", [[], [["Asiakasrekisteri"], ["Tulostettu", "3.9.2026"], ["Nimi", "Matti"]]])
def test_the_data_on_the_second_sheet_after_an_empty_one_or_a_cover(first: list[list[object]]) -> None:
    reading = read_customers(
        workbook(
            {
                "Kansi": first,
                "Data": [
                    ["Nimi", "Y-tunnus", "Postinumero ja postitoimipaikka"],
                    ["Malli Oy", "9000307-9", "00100 Helsinki"],
                    ["Toinen Oy", 90003810, "FI-33100 Tampere"],
                    [],
                    ["Yhteensä", 2, None],
                ],
            }
        )
    )
    assert (reading.sheet, reading.header_row) == ("Data", 1)
    assert rows(reading, "business_id", "postal_code", "city") == {
        2: {"business_id": "9000307-9", "postal_code": "00100", "city": "Helsinki"},
        3: {"business_id": "9000381-0", "postal_code": "33100", "city": "Tampere"},
    }
    assert reading.skipped == {5: Skipped.TOTALS}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Lask.os", "street"), ("Verkkolaskuos.", "einvoice_address"), ("Välitt.", "einvoice_operator"),
        ("As.tyyppi", "kind"), ("Betaln.villkor", "payment_term_days"), ("Viiv.korko", "late_interest_percent"),
        ("Laskutuskaupunki", "city"), ("Laskutuksen postinumero", "postal_code"), ("Phone no.", "phone"),
        ("Käyntiosoitteen postinro", "visiting_postal_code"), ("Post nr", "postal_code"), ("Orgnr", "business_id"),
    ],
)  # fmt: skip
def test_names_that_are_cut_short_or_put_together(name: str, field: str) -> None:
    reading = read_customers(workbook([["Asiakasnro", "Nimi", name], ["1", "Malli Oy", None]]))
    assert reading.columns.get(name) == field


def test_a_name_cut_so_short_that_it_may_be_anything_is_no_column() -> None:
    reading = read_customers(workbook([["Asiakasnro", "Nimi", "P.o", "V."], ["1", "Malli Oy", "x", "y"]]))
    assert list(reading.columns) == ["Asiakasnro", "Nimi"]


def test_columns_without_a_name_are_known_by_their_cells_and_called_by_their_letters() -> None:
    reading = read_customers(
        workbook(
            [
                ["Nimi", None, "Osoite", None, "Ptp", None, None, None],
                ["Malli Oy", "9000011-8", "Katu 1", "00100", "Helsinki", "a@malli.example", "040 123 4561", "x"],
                ["Eka Oy", "9000048-4", "Katu 2", 510, "Helsinki", "b@malli.example", "040 123 4562", "14"],
                ["Toka Oy", "9000085-5", "Katu 3", "02150", "Espoo", "c@malli.example", "040 123 4563", "8"],
                ["Väärä Oy", "9000122-6", "Katu 4", "02150", "Espoo", "d@malli.example", "040 123 4564", "8"],
            ]
        )
    )
    assert reading.columns == {"Nimi": "name", "B": "business_id", "Osoite": "street", "D": "postal_code",
                               "Ptp": "city", "F": "email", "G": "phone"}  # fmt: skip
    assert rows(reading, "postal_code", "phone")[3] == {"postal_code": "00510", "phone": "+358401234562"}
    assert wrong(reading) == [(5, "B", "business_id.check_digit", None)]


def test_a_name_that_nobody_knows_is_known_by_cells_that_can_be_nothing_else() -> None:
    book = [
        ["Urakoitsija", "Osoite", "Kaupunki", "Yhteys", "Vakuutus", "Lkm"],
        ["Malli Oy", "Katu 1", "Espoo", "a@malli.example", "040 123 4561", "00100"],
        ["Eka Oy", "Katu 2", "Espoo", "b@malli.example", "040 123 4562", "00200"],
    ]
    known = {"Urakoitsija": "name", "Osoite": "street", "Kaupunki": "city"}
    assert read_customers(workbook(book)).columns == {**known, "Yhteys": "email"}
    assert read_customers(workbook(book), {"yhteys": ""}).columns == known


def test_the_parts_of_a_visiting_address_under_its_merged_name() -> None:
    reading = read_customers(
        workbook(
            [
                ["Asiakas", "Laskutusosoite", None, None, "Käyntiosoite", None, None],
                [None, "Katuosoite", "Postinro", "Toimipaikka", "Katuosoite", "Postinro", "Toimipaikka"],
                ["Malli Oy", "PL 45", "00101", "HELSINKI", "Pihatie 1", 100, "HELSINKI"],
            ],
            merged=["A1:A2", "B1:D1", "E1:G1"],
        )
    )
    visiting = {"street": "Pihatie 1", "postal_code": "00100", "city": "HELSINKI"}
    assert reading.rows[0].values["visiting_address"] == visiting
    assert rows(reading, "name", "street", "postal_code")[3] == {
        "name": "Malli Oy", "street": "PL 45", "postal_code": "00101"
    }  # fmt: skip


def test_what_other_programs_leave_in_cells() -> None:
    reading = read_customers(
        workbook(
            [
                ["Nimi", "Postitoimipaikka", "Maksuehto", "Verkkolaskuosoite", "Puhelin", "Sähköposti"],
                ["\u202aMalli Oy\u202c", "FI-00200 HELSINKI", "30.0", "0037-90000118", "040/123 4567",
                 "<a@malli.example>"],
                ["Eka Oy", "00100.0 Espoo", "N/A", "NULL", "'0401234567", "a@malli.example;"],
            ]
        )
    )  # fmt: skip
    fields = ("name", "postal_code", "city", "payment_term_days", "einvoice_address", "phone", "email")
    shown = {row: tuple(values.values()) for row, values in rows(reading, *fields).items()}
    assert shown == {
        2: ("Malli Oy", "00200", "HELSINKI", 30, "003790000118", "+358401234567", "a@malli.example"),
        3: ("Eka Oy", None, "00100.0 Espoo", None, None, "+358401234567", "a@malli.example"),
    }


@pytest.mark.parametrize("billing_first", [True, False])
def test_the_parts_of_two_addresses_that_have_the_same_names(billing_first: bool) -> None:
    heads = [("Laskutusosoite", "Katu 1", "00100", "Helsinki"), ("Käyntiosoite", "Tie 2", 2150, "Espoo")]
    (name, *first), (other_name, *second) = heads if billing_first else heads[::-1]
    header = ["Nimi", name, "Postinumero", "Postitoimipaikka", other_name, "Postinumero", "Postitoimipaikka"]
    reading = read_customers(workbook([header, ["Malli Oy", *first, *second]]))
    values = reading.rows[0].values
    assert values["billing_address"] == {"street": "Katu 1", "postal_code": "00100", "city": "Helsinki"}
    assert values["visiting_address"] == {"street": "Tie 2", "postal_code": "02150", "city": "Espoo"}


def test_a_site_whose_whole_address_is_in_one_cell() -> None:
    reading = read_sites(workbook([["Kohde", "Tunnus", "Osoite"], ["Haapatie 4", "H4", "Haapatie 4, 02150 Espoo"]]))
    assert rows(reading, "street", "postal_code", "city") == {
        2: {"street": "Haapatie 4", "postal_code": "02150", "city": "Espoo"}
    }


def test_private_persons_with_first_and_last_name() -> None:
    people = [
        ["Sukunimi", "Etunimi", "Katuosoite", "Postinumero"],
        ["Malli", "Maija", "Katu 1", 100],
        ["", "", "K", 200],
    ]
    reading = read_customers(workbook(people))
    assert rows(reading, "name", "postal_code") == {2: {"name": "Maija Malli", "postal_code": "00100"}}
    assert wrong(reading) == [(3, "A", "name.missing", None)]


def test_english_headers_with_a_number_sign() -> None:
    reading = read_customers(
        workbook([["Customer #", "Company", "Zip", "Tel.", "Net days"], ["1", "Malli Oy", 100, "+358401234567", 14]])
    )
    assert rows(reading, "number", "name", "postal_code", "payment_term_days") == {
        2: {"number": "1", "name": "Malli Oy", "postal_code": "00100", "payment_term_days": 14}
    }


def test_a_text_file_of_one_column_is_a_table_too() -> None:
    assert rows(read_customers(csv("Nimi\r\nMäkelä Oy\r\nToinen Oy\r\n")), "name") == {
        2: {"name": "Mäkelä Oy"},
        3: {"name": "Toinen Oy"},
    }


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "cp1252"), ("\t", "utf-16"), (",", "cp850"), ("|", "mac_roman"), (";", "utf-8")]
)
def test_text_in_every_encoding_and_with_every_delimiter(delimiter: str, encoding: str) -> None:
    lines = (("Nimi", "Y-tunnus", "Paikkakunta"), ("Mäkelä Öljy Oy", "9000011-8", "Åbo"), ("Ä Oy", "9000048-4", ""))
    reading = read_customers(csv("\r\n".join(map(delimiter.join, lines)), encoding))
    assert rows(reading, "name", "city")[2] == {"name": "Mäkelä Öljy Oy", "city": "Åbo"}


def test_a_managers_list_of_sites_with_a_sum_at_its_end() -> None:
    reading = read_sites(
        workbook(
            [
                ["Isännöinti Malli Oy – kohdeluettelo 1.9.2026"],
                ["Kohde nro", "Taloyhtiö", "Osoite", "Postinumero ja -toimipaikka", "Y-tunnus", "Rakennusvuosi",
                 "Huoneistoja"],
                [101, "As Oy Esimerkin Haapapiha", "Haapatie 4", "02150 ESPOO", "9000011-8", 1974, 24],
                [102, "As Oy Esimerkin Koivuranta 3", "Koivuranta 3", "Helsinki", "9000048-4", 1988, 40],
                ["Kohteet yhteensä", None, None, None, None, None, 64],
            ]
        )
    )  # fmt: skip
    assert rows(reading, "code", "name", "postal_code", "city", "business_id") == {
        3: {"code": "101", "name": "As Oy Esimerkin Haapapiha", "postal_code": "02150", "city": "ESPOO",
            "business_id": "9000011-8"}
    }  # fmt: skip
    assert wrong(reading) == [(4, "D", "postal_code.form", None)]
    assert reading.unknown_columns == ("Rakennusvuosi", "Huoneistoja")


def test_contact_persons_with_two_names_and_one_column_for_phone_and_mail() -> None:
    reading = read_contacts(
        workbook(
            [
                ["Yhteyshenkilöt"],
                ["Etunimi", "Sukunimi", "Puhelin / sähköposti", "Asiakasnro", "Rooli"],
                ["Maija", "Malli", "040 123 4567 / maija@malli.example", 1001, "Tilaaja"],
                ["Matti", "Malli", "matti@malli.example", "0042", "laskut"],
            ]
        )
    )
    assert rows(reading, "name", "phone", "email", "customer_number", "role") == {
        3: {"name": "Maija Malli", "phone": "+358401234567", "email": "maija@malli.example",
            "customer_number": "1001", "role": "orders"},
        4: {"name": "Matti Malli", "phone": None, "email": "matti@malli.example", "customer_number": "0042",
            "role": "billing"},
    }  # fmt: skip


def test_an_open_document_whose_cells_and_rows_are_repeated() -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'.format
    lines = [
        f"<table:table-row>{cell('Nimi')}{cell('Kaupunki')}{cell('Maa')}</table:table-row>",
        '<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="3"/>'
        "</table:table-row>",
        f"<table:table-row>{cell('Malli Oy')}"
        '<table:table-cell table:number-columns-repeated="1" office:value-type="string"><text:p>Turku</text:p>'
        f"</table:table-cell>{cell('Suomi')}</table:table-row>",
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>',
    ]
    content = (
        '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet>'
        f'<table:table table:name="Taulukko1">{"".join(lines)}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    stream.seek(0)
    assert rows(read_customers(stream), "name", "city", "country") == {
        4: {"name": "Malli Oy", "city": "Turku", "country": "FI"}
    }


def test_sites_whose_codes_stand_under_a_short_name() -> None:
    reading = read_sites(
        workbook([["Koodi", "Nimi", "Tyyppi"], ["H-1", "Rappu A", "Porras"], ["H-2", "Hissi 1", "Hissi"]])
    )
    assert rows(reading, "code", "type") == {2: {"code": "H-1", "type": "space"}, 3: {"code": "H-2", "type": "device"}}
