"""What follows from each thing that can happen between us and Procountor: a table, over real sockets on loopback."""

import io
import json

import pytest

from services.billing.adapters.procountor.client import Credentials, ProcountorClient
from services.billing.adapters.procountor.rules import Rules
from services.billing.adapters.procountor.settings import SECRETS as SECRET_NAMES
from services.billing.adapters.procountor.target import ProcountorTarget
from services.billing.adapters.registry import TARGETS
from services.billing.adapters.secret import Secret
from services.billing.adapters.transport import Transport
from services.billing.domain.outcomes import Absent, Accepted, CannotAsk, Found, NotSent, Rejected, Unclear
from services.billing.domain.target import AccountingTarget, ConnectionProblem, Prepared
from services.billing.tests.targets import (
    MemoryLinks,
    Reply,
    a_document,
    a_line,
    close,
    fault_server,
    free_port,
    hang,
    http_reply,
    plain_server,
    reset,
    trickle,
)

SECRETS = {name: f"PLANTED-{name}" for name in SECRET_NAMES}
SHORT_TIMEOUTS = {"connect_timeout_s": 0.5, "read_timeout_s": 0.5}
PREPARED = Prepared(b'{"type":"SALES_INVOICE"}', "URK-1")


def target(url: str, **more: object) -> AccountingTarget:
    kind = TARGETS["procountor"]
    given = {"url": f"{url}/api", "iban": "FI37 1590 3000 0007 76", "requests_per_second": 60, "check_vat": False}
    settings = kind.settings().load({**given, **more})
    return kind.build({**settings, **SHORT_TIMEOUTS}, SECRETS)


def answer(value: object, status: str = "200 OK", *headers: str) -> bytes:
    return http_reply(json.dumps(value).encode(), status, "Content-Type: application/json", *headers)


def token(name: str = "PLANTED-token", expires_in: object = 3600) -> bytes:
    return answer({"access_token": name, "expires_in": expires_in, "token_type": "bearer"})


def created(**fields: object) -> dict[str, object]:
    return {
        "id": 501,
        "invoiceNumber": 12,
        "originalInvoiceNumber": "URK-1",
        "paymentInfo": {"currency": "EUR"},
        "invoiceSumInfo": [
            {"currency": "EUR", "excludingVatTotal": 135.0, "vatSumTotal": 34.43, "invoiceSumTotal": 169.43}
        ],
        **fields,
    }


UNAUTHORISED = answer({"errors": [{"status": 401, "message": "expired"}]}, "401 Unauthorized")


def test_success_with_an_id_is_accepted_with_number_and_totals() -> None:
    with fault_server(token(), answer(created())) as server:
        outcome = target(server.url).send(PREPARED)
    assert isinstance(outcome, Accepted)
    assert (outcome.target_id, outcome.target_number) == ("501", "12")
    assert [str(x) for x in (outcome.net, outcome.vat, outcome.gross)] == ["135.0", "34.43", "169.43"]
    assert server.lines() == ["POST /api/oauth/token HTTP/1.1", "POST /api/invoices HTTP/1.1"]
    assert server.requests[1].endswith(PREPARED.payload)


def test_the_secrets_go_in_the_body_of_the_token_request_only() -> None:
    with fault_server(token(), answer(created())) as server:
        target(server.url).send(PREPARED)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert b"Content-Type: application/x-www-form-urlencoded\r\n" in head
    assert b"PLANTED" not in head
    assert b"grant_type=client_credentials" in body
    assert b"PLANTED-api_key" in body
    assert b"PLANTED-api_key" not in server.requests[1]


def test_a_token_is_kept() -> None:
    with fault_server(token(), answer(created()), answer(created())) as server:
        it = target(server.url)
        it.send(PREPARED)
        it.send(PREPARED)
    assert [line.split()[1] for line in server.lines()] == ["/api/oauth/token", "/api/invoices", "/api/invoices"]


