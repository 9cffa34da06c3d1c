"""The migrations on a filled database of the release before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine

from services.workorders.app.invariants import broken_invariants
from services.workorders.messaging.inbound import CONSUMERS
from services.workorders.models import Base, CopyCustomer
from shared.bus.bootstrap import SnapshotItem, SnapshotPage, fill_copy
from shared.bus.consumer import CopySource
from shared.bus.tables import copy_state
from shared.clock import utc_now
from shared.context import system_context
from shared.db import Database, migrate
from shared.ids import new_id
from shared.testing.old_release import insert_of_then, rows_of_every_tenant

TENANT, TABLES = new_id(), Base.metadata.tables


def fill(engine: Engine) -> dict[str, str]:
    """An approved order with a recorded and a planned row; returns their ids by name."""
    ids = {name: new_id() for name in ("order", "recorded", "planned", "customer")}
    now = utc_now()
    order = {
        "id": ids["order"], "tenant_id": TENANT, "version": 3, "created_at": now, "changed_at": now, "number": "1",
        "state": "approved", "origin": "planned", "type": "extra", "priority": "normal", "created_by": "x",
        "customer_id": ids["customer"], "description": "", "references": {}, "billing_round": 1,
    }  # fmt: skip
    row = {
        "tenant_id": TENANT, "order_id": ids["order"], "position": 0, "product_id": new_id(), "product_code": "A",
        "product_kind": "labour", "product_name": "A", "unit": "h", "construction_service": False, "description": "",
        "quantity": Decimal("2.500"), "work_date": date(2026, 11, 20), "unit_price": Decimal("57.7500"),
        "discount_percent": Decimal(0), "vat_class": "standard", "vat_rate_percent": Decimal("25.50"),
        "chargeability": "charge", "recorded_by": "x", "recorded_at": now, "content_hash": "",
    }  # fmt: skip
    with rows_of_every_tenant(engine) as connection:
        insert_of_then(connection, TABLES["work_orders"], order)
        insert_of_then(connection, TABLES["work_rows"], {**row, "id": ids["recorded"], "planned": False})
        insert_of_then(connection, TABLES["work_rows"], {**row, "id": ids["planned"], "planned": True})
    return ids


def test_what_was_recorded_before_is_what_was_worked(any_engine: Engine) -> None:
    migrate.upgrade(any_engine, "workorders", "0002")
    ids = fill(any_engine)
    assert migrate.upgrade(any_engine, "workorders") is True
    rows = Base.metadata.tables["work_rows"]
    with rows_of_every_tenant(any_engine) as connection:
        found = {row.id: row for row in connection.execute(rows.select())}
    recorded = found[ids["recorded"]]
    assert (recorded.worked_quantity, recorded.quantity, recorded.is_set) == (Decimal("2.5"), Decimal("2.5"), False)
    assert found[ids["planned"]].worked_quantity is None
    assert broken_invariants(Database(any_engine).read(system_context("check"))) == []


class Owner:
    """The customers service with one customer that did not change since the release before."""

    def __init__(self, customer_id: str, data: Mapping[str, Any]) -> None:
        self._item = SnapshotItem(customer_id, 7, TENANT, utc_now(), dict(data))

    def pages(self, _source: CopySource, _after: str | None, _limit: int) -> Iterator[SnapshotPage]:
        yield SnapshotPage([self._item], None)


def test_copies_of_before_learn_what_they_had_no_room_for(any_engine: Engine) -> None:
    """Else a customer's price group would count only after the customer's next change."""
    migrate.upgrade(any_engine, "workorders", "0002")
    customer_id, consumer = new_id(), CONSUMERS[0]
    common = {
        "number": "1001", "name": "As Oy Haapapiha", "kind": "housing_company", "required_references": [],
        "on_hold": False, "archived": False,
    }  # fmt: skip
    copy = {"id": customer_id, "tenant_id": TENANT, "version": 7, "source_time": utc_now(), "seen_at": utc_now()}
    with rows_of_every_tenant(any_engine) as connection:
        insert_of_then(connection, TABLES["copy_customers"], {**copy, **common, "deleted": False})
        filled = {"started_at": utc_now(), "finished_at": utc_now(), "taken": 1}
        connection.execute(copy_state.insert(), [{"name": f"{consumer.name}:customer", **filled}])
    migrate.upgrade(any_engine, "workorders")
    database = Database(any_engine)
    owner = Owner(customer_id, {**common, "id": customer_id, "price_group": "A", "language": "sv"})
    assert fill_copy(database, consumer, consumer.copies[0], owner) == 1
    with database.read(system_context("test")) as uow:
        found = uow.session.get(CopyCustomer, customer_id)
        assert found is not None
        assert (found.version, found.price_group, found.language) == (7, "A", "sv")
