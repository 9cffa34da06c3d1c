"""Who is told about changes: signed calls, the journal, and what happens when nobody answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from services.customers.adapters import webhook_call
from services.customers.adapters.webhook_call import Undelivered, WebhookCaller
from services.customers.app import webhooks
from services.customers.app.webhooks import WebhookDispatcher, forget_old_deliveries
from services.customers.messaging.inbound import CONSUMERS
from services.customers.models import Webhook
from shared.bus.envelope import encode
from shared.bus.inbox import Inbox
from shared.bus.leader import leadership
from shared.bus.wakeup import LocalWakeup
from shared.context import system_context
from shared.testing.service import Caller, ServiceUnderTest
from shared.testing.waiting import eventually

SECRET = "s" * 40


class Receiver:
    """Listens on loopback; answers with `status` and keeps what came."""

    def __init__(self) -> None:
        self.status = 200
        self.calls: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append((dict(self.headers), body))
                self.send_response(receiver.status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/urakka?firm=1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    yield listening
    listening.close()


@pytest.fixture
def manager(service: ServiceUnderTest) -> Caller:
    return service.caller("tenant.manage")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2100, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def _dispatcher(service: ServiceUnderTest, clock: Clock, *, private_too: bool = True) -> WebhookDispatcher:
    box = service.runtime.config.secret_box
    return WebhookDispatcher(service.database, lambda: box, WebhookCaller(private_too), LocalWakeup(), clock)


def _hear(service: ServiceUnderTest) -> None:
    """Let the service's own events come back from the bus, twice: the inbox takes each once."""
    inbox = Inbox(service.database, CONSUMERS[0])
    for event in service.events() * 2:
        inbox.take(encode(event))


def _make(manager: Caller, url: str, **more: Any) -> Any:
    made = manager.post("/webhooks", {"url": url, "secret": SECRET, **more})
    assert made.status_code == 201, made.json
    return made.json


def _journal(manager: Caller, webhook: Any) -> Any:
    return manager.get(f"/webhooks/{webhook['id']}/deliveries").json["items"]


def test_a_change_is_told_once_with_a_signature_that_fits(
    service: ServiceUnderTest, office: Caller, manager: Caller, receiver: Receiver
) -> None:
    webhook, clock = _make(manager, receiver.url), Clock()
    customer = office.post("/customers", {"name": "Haapapiha Åbo"}).json
    _hear(service)
    dispatcher = _dispatcher(service, clock)
    assert dispatcher.make_due_calls() == 1
    assert dispatcher.make_due_calls() == 0
    ((headers, body),) = receiver.calls
    told = json.loads(body)
    assert (told["type"], told["id"], told["version"]) == ("customer.changed.v1", customer["id"], 1)
    assert told["data"]["name"] == "Haapapiha Åbo"
    signed = headers["Urakka-Timestamp"].encode() + b"." + body
    assert headers["Urakka-Signature"] == "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    (delivery,) = _journal(manager, webhook)
    assert (delivery["state"], delivery["attempts"], delivery["last_status"]) == ("delivered", 1, 200)
    assert delivery["id"] == headers["Urakka-Delivery"]
    assert delivery["body"].encode() == body