def test_a_token_is_renewed_before_it_expires() -> None:
    now = [0.0]
    with fault_server(token("a", 100), answer(created()), token("b", 100), answer(created())) as server:
        client = ProcountorClient(
            f"{server.url}/api",
            Credentials(**{name: Secret(SECRETS[name]) for name in SECRET_NAMES}),
            Transport(1, 1),
            clock=lambda: now[0],
            sleep=lambda _s: None,
        )
        it = ProcountorTarget(client, Rules(iban="x"))
        it.send(PREPARED)
        now[0] = 60.0  # of 100 s, less a margin of 60 s but at least half of its life
        it.send(PREPARED)
    assert b"Bearer b" in server.requests[3]


def test_calls_keep_the_pace() -> None:
    now, pauses = [0.0], []

    def sleep(duration_s: float) -> None:
        pauses.append(round(duration_s, 3))
        now[0] += duration_s

    with fault_server(token(), answer(created()), answer(created())) as server:
        client = ProcountorClient(
            f"{server.url}/api",
            Credentials(**{name: Secret(SECRETS[name]) for name in SECRET_NAMES}),
            Transport(1, 1),
            requests_per_second=4,
            clock=lambda: now[0],
            sleep=sleep,
        )
        ProcountorTarget(client, Rules(iban="x")).send(PREPARED)
        ProcountorTarget(client, Rules(iban="x")).send(PREPARED)
    assert pauses == [0.25, 0.25]


def test_one_expired_token_is_renewed_and_the_refused_call_made_again() -> None:
    with fault_server(token("old"), UNAUTHORISED, token("new"), answer(created())) as server:
        assert isinstance(target(server.url).send(PREPARED), Accepted)
    assert b"Bearer new" in server.requests[3]


def test_a_second_401_ends_it() -> None:
    with fault_server(token(), UNAUTHORISED, token(), UNAUTHORISED, answer(created())) as server:
        outcome = target(server.url).send(PREPARED)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "procountor.authentication_failed"
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("reply", "wait_s"),
    [
        (http_reply(b"", "429 Too Many Requests"), None),
        (http_reply(b"", "429 Too Many Requests", "Retry-After: 7"), 7.0),
    ],
)
@pytest.mark.parametrize("at_the_token", [True, False])
def test_too_many_requests_is_not_sent(reply: bytes, wait_s: float | None, at_the_token: bool) -> None:
    replies = [reply] if at_the_token else [token(), reply]
    with fault_server(*replies) as server:
        assert target(server.url).send(PREPARED) == NotSent("Procountor asks for a pause", wait_s)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("400 Bad Request", "procountor.http_400"),
        ("403 Forbidden", "procountor.http_403"),
        ("404 Not Found", "procountor.http_404"),
    ],
)
def test_a_documented_refusal_is_rejected(status: str, code: str) -> None:
    body = {"errors": [{"status": 400, "field": "invoiceRows[1].unit", "message": "INVALID"}]}
    with fault_server(token(), answer(body, status)) as server:
        outcome = target(server.url).send(PREPARED)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.pointer) == (code, "/lines/1/unit")
    assert len(server.requests) == 2


UNCLEAR: dict[str, Reply] = {
    "closed without an answer": close,
    "reset": reset,
    "hangs": hang,
    "trickles for ever": trickle,
    "garbage instead of HTTP": b"\x00\x01\x02 this is not HTTP\r\n\r\n",
    "half a body": http_reply(b'{"id": 50', length=100),
    "cut JSON": http_reply(b'{"id": 501, "invoiceNumber"'),
    "not a number": http_reply(b'{"id": NaN}'),
    "deep nesting": http_reply(b"[" * 200_000),
    "not UTF-8": http_reply(b'{"id": 501, "a": "\xff"}'),
    "empty body": http_reply(b""),
    "HTML": http_reply(b"<html>OK</html>"),
    "a list": answer([created()]),
    "no id": answer({"status": "UNFINISHED"}),
    "id of a wrong type": answer(created(id="501")),
    "id 0": answer(created(id=0)),
    "id true": answer(created(id=True)),
    "id null": answer(created(id=None)),
    "another invoice": answer(created(originalInvoiceNumber="URK-2")),
    "202": answer(created(), "202 Accepted"),
    "204": http_reply(b"", "204 No Content"),
    "redirect": http_reply(b"", "307 Temporary Redirect", "Location: /elsewhere"),
    "bare 400": http_reply(b"<html>", "400 Bad Request"),
    "bare 404": http_reply(b"", "404 Not Found"),
    "408": answer({"errors": [{"message": "x"}]}, "408 Request Timeout"),
    "500 with errors": answer({"errors": [{"message": "x"}]}, "500 Internal Server Error"),
    "503": http_reply(b"", "503 Service Unavailable", "Retry-After: 1"),
}


