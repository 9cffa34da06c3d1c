"""Webhooks: who is told about changes, the journal of calls, and making them.

A change becomes a delivery for each webhook when its event comes back from the bus, so whoever changes a customer never
waits for a receiver. A webhook's calls are made one after the other, at least once and in the order of the changes; one
that is made again comes later than others: receivers keep the largest `version` of a record.
"""

from __future__ import annotations

import json
import secrets as random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

from sqlalchemy import Select, and_, delete, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from services.customers.adapters.webhook_call import Undelivered
from services.customers.domain.webhooks import PAUSES, DeliveryState, Told, pause_after
from services.customers.models import Webhook, WebhookDelivery
from shared.bus.envelope import Event
from shared.bus.leader import leadership
from shared.bus.schedule import Pace
from shared.bus.wakeup import Wakeup, wait_or_stop
from shared.clock import iso_utc
from shared.config import BadConfiguration
from shared.context import system_context
from shared.crypto import SecretBox, UnreadableSecret
from shared.db import Database, UnitOfWork, check_version, get_or_404
from shared.ids import new_id
from shared.telemetry import get_logger
from shared.turns import Turns
from shared.webhooks import signing_headers

log = get_logger("webhooks")

TOPIC: Final = "webhooks"
KEEP_DAYS: Final = 30
"""How long calls stay in the journal after they were delivered, and those that failed after the change."""
_UNREADABLE: Final = "the signing secret cannot be read with the present key: set another one"
LOCK: Final = "webhooks:customers"
AT_ONCE: Final = 8
"""Webhooks that are called at the same time."""
_CALLS_OF_A_TURN: Final = 20
_LEASE: Final = timedelta(minutes=5)
_POLL_S: Final = 20.0


class Caller(Protocol):
    """What makes the calls."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Return the status of the answer. Raises Undelivered."""


def new_secret() -> str:
    """Return a new signing secret, 43 characters."""
    return random.token_urlsafe(32)


def make_webhook(uow: UnitOfWork, box: SecretBox, url: str, registers: list[str], secret: str) -> Webhook:
    """Store a webhook; it hears of changes from now on."""
    with uow:
        webhook = Webhook(id=new_id(), url=url, registers=registers, secret=b"", active=True)
        webhook.secret = box.seal(secret.encode(), webhook.id.encode())
        uow.session.add(webhook)
        uow.commit()
    return webhook


def change_webhook(
    uow: UnitOfWork, webhook_id: str, changes: Mapping[str, Any], *, expected_version: int | None
) -> Webhook:
    """Change address, registers or whether it is active. Raises NotFound, VersionMismatch."""
    with uow:
        webhook = get_or_404(uow.session, Webhook, webhook_id, for_update=True)
        check_version(webhook, expected_version)
        for name, value in changes.items():
            setattr(webhook, name, value)
        uow.commit()
    return webhook


def change_secret(uow: UnitOfWork, box: SecretBox, webhook_id: str, secret: str) -> Webhook:
    """Sign with another secret from now on. Raises NotFound."""
    with uow:
        webhook = get_or_404(uow.session, Webhook, webhook_id, for_update=True)
        webhook.secret = box.seal(secret.encode(), webhook.id.encode())
        uow.commit()
    return webhook


def remove_webhook(uow: UnitOfWork, webhook_id: str) -> None:
    """Forget a webhook with its journal. Raises NotFound."""
    with uow:
        webhook = get_or_404(uow.session, Webhook, webhook_id, for_update=True)
        uow.session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id))
        uow.session.delete(webhook)
        uow.commit()


def journal_of(uow: UnitOfWork, webhook_id: str, state: str | None) -> Select[WebhookDelivery]:
    """Return the query for a webhook's deliveries. Raises NotFound."""
    get_or_404(uow.session, Webhook, webhook_id)
    statement = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    return statement if state is None else statement.where(WebhookDelivery.state == state)


