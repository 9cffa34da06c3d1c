"""The dispatcher: takes due dispatches through preparing, sending and looking up.

One thread finds connections that have something to do; a few workers serve one connection each, document by
document. No transaction is open during a call. A process may die on any line: what was being sent then keeps the
state `sending`, its lease lapses, and it is looked up before anything else.
"""

import hashlib
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from services.billing.app import asking, metrics, sending
from services.billing.app.links import DatabaseLinks
from services.billing.app.loading import Item, load_due, load_one, with_attachments
from services.billing.app.pausing import UNUSABLE, pause_connection
from services.billing.app.ports import AccountingTarget, Prepared
from services.billing.app.sending import Attempt, DueConnection, Leased, Trace
from services.billing.app.steps import Overtaken
from services.billing.app.traces import Mask, stored_form
from services.billing.domain.breaker import CLOSED, BreakerPolicy, after_failure
from services.billing.domain.dispatch import (
    Circumstances,
    DispatchPolicy,
    DispatchState,
    LeaseLapsed,
    PayloadChanged,
)
from services.billing.domain.errors import InvalidSettings, UnknownTarget
from services.billing.domain.exchanges import Exchange, collected
from services.billing.domain.outcomes import (
    CannotAsk,
    Finding,
    NotSent,
    Outcome,
    Rejected,
    Unclear,
    refuses_credentials,
)
from shared.bus.failpoints import reach
from shared.bus.schedule import Pace
from shared.bus.wakeup import Wakeup, wait_or_stop
from shared.clock import utc_now
from shared.context import Context, system_context, use_context
from shared.db import Database
from shared.errors import UrakkaError
from shared.telemetry import get_logger, span
from shared.turns import Turns

log = get_logger("billing.dispatcher")

ACTOR = "system:dispatcher"
AFTER_RECORD = "dispatch.after_record"
"""Transaction 1 is committed, nothing is sent yet."""
AFTER_SEND = "dispatch.after_send"
"""The target has answered, transaction 2 is not committed yet."""

_RECORD_PAUSES_S = (0.2, 1.0, 3.0)
_UNUSABLE_PAUSE_S = 60.0
_MEASURE_EVERY_S = 15.0


@dataclass(frozen=True, slots=True)
class DispatcherSettings:
    """How the dispatcher works; times in seconds.

    poll_s    looks for work this often even if nobody wakes it. workers: connections served at once.
    batch     documents read at once; turn_s: after this long a connection makes room for others.
    """

    policy: DispatchPolicy = field(default_factory=DispatchPolicy)
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    poll_s: float = 1.0
    workers: int = 4
    batch: int = 25
    turn_s: float = 10.0


OpenTarget = Callable[[Leased], AccountingTarget]
"""Builds the target of a connection; raises UrakkaError if its settings or secrets cannot be used."""

Outcomes = TypeVar("Outcomes", bound=Outcome | Finding | Prepared)
Answers = TypeVar("Answers", bound=Outcome)

SecretsOf = Callable[[Leased], Sequence[str]]
"""The secrets of a connection as they were entered."""


