"""An accounting system in memory that keeps the contract of `AccountingTarget`, faults included."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, fields

from services.billing.domain.document import Document
from services.billing.domain.exchanges import Exchange, note
from services.billing.domain.outcomes import (
    Absent,
    Accepted,
    CannotAsk,
    Finding,
    FollowedUp,
    Found,
    NotSent,
    Outcome,
    Rejected,
    Unclear,
)
from services.billing.domain.payments import UNKNOWN, PaymentState, PaymentStatus
from services.billing.domain.preflight import Problem
from services.billing.domain.target import AccountingTarget, ConnectionProblem, LinkStore, Prepared, TargetIds


@dataclass
class FakeTarget:
    """Books in memory.

    faults  what the next calls of `send` do, in order; "ok" when it is empty: timeout_after_save, timeout_before_save,
            not_sent, rejected, raises.
    """

    name: str = "fake"
    faults: list[str] = field(default_factory=list)
    prepare_faults: list[Rejected | NotSent | Unclear | Exception] = field(default_factory=list)
    find_faults: list[CannotAsk | Exception] = field(default_factory=list)
    invoices: list[dict[str, Any]] = field(default_factory=list)
    customers: dict[str, str] = field(default_factory=dict)
    gross_shown: Decimal | None = None
    salt: str = ""
    payments: dict[str, PaymentStatus | CannotAsk | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    on_status: Callable[[], None] = lambda: None
    steps: tuple[str, ...] = ()
    follow_problems: list[Rejected | NotSent | Unclear | Exception] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)
    looks: int = 0
    sends: int = 0
    prepared: int = 0
    on_send: Callable[[], None] = lambda: None
    problem: str | None = None
    foreseen: Callable[[Document], Sequence[Problem]] = lambda _document: ()
    _lock: threading.Lock = field(default_factory=threading.Lock)
    inside: int = 0
    most_inside: int = 0

    def prepare(self, document: Document, links: LinkStore) -> Prepared | Rejected | NotSent | Unclear:
        """Make the customer known, then the payload."""
        self.prepared += 1
        if self.prepare_faults:
            fault = self.prepare_faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return fault
        number = document.payer.number
        customer_id = links.get("customer", number)
        if customer_id is None:
            customer_id = self.customers.setdefault(number, f"c{len(self.customers) + 1}")
            links.put("customer", number, customer_id, "created")
        payload = {
            "key": document.key,
            "customer": customer_id,
            "name": document.payer.name,
            "gross": str(document.gross),
            "lines": [[line.text, str(line.quantity), str(line.net)] for line in document.lines],
            "files": [[each.name, each.media_type, each.sha256] for each in document.attachments],
            "salt": self.salt,
        }
        return Prepared(json.dumps(payload).encode(), document.key)

    def send(self, prepared: Prepared) -> Outcome:
        """One POST."""
        with self._lock:
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
            self.sends += 1
            fault = self.faults.pop(0) if self.faults else "ok"
        try:
            self.on_send()
            note(Exchange("POST", "http://fake/invoices", {}, prepared.payload.decode(), None, {}, None, fault, 1.0))
            return self._send(prepared, fault)
        finally:
            with self._lock:
                self.inside -= 1

    def _send(self, prepared: Prepared, fault: str) -> Outcome:
        if fault == "not_sent":
            return NotSent("connection refused")
        if fault == "rejected":
            return Rejected("fake.period_lock", "Kausi on lukittu.", "/document_date")
        if fault == "timeout_before_save":
            return Unclear("no answer in time")
        with self._lock:
            self.invoices.append(json.loads(prepared.payload))
            number = len(self.invoices)
        if fault == "timeout_after_save":
            return Unclear("no answer in time")
        if fault == "raises":
            raise RuntimeError("a bug in the adapter")
        return Accepted(f"i{number}", str(number), gross=self.gross_shown)

    def find(self, document_key: str, document: Document) -> Finding:
        """Look by key."""
        self.looks += 1
        if self.find_faults:
            fault = self.find_faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return fault
        for number, invoice in enumerate(self.invoices, start=1):
            if invoice["key"] == document_key:
                return Found(f"i{number}", str(number), Decimal(invoice["gross"]))
        return Absent()

    def status(self, document_key: str, target_id: str) -> PaymentStatus | CannotAsk:
        """What `payments` says by target id; open if it says nothing."""
        self.asked.append(target_id)
        self.on_status()
        if all(each["key"] != document_key for each in self.invoices):
            return UNKNOWN
        told = self.payments.get(target_id, PaymentStatus(PaymentState.OPEN))
        if isinstance(told, Exception):
            raise told
        return told

    def follow_ups(self, document: Document) -> Sequence[str]:
        """What the test wants to follow."""
        return self.steps

    def follow_up(self, document: Document, ids: TargetIds, links: LinkStore) -> FollowedUp:
        """Do them all, unless the test has a problem for this call."""
        if self.follow_problems:
            problem = self.follow_problems.pop(0)
            if isinstance(problem, Exception):
                raise problem
            return FollowedUp(problem=problem)
        note(Exchange("POST", "http://fake/match", {}, ids.target_id, None, {}, None, None, 1.0))
        self.followed.append(ids.target_id)
        return FollowedUp(self.steps)

    def preflight(self, document: Document) -> Sequence[Problem]:
        """What the test wants to be foreseen."""
        return self.foreseen(document)

    def check(self) -> None:
        """Harmless."""
        if self.problem is not None:
            raise ConnectionProblem(self.problem)


class FakeSettings(Schema):
    """What a connection to the fake must be told."""

    class Meta:
        """Misspelt settings are errors."""

        unknown = RAISE

    url = fields.String(required=True, metadata={"description": "Base address"})


@dataclass(frozen=True)
class FakeKind:
    """The kind of target that always gives the same books."""

    target: FakeTarget
    name: str = "fake"
    settings: type[Schema] = FakeSettings
    secrets: tuple[str, ...] = ("key",)
    optional_secrets: tuple[str, ...] = ()

    @property
    def build(self) -> Callable[[Mapping[str, Any], Mapping[str, str]], AccountingTarget]:
        """Whatever the settings, the one target."""
        return lambda _settings, _secrets: self.target
