"""A small firm with a few customers and products, and work orders that wait for approval."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from deploy.demo.client import Refused
from deploy.demo.firm import CATALOG, CUSTOMERS, IDENTITY, ORDERS, Firm, found_firm
from deploy.demo.targets import DemoTarget
from shared.ids import new_id
from shared.testing.waiting import eventually
from tests.support.patient import PatientClient

_PASSWORD = "yard: seven wet planks"
_COPIES_TIMEOUT_S = 90.0
_CLIENTS = 4
_CUSTOMERS = (
    ("As Oy Esimerkin Haapapiha", "housing_company", "9000011-8"),
    ("Esimerkin Konepaja Oy", "company", "9050101-9"),
    ("Maija Esimerkki", "private", None),
    ("Esimerkin kaupunki", "public", "9050102-7"),
)
_PRODUCTS = (
    ("TYO", "Työaika", "labour", "h", "57.7500", "standard"),
    ("KM", "Kilometrit", "travel", "km", "0.5533", "standard"),
    ("OSA", "Suodatin", "material", "kpl", "12.3457", "standard"),
    ("OPAS", "Käyttöopas", "material", "kpl", "8.9000", "reduced"),
)
_QUANTITIES = ("0.333", "1", "1.5", "2.25", "7.125", "3.667", "12")


@dataclass(frozen=True, slots=True)
class Yard:
    """A firm, the ids of its customers and products, and somebody who may record and approve."""

    firm: Firm
    customers: Sequence[str]
    products: Sequence[str]
    email: str

    def foreman(self, base_url: str) -> PatientClient:
        """Log in anew as the one who records and approves; one client for each thread."""
        client = PatientClient(base_url)
        client.log_in(self.email, _PASSWORD)
        return client

    def finished_order(self, foreman: PatientClient, chance: random.Random) -> dict[str, Any]:
        """Make an order with rows and finish its work, so that it waits for approval; returns it."""
        rows = [self._row(chance) for _ in range(chance.randint(1, 4))]
        order_id = new_id()
        body = {"id": order_id, "customer_id": chance.choice(self.customers), "type": "fault", "rows": rows}
        foreman.post(f"{ORDERS}/field", body)
        return dict(foreman.post(f"{ORDERS}/{order_id}/done"))

    def _row(self, chance: random.Random) -> dict[str, str]:
        return {"id": new_id(), "product_id": chance.choice(self.products), "quantity": chance.choice(_QUANTITIES)}


def open_yard(base_url: str, provisioning_key: str, target: DemoTarget, tag: str) -> Yard:
    """Found a firm that sends to `target`; returns when its customers and products are known to work orders."""
    firm = found_firm(base_url, provisioning_key, f"Piha {tag} Oy", tag, target)
    email = f"foreman-{tag}@demo.example"
    roles = ["supervisor", "worker"]
    firm.admin.post(
        f"{IDENTITY}/users", {"name": "Vesa Vastaava", "email": email, "password": _PASSWORD, "roles": roles}
    )
    yard = Yard(firm, _register_customers(firm), _register_products(firm), email)
    foreman = yard.foreman(base_url)
    for customer in yard.customers:
        eventually(lambda known=customer: _is_known(foreman, yard, known), timeout_s=_COPIES_TIMEOUT_S, every_s=0.3)
    return yard


def finished_orders(base_url: str, yard: Yard, count: int, seed: int) -> list[dict[str, Any]]:
    """Make `count` orders that wait for approval, by several clients at once."""

    def make(part: int) -> list[dict[str, Any]]:
        foreman, chance = yard.foreman(base_url), random.Random(seed * 1000 + part)
        return [yard.finished_order(foreman, chance) for _ in range(part, count, _CLIENTS)]

    with ThreadPoolExecutor(_CLIENTS) as pool:
        return [order for made in pool.map(make, range(_CLIENTS)) for order in made]


def _register_customers(firm: Firm) -> list[str]:
    address = {"street": "Esimerkkitie 1", "postal_code": "00100", "city": "HELSINKI"}
    ids = []
    for name, kind, business_id in _CUSTOMERS:
        body = {"name": name, "kind": kind, "business_id": business_id, "billing_address": address}
        ids.append(firm.biller.post(f"{CUSTOMERS}/customers", body)["id"])
    return ids


def _register_products(firm: Firm) -> list[str]:
    ids = []
    for code, name, kind, unit, price, vat_class in _PRODUCTS:
        body = {"code": code, "name": name, "kind": kind, "unit": unit, "list_price": price, "vat_class": vat_class}
        ids.append(firm.biller.post(f"{CATALOG}/products", {**body, "category_name": "Kaikki"})["id"])
    return ids


def _is_known(foreman: PatientClient, yard: Yard, customer_id: str) -> bool:
    rows = [{"product_id": product, "quantity": "1", "planned": True} for product in yard.products]
    try:
        order = foreman.post(ORDERS, {"customer_id": customer_id, "type": "fault", "rows": rows})
    except Refused as refused:
        if refused.status in (409, 422):
            return False
        raise
    foreman.post(f"{ORDERS}/{order['id']}/cancel", {"reason": "only a probe"})
    return True