class Dispatcher:
    """Sends what is due; several processes may each run one."""

    def __init__(
        self,
        database: Database,
        wakeup: Wakeup,
        open_target: OpenTarget,
        settings: DispatcherSettings,
        *,
        owner: str,
        secrets_of: SecretsOf | None = None,
        books_of: sending.BooksOf | None = None,
        clock: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Take the service's parts. owner: unique among processes. clock, chance: replaced by tests.

        secrets_of  what to hide in the raw requests and answers that are kept; without it none are kept.
        books_of    whose books a connection leads to; without it each connection is alone with its own.
        """
        self._database = database
        self._wakeup = wakeup
        self._open_target = open_target
        self._settings = settings
        self._owner = owner
        self._clock = clock
        self._chance = chance
        self._secrets_of = secrets_of
        self._books_of = books_of
        self._targets: dict[str, tuple[int, AccountingTarget, DatabaseLinks, Mask | None]] = {}

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set; returns after the calls in progress have ended and are recorded."""
        with Turns(self._settings.workers, "dispatch", lambda: self._wakeup.nudge("dispatch")) as turns:
            measured_at = 0.0
            pace = Pace()
            while not stop.is_set():
                try:
                    self._start_turns(turns, stop)
                    if time.monotonic() - measured_at >= _MEASURE_EVERY_S:
                        metrics.observe_states(self._database, self._clock())
                        measured_at = time.monotonic()
                except SQLAlchemyError as error:
                    log.warning("dispatch.database_unavailable", error=type(error).__name__)
                wait_or_stop(self._wakeup, "dispatch", stop, self._settings.poll_s)
                stop.wait(pace.pause_s())

    def run_once(self) -> int:
        """Serve everything that is due now in this thread; returns how many dispatches went a step on."""
        steps = 0
        while due := sending.due_connections(self._database, system_context("dispatcher"), self._clock()):
            served = sum(self._serve(each, threading.Event()) for each in due)
            if not served:
                break
            steps += served
        return steps

    def _start_turns(self, turns: Turns, stop: threading.Event) -> None:
        for due in sending.due_connections(self._database, system_context("dispatcher"), self._clock()):
            # If the turn fails, what was being sent lapses and is looked up.
            turns.start(due.connection_id, partial(self._serve, due, stop))

    def _serve(self, due: DueConnection, stop: threading.Event) -> int:
        """Work on one connection for at most a turn; returns how many dispatches went a step on."""
        context = system_context("dispatcher", due.tenant_id)
        leased = sending.acquire(
            self._database,
            context,
            due.connection_id,
            self._owner,
            self._clock(),
            self._lease_s,
            books_of=self._books_of,
        )
        if leased is None:
            return 0
        turn = _Turn(context, leased, stop, time.monotonic() + self._settings.turn_s)
        try:
            with use_context(context):
                self._work(turn)
        except (InvalidSettings, UnknownTarget) as error:
            # The connection itself cannot be used, e.g. its secrets were sealed with another key.
            log.error("dispatch.connection_unusable", connection_id=due.connection_id, code=error.code)
            told = [error.detail or error.title, *(f"{each.pointer}: {each.detail}" for each in error.errors)]
            refusal = Rejected(UNUSABLE, " ".join(told))
            pause_connection(self._database, context, due.connection_id, leased.version, refusal, self._clock())
        except UrakkaError as error:
            log.error("dispatch.connection_unusable", connection_id=due.connection_id, code=error.code)
            self._pause(turn, _UNUSABLE_PAUSE_S)
        finally:
            sending.release(self._database, context, turn.leased, self._owner)
        return turn.steps

    @property
    def _lease_s(self) -> float:
        """A connection is held for longer than one attempt, so that the lease ends after the call it covers."""
        return 1.25 * self._settings.policy.lease_s

    def _work(self, turn: "_Turn") -> None:
        target, links = self._target_of(turn)
        while not turn.is_over():
            with self._database.read(turn.context) as uow:
                items = load_due(
                    uow.session,
                    turn.leased.tenant_id,
                    turn.leased.connection_id,
                    self._clock(),
                    self._settings.batch,
                )
            for item in items:
                if turn.is_over() or not self._renewed(turn):
                    return
                self._advance(turn, item, target, links)
                turn.steps += 1
            if len(items) < self._settings.batch:
                return

    def _target_of(self, turn: "_Turn") -> tuple[AccountingTarget, DatabaseLinks]:
        leased = turn.leased
        known = self._targets.get(leased.connection_id)
        if known is None or known[0] != leased.version:
            links = DatabaseLinks(self._database, turn.context, leased.connection_id, clock=self._clock)
            mask = Mask(self._secrets_of(leased)) if self._secrets_of is not None else None
            known = (leased.version, self._open_target(leased), links, mask)
            self._targets[leased.connection_id] = known
        turn.mask = known[3]
        return known[1], known[2]

    def _renewed(self, turn: "_Turn") -> bool:
        now = self._clock()
        if (turn.leased.until - now).total_seconds() > self._settings.policy.lease_s:
            return True
        renewed = sending.renew(self._database, turn.context, turn.leased, self._owner, now, self._lease_s)
        if renewed is None:
            return False
        turn.leased = renewed
        return True

    def _advance(self, turn: "_Turn", item: Item, target: AccountingTarget, links: DatabaseLinks) -> None:
        """Take one dispatch one step on."""
        current = item.current
        with use_context(sending.context_of(current, turn.leased.tenant_id, ACTOR)) as context:
            try:
                if current.record.state is DispatchState.SENDING:
                    self._record(turn, item, "lapse", LeaseLapsed())
                elif current.record.state is DispatchState.UNCLEAR:
                    with span("dispatch.look", context, {"target": target.name}), collected() as exchanges:
                        finding = turn.without_secrets(asking.find(target, item))
                    self._record(turn, item, "look", finding, exchanges, self._follows(target, self._whole(turn, item)))
                    self._mind_breaker(turn, finding)
                elif current.record.state is DispatchState.ACCEPTED:
                    self._follow_up(turn, self._whole(turn, item), target, links, context)
                else:
                    self._send(turn, self._whole(turn, item), target, links, context)
            except Overtaken:
                log.info("dispatch.overtaken", dispatch_id=current.dispatch_id)

    def _whole(self, turn: "_Turn", item: Item) -> Item:
        """The item with the files of its document, which are read one document at a time since they are large."""
        if not item.attachment_count:
            return item
        with self._database.read(turn.context) as uow:
            return replace(item, document=with_attachments(uow.session, item.document))

    def _follows(self, target: AccountingTarget, item: Item) -> Circumstances:
        """The circumstances of an answer that may accept the document."""
        return replace(self._circumstances(), follows=asking.follows_up(target, item.document))

    def _follow_up(
        self, turn: "_Turn", item: Item, target: AccountingTarget, links: DatabaseLinks, context: Context
    ) -> None:
        """Do in the target what an accepted document needs; nothing is sent by it."""
        with span("dispatch.follow_up", context, {"target": target.name}), collected() as exchanges:
            fact = asking.follow_up(target, item, links)
        if fact.problem is not None:
            fact = replace(fact, problem=self._held_back(turn, turn.without_secrets(fact.problem)))
        self._record(turn, item, "follow_up", fact, exchanges)
        if fact.problem is not None and not isinstance(fact.problem, Rejected):
            log.warning("dispatch.follow_up_waits", dispatch_id=item.current.dispatch_id, target=target.name)
            self._mind_breaker(turn, fact.problem)

    def _send(
        self, turn: "_Turn", item: Item, target: AccountingTarget, links: DatabaseLinks, context: Context
    ) -> None:
        """Prepare, record, call, record."""
        with collected() as exchanges:
            prepared = turn.without_secrets(asking.prepare(target, item.document, links))
        if not isinstance(prepared, Prepared):
            refused = self._held_back(turn, prepared)
            self._record(turn, item, "prepare", refused, exchanges)
            self._mind_breaker(turn, refused)
            return
        sha256 = hashlib.sha256(prepared.payload).hexdigest()
        current = item.current
        if current.record.resend and current.payload_sha256 != sha256:
            self._record(turn, item, "prepare", PayloadChanged())
            return
        attempt = sending.begin_attempt(
            self._database, ACTOR, current, turn.leased.tenant_id, sha256, self._circumstances()
        )
        reach(AFTER_RECORD)
        if self._is_too_late(attempt):
            log.warning("dispatch.too_late", dispatch_id=current.dispatch_id)
            return
        started = time.monotonic()
        attributes: dict[str, str | int] = {"target": target.name, "attempt": attempt.current.record.attempts}
        with span("dispatch.send", context, attributes), collected() as sent:
            told = turn.without_secrets(asking.send(target, prepared))
        reach(AFTER_SEND)
        outcome = self._held_back(turn, told)
        self._finish(turn, attempt, outcome, started, [*exchanges, *sent], self._follows(target, item))
        self._mind_breaker(turn, outcome)

    def _held_back(self, turn: "_Turn", outcome: Answers) -> Answers | NotSent:
        """The outcome; if the target refused the connection, nothing more goes over it and the document waits."""
        if not isinstance(outcome, Rejected) or not refuses_credentials(outcome):
            return outcome
        leased, turn.paused = turn.leased, True
        if pause_connection(self._database, turn.context, leased.connection_id, leased.version, outcome, self._clock()):
            log.error("dispatch.connection_paused", connection_id=leased.connection_id, code=outcome.code)
        return NotSent(outcome.detail)

    def _is_too_late(self, attempt: Attempt) -> bool:
        """A process that was stopped since transaction 1 must not send what another may be looking up already."""
        lease_ends = attempt.current.record.due_at
        return lease_ends is None or self._clock() >= lease_ends

    def _finish(
        self,
        turn: "_Turn",
        attempt: Attempt,
        outcome: Outcome,
        started: float,
        exchanges: Sequence[Exchange],
        circumstances: Circumstances,
    ) -> None:
        """Transaction 2; tried a few times, since its loss costs a look-up of minutes."""
        took_s = time.monotonic() - started
        trace = turn.trace(exchanges)
        for pause_s in (*_RECORD_PAUSES_S, None):
            try:
                self._finish_once(turn, attempt, outcome, replace(circumstances, now=self._clock()), trace)
                break
            except DBAPIError as error:
                if pause_s is None:
                    raise
                log.warning("dispatch.record_failed", error=type(error).__name__)
                turn.stop.wait(pause_s)
        current = attempt.current
        metrics.dispatch_seconds.labels(current.target).observe(took_s)
        metrics.dispatch_outcomes_total.labels(current.target, type(outcome).__name__.lower()).inc()
        log.info(
            "dispatch.answered",
            dispatch_id=current.dispatch_id,
            document_id=current.document_id,
            target=current.target,
            attempt=current.record.attempts,
            outcome=type(outcome).__name__.lower(),
            ms=round(took_s * 1000, 1),
        )

    def _finish_once(
        self, turn: "_Turn", attempt: Attempt, outcome: Outcome, circumstances: Circumstances, trace: Trace
    ) -> None:
        tenant_id = turn.leased.tenant_id
        try:
            sending.finish_attempt(self._database, ACTOR, attempt, tenant_id, outcome, circumstances, trace)
        except Overtaken:
            # The lease lapsed during a slow call and the dispatch became unclear. The answer is still an answer to
            # this attempt, unless another one was begun meanwhile.
            with self._database.read(turn.context) as uow:
                item = load_one(uow.session, tenant_id, attempt.current.dispatch_id)
            attempts = attempt.current.record.attempts
            if (
                item is None
                or item.current.record.attempts != attempts
                or item.current.record.state is not (DispatchState.UNCLEAR)
            ):
                raise
            late = replace(attempt, current=item.current)
            sending.finish_attempt(self._database, ACTOR, late, tenant_id, outcome, circumstances, trace)

    def _record(
        self,
        turn: "_Turn",
        item: Item,
        kind: str,
        fact: object,
        exchanges: Sequence[Exchange] = (),
        circumstances: Circumstances | None = None,
    ) -> None:
        sending.record_fact(
            self._database,
            ACTOR,
            item.current,
            turn.leased.tenant_id,
            kind,
            fact,
            circumstances or self._circumstances(),
            turn.trace(exchanges),
        )
        told = sending.told(fact)
        log.info(
            "dispatch.stepped",
            kind=kind,
            dispatch_id=item.current.dispatch_id,
            document_id=item.current.document_id,
            target=item.current.target,
            outcome=told["outcome"],
        )

    def _mind_breaker(self, turn: "_Turn", outcome: object) -> None:
        """Count targets that do not answer; any answer closes the breaker again."""
        if isinstance(outcome, (NotSent, Unclear, CannotAsk)):
            self._pause(turn, outcome.retry_after_s if isinstance(outcome, NotSent) else None)
        else:
            turn.leased = replace(turn.leased, breaker=CLOSED)

    def _pause(self, turn: "_Turn", retry_after_s: float | None) -> None:
        breaker = after_failure(turn.leased.breaker, self._clock(), self._settings.breaker, retry_after_s)
        turn.leased = replace(turn.leased, breaker=breaker)
        turn.paused = turn.paused or breaker.open_until is not None

    def _circumstances(self) -> Circumstances:
        return Circumstances(self._clock(), self._settings.policy, self._chance())


@dataclass(slots=True)
class _Turn:
    """One worker's time with one connection. `paused`: the breaker has opened or a person must act; nothing more is
    tried.
    """

    context: Context
    leased: Leased
    stop: threading.Event
    ends_at: float
    steps: int = 0
    paused: bool = False
    mask: Mask | None = None

    def trace(self, exchanges: Sequence[Exchange]) -> Trace:
        """What was said, as it is stored; nothing if it is not known what to hide."""
        return () if self.mask is None else stored_form(exchanges, self.mask)

    def without_secrets(self, outcome: Outcomes) -> Outcomes:
        """The outcome with the connection's secrets hidden in its words, whatever an adapter let through."""
        if self.mask is None or isinstance(outcome, Prepared):
            return outcome
        for name in ("detail", "reason"):
            words: str | None = getattr(outcome, name, None)
            if words is not None and (hidden := self.mask.hide(words)) != words:
                changed: Any = {name: hidden}
                outcome = replace(outcome, **changed)
        return outcome

    def is_over(self) -> bool:
        return self.paused or self.stop.is_set() or time.monotonic() >= self.ends_at
