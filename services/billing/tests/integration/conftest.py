"""A billing service on a real database, with a target that the test controls."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from services.billing.app.connections import ConnectionWish, Vault, create_connection
from services.billing.app.dispatcher import Dispatcher, DispatcherSettings
from services.billing.app.ledger_check import check_ledger
from services.billing.domain.dispatch import DispatchPolicy
from services.billing.messaging.inbound import COPIES, WORKORDERS
from services.billing.models import Base, BillingDocument, Dispatch, LedgerRow
from services.billing.tests.fakes import FakeKind, FakeTarget
from shared.bus.consumer import Handled
from shared.bus.envelope import Event, NewEvent, decode, encode, seal
from shared.bus.inbox import Inbox
from shared.bus.outbox import Outbox
from shared.bus.tables import outbox
from shared.bus.wakeup import LocalWakeup
from shared.charging import rule_from_data, to_data
from shared.clock import utc_now
from shared.context import Context, system_context
from shared.crypto import SecretBox
from shared.db import Database, UnitOfWork, make_engine
from shared.db.database import Creation
from shared.db.metadata import INFRASTRUCTURE
from shared.db.migrate import upgrade
from shared.ids import new_id
from shared.testing.servers import temporary_database
from shared.testing.waiting import ManualClock

TENANT = "0190a000-0000-7000-8000-000000000001"
OTHER_TENANT = "0190a000-0000-7000-8000-000000000002"

CUSTOMER: dict[str, Any] = {
    "number": "1001",
    "name": "As Oy Esimerkin Koivuranta 3",
    "kind": "housing_company",
    "business_id": "9000048-4",
    "vat_number": None,
    "billing_address": {
        "street": "Koivurannantie 3",
        "postal_code": "00100",
        "city": "Helsinki",
        "country": "FI",
    },
    "email": None,
    "phone": None,
    "language": "fi",
    "payment_term_days": 14,
    "invoice_channel": "einvoice",
    "einvoice_address": "003790000484",
    "einvoice_operator": "003721291126",
    "billing_rhythm": "immediate",
    "payer_id": None,
    "construction_seller_from": None,
    "required_references": [],
    "price_group": None,
    "on_hold": False,
    "archived": False,
}

PRODUCT: dict[str, Any] = {
    "code": "HUOLTO",
    "name": "Kiinteistönhoitaja, työaika",
    "kind": "labour",
    "category_id": None,
    "category_name": None,
    "unit": "h",
    "list_price": "45.00",
    "cost_price": None,
    "vat_class": "standard",
    "revenue_account": None,
    "field_recordable": True,
    "price_editable": False,
    "construction_service": False,
    "invoice_text": {},
    "target_codes": {},
    "archived": False,
}

ROW: dict[str, Any] = {
    "product_id": "0190a000-0000-7000-8000-000000000030",
    "product_code": "HUOLTO",
    "product_kind": "labour",
    "description": "Kiinteistönhoitaja, työaika",
    "quantity": "2.5",
    "unit": "h",
    "work_date": "2026-11-20",
    "unit_price": "45.00",
    "discount_percent": "0",
    "vat_class": "standard",
    "vat_rate_percent": "25.50",
    "chargeability": "charge",
    "chargeability_reason": None,
    "construction_service": False,
}


@dataclass
class Billing:
    """The service and its surroundings; decisive moments are the test's own."""

    database: Database
    wakeup: LocalWakeup
    clock: ManualClock
    target: FakeTarget
    vault: Vault
    policy: DispatchPolicy = field(default_factory=DispatchPolicy)
    tenant_id: str = TENANT
    owner: str = "test-1"
    _numbers: int = 1000

    @property
    def context(self) -> Context:
        return Context(tenant_id=self.tenant_id, actor="user:biller", permissions=frozenset())

    def begin(self) -> UnitOfWork:
        return self.database.begin(self.context)

    def read(self) -> UnitOfWork:
        return self.database.read(self.context)

    # --- events in ---

    def send(self, service: str, kind: str, aggregate_id: str, version: int, data: dict[str, Any]) -> bytes:
        """The bytes of an event of another service."""
        aggregate = kind.split(".")[0]
        event = NewEvent(kind, aggregate, aggregate_id, version, data)
        return encode(seal(event, event_id=new_id(), service=service, time=self.clock(), context=self.context))

    def take(self, body: bytes) -> Handled:
        """Let billing's consumer take an event."""
        consumer = COPIES if decode(body).type.endswith("changed.v1") else WORKORDERS
        return Inbox(self.database, consumer, clock=self.clock).take(body)

    def customer(self, customer_id: str | None = None, *, version: int = 1, **changes: Any) -> str:
        customer_id = customer_id or new_id()
        data = {**CUSTOMER, "id": customer_id, **changes}
        self.take(self.send("customers", "customer.changed.v1", customer_id, version, data))
        return customer_id

    def product(self, product_id: str = ROW["product_id"], **changes: Any) -> str:
        data = {**PRODUCT, "id": product_id, **changes}
        self.take(self.send("catalog", "product.changed.v1", product_id, 1, data))
        return product_id

    def rule(self, *effects: Mapping[str, Any], version: int = 1, **changes: Any) -> str:
        """Let a charging rule arrive; returns its id."""
        read = rule_from_data(
            {"id": new_id(), "name": "Laskutuslisä", "priority": 10, **changes, "effects": [dict(e) for e in effects]}
        )
        self.take(self.send("catalog", "charging_rule.changed.v1", read.id, version, to_data(read)))
        return read.id

    def approval(self, customer_id: str, *rows: dict[str, Any], **changes: Any) -> bytes:
        self._numbers += 1
        data = {
            "id": new_id(),
            "number": str(self._numbers),
            "external": None,
            "customer_id": customer_id,
            "site_id": None,
            "site_name": "A-talo",
            "site_address": None,
            "type": "extra_work",
            "description": "Porras B, valot eivät syty",
            "references": {},
            "approved_at": "2026-11-21T10:00:00.000Z",
            "approved_by": "user:1",
            "billing_round": 1,
            **changes,
            "rows": [{**ROW, "id": new_id(), **row} for row in rows or ({},)],
        }
        return self.send("workorders", "workorder.approved.v1", data["id"], 5, data)

    def approve(self, customer_id: str, *rows: dict[str, Any], **changes: Any) -> str:
        """Approve an order; returns its id."""
        body = self.approval(customer_id, *rows, **changes)
        assert self.take(body) is Handled.APPLIED
        return decode(body).aggregate_id

    def reopen(self, workorder_id: str, billing_round: int = 1) -> Handled:
        data = {"id": workorder_id, "number": "1", "reason": "Väärät tunnit", "billing_round": billing_round}
        return self.take(self.send("workorders", "workorder.reopened.v1", workorder_id, 6, data))

    # --- connections and dispatching ---

    def connect(self, *, is_default: bool = True) -> str:
        wish = ConnectionWish("Testikirjanpito", {"url": "http://127.0.0.1"}, {"key": "salaisuus"}, is_default, True)
        creation = Creation("connection", None, "", new_id())
        return create_connection(self.begin(), self.vault, creation, "fake", wish).id

    def dispatcher(self, owner: str | None = None, **changes: Any) -> Dispatcher:
        settings = DispatcherSettings(**{"policy": self.policy, **changes})
        return Dispatcher(
            self.database,
            self.wakeup,
            self.vault.open_leased,
            settings,
            owner=owner or self.owner,
            secrets_of=self.vault.secrets_of,
            books_of=self.vault.books_of,
            clock=self.clock,
            chance=lambda: 0.5,
        )

    def pass_time(self, seconds: float) -> None:
        self.clock.now += timedelta(seconds=seconds)

    # --- what is stored ---

    def rows(self) -> list[LedgerRow]:
        with self.read() as uow:
            return list(uow.session.scalars(select(LedgerRow).order_by(LedgerRow.id)))

    def documents(self, *states: str) -> list[BillingDocument]:
        statement = select(BillingDocument).order_by(BillingDocument.id)
        if states:
            statement = statement.where(BillingDocument.state.in_(states))
        with self.read() as uow:
            return list(uow.session.scalars(statement))

    def dispatches(self) -> list[Dispatch]:
        with self.read() as uow:
            return list(uow.session.scalars(select(Dispatch).order_by(Dispatch.id)))

    def the_dispatch(self) -> Dispatch:
        (found,) = self.dispatches()
        return found

    def events(self, kind: str | None = None) -> list[Event]:
        with self.database.read(system_context("test")) as uow:
            bodies = uow.session.execute(select(outbox.c.payload).order_by(outbox.c.seq)).scalars().all()
        events = [decode(bytes(body)) for body in bodies]
        return [event for event in events if kind is None or event.type == kind]

    def empty_the_inbox(self) -> None:
        with self.database.begin(system_context("test")) as uow:
            uow.session.execute(text("DELETE FROM inbox"))
            uow.commit()

    def check(self) -> None:
        """The ledger adds up."""
        assert check_ledger(self.database) == []


