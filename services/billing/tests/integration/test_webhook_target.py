"""The webhook on the wire: faults, private addresses, redirects, secrets, and the receiver of the documentation."""

import importlib.util
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from services.billing.adapters.kind import Site
from services.billing.adapters.secret import Secret
from services.billing.adapters.transport import Transport
from services.billing.adapters.webhook.target import Receiver, WebhookTarget, webhook_kind
from services.billing.domain.outcomes import Absent, Accepted, CannotAsk, Found, NotSent, Rejected, Unclear
from services.billing.domain.target import AccountingTarget, ConnectionProblem, Prepared
from services.billing.tests.targets import (
    MemoryLinks,
    Reply,
    a_document,
    close,
    fault_server,
    free_port,
    hang,
    http_reply,
    reset,
    trickle,
)

EXAMPLE = Path(__file__).parents[4] / "docs" / "examples" / "webhook_receiver.py"
SECRET = "PLANTED-signing-secret"
DOCUMENT = a_document()
ECHO = json.dumps({"key": DOCUMENT.key, "id": "17"}).encode()


def connect(url: str, *, private: bool = True, previous: str = "", **settings: Any) -> AccountingTarget:
    kind = webhook_kind(Site(private_webhooks=private))
    loaded = kind.settings().load({"url": url, "connect_timeout_s": 1, "read_timeout_s": 1, **settings})
    secrets = {"signing_secret": SECRET, **({"previous_secret": previous} if previous else {})}
    return kind.build(loaded, secrets)


def prepared() -> Prepared:
    made = connect("http://localhost").prepare(DOCUMENT, MemoryLinks())
    assert isinstance(made, Prepared)
    return made


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (http_reply(ECHO), Accepted),
        (http_reply(b"{}"), Unclear),
        (http_reply(b"", "500 Internal Server Error"), Unclear),
        (http_reply(b"", "503 Service Unavailable", "Retry-After: 3"), Unclear),
        (http_reply(b"", "422 Unprocessable Content"), Rejected),
        (http_reply(b"", "429 Too Many Requests", "Retry-After: 3"), NotSent),
        (http_reply(b"", "307 Temporary Redirect", "Location: /elsewhere"), Unclear),
        (http_reply(b"", "303 See Other", "Location: /elsewhere"), Unclear),
        (http_reply(ECHO, length=len(ECHO) + 10), Unclear),
        (b"\x00\xff rubbish\r\n\r\n", Unclear),
        (reset, Unclear),
        (close, Unclear),
        (hang, Unclear),
        (trickle, Unclear),
    ],
)
def test_one_request_and_a_narrow_outcome(reply: Reply, expected: type) -> None:
    with fault_server(reply) as server:
        assert isinstance(connect(server.url).send(prepared()), expected)
        assert len(server.requests) == 1  # no redirect is followed, nothing is repeated


def test_nobody_there_is_not_sent() -> None:
    assert isinstance(connect(f"http://127.0.0.1:{free_port()}").send(prepared()), NotSent)


def test_the_key_goes_along_and_the_secret_does_not() -> None:
    with fault_server(http_reply(ECHO)) as server:
        connect(f"{server.url}/in?flow=7").send(prepared())
        (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /in?flow=7 HTTP/1.1")
    assert f"Idempotency-Key: {DOCUMENT.key}".encode() in head
    assert body == prepared().payload
    assert SECRET.encode() not in request


def test_what_a_receiver_says_of_our_secret_is_masked() -> None:
    told = json.dumps({"detail": f"wrong secret {SECRET}"}).encode()
    with fault_server(http_reply(told, "401 Unauthorized"), http_reply(told, "401 Unauthorized")) as server:
        target = connect(server.url)
        outcome = target.send(prepared())
        with pytest.raises(ConnectionProblem) as problem:
            target.check()
    assert isinstance(outcome, Rejected)
    assert SECRET not in f"{outcome!r}{problem.value!r}{problem.value}{target!r}{prepared()!r}"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "0.0.0.0", "[fe80::1]"],
)
def test_inner_addresses_are_not_called_unless_the_operator_allows_it(host: str) -> None:
    settings = {"url": "https://example.fi", "connect_timeout_s": 1, "read_timeout_s": 1, "status_url": None}
    kind = webhook_kind(Site())
    loaded = {**kind.settings().load(settings), "url": f"https://{host}/in"}
    outcome = kind.build(loaded, {"signing_secret": SECRET}).send(prepared())
    assert isinstance(outcome, NotSent)
    assert "private network" in outcome.reason


