"""Running the floor: databases, processes, orders that wait for approval, one saturated run."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psutil
from psycopg.types.json import Jsonb

from deploy.demo.targets import DemoTarget
from services.billing.adapters.registry import TARGETS
from services.billing.domain.compile import DocumentHead, MergePolicy, compile_document
from services.billing.domain.document import Address, Document, Party
from services.billing.domain.rows import ApprovedRow
from services.billing.domain.target import Prepared
from shared.db import make_engine, migrate
from shared.testing.servers import amqp_server, temporary_topology
from shared.testing.waiting import eventually
from tests.bench.approvals import Flow, approve_all, looking_into, plain_address, wait_until_accepted
from tests.bench.cpu import Cpu
from tests.bench.floor.settings import KEY_PLACEHOLDER, FloorSettings
from tests.bench.floor.store import Connection, new_id
from tests.bench.work import CUSTOMER, DESCRIPTION, ROWS, VAT_RATE
from tests.support.databases import service_databases
from tests.support.sandbox import SandboxProcess

ROOT = Path(__file__).resolve().parents[3]
_ROLES = ("api", "orders", "billing")
_WITHIN_S = 300.0

_CONNECTION = """
INSERT INTO connections (id, tenant_id, version, created_at, changed_at, name, target, settings, secrets, is_default,
                         active)
VALUES (%s, %s, 1, now(), now(), 'Netvisor', 'netvisor', '{}', '', true, true)
"""
_ORDER = """
INSERT INTO work_orders (id, tenant_id, version, created_at, changed_at, number, state, origin, type, priority,
                         customer_id, created_by, description, "references", billing_round)
VALUES (%s, %s, 3, now(), now(), %s, 'in_review', 'field', 'extra', 'normal', %s, 'user:floor', %s, %s, 0)
"""
_ROW = """
INSERT INTO work_rows (id, tenant_id, order_id, position, planned, product_id, product_code, product_kind, product_name,
                       unit, construction_service, description, quantity, work_date, unit_price, discount_percent,
                       vat_class, vat_rate_percent, chargeability, recorded_by, recorded_at, content_hash)
VALUES (%s, %s, %s, %s, false, %s, %s, %s, %s, %s, false, %s, %s, %s, %s, 0, 'standard', %s, 'charge', 'user:floor',
        now(), '')
"""


def measure_floor(folder: Path, orders: int) -> tuple[Flow, dict[str, float]]:
    """Approve `orders` orders by the hand-written way; returns the flow and CPU seconds by process.

    Raises RuntimeError if the sandbox does not hold exactly one invoice for each order at the end.
    """
    with service_databases() as databases, temporary_topology() as prefix, SandboxProcess() as sandbox:
        database_url = databases.url
        target = sandbox.netvisor()
        settings = _settings(database_url, prefix, target)
        with looking_into(_url(database_url, "workorders")) as database:
            paths = _make_orders(database, settings, orders)
        with looking_into(_url(database_url, "billing")) as database:
            database.execute(_CONNECTION, (settings.connection_id, settings.tenant_id))
            with _processes(folder, settings) as processes, Cpu({**processes, "sandbox": sandbox.pid}) as cpu:
                began, ended = approve_all(f"http://127.0.0.1:{settings.port}", paths, {})
                last = wait_until_accepted(database, orders, within_s=_WITHIN_S)
                cpu.stop()
                _wait_until_billed(database_url, orders)
        invoices = len(target.books()["invoices"])
        if invoices != orders:
            raise RuntimeError(f"{orders} orders, {invoices} invoices")
    return Flow(orders, began, ended, last), cpu.seconds


def _url(database_url: str, service: str) -> str:
    return database_url.replace("{service}", service)


def _settings(database_url: str, prefix: str, target: DemoTarget) -> FloorSettings:
    for service in ("workorders", "billing"):
        engine = make_engine(_url(database_url, service))
        migrate.upgrade(engine, service)
        engine.dispose()
    netvisor = TARGETS["netvisor"].settings().load(dict(target.settings))
    return FloorSettings(
        orders_dsn=plain_address(_url(database_url, "workorders")),
        billing_dsn=plain_address(_url(database_url, "billing")),
        amqp_url=amqp_server(),
        port=_free_port(),
        prefix=prefix,
        tenant_id=new_id(),
        customer_id=new_id(),
        connection_id=new_id(),
        netvisor=netvisor,
        secrets=target.secrets,
        invoice=_invoice(netvisor, target.secrets),
    )


def _invoice(netvisor: Any, secrets: Any) -> str:
    """The product's own bytes for one order; makes customer and products in the target on the way."""
    connection = TARGETS["netvisor"].build(netvisor, secrets)
    prepared = connection.prepare(_document(), _Links())
    assert isinstance(prepared, Prepared), prepared
    return prepared.payload.decode()


