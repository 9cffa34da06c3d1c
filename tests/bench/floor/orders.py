"""Work orders by hand: approving them over HTTP, and marking them billed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.bench.floor.rabbit import FloorRelay, consume
from tests.bench.floor.settings import FloorSettings
from tests.bench.floor.store import Connection, connect, is_first, store_event

ACTOR = "user:floor"

_ORDER = """
SELECT id, tenant_id, version, number, customer_id, type, description, "references", billing_round, state
FROM work_orders WHERE id = %s FOR UPDATE
"""
_ROWS = """
SELECT id, product_id, product_code, product_kind, description, quantity, unit, work_date, unit_price, discount_percent,
       vat_class, vat_rate_percent, chargeability, chargeability_reason, construction_service
FROM work_rows WHERE order_id = %s AND NOT planned ORDER BY position
"""
_ROW_NAMES = (
    "id", "product_id", "product_code", "product_kind", "description", "quantity", "unit", "work_date", "unit_price",
    "discount_percent", "vat_class", "vat_rate_percent", "chargeability", "chargeability_reason",
    "construction_service",
)  # fmt: skip
_APPROVE = """
UPDATE work_orders SET state = 'approved', approved_at = %s, approved_by = %s, billing_round = %s, version = %s,
                       changed_at = %s
WHERE id = %s
"""
_LOCK = "SELECT version FROM work_orders WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
_MARK = """
UPDATE work_rows SET document_id = %s, document_target = %s, document_target_id = %s, transferred_at = %s
WHERE order_id = %s AND id = ANY(%s)
"""
_BILL = "UPDATE work_orders SET state = 'billed', version = version + 1, changed_at = %s WHERE id = %s"


def serve(settings: FloorSettings) -> None:
    """Process `api`: approve what is asked for, one thread and one database connection for each client."""

    class Approve(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.database = connect(settings.orders_dsn)

        def finish(self) -> None:
            self.database.close()
            super().finish()

        def do_POST(self) -> None:
            body = b'{"state":"%s"}' % approve(self.database, self.path.rpartition("/")[2]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    ThreadingHTTPServer(("127.0.0.1", settings.port), Approve).serve_forever()


def approve(database: Connection, order_id: str) -> str:
    """One transaction: the order approved, and billing told. Returns the order's state; a repetition does nothing."""
    now = datetime.now(UTC)
    with database.transaction():
        order = database.execute(_ORDER, (order_id,)).fetchone()
        assert order is not None
        _, tenant_id, version, number, customer_id, type_, description, references, billing_round, state = order
        if state != "in_review":
            return str(state)
        rows = database.execute(_ROWS, (order_id,)).fetchall()
        database.execute(_APPROVE, (now, ACTOR, billing_round + 1, version + 1, now, order_id))
        data = {
            "id": order_id,
            "number": number,
            "external": None,
            "customer_id": customer_id,
            "site_id": None,
            "site_name": None,
            "site_address": None,
            "type": type_,
            "description": description,
            "references": references,
            "approved_at": now.isoformat(),
            "approved_by": ACTOR,
            "billing_round": billing_round + 1,
            "rows": [_row(row) for row in rows],
        }
        store_event(
            database,
            service="workorders",
            type_="workorder.approved.v1",
            aggregate="workorder",
            aggregate_id=order_id,
            version=version + 1,
            tenant_id=tenant_id,
            data=data,
            now=now,
        )
    return "approved"


def _row(row: Sequence[Any]) -> dict[str, Any]:
    named = dict(zip(_ROW_NAMES, row, strict=True))
    for name in ("quantity", "unit_price", "discount_percent", "vat_rate_percent", "work_date"):
        named[name] = str(named[name])
    return named


def work(settings: FloorSettings) -> None:
    """Process `orders`: publish approvals, take in what was accepted."""
    queue = settings.prefix + "workorders.documents"
    consume(settings.orders_dsn, settings.amqp_url, queue, take_accepted)
    relay = FloorRelay(settings.orders_dsn, settings.amqp_url, settings.prefix + "workorders.events")
    threading.Thread(target=relay.run, name="relay").start()


def take_accepted(database: Connection, event: dict[str, Any]) -> None:
    """One transaction: the rows of the document marked, its orders billed."""
    now, data = datetime.now(UTC), event["data"]
    with database.transaction():
        if not is_first(database, "workorders.documents", event, now):
            return
        database.execute(_LOCK, ([order["id"] for order in data["workorders"]],))
        for order in data["workorders"]:
            told = (data["id"], data["target"], data["target_id"], now, order["id"], order["row_ids"])
            database.execute(_MARK, told)
            database.execute(_BILL, (now, order["id"]))
