"""The migrations on a filled database of the release before them."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Date, Engine, select, text

from services.billing.app.ledger_check import check_ledger
from services.billing.messaging.inbound import COPIES
from services.billing.models import Base, CustomerCopy
from services.billing.tests.integration.conftest import CUSTOMER
from shared.bus.bootstrap import SnapshotItem, SnapshotPage, fill_copy
from shared.bus.consumer import CopySource
from shared.bus.tables import copy_state
from shared.clock import utc_now
from shared.context import Context, system_context
from shared.db import Amount, Database, Quantity, Rate, UnitPrice, migrate
from shared.ids import new_id
from shared.testing.old_release import rows_of_every_tenant

TENANT = new_id()


def fill(engine: Engine) -> Callable[[str], str]:
    """A document of the first release with two merged rows that are transferred, and one that was cancelled.

    Returns the ids by name.
    """
    ids: dict[str, str] = {}

    def of(name: str) -> str:
        return ids.setdefault(name, new_id())

    stamp = utc_now()
    common = {"tenant_id": TENANT, "version": 1, "created_at": stamp, "changed_at": stamp}
    document = {
        **common, "batch_id": of("batch"), "payer_id": of("payer"), "payer": {}, "currency": "EUR",
        "document_date": "2026-11-21", "due_date": "2026-12-05", "refs": {}, "workorders": [], "vat_lines": [],
        "net": "112.50", "vat": "28.69", "gross": "141.19", "text_before": "",
    }  # fmt: skip
    line = {
        "tenant_id": TENANT, "position": 1, "product_id": of("p"), "product_code": "HUOLTO", "product_kind": "labour",
        "text": "Työ", "quantity": "2.500", "unit": "h", "unit_price": "45.0000", "discount_percent": "0.00",
        "vat_class": "standard", "vat_category": "S", "vat_rate_percent": "25.50", "net": "112.50",
        "vat_share": "28.69", "row_ids": [of("row1"), of("row2")],
    }  # fmt: skip
    row = {
        "tenant_id": TENANT, "order_id": of("order"), "workorder_id": of("work"), "workorder_number": "1001",
        "billing_round": 1, "customer_id": of("payer"), "payer_id": of("payer"), "currency": "EUR",
        "product_id": of("p"), "product_code": "HUOLTO", "product_kind": "labour", "description": "Työ", "unit": "h",
        "work_date": "2026-11-20", "unit_price": "45.0000", "discount_percent": "0.00", "vat_class": "standard",
        "vat_rate_percent": "25.50", "construction_service": False, "chargeability": "charge", "open": "0.000",
        "reserved": "0.000", "credited": "0.000", "closed": "0.000", "state": "transferred",
    }  # fmt: skip
    order = {
        "tenant_id": TENANT, "id": of("order"), "workorder_id": of("work"), "billing_round": 1, "number": "1001",
        "customer_id": of("payer"), "payer_id": of("payer"), "type": "x", "description": "", "refs": {},
        "approved_at": stamp, "received_at": stamp,
    }  # fmt: skip
    batch = {**common, "id": of("batch"), "kind": "immediate", "state": "done", "document_count": 1}
    rows = [
        {**row, "id": of(f"ledger{n}"), "row_id": of(f"row{n}"), "position": n, "quantity": quantity,
         "transferred": quantity, "document_id": of("document")}
        for n, quantity in ((1, "2.000"), (2, "0.500"))
    ]  # fmt: skip
    with rows_of_every_tenant(engine) as connection:
        insert(connection, "batches", batch)
        insert(connection, "approved_orders", order)
        insert(connection, "documents", {**document, "id": of("document"), "key": "URK-1", "state": "accepted"})
        insert(connection, "documents", {**document, "id": of("cancelled"), "key": "URK-2", "state": "cancelled"})
        insert(connection, "document_lines", {**line, "document_id": of("document")})
        insert(connection, "document_lines", {**line, "document_id": of("cancelled")})
        for each in rows:
            insert(connection, "ledger_rows", each)
    return of


def insert(connection: Connection, table: str, values: dict[str, Any]) -> None:
    """Only the columns of the first release; the types of today's models store decimals as that one did."""
    known = Base.metadata.tables[table]
    read = {name: _READERS.get(type(known.c[name].type), lambda value: value)(value) for name, value in values.items()}
    connection.execute(known.insert().values(read))


_READERS: dict[type, Callable[[Any], Any]] = {
    Date: date.fromisoformat,
    **dict.fromkeys((Amount().__class__, Quantity().__class__, UnitPrice().__class__, Rate().__class__), Decimal),
}


def test_lines_of_the_first_release_learn_what_they_hold_of_which_row(any_engine: Engine) -> None:
    migrate.upgrade(any_engine, "billing", "0001")
    of = fill(any_engine)
    assert migrate.upgrade(any_engine, "billing") is True
    with rows_of_every_tenant(any_engine) as connection:
        found = connection.execute(text("SELECT document_id, CAST(holdings AS TEXT) AS holdings FROM document_lines"))
        held: dict[str, str] = {row.document_id: row.holdings for row in found}
    assert held[of("cancelled")] == "[]"
    assert [name in held[of("document")] for name in (of("ledger1"), of("ledger2"), '"2.000"', '"0.500"')] == [True] * 4
    assert check_ledger(Database(any_engine)) == []


class Owner:
    """The owner's present state of one aggregate."""

    def __init__(self, *items: SnapshotItem) -> None:
        self.items = items

    def pages(self, source: CopySource, after: str | None, limit: int) -> Iterator[SnapshotPage]:
        yield SnapshotPage(self.items, None)


def test_copies_of_the_release_before_invoice_fees_are_taken_again(any_engine: Engine) -> None:
    migrate.upgrade(any_engine, "billing", "0010")
    customer_id, stamp = new_id(), utc_now()
    with rows_of_every_tenant(any_engine) as connection:
        told = {name: value for name, value in CUSTOMER.items() if name in Base.metadata.tables["copy_customers"].c}
        del told["price_group"], told["construction_seller_from"]
        own = {"id": customer_id, "tenant_id": TENANT, "version": 3, "source_time": stamp, "seen_at": stamp}
        insert(connection, "copy_customers", {**told, **own, "deleted": False})
        for name in ("customer", "product"):
            done = {"name": f"billing.copies:{name}", "started_at": stamp, "finished_at": stamp, "taken": 1}
            connection.execute(copy_state.insert().values(done))
    assert migrate.upgrade(any_engine, "billing") is True
    database = Database(any_engine)
    source = next(each for each in COPIES.copies if each.aggregate == "customer")

    def fill_with(version: int, group: str) -> list[tuple[int, str | None]]:
        data = {**CUSTOMER, "id": customer_id, "price_group": group}
        owner = Owner(SnapshotItem(customer_id, version, TENANT, stamp, data))
        with database.begin(system_context("test")) as uow:
            uow.session.execute(copy_state.delete())
            uow.commit()
        fill_copy(database, COPIES, source, owner)
        with database.read(Context(TENANT, "test")) as uow:
            copies = uow.session.scalars(select(CustomerCopy).where(CustomerCopy.id == customer_id)).all()
            return [(copy.version, copy.price_group) for copy in copies]

    with database.read(system_context("test")) as uow:
        assert uow.session.scalars(select(copy_state.c.name)).all() == []
    assert fill_with(2, "OLD") == [(2, None)]
    assert fill_with(3, "A") == [(3, "A")]