def test_only_the_registers_that_were_asked_for_and_only_the_own_tenant(
    service: ServiceUnderTest, office: Caller, stranger: Caller, manager: Caller, receiver: Receiver
) -> None:
    webhook = _make(manager, receiver.url, registers=["sites"])
    office.post("/customers", {"name": "A"})
    office.post("/sites", {"name": "B", "type": "building"})
    stranger.post("/sites", {"name": "C", "type": "building"})
    _hear(service)
    assert [each["type"] for each in _journal(manager, webhook)] == ["site.changed.v1"]
    paused = manager.patch(f"/webhooks/{webhook['id']}", {"active": False}, if_match=1).json
    assert paused["active"] is False
    office.post("/sites", {"name": "D", "type": "building"})
    _hear(service)
    assert len(_journal(manager, webhook)) == 1


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_call_that_was_not_taken_is_made_again_for_a_day_and_then_waits_for_a_person(
    service: ServiceUnderTest, office: Caller, manager: Caller, receiver: Receiver, status: int
) -> None:
    webhook, clock = _make(manager, receiver.url), Clock()
    office.post("/customers", {"name": "A"})
    _hear(service)
    dispatcher, receiver.status = _dispatcher(service, clock), status
    begun = clock.now
    while (delivery := _journal(manager, webhook)[0])["state"] == "waiting":
        clock.now = max(clock.now, datetime.fromisoformat(delivery["due_at"]))
        assert dispatcher.make_due_calls() == 1
        assert dispatcher.make_due_calls() == 0
    assert (delivery["state"], delivery["last_status"], delivery["attempts"]) == ("failed", status, 8)
    assert timedelta(hours=12) < clock.now - begun < timedelta(hours=36)
    receiver.status = 204
    replayed = manager.post(f"/webhooks/{webhook['id']}/deliveries/{delivery['id']}/replay")
    assert replayed.json["state"] == "waiting"
    assert dispatcher.make_due_calls() == 1
    assert _journal(manager, webhook)[0]["state"] == "delivered"
    assert {body for _, body in receiver.calls} == {delivery["body"].encode()}


def test_private_addresses_are_called_only_if_the_operator_allows_it(
    service: ServiceUnderTest, office: Caller, manager: Caller, receiver: Receiver
) -> None:
    webhook = _make(manager, receiver.url)
    office.post("/customers", {"name": "A"})
    _hear(service)
    _dispatcher(service, Clock(), private_too=False).make_due_calls()
    (delivery,) = _journal(manager, webhook)
    assert (delivery["state"], receiver.calls) == ("waiting", [])
    assert "private network" in delivery["last_error"]


class Trickle(Receiver):
    """Answers well, but byte by byte; `cut` when the caller has not waited for the last one."""

    def __init__(self) -> None:
        super().__init__()
        pause, cut = threading.Event(), threading.Event()
        self.cut = cut

        def do_POST(self: Any) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            try:
                for _ in range(100):
                    pause.wait(0.02)
                    self.wfile.write(b"y")
                self.wfile.write(b"\r\n\r\n")
            except OSError:
                cut.set()

        self._server.RequestHandlerClass.do_POST = do_POST  # type: ignore[attr-defined]


def test_an_answer_that_trickles_is_no_answer_when_the_call_has_lasted_too_long(
    service: ServiceUnderTest, office: Caller, manager: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_call, "LONGEST_S", 0.3)
    with closing(Trickle()) as receiver:
        webhook = _make(manager, receiver.url)
        office.post("/customers", {"name": "A"})
        _hear(service)
        assert _dispatcher(service, Clock()).make_due_calls() == 1
        (delivery,) = _journal(manager, webhook)
        assert receiver.cut.wait(20)
    assert (delivery["state"], delivery["last_status"]) == ("waiting", None)
    assert delivery["last_error"].startswith("no whole answer came")


def test_a_caller_that_died_leaves_the_call_to_the_next_one(
    service: ServiceUnderTest, office: Caller, manager: Caller, receiver: Receiver
) -> None:
    _make(manager, receiver.url)
    office.post("/customers", {"name": "A"})
    _hear(service)

    class Dying:
        def post(self, url: str, headers: Any, body: bytes) -> int:
            raise SystemExit

    clock, box = Clock(), service.runtime.config.secret_box
    with pytest.raises(SystemExit):
        WebhookDispatcher(service.database, lambda: box, Dying(), LocalWakeup(), clock).make_due_calls()
    _dispatcher(service, clock).make_due_calls()
    assert receiver.calls == []
    clock.now += timedelta(minutes=6)
    _dispatcher(service, clock).make_due_calls()
    assert len(receiver.calls) == 1


