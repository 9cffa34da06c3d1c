"""Price lists out and back: export, template, undo; prices only for those who may see them; on both databases."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from werkzeug.test import TestResponse

from shared.testing.service import Caller, ServiceUnderTest

DEMO = Path(__file__).parents[4] / "deploy" / "demo" / "huolto-tuotteet.xlsx"


def send(caller: Caller, content: bytes, query: str = "mode=confirm") -> TestResponse:
    return caller.post(
        f"/imports?{query}",
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


def fill(office: Caller) -> None:
    send(office, DEMO.read_bytes())
    body = {
        "code": "00123",
        "name": "=1+1",
        "category_name": "Työ, muu",
        "kind": "labour",
        "unit": "m²",
        "list_price": "1.4520",
        "cost_price": "0.00",
        "vat_class": "zero",
        "revenue_account": "0300",
        "barcode": "0641234567890",
        "field_recordable": False,
        "price_editable": True,
        "construction_service": True,
        "invoice_text": {"fi": "Työ\n\ntoinen", "sv": "Arbete"},
    }
    assert office.post("/products", body).status_code == 201


@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
def test_an_export_imported_back_changes_nothing(office: Caller, lang: str) -> None:
    fill(office)
    exported = office.get(f"/products/export?lang={lang}").data
    report = send(office, exported, "mode=dry_run").json
    assert report["errors"] == []
    assert report["unknown_columns"] == []
    assert report["counts"] == {"created": 0, "changed": 0, "unchanged": 143, "refused": 0}


def test_an_export_shows_prices_only_to_those_who_may_see_them(office: Caller, service: ServiceUnderTest) -> None:
    fill(office)
    worker = service.caller("products.read")
    book = load_workbook(io.BytesIO(worker.get("/products/export").data))
    header = [cell.value for cell in book.worksheets[0][1]]
    assert "Tuotekoodi" in header
    assert not {"Listahinta", "Ostohinta"} & set(header)


def test_a_report_shows_stored_prices_only_to_those_who_may_see_them(office: Caller, service: ServiceUnderTest) -> None:
    office.post(
        "/products", {"code": "A", "name": "A", "category_name": "B", "list_price": "9.90", "cost_price": "5.00"}
    )
    writer = service.caller("products.write")
    content = workbook(("Tuotekoodi", "Nimike", "Tuoteryhmä", "Hinta"), ("A", "A", "B", 10))
    report = send(writer, content, "mode=dry_run").json
    (row,) = report["rows"]
    assert row["changes"] == [{"field": "list_price", "new": "10.00"}]
    assert not {"list_price", "cost_price"} & set(row["values"])
    full = send(office, content, "mode=dry_run").json["rows"][0]
    assert full["changes"] == [{"field": "list_price", "old": "9.9000", "new": "10.00"}]
    assert (full["values"]["list_price"], full["values"]["vat_rate_percent"]) == ("10.00", "25.5")


def test_the_template_is_empty_when_it_comes_back(office: Caller) -> None:
    for lang in ("fi", "sv", "en"):
        answer = office.get(f"/imports/template?lang={lang}")
        report = send(office, answer.data, "mode=dry_run").json
        assert report["counts"] == {"created": 0, "changed": 0, "unchanged": 0, "refused": 0}
        assert report["unknown_columns"] == []


def test_an_import_is_undone_and_can_be_made_again(office: Caller) -> None:
    known = office.post("/products", {"code": "A", "name": "A", "category_name": "B", "list_price": "9.90"}).json
    content = workbook(
        ("Tuotekoodi", "Nimike", "Tuoteryhmä", "Hinta", "Ostohinta"), ("a", "AA", "C", 10, 4), ("N", "Uusi", "C", 5, 1)
    )
    made = send(office, content).json
    assert office.post(f"/imports/{made['id']}/undo").json["state"] == "undone"
    back = office.get(f"/products/{known['id']}").json
    assert (back["name"], back["category_name"], back["list_price"], back["cost_price"]) == ("A", "B", "9.90", None)
    assert office.get("/products?code=N").json["items"] == []
    again = send(office, content).json
    assert (again["counts"]["created"], again["counts"]["changed"]) == (1, 1)
    (restored,) = office.get("/products?code=N").json["items"]
    assert (restored["archived"], restored["list_price"]) == (False, "5.00")
    office.patch(f"/products/{restored['id']}", {"name": "Muu"}, if_match=restored["version"])
    assert office.post(f"/imports/{again['id']}/undo").json["code"] == "import.records_touched"


PRICES = workbook(
    ("Tuotekoodi", "Hinta", "Alennus %", "Hintaryhmä", "Määrästä alkaen", "Voimassa alkaen"),
    ("a", "10,00", None, None, None, None),
    ("A", 9, None, "Kulta", None, "1.1.2027"),
    ("A", 8.5, None, "Kulta", 10, "1.1.2027"),
    ("A", None, "5 %", "Hopea", None, "1.1.2027"),
    ("A", 12, None, None, None, "1.1.2090"),
    ("EI-OLE", 1, None, None, None, None),
    ("A", None, None, "Kulta", None, None),
    ("A", 7, None, "Kulta", None, "1.6.2026"),
)


def test_prices_come_in_go_out_and_are_undone(office: Caller, service: ServiceUnderTest) -> None:
    known = office.post("/products", {"code": "A", "name": "A", "category_name": "B", "list_price": "9.90"}).json
    made = send(office, PRICES, "register=prices&mode=confirm").json
    assert (made["counts"]["created"], made["counts"]["changed"], made["counts"]["refused"]) == (4, 1, 3)
    assert {(error["row"], error["code"]) for error in made["errors"]} == {
        (7, "unknown_product"),
        (8, "price.missing"),
        (9, "period.overlap"),
    }
    assert office.get(f"/products/{known['id']}").json["list_price"] == "10.00"
    assert service.events("product.changed.v1")[-1].data["list_price"] == "10.00"
    again = send(office, PRICES, "register=prices&mode=confirm").json
    assert (again["counts"]["created"], again["counts"]["changed"], again["counts"]["unchanged"]) == (0, 0, 5)
    for lang in ("fi", "sv", "en"):
        exported = office.get(f"/prices/export?lang={lang}").data
        back = send(office, exported, "register=prices").json
        assert (back["errors"], back["unknown_columns"]) == ([], [])
        assert back["counts"] == {"created": 0, "changed": 0, "unchanged": 5, "refused": 0}
        template = office.get(f"/imports/template?register=prices&lang={lang}").data
        assert send(office, template, "register=prices").json["counts"]["created"] == 0
    assert office.post(f"/imports/{made['id']}/undo").status_code == 200
    assert office.get(f"/products/{known['id']}").json["list_price"] == "9.90"
    assert len(office.get(f"/products/{known['id']}/prices").json["items"]) == 1
    assert office.get("/prices").json["items"] == []
