"""How fast the registers of customers, contact persons and sites answer, large and a tenth of it (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import insert, text

from services.customers.app.customers import new_record
from services.customers.bootstrap import SERVICE
from services.customers.domain.customer import fold, new_customer
from services.customers.models import (
    CONTACT_SEARCH,
    CUSTOMER_SEARCH,
    SITE_SEARCH,
    Contact,
    ContactLink,
    Customer,
    Site,
    SiteAttachment,
)
from shared.ids import new_id
from shared.testing.service import ServiceUnderTest, service_under_test
from tests.bench.end_points import EndPoint, measure_calls

SLOW: Final = frozenset({"customers: page of 200", "sites: subtree of an area"})
"""Pages of 200 records: their figures explain, they have no bar."""
_NOW = datetime(2026, 11, 21, tzinfo=UTC)
_SITES_PER_CUSTOMER = 3
_PROPERTIES_PER_AREA = 30
_NODES_PER_PROPERTY = 10
_RARE = 20
"""Customers with a rare value, however many there are: pages of both registers are to hold the same."""


def measure_registers(folder: Path, *, customers: int, calls: int) -> list[EndPoint]:
    """Fill two databases, one with a tenth of the other, and ask both the same, in turn."""
    with ExitStack() as stack:
        sides = []
        for name, count in (("large", customers), ("tenth", customers // 10)):
            where = folder / name
            where.mkdir()
            service = stack.enter_context(service_under_test(SERVICE, "postgresql", where))
            labels = {"register": "customers", "key": "heat", "type": "text", "labels": {"fi": "Lämmitys"}}
            service.caller("tenant.manage").post("/extra-fields", labels)
            sides.append((service.caller("customers.read"), _fill(service, count)))
        return [measure_calls(name, sides, calls) for name in sides[0][1]]


def _fill(service: ServiceUnderTest, count: int) -> dict[str, str]:
    """Store `count` customers, three sites for each, a contact person for each; returns name → path to ask."""
    customers = _customers(service.tenant_id, count)
    sites = _sites(service.tenant_id, count * _SITES_PER_CUSTOMER, customers)
    contacts = [_contact(service.tenant_id, n) for n in range(count)]
    links = [
        {
            "id": new_id(),
            "tenant_id": service.tenant_id,
            "contact_id": contact["id"],
            "customer_id": customer["id"],
            "role": "orders",
            "is_default": True,
        }
        for contact, customer in zip(contacts, customers, strict=True)
    ]
    properties = [site for site in sites if site["type"] == "property"]
    attachments = [
        {
            "id": new_id(),
            "tenant_id": service.tenant_id,
            "site_id": site["id"],
            "customer_id": site["customer_id"],
            "valid_from": date(2020, 1, 1),
        }
        for site in properties
    ]
    with service.begin() as uow:
        for model, rows in (
            (Customer, customers),
            (Site, sites),
            (Contact, contacts),
            (ContactLink, links),
            (SiteAttachment, attachments),
        ):
            uow.session.execute(insert(model), rows)
        uow.session.commit()
    with service.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
        for register in (CUSTOMER_SEARCH, CONTACT_SEARCH, SITE_SEARCH):
            register.pack_all(service.database)
        connection.execute(text("VACUUM ANALYZE"))
    return _paths(customers, sites, contacts)


def _contact(tenant_id: str, number: int) -> dict[str, Any]:
    name = f"{_word(number)} {_word(number + 7)} {number}"
    return _stamped(tenant_id, id=new_id(), name=name, search_text=fold(name), email=f"a{number}@b.example")


def _paths(
    customers: Sequence[Mapping[str, Any]], sites: Sequence[Mapping[str, Any]], contacts: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    one, leaf = customers[len(customers) // 2], sites[len(sites) // 2 + 5]
    near = next(site for site in sites if site["id"] in leaf["path"] and site["type"] == "property")
    area = next(site for site in sites if site["id"] in leaf["path"] and site["type"] == "area")
    return {
        "customers: first page": "/customers",
        "customers: page of 200": "/customers?limit=200",
        "customers: a word in the name": f"/customers?q={quote(_word(3))}",
        "customers: one name": f"/customers?q={quote(one['name'][3:])}",
        "customers: a part of a number": f"/customers?q={one['number'][1:]}",
        "customers: by number": f"/customers?number={one['number']}",
        "customers: by business ID": f"/customers?business_id={one['business_id']}",
        "customers: by kind": "/customers?kind=public",
        "customers: by an own field": "/customers?extra_field=heat&extra_value=rare",
        "customers: possible duplicates": f"/customers/duplicates?name={quote(one['name'])}&postal_code=00100",
        "customers: one": f"/customers/{one['id']}",
        "customers: contact persons of one": f"/customers/{one['id']}/contacts",
        "contacts: first page": "/contacts",
        "contacts: one name": f"/contacts?q={quote(contacts[len(contacts) // 2]['name'])}",
        "sites: first page": "/sites",
        "sites: at the top": "/sites?parent=none&limit=5",
        "sites: right below one": f"/sites?parent={near['id']}",
        "sites: of a customer": f"/sites?customer={leaf['customer_id']}",
        "sites: subtree of a property": f"/sites?subtree={near['id']}",
        "sites: subtree of an area": f"/sites?subtree={area['id']}&limit=200",
        "sites: one name": f"/sites?q={quote(leaf['name'])}",
        "sites: by code": f"/sites?code={leaf['code']}",
        "sites: by tag": f"/sites?tag={leaf['tag']}",
        "sites: one": f"/sites/{leaf['id']}",
        "sites: path of one": f"/sites/{leaf['id']}/path",
        "sites: whose on a day": f"/sites/{leaf['id']}/customer?on=2024-05-05",
    }


_WORDS = ("Haapa", "Koivu", "Leppä", "Mänty", "Kuusi", "Pihlaja", "Tuomi", "Raita", "Paju", "Vaahtera", "Saarni")


def _word(number: int) -> str:
    return _WORDS[number % len(_WORDS)]


def _customers(tenant_id: str, count: int) -> list[dict[str, Any]]:
    rows = []
    for n in range(count):
        given = {
            "name": f"As Oy Esimerkin {_word(n)}{_word(n // 11).lower()} {n}",
            "kind": "public" if n % 10 == 0 else "housing_company",
            "billing_address": {"street": f"Tie {n}", "postal_code": "00100", "city": "HELSINKI", "country": "FI"},
            "extra": {"heat": "rare" if n < _RARE else "common"},
        }
        record = new_record(new_id(), {**new_customer(given), "number": str(10_001 + n)})
        record.business_id = f"{n:07}-0"  # only its place in the index matters here
        rows.append({**_columns(record, Customer), "search_text": record.search_line(), **_stamped(tenant_id)})
    return rows


def _sites(tenant_id: str, count: int, customers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for place in range(count):
        within = place % (_PROPERTIES_PER_AREA * _NODES_PER_PROPERTY)
        if within == 0:
            area = parent = near = None
        site_id = new_id()
        if within == 0:
            kind, owner = "area", None
        elif within % _NODES_PER_PROPERTY == 1:
            kind, parent = "property", area
            owner = customers[(place // _NODES_PER_PROPERTY * 3) % len(customers)]["id"]
        else:
            kind, parent = "space", near
        path = f"{parent['path'] if parent else ''}/{site_id}"
        row = _stamped(
            tenant_id,
            id=site_id,
            parent_id=parent["id"] if parent else None,
            path=path,
            type=kind,
            name=(name := f"{_word(place)}tie {place}"),
            search_text=fold(name),
            customer_id=owner if kind != "space" else (near or {}).get("customer_id"),
            code=f"K-{place}",
            tag=f"T-{place}",
            withdrawn=False,
            extra={},
        )
        rows.append(row)
        if kind == "area":
            area = row
        elif kind == "property":
            near = row
    return rows


def _columns(record: Any, model: type[Any]) -> dict[str, Any]:
    return {column.key: getattr(record, column.key) for column in model.__mapper__.column_attrs}


def _stamped(tenant_id: str, **fields: Any) -> dict[str, Any]:
    return {**fields, "tenant_id": tenant_id, "version": 1, "created_at": _NOW, "changed_at": _NOW}
