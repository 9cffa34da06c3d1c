"""The import of a price list through the HTTP API, on both databases, with the workbook of the demo."""

from __future__ import annotations

import io
from pathlib import Path

from openpyxl import Workbook
from werkzeug.test import TestResponse

from shared.testing.service import Caller, ServiceUnderTest

DEMO = Path(__file__).parents[4] / "deploy" / "demo" / "huolto-tuotteet.xlsx"
GOOD_ROWS = 142
WRONG_CELLS = {(16, 5), (32, 5), (61, 3), (77, 5), (82, 1), (96, 5), (115, 1), (142, 1)}


def send(caller: Caller, content: bytes, mode: str = "confirm") -> TestResponse:
    return caller.post(
        f"/imports?mode={mode}",
        data={"file": (io.BytesIO(content), "tuotteet.xlsx")},
        content_type="multipart/form-data",
    )


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_dry_run_writes_nothing(office: Caller, service: ServiceUnderTest) -> None:
    report = send(office, DEMO.read_bytes(), mode="dry_run").json
    assert report["counts"] == {"created": GOOD_ROWS, "changed": 0, "unchanged": 0, "refused": len(WRONG_CELLS)}
    assert {(error["row"], error["column"]) for error in report["errors"]} == WRONG_CELLS
    prices = {row["row"]: row["values"]["list_price"] for row in report["rows"]}
    assert (prices[9], prices[2], prices[29]) == ("237.80", "103.2993", "399.4110")
    assert office.get("/products").json["items"] == []
    assert office.get("/categories").json["items"] == []
    assert service.events() == []


def test_every_good_row_arrives_and_the_same_file_again_changes_nothing(
    office: Caller, service: ServiceUnderTest
) -> None:
    first = send(office, DEMO.read_bytes()).json
    assert first["counts"]["created"] == GOOD_ROWS
    assert {warning["row"] for warning in first["warnings"]} >= {99, 118}
    events = service.events("product.changed.v1")
    assert [event.aggregate_version for event in events] == [1] * GOOD_ROWS
    by_code = {event.data["code"]: event.data for event in events}
    assert (by_code["MAT-1"]["list_price"], by_code["MAT-1"]["vat_class"]) == ("103.2993", "reduced")
    assert (by_code["TYÖ-5"]["kind"], by_code["TYÖ-5"]["unit"], by_code["TYÖ-5"]["vat_class"]) == (
        "labour",
        "h",
        "press",
    )
    assert {one["name"] for one in office.get("/categories").json["items"]} == {
        "Materiaali",
        "Matka",
        "Tarvike",
        "Työ",
    }
    second = send(office, DEMO.read_bytes()).json
    assert second["counts"] == {"created": 0, "changed": 0, "unchanged": GOOD_ROWS, "refused": len(WRONG_CELLS)}
    assert len(service.events()) == GOOD_ROWS


def test_update_goes_by_code_and_touches_only_what_the_file_speaks_about(office: Caller) -> None:
    made = office.post(
        "/products",
        {"code": "LAMPPU", "name": "LED", "category_name": "Muut", "kind": "equipment", "list_price": "6.90"},
    ).json
    old = office.post("/products", {"code": "VANHA", "name": "Vanha", "category_name": "Muut"}).json
    office.post(f"/products/{old['id']}/archive")
    report = send(
        office,
        workbook(
            ("Tuotekoodi", "Nimike", "Tuoteryhmä", "Hinta alv 0"),
            ("lamppu", "LED-lamppu E27", "Tarvike", "7,20"),
            ("VANHA", "Uusi nimi", "Muut", None),
            ("UUSI", "Uusi", "tarvike", None),
        ),
    ).json
    assert [(row["action"], row["fields"]) for row in report["rows"]] == [
        ("changed", ["category_name", "list_price", "name"]),
        ("created", []),
    ]
    assert [(error["row"], error["code"]) for error in report["errors"]] == [(3, "product.archived")]
    changed = office.get(f"/products/{made['id']}").json
    assert (changed["code"], changed["kind"], changed["version"]) == ("LAMPPU", "equipment", 2)
    assert (changed["name"], changed["list_price"], changed["category_name"]) == ("LED-lamppu E27", "7.20", "Tarvike")
    assert office.get("/products?code=uusi").json["items"][0]["category_name"] == "Tarvike"


def test_what_is_no_price_list_gets_a_problem_document(office: Caller, stranger: Caller) -> None:
    assert send(office, b"x").json["code"] == "workbook.unreadable"
    assert send(office, workbook(("a", "b"), (1, 2))).json["code"] == "workbook.no_table"
    made = send(office, DEMO.read_bytes()).json
    assert office.get(f"/imports/{made['id']}").json == made
    assert stranger.get(f"/imports/{made['id']}").status_code == 404


def test_an_import_names_categories_by_their_paths(office: Caller) -> None:
    office.post("/products", {"code": "VANHA", "name": "Vanha", "category_name": "Työ > Sähkö"})
    content = (
        "Tuotekoodi;Nimike;Tuoteryhmä\n"
        "VANHA;Vanha;Työ > Sähkö\n"  # where it is: no change
        "A;A;Työ > LVI > Putket\n"
        "B;B;lvi > putket\n"  # what an earlier row made
        "C;C;Muu > Sähkö\n"  # lies elsewhere
        "D;D;Muu > Putket\n"
        "E;E;Sähkö\n"
    ).encode()
    file = {"content_type": "multipart/form-data"}
    for mode in ("dry_run", "confirm", "confirm"):
        report = office.post(f"/imports?mode={mode}", data={"file": (io.BytesIO(content), "t.csv")}, **file).json
        assert {(error["row"], error["field"], error["code"]) for error in report["errors"]} == {
            (5, "category_name", "other_parent"),
            (6, "category_name", "other_parent"),
        }
    assert report["counts"] == {"created": 0, "changed": 0, "unchanged": 4, "refused": 2}
    paths = {one["name"]: one["path"] for one in office.get("/categories").json["items"]}
    assert paths == {
        "Työ": "Työ",
        "Sähkö": "Työ > Sähkö",
        "LVI": "Työ > LVI",
        "Putket": "Työ > LVI > Putket",
    }
