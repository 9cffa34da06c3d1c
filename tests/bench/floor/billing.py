"""Billing by hand: from an approval to the ledger, its document and its dispatch, and from there to the target."""

from __future__ import annotations

import hashlib
import http.client
import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from psycopg.types.json import Jsonb

from services.billing.adapters.netvisor.mac import Signed, mac, timestamp
from tests.bench.floor.rabbit import FloorRelay, consume
from tests.bench.floor.settings import KEY_PLACEHOLDER, FloorSettings
from tests.bench.floor.store import Connection, connect, is_first, new_id, store_event

DUE_LIMIT = 25
LEASE = timedelta(seconds=150)
_LOOK_EVERY_S = 0.005
_CENT = Decimal("0.01")

_ORDER = """
INSERT INTO approved_orders (id, tenant_id, workorder_id, billing_round, number, customer_id, payer_id, type,
                             description, refs, site_name, site_address, approved_at, received_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_BATCH = """
INSERT INTO batches (id, tenant_id, version, created_at, changed_at, kind, state, connection_id, document_count)
VALUES (%s, %s, 1, %s, %s, 'immediate', 'dispatching', %s, 1)
"""
_DOCUMENT = """
INSERT INTO documents (id, tenant_id, version, created_at, changed_at, key, state, batch_id, payer_id, payer, currency,
                       document_date, performed_on, due_date, refs, workorders, vat_lines, net, vat, gross, text_before)
