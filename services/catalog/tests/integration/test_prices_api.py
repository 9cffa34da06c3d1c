"""Prices for groups, customers and sites: which one wins and why, overlaps, price lists; on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DatabaseError

from services.catalog.models import StoredPriceFact
from shared.db.database import AlreadyExists
from shared.ids import new_id
from shared.testing.service import Caller, ServiceUnderTest

CUSTOMER, SITE, PARENT = (new_id() for _ in range(3))


@pytest.fixture
def product(office: Caller) -> str:
    body = {"code": "SAH-1", "name": "Sähköasentaja", "category_name": "Työ", "list_price": "57.75"}
    return str(office.post("/products", body).json["id"])


def add(office: Caller, product: str, **fact: object):
    return office.post("/prices", {"product_id": product, "valid_from": "2026-01-01", **fact})


def explain(office: Caller, product: str, **query: object):
    return office.get("/prices/explain", query_string={"product": product, "on": "2027-03-01", **query}).json


def test_the_strongest_source_wins_and_every_step_is_explained(office: Caller, product: str) -> None:
    assert add(office, product, price_group="A", price="55.00").status_code == 201
    assert add(office, product, customer_id=CUSTOMER, discount_percent="8.00").status_code == 201
    assert add(office, product, site_id=PARENT, price="50.00").status_code == 201
    assert add(office, product, site_id=PARENT, price="45.00", min_quantity="10").status_code == 201
    assert (explain(office, product)["unit_price"], explain(office, product)["source"]) == ("57.75", "list")
    assert explain(office, product, price_group="A")["unit_price"] == "55.00"
    agreed = explain(office, product, customer=CUSTOMER, price_group="A")
    assert (agreed["unit_price"], agreed["source"]) == ("50.60", "customer")
    assert [(step["source"], step["verdict"], step["price_after"]) for step in agreed["steps"][:2]] == [
        ("group", "applied", "55.00"),
        ("customer", "applied", "50.60"),
    ]
    assert len(agreed["steps"]) == 3, "what others have agreed is not shown"
    assert explain(office, product, customer=CUSTOMER)["unit_price"] == "53.13"
    assert explain(office, product, site=[SITE, PARENT])["unit_price"] == "50.00"
    assert explain(office, product, site=[SITE, PARENT], quantity="10")["unit_price"] == "45.00"


def test_the_first_list_price_holds_for_the_days_before_it_as_in_work_orders(office: Caller, product: str) -> None:
    dear = {"price": "70.00", "valid_from": "2030-01-01"}
    assert office.post(f"/products/{product}/prices", dear).status_code == 201
    assert (
        add(office, product, customer_id=CUSTOMER, discount_percent="8.00", valid_from="2020-01-01").status_code == 201
    )
    before = explain(office, product, customer=CUSTOMER, on="2021-12-31")
    assert (before["unit_price"], before["source"]) == ("53.13", "customer")
    assert explain(office, product, on="2029-12-31")["unit_price"] == "57.75"
    assert explain(office, product, on="2030-01-01")["unit_price"] == "70.00"


def test_prices_of_one_kind_never_overlap(office: Caller, product: str, service: ServiceUnderTest) -> None:
    first = add(office, product, price_group="A", price="55.00").json
    later = add(office, product, price_group="A", price="60.00", valid_from="2027-01-01").json
    facts = {fact["id"]: fact for fact in office.get(f"/prices?product_id={product}").json["items"]}
    assert facts[first["id"]]["valid_to"] == "2026-12-31"
    refused = add(office, product, price_group="A", price="1.00", valid_from="2026-06-01")
    assert (refused.status_code, refused.json["code"]) == (409, "period.overlap")
    ended = office.post(f"/prices/{later['id']}/end", {"valid_to": "2027-06-30"})
    assert ended.json["valid_to"] == "2027-06-30"
    assert office.post(f"/prices/{first['id']}/end", {"valid_to": "2027-02-01"}).status_code == 409
    with pytest.raises((DatabaseError, AlreadyExists)):
        _open_again(service, first["id"])


def _open_again(service: ServiceUnderTest, fact_id: str) -> None:
    with service.begin() as uow:
        uow.session.get(StoredPriceFact, fact_id).valid_to = None
        uow.commit()


@pytest.mark.parametrize(
    "fact",
    [
        {"price_group": "A"},
        {"price_group": "A", "price": "1", "discount_percent": "1"},
        {"price": "1"},
        {"price_group": "A", "customer_id": CUSTOMER, "price": "1"},
        {"price_group": "A", "price": "1", "valid_to": "2025-01-01"},
    ],
)
def test_a_price_that_makes_no_sense_is_refused(office: Caller, product: str, fact: dict[str, str]) -> None:
    assert add(office, product, **fact).status_code == 422


def test_a_price_list_is_copied_adjusted_previewed_and_published_as_a_whole(office: Caller, product: str) -> None:
    office.post("/products", {"code": "ILMAN", "name": "Ei hintaa", "category_name": "Työ"})
    wanted = {"target": "B", "percent": "3.5", "step": "0.05", "valid_from": "2027-01-01"}
    (line,) = office.post("/prices/adjustments/preview", wanted).json["items"]
    assert (line["base"], line["now"], line["new"]) == ("57.75", None, "59.75")
    assert office.get("/prices").json["items"] == []
    assert office.post("/prices/adjustments", wanted).json == {"published": 1}
    assert office.post("/prices/adjustments", wanted).json == {"published": 0}
    assert explain(office, product, price_group="B")["unit_price"] == "59.75"
    higher = {**wanted, "source": "B", "percent": "10", "valid_from": "2028-01-01"}
    assert office.post("/prices/adjustments", higher).json == {"published": 1}
    assert explain(office, product, price_group="B", on="2028-01-01")["unit_price"] == "65.75"


def test_a_price_list_is_made_from_the_prices_of_its_first_day(office: Caller, product: str) -> None:
    assert office.post(f"/products/{product}/prices", {"price": "60.00", "valid_from": "2090-01-01"}).status_code == 201
    wanted = {"target": "B", "percent": "10", "step": "0.01"}
    for first, base, new in (("2089-12-31", "57.75", "63.53"), ("2090-01-01", "60.00", "66.00")):
        (line,) = office.post("/prices/adjustments/preview", {**wanted, "valid_from": first}).json["items"]
        assert (line["base"], line["new"]) == (base, new)
    nothing = office.post("/prices/adjustments", {**wanted, "valid_from": "2020-01-01"})
    assert (nothing.status_code, nothing.json["errors"][0]["pointer"]) == (422, "/valid_from")
    before = office.post("/prices/adjustments/preview", {**wanted, "valid_from": "2020-01-01"})
    assert before.json["items"] == [], "nothing was on the list then"


def test_prices_are_only_for_those_who_may_see_them(
    service: ServiceUnderTest, product: str, stranger: Caller, office: Caller
) -> None:
    add(office, product, price_group="A", price="55.00")
    worker = service.caller("products.read")
    assert worker.get("/prices").status_code == 403
    assert worker.get("/prices/explain", query_string={"product": product}).status_code == 403
    assert worker.post("/prices", {}).status_code == 403
    assert worker.post("/prices/adjustments", {}).status_code == 403
    assert stranger.get("/prices").json["items"] == []
    assert stranger.get("/prices/explain", query_string={"product": product}).status_code == 404
