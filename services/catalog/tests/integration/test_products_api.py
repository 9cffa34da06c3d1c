"""Products, categories and prices through the HTTP API, on both databases."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.catalog.app.days import turn_day
from shared.clock import business_day, utc_now
from shared.ids import new_id
from shared.testing.service import Caller, ServiceUnderTest

TODAY = business_day(utc_now())
HUOLTO = {
    "code": " HUOLTO ",
    "name": "Kiinteistönhoitaja, työaika",
    "kind": "labour",
    "category_name": "Työ",
    "unit": "tuntia",
    "list_price": "45.00",
    "cost_price": "31.2",
    "vat_class": "standard",
    "revenue_account": "3000",
    "invoice_text": {"fi": "Kiinteistönhoito", "sv": ""},
    "target_codes": {"netvisor": "HUOLTO"},
}


def day(offset: int) -> str:
    return (TODAY + timedelta(days=offset)).isoformat()


def test_a_product_is_made_with_its_category_and_price_and_told(office: Caller, service: ServiceUnderTest) -> None:
    answer = office.post("/products", HUOLTO)
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    made = answer.json
    assert (made["code"], made["unit"], made["list_price"], made["cost_price"]) == ("HUOLTO", "h", "45.00", "31.20")
    assert office.get(f"/products/{made['id']}").json == made
    assert office.get(f"/categories/{made['category_id']}").json["name"] == "Työ"
    (event,) = service.events("product.changed.v1")
    assert event.aggregate_version == 1
    assert event.data["list_price"] == "45.00"
    assert event.data["category_name"] == "Työ"
    assert event.data["invoice_text"] == {"fi": "Kiinteistönhoito"}
    (price,) = office.get(f"/products/{made['id']}/prices").json["items"]
    assert (price["price"], price["valid_from"], price["valid_to"]) == ("45.00", TODAY.isoformat(), None)


def test_a_code_is_used_once_for_ever_whatever_its_case(office: Caller, stranger: Caller) -> None:
    made = office.post("/products", HUOLTO).json
    office.post(f"/products/{made['id']}/archive")
    for code in ("HUOLTO", "huolto", " Huolto "):
        again = office.post("/products", {"code": code, "name": "X", "category_name": "Y"})
        assert (again.status_code, again.json["code"]) == (409, "product.duplicate_code")
    assert stranger.post("/products", HUOLTO).status_code == 201


def test_all_wrong_fields_are_named_at_once(office: Caller) -> None:
    unknown_unit = office.post("/products", {"code": "A", "name": "B", "category_name": "C", "unit": "tun"})
    assert unknown_unit.status_code == 422
    assert unknown_unit.json["errors"][0]["pointer"] == "/unit"
    no_category = office.post("/products", {"code": "A", "name": "B"})
    assert [error["pointer"] for error in no_category.json["errors"]] == ["/category_id"]
    form = office.post(
        "/products", {"code": "", "name": "B", "list_price": 12.5, "cost_price": "1.00001", "colour": 1, "kind": "x"}
    )
    assert form.status_code == 400
    assert {error["pointer"] for error in form.json["errors"]} == {
        "/code",
        "/list_price",
        "/cost_price",
        "/colour",
        "/kind",
    }
    assert office.post("/products", {**HUOLTO, "list_price": "-1"}).status_code == 400
    assert office.post("/products", {**HUOLTO, "category_name": None}).status_code == 400
    foreign = office.post("/products", {"code": "A", "name": "B", "category_id": new_id()})
    assert foreign.status_code == 422


def test_a_change_needs_the_version_and_publishes_only_differences(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/products", HUOLTO).json
    path = f"/products/{made['id']}"
    assert office.patch(path, {"name": "X"}).status_code == 428
    assert office.patch(path, {"name": "X"}, if_match=9).status_code == 412
    assert office.patch(path, {"code": "X"}, if_match=1).status_code == 400
    same = office.patch(path, {"list_price": "45", "unit": "h", "cost_price": "31.2000"}, if_match=1)
    assert same.json["version"] == 1
    changed = office.patch(path, {"list_price": "47.5", "category_name": "Huolto"}, if_match=1).json
    assert (changed["version"], changed["list_price"], changed["category_name"]) == (2, "47.50", "Huolto")
    assert [event.aggregate_version for event in service.events()] == [1, 2]
    assert [price["price"] for price in office.get(f"{path}/prices").json["items"]] == ["47.50"]
    named = office.patch(path, {"name": "Uusi", "list_price": "47.50"}, if_match=2).json
    assert (named["version"], service.events()[-1].data["name"]) == (3, "Uusi")
    gone = office.patch(path, {"list_price": None}, if_match=3).json
    assert gone["list_price"] is None
    assert office.get(f"{path}/prices").json["items"] == []


def test_a_new_price_ends_the_open_one_and_begins_on_its_day(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/products", HUOLTO).json
    path = f"/products/{made['id']}/prices"
    added = office.post(path, {"price": "50", "valid_from": day(10)})
    assert (added.status_code, added.json["price"]) == (201, "50.00")
    assert [(one["valid_from"], one["valid_to"]) for one in office.get(path).json["items"]] == [
        (day(0), day(9)),
        (day(10), None),
    ]
    assert office.get(f"/products/{made['id']}").json["list_price"] == "45.00"
    overlapping = office.post(path, {"price": "51", "valid_from": day(5)})
    assert (overlapping.status_code, overlapping.json["code"]) == (409, "period.overlap")
    assert office.post(path, {"price": "51", "valid_from": day(5), "valid_to": day(4)}).status_code == 422

    turn_day(service.database, TODAY + timedelta(days=10))
    assert service.events()[-1].data["list_price"] == "50.00"
    told = len(service.events())
    turn_day(service.database, TODAY + timedelta(days=10))
    assert len(service.events()) == told


def test_a_price_is_only_for_those_who_may_see_it(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/products", HUOLTO).json
    worker = service.caller("products.read")
    seller = service.caller("products.read", "prices.read")
    for shown in (worker.get(f"/products/{made['id']}").json, worker.get("/products").json["items"][0]):
        assert "list_price" not in shown
        assert "cost_price" not in shown
    shown = seller.get(f"/products/{made['id']}").json
    assert shown["list_price"] == "45.00"
    assert "cost_price" not in shown
    assert worker.get(f"/products/{made['id']}/prices").status_code == 403
    assert worker.post("/products", HUOLTO).status_code == 403
    blind = service.caller("products.write")
    assert "list_price" not in blind.post("/products", {**HUOLTO, "code": "X"}).json


def test_a_renamed_category_is_told_with_its_products(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/products", HUOLTO).json
    path = f"/categories/{made['category_id']}"
    renamed = office.patch(path, {"name": "Työt"}, if_match=1)
    assert (renamed.status_code, renamed.json["version"]) == (200, 2)
    event = service.events()[-1]
    assert (event.subject, event.aggregate_version, event.data["category_name"]) == (made["id"], 2, "Työt")
    other = office.post("/categories", {"name": "Muut", "parent_id": made["category_id"]}).json
    assert office.patch(path, {"name": "muut"}, if_match=2).json["code"] == "category.duplicate_name"
    assert office.patch(path, {"parent_id": other["id"]}, if_match=2).json["code"] == "category.loop"
    assert office.post("/categories", {"name": "TYÖT"}).status_code == 409
    assert [one["name"] for one in office.get("/categories").json["items"]] == ["Työt", "Muut"]


def test_archived_products_leave_the_list_and_take_no_changes(office: Caller) -> None:
    made = office.post("/products", HUOLTO).json
    path = f"/products/{made['id']}"
    assert office.post(f"{path}/archive", if_match=1).json["archived"] is True
    assert office.get("/products").json["items"] == []
    assert len(office.get("/products?archived=true").json["items"]) == 1
    assert office.patch(path, {"name": "X"}, if_match=2).status_code == 409
    assert office.post(f"{path}/prices", {"price": "1", "valid_from": day(0)}).status_code == 409
    assert office.post(f"{path}/restore").json["version"] == 3


def test_the_same_creation_twice_is_one(office: Caller, service: ServiceUnderTest) -> None:
    body = {**HUOLTO, "id": new_id()}
    assert office.post("/products", body).json == office.post("/products", body).json
    assert office.post("/products", {**body, "name": "Z"}).status_code == 409
    price = {"id": new_id(), "price": "60", "valid_from": day(3)}
    path = f"/products/{body['id']}/prices"
    assert office.post(path, price).json == office.post(path, price).json
    category = {"id": new_id(), "name": "Once"}
    assert office.post("/categories", category).json == office.post("/categories", category).json
    assert len(service.events()) == 2


def test_another_tenant_sees_nothing(office: Caller, stranger: Caller) -> None:
    made = office.post("/products", HUOLTO).json
    path = f"/products/{made['id']}"
    for answer in (
        stranger.get(path),
        stranger.patch(path, {"name": "X"}, if_match=1),
        stranger.post(f"{path}/archive"),
        stranger.get(f"{path}/prices"),
        stranger.post(f"{path}/prices", {"price": "1", "valid_from": day(0)}),
        stranger.get(f"/categories/{made['category_id']}"),
        stranger.patch(f"/categories/{made['category_id']}", {"name": "X"}, if_match=1),
    ):
        assert answer.status_code == 404
    assert stranger.get("/products").json["items"] == []
    taken = stranger.post("/products", {"code": "A", "name": "B", "category_id": made["category_id"]})
    assert taken.status_code == 422


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("q=TYÖAIKA", ["HUOLTO"]),
        ("code=lamppu", ["LAMPPU"]),
        ("kind=material", ["LAMPPU"]),
        ("field_recordable=false", ["LAMPPU"]),
        ("limit=1", ["HUOLTO"]),
    ],
)
def test_the_list_is_filtered(office: Caller, query: str, codes: list[str]) -> None:
    office.post("/products", HUOLTO)
    office.post(
        "/products",
        {"code": "LAMPPU", "name": "LED-lamppu E27", "category_name": "Tarvike", "field_recordable": False},
    )
    assert [one["code"] for one in office.get(f"/products?{query}").json["items"]] == codes


def test_vat_classes_are_served_with_dated_rates(office: Caller) -> None:
    def rates(on: str) -> dict[str, Any]:
        return {
            one["vat_class"]: one["current_rate_percent"] for one in office.get(f"/vat-classes?on={on}").json["items"]
        }

    assert rates("2026-01-01") == {"standard": "25.5", "reduced": "13.5", "press": "10", "zero": "0"}
    assert rates("2025-12-31")["reduced"] == "14"
    assert rates("2000-01-01")["standard"] is None
    (standard, *_) = office.get("/vat-classes").json["items"]
    assert standard["rates"][1] == {"rate_percent": "25.5", "valid_from": "2024-09-01", "valid_to": None}


ODD_BODIES = [
    b'{"code": "\\u0000", "name": "x", "category_name": "y"}',
    b'{"code": "\\ud800", "name": "x", "category_name": "y"}',
    b'{"code": "\\u200b", "name": "x", "category_name": "y", "list_price": "1e5"}',
    b'{"code": "x", "name": "x", "category_name": "y", "list_price": "99999999999999999999"}',
    b'{"code": "x", "name": "x", "category_name": "y", "list_price": "NaN"}',
    b'{"code": "x", "name": "x", "category_name": "y", "target_codes": {"\\ud800": "x"}}',
    b'{"code": "x", "name": "x", "category_name": "y", "target_codes": []}',
    b'{"code": "x", "name": "x", "category_name": "y", "invoice_text": {"de": "x"}}',
    b'{"code": "x", "name": "x", "category_name": "y", "unit": "\\u0661"}',
]


@pytest.mark.parametrize("body", ODD_BODIES, ids=range(len(ODD_BODIES)))
def test_odd_bodies_are_refused_not_crashed_on(office: Caller, body: bytes) -> None:
    answer = office.call("POST", "/products", data=body, content_type="application/json")
    assert 400 <= answer.status_code < 500, answer.get_data(as_text=True)


def test_letters_that_grow_when_folded_fit_their_key(office: Caller) -> None:
    code = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 60
    answer = office.post("/products", {"code": code, "name": code * 3, "category_name": code})
    assert answer.status_code == 422
    assert {error["code"] for error in answer.json["errors"]} == {"too_long"}


def test_price_texts_are_exact(office: Caller) -> None:
    made = office.post("/products", {**HUOLTO, "list_price": "1.4520", "cost_price": "9999999999.9999"}).json
    assert (made["list_price"], made["cost_price"]) == ("1.452", "9999999999.9999")
    assert Decimal(office.get(f"/products/{made['id']}").json["list_price"]) == Decimal("1.4520")


def test_a_category_is_named_by_its_path(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/products", {"code": "A", "name": "A", "category_name": "Työ > Sähkö > Vika"}).json
    assert made["category_name"] == "Vika"
    assert service.events("product.changed.v1")[-1].data["category_name"] == "Vika"
    tree = {one["name"]: one for one in office.get("/categories").json["items"]}
    assert {name: one["path"] for name, one in tree.items()} == {
        "Työ": "Työ",
        "Sähkö": "Työ > Sähkö",
        "Vika": "Työ > Sähkö > Vika",
    }
    assert office.get(f"/categories/{made['category_id']}").json["path"] == "Työ > Sähkö > Vika"
    again = office.post("/products", {"code": "B", "name": "B", "category_name": "sähkö > vika"}).json
    assert again["category_id"] == made["category_id"]
    wrong = office.post("/products", {"code": "C", "name": "C", "category_name": "Muu > Vika"})
    assert [(error["pointer"], error["code"]) for error in wrong.json["errors"]] == [("/category_name", "other_parent")]
    assert office.post("/categories", {"name": "A > B"}).status_code == 422
    office.post("/products", {"code": "D", "name": "D", "category_name": "Muu"})
    within = office.get(f"/products?within={tree['Sähkö']['id']}").json["items"]
    assert [one["code"] for one in within] == ["A", "B"]
    assert office.get(f"/products?within={new_id()}").json["items"] == []


def test_a_product_is_found_by_its_bar_code(office: Caller, stranger: Caller) -> None:
    body = {"code": "A", "name": "Lamppu", "category_name": "B", "barcode": "6410000000012"}
    made = office.post("/products", body).json
    office.post("/products", {"code": "B", "name": "Muu", "category_name": "B", "barcode": "6410000000029"})
    for query in ("barcode=6410000000012", "q=000012"):
        assert [one["code"] for one in office.get(f"/products?{query}").json["items"]] == ["A"]
    assert stranger.get("/products?barcode=6410000000012").json["items"] == []
    office.patch(f"/products/{made['id']}", {"barcode": "777"}, if_match=1)
    assert [one["code"] for one in office.get("/products?q=777").json["items"]] == ["A"]
    assert office.get("/products?q=000012").json["items"] == []


def test_accounts_codes_and_units_are_those_of_the_targets(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/products", {**HUOLTO, "target_accounts": {"procountor": "3010"}, "barcode": "1"}).json
    assert (made["revenue_account"], made["target_accounts"]) == ("3000", {"procountor": "3010"})
    assert made["einvoice_unit"] == "HUR"
    event = service.events("product.changed.v1")[-1].data
    assert (event["target_accounts"], event["barcode"]) == ({"procountor": "3010"}, "1")
    changed = office.patch(f"/products/{made['id']}", {"target_accounts": {}}, if_match=1).json
    assert changed["target_accounts"] == {}
    assert office.post("/products", {**HUOLTO, "code": "B", "target_accounts": {"Pro": "1"}}).status_code == 400
    units = {one["code"]: one for one in office.get("/units").json["items"]}
    assert (units["h"]["sv"], units["kpl"]["einvoice_unit"]) == ("timme", "H87")