VALUES (%s, %s, 1, %s, %s, %s, 'ready', %s, %s, %s, 'EUR', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_LINE_COLUMNS = (
    "tenant_id, document_id, position, product_id, product_code, product_kind, text, quantity, unit, unit_price, "
    "discount_percent, vat_class, vat_category, vat_rate_percent, net, vat_share, row_ids"
)
_DISPATCH = """
INSERT INTO dispatches (id, tenant_id, version, created_at, changed_at, document_id, connection_id, target, state,
                        due_at, attempts, tries, looks, failed_asks, resend, needs_person, correlation_id, traceparent)
VALUES (%s, %s, 1, %s, %s, %s, %s, 'netvisor', 'waiting', %s, 0, 0, 0, 0, false, false, %s, %s)
"""
_LEDGER_COLUMNS = (
    "id, tenant_id, order_id, workorder_id, workorder_number, billing_round, row_id, position, customer_id, payer_id, "
    "currency, product_id, product_code, product_kind, description, unit, work_date, unit_price, discount_percent, "
    "vat_class, vat_rate_percent, construction_service, chargeability, quantity, open, reserved, transferred, "
    "credited, closed, state, document_id"
)
_DUE = """
SELECT d.id, d.document_id, o.key, o.batch_id, o.payer_id, o.workorders, o.net, o.vat, o.gross
FROM dispatches d JOIN documents o ON o.id = d.document_id
WHERE d.due_at <= now() AND d.state = 'waiting' AND d.connection_id = %s ORDER BY d.due_at, d.id LIMIT %s
"""
_BEGIN = """
UPDATE dispatches SET state = 'sending', due_at = %s, attempts = attempts + 1, payload_sha256 = %s,
                      version = version + 1, changed_at = %s
WHERE id = %s AND state = 'waiting'
"""
_FINISH = """
UPDATE dispatches SET state = 'accepted', due_at = NULL, target_id = %s, target_number = %s, finished_at = %s,
                      version = version + 1, changed_at = %s
WHERE id = %s AND state = 'sending'
"""
_TRANSFER = """
UPDATE ledger_rows SET transferred = transferred + reserved, reserved = 0, state = 'transferred'
WHERE document_id = %s AND reserved <> 0
"""
_TAKE = "UPDATE documents SET state = 'accepted', version = version + 1, changed_at = %s WHERE id = %s"
_END = "UPDATE batches SET state = 'done', version = version + 1, changed_at = %s WHERE id = %s"


def work(settings: FloorSettings) -> None:
    """Process `billing`: consume approvals, send documents, publish acceptances."""
    arrived = threading.Event()
    inbound = Inbound(settings, arrived)
    queue = settings.prefix + "billing.workorders"
    consume(settings.billing_dsn, settings.amqp_url, queue, inbound.take_approved)
    relay = FloorRelay(settings.billing_dsn, settings.amqp_url, settings.prefix + "billing.events")
    threading.Thread(target=relay.run, name="relay").start()
    threading.Thread(target=Sender(settings, arrived).run, name="sender").start()


class Inbound:
    """Takes approvals in."""

    def __init__(self, settings: FloorSettings, arrived: threading.Event) -> None:
        self._settings = settings
        self._arrived = arrived
        self._payer = Jsonb(
            {
                "customer_id": settings.customer_id,
                "number": "10001",
                "name": "As Oy Esimerkin Haapapiha",
                "kind": "housing_company",
                "business_id": "9000011-8",
                "vat_number": None,
                "address": {"street": "Haapatie 4 A 12", "postal_code": "02150", "city": "ESPOO", "country": "FI"},
                "email": None,
                "language": "fi",
                "invoice_channel": "einvoice",
                "einvoice_address": "003790000118",
                "einvoice_operator": "003721291126",
                "payment_term_days": 14,
            }
        )

    def take_approved(self, database: Connection, event: dict[str, Any]) -> None:
        """One transaction: inbox, order, ledger, batch, document, lines, dispatch."""
        now, data = datetime.now(UTC), event["data"]
        order_id, batch_id, document_id = new_id(), new_id(), new_id()
        lines = [_priced(row) for row in data["rows"]]
        with database.transaction():
            if not is_first(database, "billing.workorders", event, now):
                return
            self._store_order(database, order_id, event, now)
            connection_id = self._settings.connection_id
            database.execute(_BATCH, (batch_id, event["tenantid"], now, now, connection_id))
            self._store_document(database, document_id, batch_id, event, lines, now)
            told = (event["correlationid"], event["traceparent"])
            database.execute(_DISPATCH, (new_id(), event["tenantid"], now, now, document_id, connection_id, now, *told))
            self._store_ledger(database, order_id, document_id, event)
        self._arrived.set()

    def _store_order(self, database: Connection, order_id: str, event: Mapping[str, Any], now: datetime) -> None:
        data = event["data"]
        database.execute(
            _ORDER,
            (
                order_id,
                event["tenantid"],
                data["id"],
                data["billing_round"],
                data["number"],
                data["customer_id"],
                data["customer_id"],
                data["type"],
                data["description"],
                Jsonb(data["references"]),
                data["site_name"],
                data["site_address"],
                data["approved_at"],
                now,
            ),
        )

    def _store_document(
        self,
        database: Connection,
        document_id: str,
        batch_id: str,
        event: Mapping[str, Any],
        lines: list[tuple[Decimal, Decimal]],
        now: datetime,
    ) -> None:
        data = event["data"]
        net, vat = sum((line[0] for line in lines), Decimal(0)), sum((line[1] for line in lines), Decimal(0))
        orders = [{"id": data["id"], "number": data["number"], "row_ids": [row["id"] for row in data["rows"]]}]
        groups = [{"category": "S", "rate_percent": "25.50", "base": str(net), "vat": str(vat)}]
        text = f"{data['number']} {data['description']}"
        database.execute(
            _DOCUMENT,
            (
                document_id,
                event["tenantid"],
                now,
                now,
                f"URK-{uuid.uuid4()}",
                batch_id,
                data["customer_id"],
                self._payer,
                now.date(),
                max(row["work_date"] for row in data["rows"]),
                now.date() + timedelta(days=14),
                Jsonb(data["references"]),
                Jsonb(orders),
                Jsonb(groups),
                net,
                vat,
                net + vat,
                text,
            ),
        )
        rows = [
            (
                event["tenantid"],
                document_id,
                position,
                row["product_id"],
                row["product_code"],
                row["product_kind"],
                row["description"],
                row["quantity"],
                row["unit"],
                row["unit_price"],
                row["discount_percent"],
                row["vat_class"],
                "S",
                row["vat_rate_percent"],
                line[0],
                line[1],
                Jsonb([row["id"]]),
            )
            for position, (row, line) in enumerate(zip(data["rows"], lines, strict=True), start=1)
        ]
        _insert_many(database, "document_lines", _LINE_COLUMNS, rows)

    def _store_ledger(self, database: Connection, order_id: str, document_id: str, event: Mapping[str, Any]) -> None:
        data = event["data"]
        rows = [
            (
                new_id(),
                event["tenantid"],
                order_id,
                data["id"],
                data["number"],
                data["billing_round"],
                row["id"],
                position,
                data["customer_id"],
                data["customer_id"],
                "EUR",
                row["product_id"],
                row["product_code"],
                row["product_kind"],
                row["description"],
                row["unit"],
                row["work_date"],
                row["unit_price"],
                row["discount_percent"],
                row["vat_class"],
                row["vat_rate_percent"],
                row["construction_service"],
                row["chargeability"],
                row["quantity"],
                0,
                row["quantity"],
                0,
                0,
                0,
                "reserved",
                document_id,
            )
            for position, row in enumerate(data["rows"], start=1)
        ]
        _insert_many(database, "ledger_rows", _LEDGER_COLUMNS, rows)


class Sender:
    """Sends what waits, one document at a time."""

    def __init__(self, settings: FloorSettings, arrived: threading.Event) -> None:
        self._settings = settings
        self._arrived = arrived
        self._database = connect(settings.billing_dsn)
        self._target = Netvisor(settings)

    def run(self) -> None:
        """Send until the process ends."""
        while True:
            due = self._database.execute(_DUE, (self._settings.connection_id, DUE_LIMIT)).fetchall()
            for row in due:
                self._send(row)
            if not due:
                self._arrived.wait(_LOOK_EVERY_S)
                self._arrived.clear()

    def _send(self, row: tuple[Any, ...]) -> None:
        dispatch_id, document_id, key, batch_id, payer_id, workorders, net, vat, gross = row
        payload = self._settings.invoice.replace(KEY_PLACEHOLDER, key).encode()
        now = datetime.now(UTC)
        self._database.execute(_BEGIN, (now + LEASE, hashlib.sha256(payload).hexdigest(), now, dispatch_id))
        target_id = self._target.post(payload)
        number = self._target.number_of(target_id)
        now = datetime.now(UTC)
        data = {
            "id": document_id,
            "key": key,
            "connection_id": self._settings.connection_id,
            "target": "netvisor",
            "target_id": target_id,
            "target_number": number,
            "customer_id": payer_id,
            "workorders": workorders,
            "net": str(net),
            "vat": str(vat),
            "gross": str(gross),
            "currency": "EUR",
        }
        with self._database.transaction():
            self._database.execute(_FINISH, (target_id, number, now, now, dispatch_id))
            self._database.execute(_TRANSFER, (document_id,))
            self._database.execute(_TAKE, (now, document_id))
            self._database.execute(_END, (now, batch_id))
            store_event(
                self._database,
                service="billing",
                type_="document.accepted.v1",
                aggregate="document",
                aggregate_id=document_id,
                version=2,
                tenant_id=self._settings.tenant_id,
                data=data,
                now=now,
            )


class Netvisor:
    """Two calls: one that creates the invoice, one that reads it back. A connection for each, as the sandbox's server
    closes it after its answer."""

    def __init__(self, settings: FloorSettings) -> None:
        self._who, self._secrets = settings.netvisor, settings.secrets
        self._base = str(settings.netvisor["url"]).rstrip("/")
        self._host = urlsplit(self._base).netloc

    def post(self, payload: bytes) -> str:
        """Create the invoice; returns its key."""
        root = self._call("POST", f"{self._base}/salesinvoice.nv?method=add", payload)
        return str(root.findtext(".//{*}InsertedDataIdentifier") or root.findtext(".//{*}inserteddataidentifier"))

    def number_of(self, target_id: str) -> str | None:
        """Read the invoice back; returns its number."""
        root = self._call("GET", f"{self._base}/getsalesinvoice.nv?netvisorkey={target_id}&pdfimage=nopdf", None)
        return root.findtext(".//SalesInvoiceNumber")

    def _call(self, method: str, url: str, body: bytes | None) -> etree._Element:
        connection = http.client.HTTPConnection(self._host, timeout=30)
        try:
            address = urlsplit(url)
            connection.request(method, f"{address.path}?{address.query}", body, self._headers(url))
            answer = connection.getresponse()
            root = etree.fromstring(answer.read())
        finally:
            connection.close()
        if (root.findtext("ResponseStatus/Status") or "").upper() != "OK":
            raise RuntimeError(etree.tostring(root).decode()[:500])
        return root

    def _headers(self, url: str) -> dict[str, str]:
        who, now = self._who, datetime.now(UTC)
        signed = Signed(
            url=url,
            sender=who["sender"],
            customer_id=who["customer_id"],
            timestamp=timestamp(now),
            language=who["language"],
            organisation_id=who["organisation_id"],
            transaction_id=uuid.uuid4().hex,
            timestamp_unix=str(int(now.timestamp())),
        )
        return {
            "Content-Type": "text/xml; charset=utf-8",
            "X-Netvisor-Authentication-Sender": signed.sender,
            "X-Netvisor-Authentication-CustomerId": signed.customer_id,
            "X-Netvisor-Authentication-PartnerId": who["partner_id"],
            "X-Netvisor-Authentication-Timestamp": signed.timestamp,
            "X-Netvisor-Authentication-TimestampUnix": signed.timestamp_unix,
            "X-Netvisor-Authentication-TransactionId": signed.transaction_id,
            "X-Netvisor-Interface-Language": signed.language,
            "X-Netvisor-Organisation-ID": signed.organisation_id,
            "X-Netvisor-Authentication-MACHashCalculationAlgorithm": "HMACSHA256",
            "X-Netvisor-Authentication-MAC": mac(signed, self._secrets["customer_key"], self._secrets["partner_key"]),
        }


def _priced(row: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """Net and VAT of a row."""
    net = (Decimal(row["quantity"]) * Decimal(row["unit_price"])).quantize(_CENT, ROUND_HALF_UP)
    return net, (net * Decimal(row["vat_rate_percent"]) / 100).quantize(_CENT, ROUND_HALF_UP)


def _insert_many(database: Connection, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    """All rows in one statement."""
    one = "(" + ", ".join(["%s"] * len(rows[0])) + ")"
    values = ", ".join([one] * len(rows))
    statement = f"INSERT INTO {table} ({columns}) VALUES {values}".encode()
    database.execute(statement, [value for row in rows for value in row])
