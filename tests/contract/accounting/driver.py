"""A small dispatcher: carries one document through `services.billing.domain.dispatch`, with a clock that jumps.

It does what the real one does (look before sending again, the same bytes after a lost answer), without a database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.billing.domain.dispatch import (
    Circumstances,
    Dispatch,
    DispatchPolicy,
    DispatchState,
    LeaseLapsed,
    PayloadChanged,
    Started,
    step,
    waiting,
)
from services.billing.domain.document import Document
from services.billing.domain.target import AccountingTarget, Prepared
from tests.contract.accounting.bench import Bench, MemoryLinks, Trouble

MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Attempt:
    """What happens to one POST: a trouble, and where the process dies (None, "before_send", "after_send")."""

    trouble: Trouble | None = None
    dies: str | None = None


@dataclass
class Journey:
    """What became of a document. facts: everything the adapter said, in order; sends: POSTs that went out."""

    dispatch: Dispatch
    facts: list[Any] = field(default_factory=list)
    sends: int = 0
    needs_person: bool = False


def carry(bench: Bench, document: Document, links: MemoryLinks, attempts: Sequence[Attempt] = ()) -> Journey:
    """Take the document to an end. The n-th POST meets the n-th attempt; those after the last one meet no trouble.

    Raises AssertionError if it comes to no end.
    """
    return _Carrier(bench, document, links, iter(attempts)).run()


class _Carrier:
    def __init__(self, bench: Bench, document: Document, links: MemoryLinks, attempts: Iterator[Attempt]) -> None:
        self._bench, self._document, self._links, self._attempts = bench, document, links, attempts
        self._now = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self._policy = DispatchPolicy()
        self._journey = Journey(waiting(self._now))
        self._sha256 = ""

    def run(self) -> Journey:
        for _ in range(MOST_STEPS):
            due_at = self._journey.dispatch.due_at
            if due_at is None:
                self._journey.needs_person = self._journey.dispatch.state is DispatchState.UNCLEAR
                return self._journey
            self._now = max(self._now, due_at)
            self._advance()
        raise AssertionError(f"no end in {MOST_STEPS} steps: {self._journey}")

    def _advance(self) -> None:
        match self._journey.dispatch.state:
            case DispatchState.WAITING:
                self._send()
            case DispatchState.SENDING:
                self._apply(LeaseLapsed())
            case DispatchState.UNCLEAR:
                self._apply(self._bench.connect().find(self._document.key, self._document))
            case state:
                raise AssertionError(f"{state} is not due")

    def _send(self) -> None:
        prepared = self._bench.connect().prepare(self._document, self._links)
        if not isinstance(prepared, Prepared):
            self._apply(prepared)
            return
        sha256 = hashlib.sha256(prepared.payload).hexdigest()
        if self._journey.dispatch.resend and sha256 != self._sha256:
            self._apply(PayloadChanged())
            return
        self._sha256 = sha256
        attempt = next(self._attempts, Attempt())
        self._apply(Started())
        if attempt.dies == "before_send":
            return
        target = self._bench.connect(attempt.trouble)
        outcome = self._post(target, prepared, attempt.trouble)
        if attempt.dies is None:
            self._apply(outcome)

    def _post(self, target: AccountingTarget, prepared: Prepared, trouble: Trouble | None) -> Any:
        self._journey.sends += 1
        if trouble is None:
            return target.send(prepared)
        with self._bench.trouble(trouble):
            return target.send(prepared)

    def _apply(self, fact: Any) -> None:
        self._journey.facts.append(fact)
        circumstances = Circumstances(self._now, self._policy)
        self._journey.dispatch = step(self._journey.dispatch, fact, circumstances).dispatch