def replay(uow: UnitOfWork, webhook_id: str, delivery_id: str, *, now: datetime) -> WebhookDelivery:
    """Make a call again, whatever became of it, with all its attempts. Raises NotFound."""
    with uow:
        get_or_404(uow.session, Webhook, webhook_id)
        delivery = get_or_404(uow.session, WebhookDelivery, delivery_id, for_update=True)
        delivery.state, delivery.attempts, delivery.due_at = DeliveryState.WAITING.value, 0, now
        uow.nudge(TOPIC)
        uow.commit()
    return delivery


def tell_webhooks(uow: UnitOfWork, event: Event, register: Told, *, now: datetime) -> None:
    """Write a delivery of a change for every active webhook that hears of the register; in the event's transaction."""
    active = uow.session.scalars(select(Webhook).where(Webhook.active.is_(True)).order_by(Webhook.id)).all()
    for webhook in active:
        if register.value in webhook.registers:
            uow.session.add(_delivery(webhook, event, now))
            uow.nudge(TOPIC)


def _delivery(webhook: Webhook, event: Event, now: datetime) -> WebhookDelivery:
    content = {
        "type": event.type,
        "event_id": event.id,
        "time": iso_utc(event.time),
        "id": event.aggregate_id,
        "version": event.aggregate_version,
        "data": event.data,
    }
    return WebhookDelivery(
        webhook_id=webhook.id,
        type=event.type,
        record_id=event.aggregate_id,
        body=json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        state=DeliveryState.WAITING.value,
        due_at=now,
        created_at=now,
    )


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that was taken."""

    delivery_id: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class WebhookDispatcher:
    """Makes the calls that are due, until it is stopped: of several webhooks at once, of each one after the other.

    Of several processes one does it, so that this holds for all of them; another takes over when it ends. Should two
    believe for a moment that it is theirs, each call still has one taker.
    """

    def __init__(
        self,
        database: Database,
        box: Callable[[], SecretBox],
        caller: Caller,
        wakeup: Wakeup,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._box = box
        self._caller = caller
        self._wakeup = wakeup
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Loop; a fault of the database or of one webhook stops nothing. Ends when the calls in progress have ended."""
        lead, pace = leadership(self._database.engine, LOCK), Pace()
        try:
            with Turns(AT_ONCE, "webhook", lambda: self._wakeup.nudge(TOPIC)) as turns:
                while not stop.is_set():
                    try:
                        if lead.hold():
                            self._start_turns(turns, stop)
                    except SQLAlchemyError as error:
                        log.warning("webhooks.will_try_again", error=type(error).__name__)
                    wait_or_stop(self._wakeup, TOPIC, stop, _POLL_S)
                    stop.wait(pace.pause_s())
        finally:
            lead.release()

    def make_due_calls(self) -> int:
        """Make the calls that are due now in this thread, a turn for each webhook; returns how many."""
        return sum(self._serve(webhook_id, threading.Event()) for webhook_id in self._due(frozenset()))

    def _start_turns(self, turns: Turns, stop: threading.Event) -> None:
        for webhook_id in self._due(turns.busy):
            if not turns.start(webhook_id, partial(self._turn, webhook_id, stop)):
                break

    def _turn(self, webhook_id: str, stop: threading.Event) -> int:
        try:
            return self._serve(webhook_id, stop)
        except (SQLAlchemyError, BadConfiguration) as error:
            log.warning("webhooks.will_try_again", webhook_id=webhook_id, error=type(error).__name__)
            return 0

    def _due(self, busy: frozenset[str]) -> list[str]:
        """The webhooks that have something to be told and are not busy; who has waited longest comes first."""
        delivery = WebhookDelivery
        statement = (
            select(delivery.webhook_id)
            .join(Webhook, Webhook.id == delivery.webhook_id)
            .where(delivery.due_at <= self._clock(), Webhook.active.is_(True), delivery.webhook_id.not_in(busy))
            .group_by(delivery.webhook_id)
            .order_by(func.min(delivery.due_at), delivery.webhook_id)
            .limit(AT_ONCE)
        )
        with self._database.read(system_context(TOPIC)) as uow:
            return list(uow.session.scalars(statement))

    def _serve(self, webhook_id: str, stop: threading.Event) -> int:
        """Make some calls of one webhook, oldest first, until nobody answers; returns how many."""
        made = 0
        while made < _CALLS_OF_A_TURN and not stop.is_set():
            call = self._take(webhook_id)
            if call is None:
                break
            status, error = self._call(call)
            self._record(call.delivery_id, status, error)
            made += 1
            if status is None:
                break
        return made

    def _take(self, webhook_id: str) -> _Call | None:
        now = self._clock()
        with self._database.begin(system_context(TOPIC)) as uow:
            statement = (
                select(WebhookDelivery, Webhook)
                .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
                .where(Webhook.id == webhook_id, WebhookDelivery.due_at <= now, Webhook.active.is_(True))
                .order_by(WebhookDelivery.due_at, WebhookDelivery.id)
                .limit(1)
                .with_for_update(skip_locked=True, of=WebhookDelivery)
            )
            found = uow.session.execute(statement).one_or_none()
            if found is None:
                return None
            delivery, webhook = found
            delivery.due_at = now + _LEASE
            delivery.attempts += 1
            call = self._prepared(delivery, webhook, now)
            if call is None:
                delivery.last_status, delivery.last_error = None, _UNREADABLE
                _put_back(delivery, now)
                _put_off(uow, webhook_id, now)
            uow.commit()
        return call

    def _prepared(self, delivery: WebhookDelivery, webhook: Webhook, now: datetime) -> _Call | None:
        """Return the signed call; None if the secret was sealed with another key."""
        try:
            secret = self._box().open(webhook.secret, webhook.id.encode()).decode()
        except UnreadableSecret:
            return None
        body = delivery.body.encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Urakka",
            "Urakka-Delivery": delivery.id,
            **signing_headers([secret], now, body),
        }
        return _Call(delivery.id, webhook.url, headers, body)

    def _call(self, call: _Call) -> tuple[int | None, str | None]:
        try:
            return self._caller.post(call.url, call.headers, call.body), None
        except Undelivered as error:
            return None, str(error)

    def _record(self, delivery_id: str, status: int | None, error: str | None) -> None:
        now = self._clock()
        with self._database.begin(system_context(TOPIC)) as uow:
            delivery = uow.session.get(WebhookDelivery, delivery_id, with_for_update=True)
            if delivery is None:
                return
            delivery.last_status, delivery.last_error = status, error
            if status is not None and 200 <= status < 300:
                delivery.state, delivery.due_at, delivery.delivered_at = DeliveryState.DELIVERED.value, None, now
            else:
                _put_back(delivery, now)
            if status is None:
                _put_off(uow, delivery.webhook_id, now)
            uow.commit()
        log.info("webhooks.called", delivery_id=delivery_id, status=status, state=delivery.state)


