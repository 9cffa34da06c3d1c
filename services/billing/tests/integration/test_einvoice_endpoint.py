"""Files to an HTTP end point: one request each, and a narrow reading of the answer."""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.billing.adapters.delivery import public
from services.billing.adapters.delivery.endpoint import EndpointDelivery, EndpointSettings
from services.billing.adapters.delivery.parcel import Parcel
from services.billing.adapters.delivery.public import PublicTransport, public_address
from services.billing.adapters.faults import NothingSent
from services.billing.adapters.secret import Secret
from services.billing.adapters.transport import Transport
from services.billing.domain.outcomes import Absent, Accepted, CannotAsk, Found, NotSent, Rejected, Unclear
from services.billing.domain.target import ConnectionProblem
from services.billing.tests.targets import Reply, close, fault_server, free_port, hang, http_reply, reset

KEY = "URK-00000000-0000-4000-8000-000000000001"
PARCEL = Parcel(KEY, "<Finvoice>ä</Finvoice>".encode(), "application/xml", "10023", Decimal("619.76"))
TOKEN = "PLANTED-token"
JSON = "Content-Type: application/json"


def a_delivery(url: str, transport: Transport | None = None, **changes: object) -> EndpointDelivery:
    settings = EndpointSettings(url=f"{url}/in", token=Secret(TOKEN), looks_up=True)
    return EndpointDelivery(replace(settings, **changes), transport or Transport(1, 1))


def test_the_file_goes_out_once_with_its_key_and_the_token() -> None:
    with fault_server(http_reply(b'{"id": "op-77"}', "202 Accepted", JSON)) as server:
        outcome = a_delivery(server.url, headers={"X-Firm": "9000122-5"}).deliver(PARCEL)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert outcome == Accepted("op-77")
    assert len(server.requests) == 1
    assert body == PARCEL.payload
    assert head.startswith(b"POST /in HTTP/1.1")
    for line in (
        b"Authorization: Bearer PLANTED-token",
        b"Content-Type: application/xml",
        f"Idempotency-Key: {KEY}".encode(),
        f'Content-Disposition: attachment; filename="{KEY}.xml"'.encode(),
        b"X-Firm: 9000122-5",
    ):
        assert line in head.split(b"\r\n")


@pytest.mark.parametrize(
    ("scheme", "header", "line"),
    [("", "X-Api-Key", b"X-Api-Key: PLANTED-token"), ("Token", "Authorization", b"Authorization: Token PLANTED-token")],
)
def test_the_token_goes_where_the_settings_say(scheme: str, header: str, line: bytes) -> None:
    with fault_server(http_reply(b"")) as server:
        assert a_delivery(server.url, token_scheme=scheme, token_header=header).deliver(PARCEL) == Accepted(KEY)
    assert line in server.requests[0].split(b"\r\n")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (http_reply(b"", "200 OK"), Accepted),
        (http_reply(b"", "204 No Content"), Accepted),
        (http_reply(b"not json", "200 OK", JSON), Accepted),
        (http_reply(b"", "400 Bad Request"), Rejected),
        (http_reply(b"", "401 Unauthorized"), Rejected),
        (http_reply(b"", "403 Forbidden"), Rejected),
        (http_reply(b"", "404 Not Found"), Rejected),
        (http_reply(b"", "413 Too Large"), Rejected),
        (http_reply(b"", "422 Unprocessable"), Rejected),
        (http_reply(b"", "429 Slow Down", "Retry-After: 17"), NotSent),
        (http_reply(b"", "302 Found", "Location: http://127.0.0.1:1/"), Unclear),
        (http_reply(b"", "409 Conflict"), Unclear),
        (http_reply(b"", "500 Oops"), Unclear),
        (http_reply(b"", "503 Busy"), Unclear),
        (http_reply(b"x", "200 OK", length=99), Unclear),
        (b"garbage\r\n\r\n", Unclear),
        (reset, Unclear),
        (close, Unclear),
        (hang, Unclear),
    ],
)
def test_every_answer_has_one_meaning_and_nothing_is_repeated(reply: Reply, kind: type) -> None:
    with fault_server(reply, http_reply(b"")) as server:
        outcome = a_delivery(server.url).deliver(PARCEL)
    assert isinstance(outcome, kind), outcome
    assert len(server.requests) == 1
    assert "PLANTED" not in repr(outcome)
    if isinstance(outcome, NotSent):
        assert outcome.retry_after_s == 17