def test_a_dead_receiver_costs_one_waiting_time_and_not_one_for_each_call(
    service: ServiceUnderTest, office: Caller, manager: Caller
) -> None:
    webhook, clock = _make(manager, "https://example.fi/urakka"), Clock()
    for name in "ABCDEFGHIJKLMNOPQRSTU":
        office.post("/customers", {"name": name})
    _hear(service)
    tried: list[str] = []

    class Nobody:
        def post(self, url: str, headers: Any, body: bytes) -> int:
            tried.append(url)
            raise Undelivered("nobody answers")

    box = service.runtime.config.secret_box
    dispatcher = WebhookDispatcher(service.database, lambda: box, Nobody(), LocalWakeup(), clock)
    while dispatcher.make_due_calls():
        pass
    assert tried.count(webhook["url"]) == 1
    assert {each["state"] for each in _journal(manager, webhook)} == {"waiting"}


class Slow:
    """Calls whoever it is told; those at `held` answer only when they are let go. Notes order, and calls at once."""

    def __init__(self, *held: str) -> None:
        self.held, self.let_go = held, threading.Event()
        self.told: list[tuple[str, str]] = []
        self.most_at_once: Counter[str] = Counter()
        self._now: Counter[str] = Counter()
        self._lock = threading.Lock()

    def post(self, url: str, headers: Any, body: bytes) -> int:
        with self._lock:
            self._now[url] += 1
            self.most_at_once[url] = max(self.most_at_once[url], self._now[url])
        if url in self.held:
            assert self.let_go.wait(60)
        with self._lock:
            self._now[url] -= 1
            self.told.append((url, json.loads(body)["data"]["name"]))
        return 200


@contextmanager
def _running(service: ServiceUnderTest, caller: Slow, processes: int = 1) -> Iterator[None]:
    """Let as many processes make calls as they would in production."""
    stop, box, clock = threading.Event(), service.runtime.config.secret_box, Clock()
    dispatchers = [
        WebhookDispatcher(service.database, lambda: box, caller, LocalWakeup(), clock) for _ in range(processes)
    ]
    threads = [threading.Thread(target=dispatcher.run, args=(stop,)) for dispatcher in dispatchers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        caller.let_go.set()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)


def test_receivers_that_hang_delay_no_other_and_each_hears_the_changes_one_after_the_other(
    service: ServiceUnderTest, office: Caller, manager: Caller
) -> None:
    held = [f"https://slow.example.fi/{number}" for number in range(webhooks.AT_ONCE - 1)]
    for url in (*held, good := "https://good.example.fi/"):
        _make(manager, url)
    names = [f"Asiakas {number}" for number in range(25)]
    for name in names:
        office.post("/customers", {"name": name})
    _hear(service)
    caller = Slow(*held)
    with _running(service, caller, processes=2):
        eventually(lambda: len(caller.told) == len(names), timeout_s=60)
        assert caller.told == [(good, name) for name in names]
        eventually(lambda: set(caller.most_at_once) == {good, *held}, timeout_s=60)
        assert len(caller.told) == len(names)
        caller.let_go.set()
        eventually(lambda: len(caller.told) == len(names) * webhooks.AT_ONCE, timeout_s=60)
    assert set(caller.most_at_once.values()) == {1}
    assert [name for url, name in caller.told if url == held[0]] == names


def test_another_process_takes_over_when_the_one_that_calls_ends(
    service: ServiceUnderTest, office: Caller, manager: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "_POLL_S", 0.05)
    webhook = _make(manager, "https://good.example.fi/")
    office.post("/customers", {"name": "A"})
    _hear(service)
    caller, lead = Slow(), leadership(service.engine, webhooks.LOCK)
    assert lead.hold()
    try:
        with _running(service, caller):
            assert _journal(manager, webhook)[0]["state"] == "waiting"
            lead.release()
            eventually(lambda: _journal(manager, webhook)[0]["state"] == "delivered")
    finally:
        lead.release()


