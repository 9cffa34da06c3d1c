"""From agreements, rules and sets in the catalogue to the cents of a document, through events only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.client import ApiClient, wait_until
from deploy.demo.firm import BILLING, CATALOG, CUSTOMERS, ORDERS, Firm, found_firm
from deploy.demo.targets import netvisor_target
from deploy.onebox import OneBox, OneBoxSettings
from shared.clock import HELSINKI, business_day, utc_now
from shared.ids import new_id
from shared.testing.waiting import eventually
from tests.support.inspection import broken_invariants, open_events

ADDRESS = {"street": "Haapatie 4", "postal_code": "02150", "city": "ESPOO"}
PRODUCTS = (
    ("SAH-1", "Sähköasentaja", "labour", "h", "57.7500"),
    ("OSA", "Suodatin", "material", "kpl", "12.3457"),
    ("KM", "Kilometrit", "travel", "km", "0.9300"),
    ("AUTO", "Huoltoautomaksu", "fee", "kpl", "50.0000"),
    ("YO", "Yölisä", "fee", "h", None),
    ("SETTI", "Latausasema asennettuna", "fixed_price", "kpl", "99.9900"),
    ("KAAPELI", "Kaapeli", "material", "m", "3.0000"),
    ("RASIA", "Pistorasia", "material", "kpl", "7.0000"),
    ("LASKLIS", "Laskutuslisä", "fee", "kpl", "5.0000"),
)

NETS = {
    "SAH-1": Decimal("110.00"),
    "YO": Decimal("33.85"),
    "OSA": Decimal("1333.33"),
    "KM": Decimal("13.95"),
    "AUTO": Decimal("33.87"),
    "KAAPELI": Decimal("81.07"),
    "RASIA": Decimal("18.92"),
}
"""1.3 h from 20:30 is charged as the minimum of 2 h at the site's 55.00; 48 of its 78 minutes, 1.231 h of what is
charged, are in the night and cost half as much again; 120 filters at the step's 11.1111; 40 km of which 25 come with
the van; and the set, 99.99, shared as 30 to 7 by the list prices of 10 m and 1 socket.
"""

FEE = Decimal("5.00")
"""The fee of the invoice, which is no row of the order."""


@dataclass(frozen=True)
class Scene:
    """A one-box with a firm, its customer's site with a room, and the products by code."""

    firm: Firm
    database_url: str
    room: str
    products: dict[str, str]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("prices")
    with OneBox(OneBoxSettings(folder=folder, port=0)) as box:
        firm = found_firm(
            box.base_url, box.provisioning_key, "Hinta Oy", "p", netvisor_target({}, box.base_url, box.base_url)
        )
        customer = firm.biller.post(
            f"{CUSTOMERS}/customers",
            {
                "name": "As Oy Esimerkin Haapapiha",
                "kind": "housing_company",
                "business_id": "9000011-8",
                "billing_address": ADDRESS,
            },
        )["id"]
        building = _site(firm.supervisor, "building", "Haapatie 4", customer_id=customer)
        room = _site(firm.supervisor, "space", "Sähkötila", parent_id=building)
        products = {product[0]: _product(firm.biller, *product) for product in PRODUCTS}
        _prices(firm.biller, products, customer, building)
        _rules(firm.biller, products)
        _set(firm.biller, products)
        database_url = f"sqlite:///{folder}/{{service}}.sqlite"
        eventually(lambda: not open_events(database_url), timeout_s=30)
        yield Scene(firm, database_url, room, products)


def _site(caller: ApiClient, kind: str, name: str, **more: str) -> str:
    return str(caller.post(f"{CUSTOMERS}/sites", {"type": kind, "name": name, **more})["id"])


def _product(caller: ApiClient, code: str, name: str, kind: str, unit: str, price: str | None) -> str:
    body = {"code": code, "name": name, "kind": kind, "unit": unit, "list_price": price, "vat_class": "standard"}
    return str(caller.post(f"{CATALOG}/products", {**body, "category_name": "Kaikki"})["id"])


def _prices(caller: ApiClient, products: dict[str, str], customer: str, building: str) -> None:
    for fact in (
        {"product_id": products["SAH-1"], "site_id": building, "price": "55"},
        {"product_id": products["SAH-1"], "customer_id": customer, "price": "56"},
        {"product_id": products["OSA"], "customer_id": customer, "price": "12"},
        {"product_id": products["OSA"], "customer_id": customer, "price": "11.1111", "min_quantity": "100"},
    ):
        caller.post(f"{CATALOG}/prices", {**fact, "valid_from": "2026-01-01"})