def _put_back(delivery: WebhookDelivery, now: datetime) -> None:
    """An attempt failed: let it wait for the next one, or for a person."""
    pause = pause_after(delivery.attempts)
    delivery.due_at = now + pause if pause is not None else None
    delivery.state = (DeliveryState.WAITING if pause is not None else DeliveryState.FAILED).value


def _put_off(uow: UnitOfWork, webhook_id: str, now: datetime) -> None:
    """Nobody answers there: let the other calls wait too, so that each does not cost a waiting time."""
    waiting = update(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.due_at <= now)
    uow.session.execute(waiting.values(due_at=now + PAUSES[0]))


def forget_old_deliveries(database: Database, now: datetime) -> int:
    """Remove calls that were delivered, or failed, more than KEEP_DAYS ago; returns how many."""
    before = now - timedelta(days=KEEP_DAYS)
    delivery = WebhookDelivery
    with database.begin(system_context(TOPIC)) as uow:
        old = delete(delivery).where(
            or_(
                and_(delivery.state == DeliveryState.DELIVERED.value, delivery.delivered_at < before),
                and_(delivery.state == DeliveryState.FAILED.value, delivery.created_at < before),
            )
        )
        removed = uow.session.execute(old).rowcount  # type: ignore[attr-defined]
        uow.commit()
    return int(removed)