def test_a_secret_that_cannot_be_read_holds_up_no_other_webhook(
    service: ServiceUnderTest, office: Caller, manager: Caller, receiver: Receiver
) -> None:
    """As after a change of URAKKA_SECRET_KEY: the call that is due first is not the one that can be made."""
    unreadable, readable = _make(manager, receiver.url), _make(manager, receiver.url)
    with service.database.begin(system_context("test")) as uow:
        uow.session.get_one(Webhook, unreadable["id"]).secret = b"sealed with another key"
        uow.commit()
    office.post("/customers", {"name": "A"})
    _hear(service)
    assert _dispatcher(service, Clock()).make_due_calls() == 1
    assert _journal(manager, readable)[0]["state"] == "delivered"
    (waiting,) = _journal(manager, unreadable)
    assert (waiting["state"], waiting["attempts"]) == ("waiting", 1)
    assert "secret cannot be read" in waiting["last_error"]


def test_the_secret_is_shown_once_and_can_be_changed(service: ServiceUnderTest, manager: Caller) -> None:
    made = manager.post("/webhooks", {"url": "https://example.fi/urakka"}).json
    assert len(made["secret"]) >= 40
    shown = manager.get(f"/webhooks/{made['id']}")
    assert made["secret"] not in shown.text
    changed = manager.call("PUT", f"/webhooks/{made['id']}/secret", json={"secret": SECRET})
    assert changed.json["secret"] == SECRET
    assert SECRET not in manager.get("/webhooks").text


def test_wrong_addresses_strangers_and_offices(manager: Caller, office: Caller, service: ServiceUnderTest) -> None:
    for url in (
        "ftp://example.fi/",
        "https://user:pw@example.fi/",
        "https:///x",
        "http://exa mple.fi/",
        "https://a:b/",
    ):
        assert manager.post("/webhooks", {"url": url}).status_code == 400, url
    assert office.get("/webhooks").status_code == 403
    made = manager.post("/webhooks", {"url": "https://example.fi/urakka"}).json
    stranger = service.caller("tenant.manage", tenant_id=service.other_tenant_id)
    assert stranger.get(f"/webhooks/{made['id']}/deliveries").status_code == 404
    assert stranger.delete(f"/webhooks/{made['id']}").status_code == 404
    assert manager.delete(f"/webhooks/{made['id']}").status_code == 204


def test_delivered_calls_are_forgotten_after_a_month(
    service: ServiceUnderTest, office: Caller, manager: Caller, receiver: Receiver
) -> None:
    webhook, clock = _make(manager, receiver.url), Clock()
    office.post("/customers", {"name": "A"})
    _hear(service)
    _dispatcher(service, clock).make_due_calls()
    forget_old_deliveries(service.database, clock.now + timedelta(days=29))
    assert len(_journal(manager, webhook)) == 1
    forget_old_deliveries(service.database, clock.now + timedelta(days=31))
    assert _journal(manager, webhook) == []


def test_failed_calls_are_forgotten_after_a_month_too(
    service: ServiceUnderTest, office: Caller, manager: Caller, receiver: Receiver
) -> None:
    webhook, clock = _make(manager, receiver.url), Clock()
    office.post("/customers", {"name": "A"})
    _hear(service)
    receiver.status = 500
    while (delivery := _journal(manager, webhook)[0])["state"] == "waiting":
        clock.now = max(clock.now, datetime.fromisoformat(delivery["due_at"]))
        _dispatcher(service, clock).make_due_calls()
    changed = datetime.fromisoformat(delivery["created_at"])
    forget_old_deliveries(service.database, changed + timedelta(days=29))
    assert len(_journal(manager, webhook)) == 1
    forget_old_deliveries(service.database, changed + timedelta(days=31))
    assert _journal(manager, webhook) == []