def _rules(caller: ApiClient, products: dict[str, str]) -> None:
    labour = {"product_kinds": ["labour"]}
    for name, conditions, effect in (
        ("Vähimmäisveloitus", labour, {"kind": "minimum", "minutes": 120}),
        (
            "Yölisä",
            {**labour, "clock": {"from": "21:00", "to": "06:00"}},
            {"kind": "factor", "factor": "1.5", "product_id": products["YO"]},
        ),
        (
            "Huoltoauto",
            labour,
            {"kind": "vehicle_fee", "product_id": products["AUTO"], "unit_price": "33.87", "included_km": "25"},
        ),
        ("Laskutuslisä", {}, {"kind": "invoice_fee", "product_id": products["LASKLIS"], "except_channels": []}),
    ):
        rule = {"name": name, "priority": 10, "conditions": conditions, "effects": [effect]}
        caller.post(f"{CATALOG}/charging-rules", rule)


def _set(caller: ApiClient, products: dict[str, str]) -> None:
    path = f"{CATALOG}/products/{products['SETTI']}"
    version = caller.get(path)["version"]
    parts = [
        {"product_id": products["KAAPELI"], "quantity": "10"},
        {"product_id": products["RASIA"], "quantity": "1"},
    ]
    caller.put(f"{path}/components", {"components": parts}, {"If-Match": f'"{version}"'})


def test_agreement_step_night_minimum_vehicle_and_set_end_on_a_document_to_the_cent(scene: Scene) -> None:
    firm, products = scene.firm, scene.products
    yesterday = business_day(utc_now()) - timedelta(days=1)
    began = (
        utc_now()
        .astimezone(HELSINKI)
        .replace(
            year=yesterday.year, month=yesterday.month, day=yesterday.day, hour=20, minute=30, second=0, microsecond=0
        )
    )
    rows = [
        {
            "product_id": products["SAH-1"],
            "quantity": "1.3",
            "started_at": began.isoformat(),
            "ended_at": (began + timedelta(minutes=78)).isoformat(),
        },
        {"product_id": products["OSA"], "quantity": "120"},
        {"product_id": products["KM"], "quantity": "40"},
        {"product_id": products["SETTI"], "quantity": "1"},
    ]
    body = {
        "id": new_id(),
        "site_id": scene.room,
        "rows": [{"id": new_id(), "work_date": yesterday.isoformat(), **row} for row in rows],
    }
    made = firm.worker.post(f"{ORDERS}/field", body)
    assert [row["quantity"] for row in made["rows"]] == ["1.300", "120.000", "40.000", "1.000"]
    assert "net" not in made
    path = f"{ORDERS}/{body['id']}"
    assert firm.worker.post(f"{path}/done")["state"] == "approved"

    def billed() -> Any:
        order = firm.supervisor.get(path)
        return order if order["state"] == "billed" else None

    order = wait_until(billed, within_s=60, what="the order billed")
    (document,) = [
        firm.biller.get(f"{BILLING}/documents/{one['id']}") for one in firm.biller.pages(f"{BILLING}/documents")
    ]
    nets: dict[str, Decimal] = defaultdict(Decimal)
    for line in document["lines"]:
        nets[line["product_code"]] += Decimal(line["net"])
    assert nets == {**NETS, "LASKLIS": FEE}
    assert document["lines"][-1]["text"] == "Laskutuslisä"
    (billed_order,) = document["workorders"]
    assert set(billed_order["row_ids"]) <= {row["id"] for row in order["rows"]}
    assert nets["KAAPELI"] + nets["RASIA"] == Decimal("99.99")
    total = sum(NETS.values())
    assert order["net"] == str(total)
    assert (document["net"], document["vat"], document["gross"]) == ("1629.99", "415.65", "2045.64")
    (booked,) = firm.target.books()["invoices"]
    assert Decimal(str(booked["net"])) == total + FEE


def test_every_cent_is_explained(scene: Scene) -> None:
    firm = scene.firm
    (order,) = firm.supervisor.pages(ORDERS)
    explained = {row["product_code"]: row for row in firm.supervisor.get(f"{ORDERS}/{order['id']}/charging")["rows"]}
    hour = explained["SAH-1"]
    assert (hour["worked_quantity"], hour["quantity"], hour["price_source"]) == ("1.300", "2.000", "site")
    assert [step["rule_name"] for step in hour["steps"]] == ["Vähimmäisveloitus", "Yölisä"]
    assert explained["OSA"]["price_explanation"]["steps"][0]["min_quantity"] == "100.000"
    assert {explained[code]["steps"][0]["rule_name"] for code in ("YO", "AUTO")} == {"Yölisä", "Huoltoauto"}
    assert (explained["KM"]["worked_quantity"], explained["KM"]["quantity"]) == ("40.000", "15.000")


def test_nothing_is_left_over(scene: Scene) -> None:
    assert open_events(scene.database_url) == {}
    assert [broken_invariants(service, scene.database_url) for service in ("workorders", "billing")] == ["", ""]