def test_a_refusal_carries_the_end_points_words_without_our_secret() -> None:
    said = b'{"error": "Buyer unknown", "you_sent": "PLANTED-token"}'
    with fault_server(http_reply(said, "422 No", JSON)) as server:
        outcome = a_delivery(server.url).deliver(PARCEL)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "einvoice.endpoint_refused"
    assert "Buyer unknown" in outcome.detail
    assert "PLANTED" not in outcome.detail


def test_nobody_listening_means_that_nothing_was_sent() -> None:
    assert isinstance(a_delivery(f"http://127.0.0.1:{free_port()}").deliver(PARCEL), NotSent)


@pytest.mark.parametrize(
    ("reply", "finding"),
    [
        (http_reply(b'{"id": 5}', "200 OK", JSON), Found("5")),
        (http_reply(b"<Finvoice/>", "200 OK"), Found(KEY)),
        (http_reply(b"", "404 Not Found"), Absent()),
        (http_reply(b"", "500 Oops"), CannotAsk("The end point answered the look-up with status 500")),
        (close, CannotAsk("the connection broke before the whole answer had come")),
    ],
)
def test_a_look_up_asks_by_key(reply: Reply, finding: Found | Absent | CannotAsk) -> None:
    with fault_server(reply) as server:
        assert a_delivery(server.url).find(KEY) == finding
    assert server.lines() == [f"GET /in/{KEY} HTTP/1.1"]


def test_an_end_point_without_look_ups_cannot_be_asked() -> None:
    with fault_server() as server:
        assert isinstance(a_delivery(server.url, looks_up=False).find(KEY), CannotAsk)
    assert server.requests == []


@pytest.mark.parametrize(("status", "is_problem"), [("404 Not Found", False), ("401 No", True), ("500 Oops", True)])
def test_the_check_reads_and_sends_nothing(status: str, is_problem: bool) -> None:
    with fault_server(http_reply(b"", status)) as server:
        delivery = a_delivery(server.url)
        if is_problem:
            with pytest.raises(ConnectionProblem):
                delivery.check()
        else:
            delivery.check()
    assert server.lines() == ["GET /in/connection-test HTTP/1.1"]


# --- private addresses ---


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "2130706433",
    ],
)
def test_addresses_that_are_not_public_are_refused(host: str) -> None:
    with pytest.raises(NothingSent, match="private network"):
        public_address(host, 443)


@pytest.mark.parametrize("host", ["193.166.3.2", "2001:14ba::1"])
def test_public_addresses_are_allowed(host: str) -> None:
    assert public_address(host, 443) == host


def test_a_refused_address_is_not_even_connected_to() -> None:
    with fault_server(http_reply(b"")) as server:
        for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            outcome = a_delivery(url, PublicTransport(1, 1)).deliver(PARCEL)
            assert isinstance(outcome, NotSent)
            assert "private network" in outcome.reason
    assert server.requests == []


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name whose second answer would be another address gains nothing; the Host header keeps the name."""
    with fault_server(http_reply(b"")) as server:
        monkeypatch.setattr(public, "public_address", lambda _host, _port: "127.0.0.1")
        url = server.url.replace("127.0.0.1", "invoices.example.invalid")
        assert a_delivery(url, PublicTransport(1, 1)).deliver(PARCEL) == Accepted(KEY)
    assert b"Host: invoices.example.invalid:" in server.requests[0]
