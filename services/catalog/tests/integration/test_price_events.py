"""Whoever follows the events knows every price, whichever way it changed; on both databases."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import event as sqlalchemy_event

from services.catalog.app.days import turn_day
from shared.clock import business_day, utc_now
from shared.ids import new_id
from shared.periods import ONE_DAY
from shared.testing.service import SERVICE_TOKEN, Caller, ServiceUnderTest

CUSTOMER, SITE = new_id(), new_id()
PERIOD = ("valid_from", "valid_to")
FACT = ("id", "product_id", "price_group", "customer_id", "site_id", "min_quantity", "price", "discount_percent")


@pytest.fixture
def product(office: Caller) -> str:
    body = {"code": "A", "name": "A", "category_name": "B", "list_price": "10.00"}
    return str(office.post("/products", body).json["id"])


def copied(service: ServiceUnderTest) -> dict[str, dict[str, Any]]:
    """What a consumer of price.changed.v1 has in the end."""
    kept: dict[str, tuple[int, dict[str, Any]]] = {}
    for event in service.events("price.changed.v1"):
        known = kept.get(event.subject, (0, {}))[0]
        assert event.aggregate_version == known + 1, "a version was skipped, or told twice"
        kept[event.subject] = (event.aggregate_version, dict(event.data))
    return {key: data for key, (_, data) in kept.items() if not data["removed"]}


def check_copies(service: ServiceUnderTest, office: Caller, product: str) -> None:
    stored = {fact["id"]: fact for fact in office.get("/prices?limit=200").json["items"]}
    told = copied(service)
    assert told.keys() == stored.keys()
    for key, fact in stored.items():
        assert {name: told[key][name] for name in (*FACT, *PERIOD)} == {name: fact[name] for name in (*FACT, *PERIOD)}
    listed = office.get(f"/products/{product}/prices").json["items"]
    last = [event for event in service.events("product.changed.v1") if event.subject == product][-1]
    assert last.data["list_prices"] == [{name: one[name] for name in ("id", "price", *PERIOD)} for one in listed]


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def send(office: Caller, content: bytes, register: str) -> dict[str, Any]:
    answer = office.post(
        f"/imports?register={register}&mode=confirm",
        data={"file": (io.BytesIO(content), "hinnat.xlsx")},
        content_type="multipart/form-data",
    )
    assert answer.status_code in (200, 201)
    return dict(answer.json)


def test_prices_made_and_ended_by_hand_are_told(office: Caller, service: ServiceUnderTest, product: str) -> None:
    fact = {"product_id": product, "valid_from": "2026-01-01"}
    first = office.post("/prices", {**fact, "price_group": "A", "price": "9.00"}).json
    office.post("/prices", {**fact, "customer_id": CUSTOMER, "discount_percent": "8.00"})
    office.post("/prices", {**fact, "site_id": SITE, "price": "8.1234", "min_quantity": "2.5"})
    later = office.post("/prices", {**fact, "price_group": "A", "price": "9.50", "valid_from": "2027-01-01"}).json
    check_copies(service, office, product)
    assert copied(service)[first["id"]]["valid_to"] == "2026-12-31"
    assert office.post(f"/prices/{later['id']}/end", {"valid_to": "2027-06-30"}).status_code == 200
    count = len(service.events("price.changed.v1"))
    assert office.post(f"/prices/{later['id']}/end", {"valid_to": "2027-06-30"}).status_code == 200
    assert len(service.events("price.changed.v1")) == count, "nothing changed, nothing is told"
    check_copies(service, office, product)


def test_a_published_price_list_is_told(office: Caller, service: ServiceUnderTest, product: str) -> None:
    wanted = {"target": "B", "percent": "3.5", "step": "0.05", "valid_from": "2027-01-01"}
    assert office.post("/prices/adjustments", wanted).json == {"published": 1}
    office.post("/prices/adjustments", {**wanted, "percent": "5", "valid_from": "2028-01-01"})
    assert len(copied(service)) == 2
    check_copies(service, office, product)


def test_imported_prices_are_told_and_so_is_their_undoing(
    office: Caller, service: ServiceUnderTest, product: str
) -> None:
    office.post("/prices", {"product_id": product, "price_group": "Kulta", "price": "9", "valid_from": "2026-01-01"})
    office.post(
        "/prices", {"product_id": product, "customer_id": CUSTOMER, "discount_percent": "5", "valid_from": "2026-01-01"}
    )
    before = office.get("/prices").json["items"]
    listed = office.get(f"/products/{product}/prices").json["items"]
    made = send(
        office,
        workbook(
            ("Tuotekoodi", "Hinta", "Alennus %", "Hintaryhmä", "Asiakas", "Voimassa alkaen"),
            ("A", 8, None, "Kulta", None, "1.1.2027"),
            ("A", 7, None, "Hopea", None, "1.1.2027"),
            ("A", 12, None, None, None, "1.1.2090"),
        ),
        "prices",
    )
    assert made["counts"]["created"] == 3
    check_copies(service, office, product)
    assert service.events("product.changed.v1")[-1].data["list_price"] == "10.00"
    amended = send(
        office,
        workbook(("Tuotekoodi", "Hinta", "Hintaryhmä", "Voimassa alkaen"), ("A", 7.5, "Hopea", "1.1.2027")),
        "prices",
    )
    assert amended["counts"]["changed"] == 1
    check_copies(service, office, product)
    for one in (amended, made):
        assert office.post(f"/imports/{one['id']}/undo").status_code == 200
        check_copies(service, office, product)
    assert office.get("/prices").json["items"] == before
    assert office.get(f"/products/{product}/prices").json["items"] == listed


def test_list_prices_are_told_however_they_change(office: Caller, service: ServiceUnderTest, product: str) -> None:
    today = business_day(utc_now())
    tomorrow = today + ONE_DAY
    answer = office.post(f"/products/{product}/prices", {"price": "11", "valid_from": tomorrow.isoformat()})
    assert answer.status_code == 201
    check_copies(service, office, product)
    assert turn_day(service.database, tomorrow) == 1
    check_copies(service, office, product)
    version = office.get(f"/products/{product}").json["version"]
    assert office.patch(f"/products/{product}", {"list_price": "11"}, if_match=version).status_code == 200
    check_copies(service, office, product)
    made = send(office, workbook(("Tuotekoodi", "Nimike", "Tuoteryhmä", "Hinta"), ("A", "A", "B", 13)), "products")
    check_copies(service, office, product)
    assert office.post(f"/imports/{made['id']}/undo").status_code == 200
    check_copies(service, office, product)
    assert office.post(f"/products/{product}/archive").status_code == 200
    check_copies(service, office, product)


def test_list_prices_of_long_ago_are_not_told(office: Caller, service: ServiceUnderTest, product: str) -> None:
    today = business_day(utc_now())
    ended = {399: "told", 400: "not told"}
    for days in ended:
        day = (today - days * ONE_DAY).isoformat()
        body = {"price": str(days), "valid_from": day, "valid_to": day}
        assert office.post(f"/products/{product}/prices", body).status_code == 201
    last = service.events("product.changed.v1")[-1].data
    assert [one["price"] for one in last["list_prices"]] == ["399.00", "10.00"]
    send(office, workbook(("Tuotekoodi", "Nimike", "Tuoteryhmä", "Hinta"), ("A", "A", "B", 13)), "products")
    last = service.events("product.changed.v1")[-1].data
    assert [one["price"] for one in last["list_prices"]] == ["399.00", "13.00"]


def test_imported_list_prices_are_told_after_those_that_they_end(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/products", {"code": "B", "name": "B", "category_name": "B"}).json["id"]
    days = {"valid_from": "2026-01-01", "valid_to": "2099-12-31"}
    assert office.post(f"/products/{made}/prices", {"price": "10", **days}).status_code == 201
    rows = (("B", "B", "B", 13), ("C", "C", "B", 4))
    done = send(office, workbook(("Tuotekoodi", "Nimike", "Tuoteryhmä", "Hinta"), *rows), "products")
    check_copies(service, office, made)
    told = [event for event in service.events("product.changed.v1") if event.subject == made][-1].data["list_prices"]
    assert [(one["price"], one["valid_to"]) for one in told] == [
        ("10.00", (business_day(utc_now()) - ONE_DAY).isoformat()),
        ("13.00", "2099-12-31"),
    ]
    new = next(row["id"] for row in done["rows"] if row["key"] == "C")
    for again in (False, True):  # an undone product comes back under its old id, with the prices that it had
        assert office.post(f"/imports/{done['id']}/undo").status_code == 200
        check_copies(service, office, new)
        if not again:
            done = send(office, workbook(("Tuotekoodi", "Nimike", "Tuoteryhmä", "Hinta"), *rows), "products")
            check_copies(service, office, made)
            check_copies(service, office, new)


def test_an_import_does_not_look_for_prices_of_products_that_it_makes(
    office: Caller, service: ServiceUnderTest
) -> None:
    read: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        if statement.startswith("SELECT") and "FROM prices" in statement:
            read.append(statement)

    sqlalchemy_event.listen(service.engine, "before_cursor_execute", note)
    try:
        for price, looks in ((5, 0), (6, 1)):
            rows = [(f"N{number}", "N", "B", price) for number in range(3)]
            send(office, workbook(("Tuotekoodi", "Nimike", "Tuoteryhmä", "Hinta"), *rows), "products")
            assert len(read) == looks
    finally:
        sqlalchemy_event.remove(service.engine, "before_cursor_execute", note)


def test_snapshot_pages_hold_the_prices(office: Caller, service: ServiceUnderTest, product: str) -> None:
    fact = {"product_id": product, "valid_from": "2026-01-01", "price_group": "A", "price": "9.00"}
    made = office.post("/prices", fact).json
    office.post(f"/prices/{made['id']}/end", {"valid_to": "2026-12-31"})
    client, after, items = service.app.test_client(), "", {}
    while after is not None:
        path = f"/internal/v1/snapshot/price?limit=500{after}"
        page = client.get(path, headers={"Authorization": f"Bearer {SERVICE_TOKEN}"}).json
        items |= {item["id"]: item for item in page["items"]}
        after = page["next"] and f"&after={page['next']}"
    event = service.events("price.changed.v1")[-1]
    assert items[made["id"]]["data"] == event.data
    assert (items[made["id"]]["version"], items[made["id"]]["tenant_id"]) == (2, service.tenant_id)