@pytest.fixture(scope="session")
def sqlite_billing_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A migrated SQLite database, emptied before each test."""
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('billing')}/billing.sqlite")
    upgrade(engine, "billing")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_billing_engine() -> Iterator[Engine]:
    """A migrated PostgreSQL database, emptied before each test."""
    with temporary_database("billing") as url:
        engine = make_engine(url)
        upgrade(engine, "billing")
        yield engine
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def billing(request: pytest.FixtureRequest) -> Iterator[Billing]:
    """Billing on an empty database, once on SQLite and once on PostgreSQL."""
    yield from _billing(request.getfixturevalue(f"{request.param}_billing_engine"))


@pytest.fixture
def billing_pg(postgres_billing_engine: Engine) -> Iterator[Billing]:
    """Billing on PostgreSQL, where transactions really run side by side."""
    yield from _billing(postgres_billing_engine)


def _billing(engine: Engine) -> Iterator[Billing]:
    _empty(engine)
    wakeup = LocalWakeup()
    # Handlers take the real time; the dispatcher of a test lives an hour later, so that all they made is due.
    clock = ManualClock(utc_now() + timedelta(hours=1))
    database = Database(engine, event_sink=Outbox("billing", clock=clock).append, nudge=wakeup.nudge)
    target = FakeTarget()
    vault = Vault({"fake": FakeKind(target)}, SecretBox(bytes(range(32))))
    yield Billing(database, wakeup, clock, target, vault)
    wakeup.close()


def _empty(engine: Engine) -> None:
    tables = [*reversed(Base.metadata.sorted_tables), *INFRASTRUCTURE.sorted_tables]
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"TRUNCATE {', '.join(table.name for table in tables)}"))
        else:
            for table in tables:
                connection.execute(table.delete())


@pytest.fixture
def make_other(billing_pg: Billing) -> Callable[[], Billing]:
    """Billing as another process sees it: same database, own wake-up."""

    def make() -> Billing:
        return Billing(
            billing_pg.database, LocalWakeup(), billing_pg.clock, billing_pg.target, billing_pg.vault, owner=new_id()
        )

    return make
