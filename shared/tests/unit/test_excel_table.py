"""A table is found under titles and among notes; all wrong cells come at once, each where it stands."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.excel import CellProblem, Column, NoTable, Noted, Skipped, WorkbookLimits, WorkbookTooLarge, read_table
from shared.excel.cells import Cell, Kind, NumberFormat
from shared.excel.parsers import as_text, choice, day, decimal_of, long_text, percent_of, text, yes_no
from shared.testing.workbooks import minimal_parts, package, workbook

COLUMNS = (
    Column("code", ("Koodi", "Code"), text(10), required=True, unique=True),
    Column("name", ("Nimi", "Nimike", "Name"), text(20), required=True),
    Column("group", ("Tuoteryhmä", "Ryhmä"), text(20), fill_merged=True),
    Column("price", ("Hinta", "Price"), decimal_of, never=("sis", "osto")),
)
HEADER = ["Koodi", "Nimi", "Ryhmä", "Hinta"]


def read(rows, columns=COLUMNS, check_row=None, **how):
    return read_table(workbook(rows, **how), columns, check_row=check_row)


def values(reading):
    return [(row.row_number, row.values["code"]) for row in reading.rows]


def test_the_header_is_found_under_titles_in_any_order_and_language():
    reading = read(
        [
            ["Hinnasto 2026", None, None],
            ["Päivitetty", "3.9.2026"],
            [],
            ["Price", "NAME", "Muuta", "  code: "],
            [1, "a", "x", "A1"],
        ],
        merged=["A1:C1"],
    )
    assert reading.header_row == 4
    assert reading.columns == {"Price": "price", "NAME": "name", "code:": "code"}
    assert reading.unknown_columns == ("Muuta",)
    assert reading.rows[0].values == {"code": "A1", "name": "a", "price": Decimal(1)}


def test_a_header_of_two_rows_is_read_in_its_lower_one():
    reading = read(
        [["Koodi", "Nimi", "Tiedot", None], [None, None, "Ryhmä", "Hinta"], ["A", "a", "r", 1]],
        merged=["A1:A2", "B1:B2", "C1:D1"],
    )
    assert reading.header_row == 2
    assert reading.rows[0].values == {"code": "A", "name": "a", "group": "r", "price": Decimal(1)}


@pytest.mark.parametrize("name", ["Hinta (€)", "Hinta / kpl", "HINTA:", "hinta\nEUR"])
def test_parts_of_a_header_name_are_enough(name):
    assert (
        read([["Koodi", "Nimi", name], ["A", "a", 1]]).columns[" ".join(name.split()) if "\n" not in name else name]
        == "price"
    )


@pytest.mark.parametrize("name", ["Hinta (sis. alv)", "Hinta / osto", "Hintaryhmä"])
def test_but_not_when_the_rest_says_something_else(name):
    assert "price" not in read([["Koodi", "Nimi", name], ["A", "a", 1]]).columns.values()


@pytest.mark.parametrize(
    ("name", "is_near"),
    [
        ("Tuoterhymä", True),
        ("Tuoteryhm", True),
        ("Tuoteryhmää", True),
        ("Tuoteryhma.", True),
        ("Tuotteryhmmä", False),
        ("Tuoteryhtiö", False),
    ],
)
def test_one_slip_of_the_pen_is_forgiven_in_long_names(name, is_near):
    assert ("group" in read([["Koodi", "Nimi", name], ["A", "a", 1]]).columns.values()) is is_near


def test_overlapping_merged_areas_cost_little():
    areas = "".join(f'<mergeCell ref="C2:C{5_000 + n}"/>' for n in range(300))
    head = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in ("Koodi", "Nimi", "Ryhmä"))
    rows = "<row><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c></row>" * 2_000
    parts = minimal_parts(f"<sheetData><row>{head}</row>{rows}</sheetData><mergeCells>{areas}</mergeCells>")
    with pytest.raises(WorkbookTooLarge):
        read_table(package(parts), COLUMNS, WorkbookLimits(ratio=1_000))


def test_the_visible_and_the_more_specific_column_wins():
    reading = read([["Koodi", "Nimike", "Nimi", "Koodi"], ["X", "a", "b", "Y"]], hidden_columns=["A"])
    assert reading.rows[0].values == {"code": "Y", "name": "b"}


def test_the_sheet_that_fits_best_is_read_and_the_others_are_named():
    reading = read(
        {"Ohje": [["Täytä taulukko"]], "Vanha": [HEADER[:2], ["X", "x"]], "Uusi": [HEADER, ["A", "a", None, 1]]}
    )
    assert reading.sheet == "Uusi"
    assert [(w.code, w.sheet) for w in reading.warnings] == [("sheet.not_read", "Vanha")]


def test_a_file_without_the_columns_says_which_are_missing():
    with pytest.raises(NoTable) as caught:
        read([["Koodi", "Hinta"], ["A", 1]])
    assert caught.value.facts == {"missing": ["Nimi"], "found": ["Koodi", "Hinta"]}
    with pytest.raises(NoTable):
        read([["vain", "tekstiä"]])
    with pytest.raises(NoTable):
        read([])


def test_all_errors_come_at_once_and_every_other_row_is_in():
    reading = read(
        [
            ["Luettelo"],
            HEADER,
            ["A", "a", None, "sop."],
            [None, "b", None, 1],
            ["a", None, None, 2],
            ["C", "c", None, "1,5"],
        ]
    )
    assert [(e.row, e.column, e.column_letter, e.code) for e in reading.errors] == [
        (3, 4, "D", "cell.not_a_number"),
        (4, 1, "A", "code.missing"),
        (5, 1, "A", "code.duplicate"),
        (5, 2, "B", "name.missing"),
    ]
    first = reading.errors[0]
    assert (first.sheet, first.field, first.value, first.expected) == ("Taul1", "price", "sop.", "1234,50")
    assert values(reading) == [(6, "C")]


def test_totals_notes_empty_and_repeated_header_rows_are_no_data():
    reading = read(
        [
            HEADER,
            ["A", "a", "r", 1],
            [None, None, None, None],
            ["Sähkötarvikkeet"],
            HEADER,
            ["B", "b", "r", 2],
            ["Välisumma", None, None, 3],
            ["C", "c", "r", 3],
            ["Yhteensä:", "3 kpl", None, 6],
            ["* hinnat ilman veroa"],
            [None, None, None, None, None, None, "Laatija: M"],
            ["Tulostettu 3.9.2026"],
        ]
    )
    assert values(reading) == [(2, "A"), (6, "B"), (8, "C")]
    assert reading.errors == ()
    assert reading.skipped == {
        4: Skipped.NOTE,
        5: Skipped.HEADER_AGAIN,
        7: Skipped.TOTALS,
        9: Skipped.TOTALS,
        10: Skipped.NOTE,
        11: Skipped.NOTE,
        12: Skipped.NOTE,
    }


@pytest.mark.parametrize(
    "word", ["Yhteensä", "YHTEENSÄ 2 kpl", "Summa:", "Yht.", "Total", "Totalt", "Yhteensä 139 asiakasta"]
)
def test_words_for_totals(word):
    assert read([HEADER, ["A", "a", None, 1], [word, None, None, 1]]).skipped == {3: Skipped.TOTALS}


@pytest.mark.parametrize("name", ["Summa Oy", "Total Kiinteistöt Oy", "Yhteensä Oy"])
def test_names_that_begin_like_totals_are_data(name):
    assert len(read([HEADER, ["A", name, None, 1], [name[:10], name, "r", 1]]).rows) == 2


def test_a_sum_without_a_word_is_no_data():
    assert values(read([HEADER, ["A", "a", None, 1], ["B", "b", None, 1], [None, None, None, "=SUM(D2:D3)"]])) == [
        (2, "A"),
        (3, "B"),
    ]


def test_a_merged_value_counts_for_its_rows_where_that_makes_sense():
    reading = read([HEADER, ["A", "a", "r", 1], ["B", "b", None, 2], [None, "c", None, 3]], merged=["C2:C3", "A3:A4"])
    assert [row.values["group"] for row in reading.rows] == ["r", "r"]
    assert [(e.row, e.code) for e in reading.errors] == [(4, "code.missing")]


def test_error_values_and_formulas_without_result_are_wrong_cells():
    reading = read([HEADER, ["A", "a", None, "=1+1"], ["B", "b", "#N/A", 1]])
    assert [(e.row, e.code) for e in reading.errors] == [(2, "cell.formula_without_value"), (3, "cell.error_value")]


def test_a_dash_means_nothing():
    reading = read([HEADER, ["A", "a", "–", "-"], ["-", "b", None, 2]])
    assert reading.rows[0].values["price"] is None
    assert [(e.row, e.code) for e in reading.errors] == [(3, "code.missing")]


def test_rules_over_a_row_complete_it_or_refuse_it():
    def check(row):
        row["double"] = row["code"] * 2
        if row.get("price") == 13:
            yield "price", CellProblem("price.unlucky", "13")

    reading = read([HEADER, ["A", "a", None, 1], ["B", "b", None, 13]], check_row=check)
    assert reading.rows[0].values["double"] == "AA"
    assert [(e.row, e.column, e.code) for e in reading.errors] == [(3, 4, "price.unlucky")]


def test_a_remark_is_a_warning_and_the_row_is_in():
    columns = (*COLUMNS[:3], Column("price", ("Hinta",), lambda cell: Noted(Decimal(1), "price.odd", "odd")))
    reading = read([HEADER, ["A", "a", None, 5]], columns)
    assert reading.rows[0].values["price"] == Decimal(1)
    assert [(w.row, w.column, w.code, w.value) for w in reading.warnings] == [(2, 4, "price.odd", "5")]


def test_a_parser_may_be_fitted_to_the_whole_column():
    def fit(cells):
        return lambda cell: f"{as_text(cell)} of {len(cells)}"

    columns = (Column("code", ("Koodi",), text(), fit=fit), COLUMNS[1])
    assert values(read([["Koodi", "Nimi"], ["A", "a"], ["B", "b"], [None, "c"]], columns))[1] == (3, "B of 2")


def number(value, **how):
    return Cell(Kind.NUMBER, Decimal(value), NumberFormat(**how))


def words(value):
    return Cell(Kind.TEXT, value)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (number("100"), "100"),
        (number("1E+3"), "1000"),
        (number("12.5"), "12.5"),
        (number("100", min_digits=5), "00100"),
        (words("a\nb"), "a b"),
    ],
)
def test_numbers_in_text_columns_show_their_digits(cell, expected):
    assert as_text(cell) == expected


def test_what_a_spreadsheet_spoiled_is_refused():
    with pytest.raises(CellProblem, match="rounded"):
        as_text(number("37901234567112345"))
    with pytest.raises(CellProblem) as caught:
        decimal_of(read_date_cell())
    assert caught.value.suggestion == "12,5"


def read_date_cell():
    from datetime import datetime

    return Cell(Kind.DATE, datetime(2026, 5, 12), NumberFormat(is_date=True))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (number("0.255", is_percent=True), "25.5"),
        (number("25.5"), "25.5"),
        (number("0.1", is_percent=True), "10"),
        (words("25,5 %"), "25.5"),
        (words("25,5%"), "25.5"),
        (words("alv 13,5"), "13.5"),
        (number("0"), "0"),
    ],
)
def test_percentages(cell, expected):
    assert str(percent_of(cell)) == expected


@pytest.mark.parametrize("cell", [words("vapaa"), words("25,5 € %x"), Cell(Kind.BOOLEAN, True)])
def test_other_cells_are_no_percentages(cell):
    with pytest.raises(CellProblem):
        percent_of(cell)


@pytest.mark.parametrize(
    "cell", [words("3.9.2026"), words("03.09.2026"), words("2026-09-03"), number("46268"), words("2026-09-03 00:00:00")]
)
def test_dates(cell):
    assert day(cell) == date(2026, 9, 3)


@pytest.mark.parametrize("cell", [words("31.2.2026"), words("3.9."), words("3.9.26"), number("5"), number("26.5")])
def test_other_cells_are_no_dates(cell):
    with pytest.raises(CellProblem):
        day(cell)


def test_choices_forgive_case_and_accents_and_suggest_the_nearest():
    parse = choice({"a": ("Taloyhtiö", "as oy"), "b": ("Yritys",)}, "kind.unknown")
    assert [parse(words(word)) for word in ("TALOYHTIÖ", "taloyhtio", "As. Oy", "b")] == ["a", "a", "a", "b"]
    with pytest.raises(CellProblem) as caught:
        parse(words("Taloyhtyö"))
    assert (caught.value.suggestion, caught.value.expected) == ("Taloyhtiö", "Taloyhtiö, Yritys")


def test_yes_and_no():
    assert [yes_no(words(w)) for w in ("Kyllä", "x", "Ja", "EI", "nej")] == [True, True, True, False, False]
    assert yes_no(number("1")) is True
    with pytest.raises(CellProblem):
        yes_no(words("ehkä"))


def test_long_text_keeps_its_lines_and_has_an_end():
    assert long_text()(words("a\nb")) == "a\nb"
    with pytest.raises(CellProblem):
        long_text(2)(words("abc"))
    with pytest.raises(CellProblem):
        text(2)(words("abc"))
