"""The payments job: asks accounting systems, slowly, how far accepted documents are paid.

One question at a time, each under the lease of its connection that the dispatcher takes too: a company's books get one
call at a time (netvisor sheet §6), and sending goes before asking. No transaction is open during a call. Should
the process die during one, the lease lapses and the document is simply asked for again.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from services.billing.app import asking, sending
from services.billing.app.dispatcher import OpenTarget
from services.billing.app.payment_records import DueQuestion, due_questions, enrol, record_failure, record_status
from services.billing.app.ports import TellsStatus
from services.billing.app.sending import Leased
from services.billing.domain.dispatch import DispatchPolicy
from services.billing.domain.outcomes import CannotAsk
from services.billing.domain.payments import PaymentStatus
from shared.bus.wakeup import Wakeup
from shared.clock import utc_now
from shared.context import system_context, use_context
from shared.db import Database
from shared.errors import UrakkaError
from shared.telemetry import get_logger

log = get_logger("billing.payments")

_LEASE_FACTOR = 1.25


@dataclass(frozen=True, slots=True)
class PaymentSettings:
    """How slowly is asked; times in seconds.

    pause_s  between two questions about a fresh document, see `domain.payments.next_ask`
    gap_s    between two questions of this process, whatever they are about
    round_s  how often it is looked for what is due
    most     questions of one round; if more is due, the next round follows at once
    rest_s   how long a connection that did not answer is left alone
    policy   of the dispatcher: the lease must outlast the longest call.
    """

    pause_s: float = 3600.0
    gap_s: float = 1.0
    round_s: float = 60.0
    rest_s: float = 600.0
    most: int = 100
    policy: DispatchPolicy = field(default_factory=DispatchPolicy)


class PaymentPoller:
    """Polls the state of payments; several processes may each run one."""

    def __init__(
        self,
        database: Database,
        wakeup: Wakeup,
        open_target: OpenTarget,
        settings: PaymentSettings,
        *,
        owner: str,
        books_of: sending.BooksOf | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Take the service's parts. books_of: as the dispatcher's.

        owner  unique among processes and another than the dispatcher's: whoever has a lease may take it again.
        """
        self._database = database
        self._wakeup = wakeup
        self._open_target = open_target
        self._settings = settings
        self._owner = owner
        self._books_of = books_of
        self._clock = clock
        self._targets: dict[str, tuple[int, Any]] = {}
        self._mute: set[str] = set()
        self._resting: dict[str, datetime] = {}

    def run(self, stop: threading.Event) -> None:
        """Ask until `stop` is set; returns after the question in progress."""
        while not stop.is_set():
            asked = 0
            try:
                asked = self.run_once(stop)
            except SQLAlchemyError as error:
                log.warning("payments.database_unavailable", error=type(error).__name__)
            except Exception as error:  # the outer edge of the job: the next round tries again
                log.error("payments.round_failed", exc_info=error)
            if asked < self._settings.most:
                stop.wait(self._settings.round_s)

    def run_once(self, stop: threading.Event | None = None) -> int:
        """Take up what was accepted meanwhile, then ask for what is due; returns how many questions were asked."""
        stop = stop or threading.Event()
        asked = 0
        enrol(self._database, self._mute, self._clock(), self._settings.pause_s)
        seen: set[str] = set()
        while asked < self._settings.most and not stop.is_set():
            question = self._next(seen)
            if question is None:
                break
            seen.add(question.document_id)
            if self._ask_leased(question):
                asked += 1
                stop.wait(self._settings.gap_s)
        return asked

    def _next(self, seen: set[str]) -> DueQuestion | None:
        now = self._clock()
        self._resting = {key: until for key, until in self._resting.items() if until > now}
        found = due_questions(self._database, self._mute, self._resting, now)
        return next((each for each in found if each.document_id not in seen), None)

    def _ask_leased(self, question: DueQuestion) -> bool:
        """One question under the connection's lease; False if the connection is in use, paused or cannot tell."""
        context = system_context("payments", question.tenant_id)
        lease_s = _LEASE_FACTOR * self._settings.policy.lease_s
        leased = sending.acquire(
            self._database,
            context,
            question.connection_id,
            self._owner,
            self._clock(),
            lease_s,
            books_of=self._books_of,
        )
        if leased is None:
            self._rest(question.connection_id, self._settings.round_s)
            return False
        try:
            with use_context(context):
                return self._ask(question, leased)
        except UrakkaError as error:
            # The dispatcher tells the operator; a connection that cannot be opened can wait here.
            log.warning("payments.connection_unusable", connection_id=question.connection_id, code=error.code)
            self._rest(question.connection_id, self._settings.rest_s)
            return False
        finally:
            sending.release(self._database, context, leased, self._owner)
            self._wakeup.nudge("dispatch")

    def _ask(self, question: DueQuestion, leased: Leased) -> bool:
        target = self._target_of(leased)
        if not isinstance(target, TellsStatus):
            self._mute.add(leased.target)
            return False
        told = asking.status(target, leased.target, question.document_key, question.target_id)
        self._record(question, told)
        return True

    def _target_of(self, leased: Leased) -> Any:
        known = self._targets.get(leased.connection_id)
        if known is None or known[0] != leased.version:
            known = (leased.version, self._open_target(leased))
            self._targets[leased.connection_id] = known
        return known[1]

    def _record(self, question: DueQuestion, told: PaymentStatus | CannotAsk) -> None:
        now, pause_s = self._clock(), self._settings.pause_s
        fields = {"document_id": question.document_id, "target": question.target}
        if isinstance(told, CannotAsk):
            record_failure(self._database, question, now, pause_s)
            self._rest(question.connection_id, self._settings.rest_s)
            log.warning("payments.cannot_ask", connection_id=question.connection_id, **fields)
        elif record_status(self._database, question, told, now, pause_s):
            log.info("payments.changed", state=str(told.state), **fields)

    def _rest(self, connection_id: str, seconds: float) -> None:
        self._resting[connection_id] = self._clock() + timedelta(seconds=seconds)
