"""What follows from each thing that can happen between us and Netvisor: a table, over real sockets on loopback."""

import io
import threading
from datetime import date

import pytest

from services.billing.adapters.faults import NothingSent
from services.billing.adapters.registry import TARGETS
from services.billing.adapters.transport import Transport
from services.billing.domain.document import OriginalDocument
from services.billing.domain.outcomes import (
    Absent,
    Accepted,
    CannotAsk,
    FollowedUp,
    Found,
    NotSent,
    Rejected,
    Unclear,
)
from services.billing.domain.target import (
    AccountingTarget,
    ConnectionProblem,
    FollowsUp,
    Prepared,
    TargetIds,
)
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

SECRETS = {"customer_key": "PLANTED-customer-key", "partner_key": "PLANTED-partner-key"}
SHORT_TIMEOUTS = {"connect_timeout_s": 0.5, "read_timeout_s": 0.5}
PREPARED = Prepared(b"<root><salesinvoice/></root>", "URK-1")


def target(url: str, **settings: object) -> AccountingTarget:
    kind = TARGETS["netvisor"]
    given = {
        "url": url,
        "customer_id": "Cust_1",
        "partner_id": "Part_1",
        "organisation_id": "9000011-8",
        "read_back": False,
        **settings,
    }
    return kind.build({**kind.settings().load(given), **SHORT_TIMEOUTS}, SECRETS)


def envelope(inside: str = "", status: str = "<Status>OK</Status>") -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<Root><ResponseStatus>'
        f"{status}<TimeStamp>7.4.2009 13:46:07</TimeStamp></ResponseStatus>{inside}</Root>"
    ).encode()


def failed(text: str) -> bytes:
    return envelope(status=f"<Status>FAILED</Status><Status>{text}</Status>")


def created(key: str = "8") -> bytes:
    return envelope(f"<Replies><InsertedDataIdentifier>{key}</InsertedDataIdentifier></Replies>")


def test_success_with_an_id_is_accepted_and_is_one_signed_post() -> None:
    with fault_server(http_reply(created(), "200 OK", "Content-Type: text/html; charset=utf-8")) as server:
        assert target(server.url).send(PREPARED) == Accepted("8")
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /salesinvoice.nv?method=add HTTP/1.1\r\n")
    assert b"X-Netvisor-Authentication-MACHashCalculationAlgorithm: HMACSHA256" in head
    assert b"X-Netvisor-Authentication-TimestampUnix: " in head
    assert body == PREPARED.payload
    # A kept connection that the server closes at the moment of reuse would look unclear.
    assert b"Connection: close" in head


@pytest.mark.parametrize(
    ("text", "code", "pointer"),
    [
        ("INVALID_DATA :: Data form incorrect:. customer not found", "netvisor.invalid_data", "/payer/number"),
        ("INVALID_DATA :: XML validation: element 'productunitname'", "netvisor.invalid_data", "/lines"),
        ("INVALID_DATA :: jotain muuta", "netvisor.invalid_data", None),
        ("INVALID_DATA_SIZE :: too large", "netvisor.invalid_data_size", "/lines"),
        ("DUPLICATE_DATA :: exists", "netvisor.duplicate_data", None),
        ("PERIOD_LOCK :: lukittu", "netvisor.period_lock", "/document_date"),
        ("SERVICE_ACCESS_ERROR :: no right", "netvisor.service_access_error", None),
        ("AUTHENTICATION_FAILED :: kumppania ei löydy", "netvisor.authentication_failed", None),
    ],
)
def test_a_documented_refusal_is_rejected(text: str, code: str, pointer: str | None) -> None:
    with fault_server(http_reply(failed(text))) as server:
        outcome = target(server.url).send(PREPARED)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.pointer) == (code, pointer)
    assert len(server.requests) == 1