@pytest.mark.parametrize("reply", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_everything_else_after_the_request_went_out_is_unclear_and_not_repeated(reply: Reply) -> None:
    with fault_server(token(), reply, answer(created())) as server:
        assert isinstance(target(server.url).send(PREPARED), Unclear)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "reply",
    [hang, reset, http_reply(b"", "500 x"), http_reply(b"{"), answer({}), answer({"access_token": "ä"})],
)
def test_without_a_token_nothing_was_sent(reply: Reply) -> None:
    with fault_server(reply) as server:
        assert isinstance(target(server.url).send(PREPARED), NotSent)
    assert len(server.requests) == 1


def test_wrong_credentials_are_rejected() -> None:
    with fault_server(UNAUTHORISED) as server:
        outcome = target(server.url).send(PREPARED)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "procountor.authentication_failed"


def test_nobody_listens_is_not_sent() -> None:
    assert isinstance(target(f"http://127.0.0.1:{free_port()}").send(PREPARED), NotSent)


def test_a_failed_tls_handshake_is_not_sent() -> None:
    with plain_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert isinstance(target(f"https://127.0.0.1:{port}").send(PREPARED), NotSent)


def page(*rows: dict[str, object], size: int = 200) -> bytes:
    return answer({"results": list(rows), "meta": {"pageNumber": 0, "pageSize": size, "resultCount": len(rows)}})


def test_find_compares_exactly_and_goes_through_all_pages() -> None:
    document = a_document()
    near = [{"id": number, "originalInvoiceNumber": document.key + "x"} for number in (1, 2)]
    match = {
        "id": 3,
        "originalInvoiceNumber": document.key,
        "invoiceNumber": 9,
        "invoiceSumInfo": created()["invoiceSumInfo"],
    }
    with fault_server(token(), page(*near, size=2), page(match, size=2)) as server:
        found = target(server.url).find(document.key, document)
    assert isinstance(found, Found)
    assert (found.target_id, found.target_number, str(found.gross)) == ("3", "9", "169.43")
    assert f"originalInvoiceNumber={document.key}" in server.lines()[1]
    assert "page=1" in server.lines()[2]


def test_find_is_absent_when_only_other_keys_match() -> None:
    document = a_document()
    with fault_server(token(), page({"id": 1, "originalInvoiceNumber": document.key[:-1]})) as server:
        assert target(server.url).find(document.key, document) == Absent()


def test_a_search_that_ignores_paging_comes_to_an_end() -> None:
    document = a_document()
    with fault_server(token(), *[page({"id": 1, "originalInvoiceNumber": "other"}, size=1)] * 5) as server:
        assert target(server.url).find(document.key, document) == Absent()
    assert len(server.requests) == 3