def test_a_name_is_judged_by_where_it_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[str] = []

    def resolve(host: str, port: int, *_: object, **__: object) -> list[Any]:
        answers.append(host)
        # Public at the first question, inner at the second: what an attacker's name server does.
        address = "93.184.216.34" if len(answers) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    called: list[tuple[str, int]] = []

    def connect_to(self: socket.socket, address: tuple[str, int]) -> None:
        called.append(address)
        raise ConnectionRefusedError

    with fault_server(http_reply(ECHO)) as server:
        monkeypatch.setattr(socket.socket, "connect", connect_to)
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda h, p, *a, **k: resolve(h, p) if h == "rebind.example" else real(h, p, *a, **k)
        )
        outcome = connect("https://rebind.example/in", private=False).send(prepared())
        assert isinstance(outcome, NotSent)
        assert [address[0] for address in called] == ["93.184.216.34"]
        assert answers == ["rebind.example"]
        outcome = connect("https://rebind.example/in", private=False).send(prepared())
        assert isinstance(outcome, NotSent)
        assert "private network" in outcome.reason
        assert len(called) == 1
        monkeypatch.undo()
        assert server.requests == []


def test_without_an_address_to_ask_nothing_is_known() -> None:
    finding = connect("http://localhost").find(DOCUMENT.key, DOCUMENT)
    assert isinstance(finding, CannotAsk)


# --- the receiver of the documentation ---


@dataclass
class Example:
    """The example, running."""

    module: ModuleType
    url: str
    secret: str

    def connect(self, secret: str = "", **settings: Any) -> AccountingTarget:
        kind = webhook_kind(Site(private_webhooks=True))
        loaded = kind.settings().load({"url": self.url, "status_url": f"{self.url}/{{key}}", **settings})
        return kind.build(loaded, {"signing_secret": secret or self.secret, "previous_secret": "old-secret"})


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Example]:
    spec = importlib.util.spec_from_file_location("webhook_receiver", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.make_server(0, SECRET, str(tmp_path / "documents.sqlite"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Example(module, f"http://127.0.0.1:{server.server_address[1]}/urakka", SECRET)
    server.shutdown()
    thread.join(timeout=5)
    server.server_close()


def test_the_example_takes_a_document_once_and_finds_it(example: Example) -> None:
    target = example.connect()
    target.check()
    assert target.find(DOCUMENT.key, DOCUMENT) == Absent()
    assert target.send(prepared()) == Accepted(DOCUMENT.key)
    assert target.send(prepared()) == Accepted(DOCUMENT.key)
    assert target.find(DOCUMENT.key, DOCUMENT) == Found(DOCUMENT.key)
    assert target.find(DOCUMENT.key.lower(), DOCUMENT) == Absent()


def test_the_example_answers_a_ping_and_keeps_nothing(example: Example) -> None:
    example.connect(status_url=None).check()
    example.connect(status_url=None, acceptance="any_2xx")


def test_a_secret_is_changed_without_a_gap(example: Example) -> None:
    """The connection gets the new secret and keeps the old one; the receiver changes over whenever it likes."""
    target = example.connect(secret="the-new-one")
    assert isinstance(target.send(prepared()), Rejected)
    kind = webhook_kind(Site(private_webhooks=True))
    settings = kind.settings().load({"url": example.url, "status_url": f"{example.url}/{{key}}"})
    both = {"signing_secret": "the-new-one", "previous_secret": example.secret}
    assert isinstance(kind.build(settings, both).send(prepared()), Accepted)
    alone = kind.build({**settings, "sign_with_previous": False}, both)
    assert isinstance(alone.send(prepared()), Rejected)


@pytest.mark.parametrize("minutes", [-6, 6, -4, 4])
def test_the_example_refuses_a_signature_of_another_time(example: Example, minutes: int) -> None:
    receiver = Receiver(example.url, None, "echo", (Secret(example.secret),))
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    outcome = WebhookTarget(receiver, Transport(1, 1), now=lambda: moment).send(prepared())
    assert isinstance(outcome, Rejected if abs(minutes) > 5 else Accepted)


def test_the_example_refuses_a_changed_body(example: Example) -> None:
    made = prepared()
    assert example.module.is_genuine({}, b"", SECRET) is False
    with fault_server(http_reply(ECHO)) as server:
        connect(server.url).send(made)
        head = server.requests[0].partition(b"\r\n\r\n")[0].decode()
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    assert example.module.is_genuine(headers, made.payload, SECRET)
    assert not example.module.is_genuine(headers, made.payload + b" ", SECRET)
    assert not example.module.is_genuine(headers, made.payload, "another")


def test_the_example_is_short() -> None:
    assert len([line for line in EXAMPLE.read_text().splitlines() if line.strip()]) < 60
