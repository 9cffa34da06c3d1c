"""Models agree with migrations; PostgreSQL itself keeps tenants apart; snapshots show what events say."""

from __future__ import annotations

from services.customers.models import Base
from shared.testing.schema import schema_differences, tables_open_to_other_tenants
from shared.testing.service import SERVICE_TOKEN, Caller, ServiceUnderTest


def test_models_and_migration_agree(service: ServiceUnderTest) -> None:
    assert schema_differences(service.engine, Base.metadata) == []


def test_no_table_shows_another_tenants_rows(office: Caller, stranger: Caller, service: ServiceUnderTest) -> None:
    for caller in (office, stranger):
        customer = caller.post("/customers", {"name": "A", "business_id": "9000011-8"}).json["id"]
        site = caller.post("/sites", {"type": "area", "name": "B", "customer_id": customer}).json["id"]
        caller.post(f"/sites/{site}/contacts", {"name": "C", "role": "access"})
    if service.database.is_sqlite:
        assert len(office.get("/customers").json["items"]) == 1
    else:
        assert tables_open_to_other_tenants(service.engine, Base.metadata, service.tenant_id) == []


def test_snapshot_pages_hold_what_the_events_said(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/customers", {"name": "A"}).json
    site = office.post("/sites", {"type": "area", "name": "B", "customer_id": made["id"]}).json
    client = service.app.test_client()
    latest = {event.subject: event for event in service.events()}
    for aggregate, record in (("customer", made), ("site", site)):
        path = f"/internal/v1/snapshot/{aggregate}?limit=500"
        assert client.get(path).status_code == 401
        items, after = {}, ""
        while after is not None:
            page = client.get(path + after, headers={"Authorization": f"Bearer {SERVICE_TOKEN}"}).json
            items |= {item["id"]: item for item in page["items"]}
            after = page["next"] and f"&after={page['next']}"
        shown = items[record["id"]]
        assert shown["data"] == latest[record["id"]].data
        assert (shown["version"], shown["tenant_id"]) == (record["version"], service.tenant_id)