@pytest.mark.parametrize("reply", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_a_look_up_without_a_clear_answer_is_never_absent(reply: Reply) -> None:
    document = a_document()
    with fault_server(token(), reply) as server:
        assert isinstance(target(server.url).find(document.key, document), CannotAsk)


def partner(number: int, customer_number: str) -> dict[str, object]:
    return {"id": number, "invoicingInfo": {"customerNumber": customer_number}}


def test_partner_and_product_are_matched_by_number_and_code_only() -> None:
    links = MemoryLinks()
    goods = page({"id": 5, "code": "HUOLTO-PV"}, {"id": 6, "code": "huolto"})
    with fault_server(token(), page(partner(1, "10420"), partner(2, "1042")), goods) as server:
        prepared = target(server.url).prepare(a_document([a_line(), a_line()]), links)
    assert isinstance(prepared, Prepared)
    found = {key: link for key, link in links.links.items() if key[0] in ("customer", "product")}
    assert found == {
        ("customer", "1042"): ("2", "customer_number"),
        ("product", "HUOLTO"): ("6", "product_code"),
    }


def test_a_shortened_partner_is_read_whole() -> None:
    links = MemoryLinks({("product", "HUOLTO"): ("6", "created")})
    with fault_server(token(), page({"id": 2}), answer(partner(2, "1042"))) as server:
        assert isinstance(target(server.url).prepare(a_document(), links), Prepared)
    assert server.lines()[2].startswith("GET /api/businesspartners/2 ")


def test_missing_ones_are_created_once_and_remembered() -> None:
    links = MemoryLinks()
    document = a_document()
    with fault_server(token(), page(), page(), answer({"id": 21}), page(), answer({"id": 22})) as server:
        it = target(server.url)
        first, second = it.prepare(document, links), it.prepare(document, links)
    assert isinstance(first, Prepared)
    assert first == second
    assert json.loads(first.payload)["partnerId"] == 21
    assert [line.split()[0] for line in server.lines()] == ["POST", "GET", "GET", "POST", "GET", "POST"]


def test_an_inactive_customer_is_not_made_a_second_time() -> None:
    with fault_server(token(), page(), page(partner(2, "1042"))) as server:
        outcome = target(server.url).prepare(a_document(), MemoryLinks())
    assert isinstance(outcome, Rejected)
    assert outcome.code == "procountor.customer_inactive"


def test_a_lost_answer_to_a_creation_is_looked_up_and_taken_over() -> None:
    links = MemoryLinks({("product", "HUOLTO"): ("6", "created")})
    with fault_server(token(), page(), page(), reset, page(partner(31, "1042"))) as server:
        assert isinstance(target(server.url).prepare(a_document(), links), Prepared)
    assert links.get("customer", "1042") == "31"
    assert sum(line.startswith("POST /api/b") for line in server.lines()) == 1


def test_an_unclear_creation_stays_unclear_and_the_next_attempt_looks_before_it_creates() -> None:
    links = MemoryLinks({("product", "HUOLTO"): ("6", "created")})
    with fault_server(token(), page(), page(), reset, page(), page(), page(partner(31, "1042"))) as server:
        it = target(server.url)
        assert isinstance(it.prepare(a_document(), links), Unclear)
        assert isinstance(it.prepare(a_document(), links), Prepared)
    assert sum(line.startswith("POST /api/b") for line in server.lines()) == 1


def test_check_names_the_problem() -> None:
    with fault_server(token(), page(), UNAUTHORISED, UNAUTHORISED) as server:
        target(server.url).check()
        with pytest.raises(ConnectionProblem, match="did not accept the credentials"):
            target(server.url).check()


def test_secrets_show_nowhere(everything_logged: io.StringIO) -> None:
    echoed = answer({"errors": [{"message": f"bad {' '.join(SECRETS.values())}"}]}, "400 Bad Request")
    seen: list[object] = []
    with (
        fault_server(token(), echoed, reset, hang, UNAUTHORISED, token(), reset) as server,
    ):
        it = target(server.url)
        seen += [it.send(PREPARED), it.send(PREPARED), it.send(PREPARED)]
        with pytest.raises(ConnectionProblem) as problem:
            it.check()
        client = it._client  # type: ignore[attr-defined]
        seen += [repr(it), repr(vars(it)), repr(vars(client)), repr(client._credentials)]
    seen += [problem.value, problem.value.detail, problem.value.facts, everything_logged.getvalue()]
    assert not [item for item in seen if "PLANTED" in repr(item)]
    assert len(server.requests) == 7