def _document() -> Document:
    payer = Party(
        customer_id="customer",
        number="10001",
        name=CUSTOMER["name"],
        kind=CUSTOMER["kind"],
        business_id=CUSTOMER["business_id"],
        vat_number=None,
        address=Address(**CUSTOMER["billing_address"]),
        email=None,
        language=CUSTOMER["language"],
        invoice_channel=CUSTOMER["invoice_channel"],
        einvoice_address=CUSTOMER["einvoice_address"],
        einvoice_operator=CUSTOMER["einvoice_operator"],
        payment_term_days=CUSTOMER["payment_term_days"],
    )
    rows = [
        ApprovedRow(
            row_id=f"row-{position}",
            workorder_id="order",
            workorder_number="100",
            position=position,
            customer_id="customer",
            payer_id="customer",
            currency="EUR",
            product_id=row.code,
            product_code=row.code,
            product_kind=row.kind,
            description=row.name,
            quantity=row.quantity,
            unit=row.unit,
            work_date=date(2026, 11, 3),
            unit_price=row.price,
            discount_percent=VAT_RATE * 0,
            vat_class="standard",
            vat_rate_percent=VAT_RATE,
            construction_service=False,
            buyer_is_construction_seller=False,
        )
        for position, row in enumerate(ROWS, start=1)
    ]
    head = DocumentHead(
        id="document",
        key=KEY_PLACEHOLDER,
        tenant_id="tenant",
        payer=payer,
        document_date=datetime.now(UTC).date(),
        references={},
        text_before=f"100 {DESCRIPTION}",
    )
    return compile_document(head, rows, MergePolicy())


class _Links:
    """What is known of the target's ids, in memory."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def get(self, kind: str, our_key: str) -> str | None:
        return self._known.get((kind, our_key))

    def put(self, kind: str, our_key: str, target_id: str, matched_by: str) -> None:
        self._known[(kind, our_key)] = target_id


def _make_orders(database: Connection, settings: FloorSettings, count: int) -> list[str]:
    """Insert orders that wait for approval; returns the paths that approve them."""
    today = datetime.now(UTC).date()
    order_ids = [new_id() for _ in range(count)]
    products = [new_id() for _ in ROWS]
    with database.transaction(), database.cursor() as cursor:
        cursor.executemany(
            _ORDER,
            [
                (order_id, settings.tenant_id, str(number), settings.customer_id, DESCRIPTION, Jsonb({}))
                for number, order_id in enumerate(order_ids, start=1)
            ],
        )
        cursor.executemany(
            _ROW,
            [
                (new_id(), settings.tenant_id, order_id, position, product, row.code, row.kind, row.name, row.unit,
                 row.name, row.quantity, today, row.price, VAT_RATE)
                for order_id in order_ids
                for position, (product, row) in enumerate(zip(products, ROWS, strict=True), start=1)
            ],
        )  # fmt: skip
    return [f"/approve/{order_id}" for order_id in order_ids]


@contextmanager
def _processes(folder: Path, settings: FloorSettings) -> Iterator[dict[str, int]]:
    """Start the floor's processes, give name → pid when they answer, end them."""
    file = folder / "floor.json"
    settings.write(file)
    running: dict[str, subprocess.Popen[bytes]] = {}
    with (folder / "floor.log").open("ab") as log:
        try:
            for role in _ROLES:
                command = [sys.executable, "-m", "tests.bench.floor", role, str(file)]
                running[role] = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
            eventually(lambda: _is_up(settings.port, list(running.values())), timeout_s=30)
            yield {role: process.pid for role, process in running.items()}
        finally:
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.wait(10)


def _is_up(port: int, processes: Sequence[subprocess.Popen[bytes]]) -> bool:
    """Whether the server listens and the workers have all their connections (threads: lanes, relay, sender)."""
    dead = [process.args for process in processes if process.poll() is not None]
    if dead:
        raise RuntimeError(f"ended at once: {dead}; see floor.log")
    with closing(socket.socket()) as probe:
        listening = probe.connect_ex(("127.0.0.1", port)) == 0
    return listening and all(len(psutil.Process(p.pid).net_connections("tcp")) >= 6 for p in processes[1:])


def _wait_until_billed(database_url: str, orders: int) -> None:
    with looking_into(_url(database_url, "workorders")) as database:

        def all_billed() -> bool:
            row = database.execute("SELECT count(*) FROM work_orders WHERE state = 'billed'").fetchone()
            return row is not None and row[0] == orders

        eventually(all_billed, timeout_s=60)


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