UNCLEAR: dict[str, Reply] = {
    "closed without an answer": close,
    "reset": reset,
    "hangs": hang,
    "trickles for ever": trickle,
    "garbage instead of HTTP": b"\x00\x01\x02 this is not HTTP\r\n\r\n",
    "half a header": b"HTTP/1.1 200 OK\r\nContent-Le",
    "half a body": http_reply(created()[:60], length=len(created())),
    "cut XML": http_reply(created()[:-9]),
    "empty body": http_reply(b""),
    "HTML": http_reply(b"<html><body>OK</body></html>"),
    "OK without an id": http_reply(envelope()),
    "OK with an empty id": http_reply(created("")),
    "OK and an id, but status 500": http_reply(created(), "500 Internal Server Error"),
    "refusal with status 502": http_reply(failed("INVALID_DATA :: x"), "502 Bad Gateway"),
    "OK and an id, but a redirect": http_reply(created(), "302 Found", "Location: http://["),
    "redirect": http_reply(b"", "307 Temporary Redirect", "Location: /elsewhere"),
    "bare 404": http_reply(b"not here", "404 Not Found"),
    "bare 503": http_reply(b"", "503 Service Unavailable"),
    "technical error": http_reply(failed("TECHNICAL_ERROR :: x")),
    "maintenance": http_reply(failed("SYSTEM_MAINTENANCE :: x")),
    "maintenance, other spelling": http_reply(failed("SYSTEM_MAINTANANCE :: x")),
    "seen before": http_reply(failed("REQUEST_NOT_UNIQUE :: x")),
    "unknown code": http_reply(failed("SOMETHING_NEW :: x")),
    "failed without a code": http_reply(failed("")),
    "entity bomb": http_reply(b'<!DOCTYPE r [<!ENTITY a "b">]><Root><ResponseStatus>&a;</ResponseStatus></Root>'),
}


