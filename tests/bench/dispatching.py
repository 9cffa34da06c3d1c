"""How fast documents are handed over: one connection and fifty, to a target that answers at once and one that is slow.

The dispatcher, its transactions and PostgreSQL are the product's; only the target is a stand-in that waits.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, select

from services.billing.adapters.kind import TargetKind
from services.billing.app.connections import ConnectionWish, Vault, create_connection
from services.billing.app.overrides import set_override
from services.billing.domain.document import Document
from services.billing.domain.outcomes import Accepted, CannotAsk
from services.billing.domain.target import LinkStore, Prepared
from services.billing.models import Dispatch
from services.billing.tests.integration.conftest import Billing, _billing
from shared.crypto import SecretBox
from shared.db import make_engine
from shared.db.database import Creation
from shared.db.migrate import upgrade
from shared.http import Schema
from shared.ids import new_id
from shared.testing.servers import temporary_database
from shared.testing.waiting import eventually

LONGEST_S = 120.0


@dataclass(frozen=True, slots=True)
class Handover:
    """What was measured: documents in a second, and the most calls that one connection ever had at once."""

    per_s: float
    most_at_once: int
    most_in_one: int


class _Settings(Schema):
    """None."""


class _Paced:
    """A target that takes everything after a while, and counts who calls at the same time."""

    name = "paced"

    def __init__(self, office: _Office) -> None:
        self._office = office
        self._inside = 0

    def prepare(self, document: Document, links: LinkStore) -> Prepared:
        """The key alone."""
        del links
        return Prepared(document.key.encode(), document.key)

    def send(self, prepared: Prepared) -> Accepted:
        """Wait, and accept."""
        self._inside += 1
        with self._office.visit(self._inside):
            self._office.pause.wait(self._office.latency_s)
        self._inside -= 1
        return Accepted(target_id=prepared.document_key)

    def find(self, document_key: str, document: Document) -> CannotAsk:
        """Never needed."""
        del document_key, document
        return CannotAsk("nothing is ever lost here")

    def check(self) -> None:
        """Nothing can be wrong."""


class _Office:
    """What all connections share: how long an answer takes, and how many calls there were at once."""

    def __init__(self, latency_s: float) -> None:
        self.latency_s = latency_s
        self.pause = threading.Event()
        self.most_at_once = self.most_in_one = self._inside = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def visit(self, in_one: int) -> Any:
        """Count a call while it lasts."""
        with self._lock:
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
            self.most_in_one = max(self.most_in_one, in_one)
        yield
        with self._lock:
            self._inside -= 1

    def kind(self) -> TargetKind:
        """The kind of target whose connections come here."""

        def build(_settings: Mapping[str, Any], _secrets: Mapping[str, str]) -> _Paced:
            return _Paced(self)

        return TargetKind("paced", _Settings, (), build)


def measure_handover(connections: int, documents: int, latency_s: float) -> Handover:
    """Hand `documents` over, the same number through each connection; time runs until the last is accepted."""
    with temporary_database("billing_bench") as url:
        engine = make_engine(url, pool_size=12)
        upgrade(engine, "billing")
        try:
            return _measured(engine, connections, documents, latency_s)
        finally:
            engine.dispose()


def _measured(engine: Engine, connections: int, documents: int, latency_s: float) -> Handover:
    office = _Office(latency_s)
    with contextlib.contextmanager(_billing)(engine) as billing:
        billing.vault = Vault({"paced": office.kind()}, SecretBox(bytes(32)))
        _prepare(billing, connections, documents)
        dispatcher = billing.dispatcher(workers=connections, poll_s=0.05)
        stop = threading.Event()
        thread = threading.Thread(target=dispatcher.run, args=(stop,))
        started = time.perf_counter()
        thread.start()
        try:
            eventually(lambda: _accepted(billing) == documents, timeout_s=LONGEST_S, every_s=0.05)
            seconds = time.perf_counter() - started
        finally:
            stop.set()
            thread.join()
    return Handover(documents / seconds, office.most_at_once, office.most_in_one)


def _prepare(billing: Billing, connections: int, documents: int) -> None:
    billing.product()
    payers = []
    for number in range(connections):
        wish = ConnectionWish(f"No {number}", {}, {}, is_default=False, active=True)
        creation = Creation("connection", None, "", new_id())
        connection = create_connection(billing.begin(), billing.vault, creation, "paced", wish)
        payers.append(billing.customer(number=f"K{number}", business_id=None))
        set_override(billing.begin(), payers[-1], None, connection.id)
    for number in range(documents):
        billing.approve(payers[number % connections])


def _accepted(billing: Billing) -> int:
    with billing.read() as uow:
        return uow.session.scalar(select(func.count()).select_from(Dispatch).where(Dispatch.state == "accepted")) or 0
