"""Models agree with migrations; PostgreSQL itself keeps tenants apart; snapshots show what events say."""

from __future__ import annotations

from services.catalog.models import Base
from shared.testing.schema import schema_differences, tables_open_to_other_tenants
from shared.testing.service import SERVICE_TOKEN, Caller, ServiceUnderTest

PRODUCT = {"code": "A", "name": "B", "category_name": "C", "list_price": "855.4400", "cost_price": "1.2"}


def test_models_and_migration_agree(service: ServiceUnderTest) -> None:
    assert schema_differences(service.engine, Base.metadata) == []


def test_no_table_shows_another_tenants_rows(office: Caller, stranger: Caller, service: ServiceUnderTest) -> None:
    for caller in (office, stranger):
        assert caller.post("/products", PRODUCT).status_code == 201
    if service.database.is_sqlite:
        assert len(office.get("/products").json["items"]) == 1
    else:
        assert tables_open_to_other_tenants(service.engine, Base.metadata, service.tenant_id) == []


def test_snapshot_pages_hold_what_the_events_said(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/products", PRODUCT).json
    client = service.app.test_client()
    items, after = {}, ""
    while after is not None:
        path = f"/internal/v1/snapshot/product?limit=500{after}"
        page = client.get(path, headers={"Authorization": f"Bearer {SERVICE_TOKEN}"}).json
        items |= {item["id"]: item for item in page["items"]}
        after = page["next"] and f"&after={page['next']}"
    (event,) = service.events()
    assert items[made["id"]]["data"] == event.data
    assert (items[made["id"]]["version"], items[made["id"]]["tenant_id"]) == (1, service.tenant_id)