@pytest.mark.parametrize("reply", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_everything_else_after_the_request_went_out_is_unclear_and_not_repeated(reply: Reply) -> None:
    with fault_server(reply, http_reply(created())) as server:
        assert isinstance(target(server.url).send(PREPARED), Unclear)
    assert len(server.requests) == 1


def test_nobody_listens_is_not_sent() -> None:
    assert isinstance(target(f"http://127.0.0.1:{free_port()}").send(PREPARED), NotSent)


def test_an_unknown_name_is_not_sent() -> None:
    outcome = target("https://netvisor.invalid").send(PREPARED)
    assert outcome == NotSent("the server's name could not be resolved")


@pytest.mark.parametrize("reply", [http_reply(created()), close, reset, hang], ids=["plain", "close", "reset", "hang"])
def test_a_failed_tls_handshake_is_not_sent(reply: Reply) -> None:
    with plain_server(reply) as port:
        assert isinstance(target(f"https://127.0.0.1:{port}").send(PREPARED), NotSent)


def test_reading_the_invoice_back_tells_number_and_totals() -> None:
    invoice = """<SalesInvoice><SalesInvoiceNumber>3</SalesInvoiceNumber>
        <SalesInvoiceAmount iso4217currencycode="EUR">169.43</SalesInvoiceAmount><InvoiceLines><InvoiceLine>
        <SalesInvoiceProductLine><SalesInvoiceProductLineVatSum>34,43</SalesInvoiceProductLineVatSum>
        <SalesInvoiceProductLineSum>169,43</SalesInvoiceProductLineSum></SalesInvoiceProductLine>
        </InvoiceLine></InvoiceLines></SalesInvoice>"""
    with fault_server(http_reply(created()), http_reply(envelope(invoice))) as server:
        outcome = target(server.url, read_back=True).send(PREPARED)
    assert isinstance(outcome, Accepted)
    assert [str(x) for x in (outcome.target_number, outcome.net, outcome.vat, outcome.gross)] == [
        "3",
        "135.00",
        "34.43",
        "169.43",
    ]


@pytest.mark.parametrize("second", [hang, reset, http_reply(failed("INVALID_DATA :: x")), http_reply(envelope())])
def test_failing_to_read_back_does_not_undo_the_acceptance(second: Reply) -> None:
    with fault_server(http_reply(created()), second) as server:
        outcome = target(server.url, read_back=True).send(PREPARED)
    assert isinstance(outcome, Accepted)
    assert outcome.target_id == "8"


def row(key: int, comment: str | None, number: str = "5", total: str = "169,43") -> str:
    information = (
        ""
        if comment is None
        else f"<AdditionalInformation><PrivateComment>{comment}</PrivateComment></AdditionalInformation>"
    )
    return (
        f"<SalesInvoice><NetvisorKey>{key}</NetvisorKey><InvoiceNumber>{number}</InvoiceNumber>"
        f"<InvoiceSum>{total}</InvoiceSum><OpenSum>0,00</OpenSum>{information}</SalesInvoice>"
    )


def rows(*parts: str) -> bytes:
    return http_reply(envelope(f"<SalesInvoiceList>{''.join(parts)}</SalesInvoiceList>"))


def test_find_compares_the_key_exactly_and_goes_through_all_pages() -> None:
    document = a_document()
    near = document.key[:-1]
    with fault_server(
        rows(row(7, near), row(8, document.key + "0")), rows(row(9, f"{document.key} tarkistettu", "12"))
    ) as server:
        found = target(server.url).find(document.key, document)
    assert isinstance(found, Found)
    assert (found.target_id, found.target_number, str(found.gross)) == ("9", "12", "169.43")
    assert "invoicesabovenetvisorkey=8" in server.lines()[1]
    assert "customercode=1042" in server.lines()[0]
    assert "replyoption=1" in server.lines()[0]


def test_find_is_absent_when_the_last_page_is_empty() -> None:
    document = a_document()
    with fault_server(rows(row(7, "URK-other")), rows()) as server:
        assert target(server.url).find(document.key, document) == Absent()
    assert len(server.requests) == 2


def test_a_list_that_ignores_paging_comes_to_an_end() -> None:
    document = a_document()
    with fault_server(*[rows(row(7, "URK-other"))] * 5) as server:
        assert target(server.url).find(document.key, document) == Absent()
    assert len(server.requests) == 2


def test_an_invoice_whose_row_tells_no_comment_is_read_itself() -> None:
    document = a_document()
    invoice = f"<SalesInvoice><SalesInvoicePrivateComment>{document.key}</SalesInvoicePrivateComment></SalesInvoice>"
    with fault_server(rows(row(7, None), row(8, None, total="1,00")), rows(), http_reply(envelope(invoice))) as server:
        found = target(server.url).find(document.key, document)
    assert isinstance(found, Found)
    assert found.target_id == "7"
    assert "netvisorkey=7" in server.lines()[2]


def test_a_draft_that_is_not_in_the_list_is_not_called_absent() -> None:
    document = a_document()
    with fault_server(rows()) as server:
        found = target(server.url, invoice_type="invoicedraft").find(document.key, document)
    assert isinstance(found, CannotAsk)


@pytest.mark.parametrize("reply", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_a_look_up_without_a_clear_answer_is_never_absent(reply: Reply) -> None:
    if reply in (UNCLEAR["OK without an id"], UNCLEAR["OK with an empty id"]):
        reply = http_reply(b"<Root/>")
    document = a_document()
    with fault_server(rows(row(1, "URK-other")), reply) as server:
        assert isinstance(target(server.url).find(document.key, document), CannotAsk)


def customers(*pairs: tuple[str, str]) -> bytes:
    inside = "".join(f"<Customer><Netvisorkey>{k}</Netvisorkey><Code>{c}</Code></Customer>" for k, c in pairs)
    return http_reply(envelope(f"<Customerlist>{inside}</Customerlist>"))


def products(*pairs: tuple[str, str]) -> bytes:
    inside = "".join(
        f"<Product><NetvisorKey>{k}</NetvisorKey><ProductCode>{c}</ProductCode></Product>" for k, c in pairs
    )
    return http_reply(envelope(f"<ProductList>{inside}</ProductList>"))


def test_customer_and_product_are_matched_by_number_and_code_only() -> None:
    links = MemoryLinks()
    with fault_server(
        customers(("1", "10420"), ("2", "1042")), products(("5", "HUOLTO-PV"), ("6", "huolto"))
    ) as server:
        prepared = target(server.url).prepare(a_document([a_line(), a_line()]), links)
    assert isinstance(prepared, Prepared)
    linked = {key: link for key, link in links.links.items() if key[0] in ("customer", "product")}
    assert linked == {
        ("customer", "1042"): ("2", "customer_number"),
        ("product", "HUOLTO"): ("6", "product_code"),
    }
    assert len(server.requests) == 2


def test_missing_ones_are_created_once_and_remembered() -> None:
    links = MemoryLinks()
    document = a_document()
    with fault_server(customers(), http_reply(created("21")), products(), http_reply(created("22"))) as server:
        first = target(server.url).prepare(document, links)
        second = target(server.url).prepare(document, links)
    assert isinstance(first, Prepared)
    assert first == second
    assert len(server.requests) == 4
    assert links.get("customer", "1042") == "21"
    assert b'type="netvisor">21<' in first.payload


def test_a_lost_answer_to_a_creation_is_looked_up_and_taken_over() -> None:
    links = MemoryLinks()
    with fault_server(customers(), reset, customers(("31", "1042")), products(("6", "HUOLTO"))) as server:
        assert isinstance(target(server.url).prepare(a_document(), links), Prepared)
    assert links.get("customer", "1042") == "31"
    assert sum(line.startswith("POST") for line in server.lines()) == 1


def test_an_unclear_creation_stays_unclear_and_the_next_attempt_looks_before_it_creates() -> None:
    links = MemoryLinks()
    with fault_server(customers(), reset, customers(), customers(("31", "1042")), products(("6", "HUOLTO"))) as server:
        assert isinstance(target(server.url).prepare(a_document(), links), Unclear)
        assert links.links == {}
        assert isinstance(target(server.url).prepare(a_document(), links), Prepared)
    assert sum(line.startswith("POST") for line in server.lines()) == 1


def test_a_number_taken_meanwhile_is_looked_up_again() -> None:
    links = MemoryLinks()
    taken = http_reply(failed("DUPLICATE_DATA :: number taken"))
    with fault_server(customers(), taken, customers(("31", "1042")), products(("6", "HUOLTO"))) as server:
        assert isinstance(target(server.url).prepare(a_document(), links), Prepared)
    assert links.get("customer", "1042") == "31"


def test_a_refused_customer_is_rejected_with_the_place() -> None:
    with fault_server(customers(), http_reply(failed("INVALID_DATA :: jotain"))) as server:
        outcome = target(server.url).prepare(a_document(), MemoryLinks())
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.pointer) == ("netvisor.invalid_data", "/payer")


@pytest.mark.parametrize(
    "reply", [hang, reset, http_reply(b"", "503 x"), http_reply(failed("SYSTEM_MAINTENANCE :: x"))]
)
def test_a_look_up_that_fails_in_prepare_is_not_sent(reply: Reply) -> None:
    with fault_server(reply) as server:
        assert isinstance(target(server.url).prepare(a_document(), MemoryLinks()), NotSent)
    assert len(server.requests) == 1


def test_check_passes_on_an_empty_list_and_names_the_problem_otherwise() -> None:
    with fault_server(rows(), http_reply(failed("AUTHENTICATION_FAILED :: x"))) as server:
        target(server.url).check()
        with pytest.raises(ConnectionProblem, match="did not accept the credentials"):
            target(server.url).check()


def test_calls_on_one_connection_run_one_at_a_time() -> None:
    running, most = [0], [0]
    lock = threading.Lock()
    together = threading.Event()

    def slow(connection: object) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        together.wait(0.05)
        with lock:
            running[0] -= 1
        connection.sendall(http_reply(created()))  # type: ignore[attr-defined]

    with fault_server(*[slow] * 4) as server:
        shared_target = target(server.url)
        threads = [threading.Thread(target=shared_target.send, args=(PREPARED,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=10)
    assert len(server.requests) == 4
    assert most[0] == 1


def test_secrets_show_nowhere(everything_logged: io.StringIO) -> None:
    told = f"AUTHENTICATION_FAILED :: MAC of …&{SECRETS['customer_key']}&{SECRETS['partner_key']} expected"
    echoed = f"INVALID_DATA :: {SECRETS['customer_key']} {SECRETS['partner_key']}"
    seen: list[object] = []
    with fault_server(http_reply(failed(told)), http_reply(failed(echoed)), reset, http_reply(failed(told))) as server:
        it = target(server.url)
        seen += [
            it.send(PREPARED),
            it.send(PREPARED),
            it.send(PREPARED),
            repr(it),
            repr(vars(it)),
            repr(vars(it._client)),
        ]  # type: ignore[attr-defined]
        with pytest.raises(ConnectionProblem) as problem:
            it.check()
    seen += [problem.value, problem.value.detail, problem.value.facts, *server.requests, everything_logged.getvalue()]
    assert not [item for item in seen if "PLANTED" in repr(item)]


def test_keys_outside_latin_1_are_not_sent_and_not_shown() -> None:
    kind = TARGETS["netvisor"]
    settings = kind.settings().load(
        {
            "url": "http://127.0.0.1:9",
            "customer_id": "a",
            "partner_id": "b",
            "organisation_id": "9000011-8",
        }
    )
    outcome = kind.build(settings, {"customer_key": "PLANTED–€", "partner_key": "x"}).send(PREPARED)
    assert isinstance(outcome, NotSent)
    assert "PLANTED" not in repr(outcome)


def test_the_transport_sends_no_header_that_would_split() -> None:
    with pytest.raises(NothingSent):
        Transport(1, 1).call("GET", "http://127.0.0.1:9/", {"X-A": "b\r\nX-C: d"})


# --- matching a credit ---

ORIGINAL = OriginalDocument("d1", "URK-original", date(2026, 3, 2), "7", "2026007")


def follow_up(url: str) -> FollowedUp:
    it = target(url)
    assert isinstance(it, FollowsUp)
    return it.follow_up(a_document(reverses=ORIGINAL), TargetIds("9"), MemoryLinks())


def the_credit(inside: str = "") -> bytes:
    return http_reply(envelope(f"<SalesInvoice><SalesInvoiceNumber>12</SalesInvoiceNumber>{inside}</SalesInvoice>"))


def credit_row(still_open: str, key: int = 9) -> str:
    return (
        f"<SalesInvoice><NetvisorKey>{key}</NetvisorKey><InvoiceSum>-169,43</InvoiceSum>"
        f"<OpenSum>{still_open}</OpenSum></SalesInvoice>"
    )


@pytest.mark.parametrize(
    "replies",
    [
        [the_credit("<MatchedInvoices><NetvisorKey>7</NetvisorKey></MatchedInvoices>")],
        [the_credit("<CreditedInvoiceNetvisorKey>7</CreditedInvoiceNetvisorKey>")],
        [the_credit(), rows(credit_row("0,00"))],
        [the_credit(), rows(credit_row("-169,43", key=8), credit_row("-69,43"))],
    ],
    ids=["matched element", "credited element", "nothing open", "partly open"],
)
def test_a_credit_that_shows_as_matched_is_not_matched_again(replies: list[Reply]) -> None:
    with fault_server(*replies, http_reply(envelope())) as server:
        assert follow_up(server.url) == FollowedUp(("match_credit",))
    assert [line for line in server.lines() if line.startswith("POST")] == []


def test_a_credit_that_is_open_is_matched_by_both_keys() -> None:
    other = "<MatchedInvoices><NetvisorKey>77</NetvisorKey></MatchedInvoices>"
    with fault_server(the_credit(other), rows(credit_row("-169,43")), http_reply(envelope())) as server:
        assert follow_up(server.url) == FollowedUp(("match_credit",))
    head, _, body = server.requests[2].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /matchcreditnote.nv HTTP/1.1\r\n")
    assert body == (
        b"<root><matchcreditnote><creditnotenetvisorkey>9</creditnotenetvisorkey>"
        b"<invoicenetvisorkey>7</invoicenetvisorkey></matchcreditnote></root>"
    )


@pytest.mark.parametrize(
    "replies",
    [
        [hang],
        [the_credit(), reset],
        [the_credit(), rows()],
        [the_credit(), rows(credit_row(""))],
        [the_credit(), rows(credit_row("-169,43", key=8))],
    ],
    ids=["no answer", "no list", "not in the list", "no open sum", "another one"],
)
def test_a_credit_whose_state_is_not_told_is_not_matched(replies: list[Reply]) -> None:
    with fault_server(*replies, http_reply(envelope())) as server:
        problem = follow_up(server.url).problem
    assert isinstance(problem, Unclear)
    assert [line for line in server.lines() if line.startswith("POST")] == []


def test_a_credit_that_is_not_there_is_a_matter_for_a_person() -> None:
    with fault_server(http_reply(envelope("<SalesInvoice/>"))) as server:
        problem = follow_up(server.url).problem
    assert isinstance(problem, Rejected)
    assert problem.code == "netvisor.credit_not_matched"
