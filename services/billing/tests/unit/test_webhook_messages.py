"""Signature, body and the meaning of answers."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import ValidationError

from services.billing.adapters.faults import Busy, Fault, Refused
from services.billing.adapters.secret import Secret
from services.billing.adapters.transport import Answer
from services.billing.adapters.webhook.answers import ANY_2XX, ECHO, accepted, finding
from services.billing.adapters.webhook.body import document_body
from services.billing.adapters.webhook.settings import WebhookSettings
from services.billing.adapters.webhook.signing import signing_headers
from services.billing.domain.document import Address, Attachment, Delivery, OriginalDocument, Period
from services.billing.domain.outcomes import Absent, Accepted, Found
from services.billing.tests.targets import a_document, a_line, a_payer

KEY = "URK-00000000-0000-4000-8000-000000000001"


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def test_the_signature_covers_timestamp_and_content() -> None:
    headers = signing_headers([Secret("new"), Secret("old")], datetime(2026, 11, 21, 12, tzinfo=UTC), b"{}")
    expected = [hmac.new(s, b"1795262400.{}", hashlib.sha256).hexdigest() for s in (b"new", b"old")]
    assert headers == {"Urakka-Timestamp": "1795262400", "Urakka-Signature": f"v1={expected[0]},v1={expected[1]}"}


def test_the_body_holds_the_whole_document_with_numbers_as_text() -> None:
    original = OriginalDocument("d0", "URK-original", date(2026, 1, 2), "17", None)
    line = a_line(
        quantity=Decimal("0.333"), unit_price=Decimal("1.4520"), net=Decimal("0.48"), vat_share=Decimal("0.1")
    )
    document = a_document([line], key=KEY, reverses=original, payer=a_payer(name="Å\x00\ud800 Oy"))
    content = json.loads(document_body(document))
    assert (content["type"], content["key"]) == ("urakka.document.v1", KEY)
    told = content["document"]
    assert (told["net"], told["vat"], told["gross"]) == ("0.48", "0.10", "0.58")
    shown = {
        name: told["lines"][0][name] for name in ("quantity", "unit_price", "vat_rate_percent", "discount_percent")
    }
    assert shown == {"quantity": "0.333", "unit_price": "1.452", "vat_rate_percent": "25.5", "discount_percent": "0"}
    assert told["payer"]["name"] == "Å Oy"
    assert told["payer"]["address"]["postal_code"] == "02150"
    assert told["reverses_key"] == "URK-original"
    assert "tenant_id" not in told


def test_the_body_tells_site_dates_labour_and_files() -> None:
    site = Delivery("A-talo", Address("Haapatie 4 A", "02150", "ESPOO", "FI"))
    line = a_line(
        performed_from=date(2026, 2, 26), performed_to=date(2026, 2, 27), site_name="A-talo",
        dimensions={"cost_centre": "KP-1"},
    )  # fmt: skip
    document = a_document(
        [line],
        payer=a_payer(kind="private", late_interest_percent=Decimal("10.50")),
        period=Period(date(2026, 2, 26), date(2026, 2, 27)),
        delivery=site,
        prices_include_vat=True,
        attachments=(Attachment("a.pdf", "application/pdf", b"%PDF-1.7", "0" * 64),),
    )
    told = json.loads(document_body(document))["document"]
    assert told["period"] == {"first": "2026-02-26", "last": "2026-02-27"}
    assert told["delivery"]["address"]["street"] == "Haapatie 4 A"
    assert (told["prices_include_vat"], told["payer"]["late_interest_percent"]) == (True, "10.5")
    assert told["labour"] == {
        "net": "135.00",
        "gross": "169.43",
        "statement": "Työn osuus kotitalousvähennystä varten 169,43 € (sis. alv 25,5 %)",
    }
    assert base64.b64decode(told["attachments"][0]["content"]) == b"%PDF-1.7"
    shown = told["lines"][0]
    assert (shown["performed_from"], shown["site_name"], shown["unit_price_gross"]) == (
        "2026-02-26",
        "A-talo",
        "56.475",
    )
    assert shown["dimensions"] == {"cost_centre": "KP-1"}


def test_the_same_numbers_make_the_same_bytes() -> None:
    one = a_document([a_line(quantity=Decimal("3"), discount_percent=Decimal("0"))], key=KEY)
    other = a_document([a_line(quantity=Decimal("3.000"), discount_percent=Decimal("0.00"))], key=KEY)
    assert document_body(one) == document_body(other)


@pytest.mark.parametrize(
    ("given", "acceptance", "expected"),
    [
        (answer(200, {"key": KEY}), ECHO, Accepted(KEY)),
        (answer(201, {"key": KEY, "id": 17, "number": "2026-1"}), ECHO, Accepted("17", "2026-1")),
        (
            answer(202, {"key": KEY, "id": "a", "net": "1.00", "vat": "0.26", "gross": "1.26"}),
            ECHO,
            Accepted("a", None, Decimal("1.00"), Decimal("0.26"), Decimal("1.26")),
        ),
        (answer(200, {"key": KEY, "gross": "much", "net": 1, "vat": "NaN", "id": True}), ECHO, Accepted(KEY)),
        (answer(409, {"key": KEY, "id": "17"}), ECHO, Accepted("17")),
        (answer(204), ANY_2XX, Accepted(KEY)),
        (answer(200, b"<html>ok"), ANY_2XX, Accepted(KEY)),
        (answer(200, {"id": "x"}), ANY_2XX, Accepted("x")),
    ],
)
def test_acceptance(given: Answer, acceptance: str, expected: Accepted) -> None:
    assert accepted(given, KEY, acceptance) == expected


@pytest.mark.parametrize(
    ("given", "acceptance"),
    [
        (answer(200), ECHO),
        (answer(200, {"id": 17}), ECHO),
        (answer(200, {"key": KEY.lower()}), ECHO),
        (answer(200, {"key": KEY[:-1]}), ANY_2XX),
        (answer(200, b'{"key": "URK-00'), ANY_2XX),
        (answer(200, [KEY]), ECHO),
        (answer(303, {"key": KEY}), ANY_2XX),
        (answer(408), ECHO),
        (answer(409, {"key": "another"}), ECHO),
        (answer(418), ECHO),
        (answer(500, {"key": KEY}), ECHO),
        (answer(503, b"", retry_after="5"), ANY_2XX),
    ],
)
def test_everything_else_is_unclear(given: Answer, acceptance: str) -> None:
    with pytest.raises(Fault) as fault:
        accepted(given, KEY, acceptance)
    assert not isinstance(fault.value, Refused | Busy)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 415, 422])
def test_documented_refusals_need_no_body_but_may_say_where(status: int) -> None:
    with pytest.raises(Refused):
        accepted(answer(status, b"<html>"), KEY, ECHO)
    with pytest.raises(Refused) as refusal:
        accepted(answer(status, {"detail": "No such\nunit", "pointer": "/lines/0/unit"}), KEY, ECHO)
    assert refusal.value.reason.endswith(": No such unit")
    assert (refusal.value.pointer, refusal.value.code.partition(".")[0]) == ("/lines/0/unit", "webhook")


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("soon", None), ("", None)])
def test_too_many_requests_are_not_sent(header: str, seconds: float | None) -> None:
    with pytest.raises(Busy) as busy:
        accepted(answer(429, b"", retry_after=header), KEY, ECHO)
    assert busy.value.retry_after_s == seconds


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(200, {"key": KEY, "id": "17", "gross": "1.26"}), Found("17", None, Decimal("1.26"))),
        (answer(200, {"key": KEY, "found": True}), Found(KEY)),
        (answer(200, {"key": KEY, "found": False}), Absent()),
        (answer(404, {"key": KEY, "found": False}), Absent()),
    ],
)
def test_look_ups(given: Answer, expected: object) -> None:
    assert finding(given, KEY) == expected


@pytest.mark.parametrize(
    "given",
    [
        answer(404),
        answer(404, {"detail": "no such page"}),
        answer(404, {"key": KEY}),
        answer(200, {"found": False}),
        answer(200, {"key": KEY + "x", "found": False}),
        answer(200, {"key": KEY.lower(), "id": "17"}),
        answer(200, {"key": KEY, "found": "no"}),
        answer(500, {"key": KEY, "found": False}),
        answer(302, {"key": KEY, "found": True}),
    ],
)
def test_a_look_up_that_is_not_surely_about_this_key_tells_nothing(given: Answer) -> None:
    with pytest.raises(Fault):
        finding(given, KEY)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"url": "http://example.fi"},
        {"url": "https://user:pw@example.fi"},
        {"url": "https://example.fi/#x"},
        {"url": "https://example.fi/a b"},
        {"url": "https://example.fi", "status_url": "https://example.fi/documents"},
        {"url": "https://example.fi", "status_url": "http://example.fi/{key}"},
        {"url": "https://example.fi", "acceptance": "any"},
        {"url": "https://example.fi", "signing_secret": "shown by mistake"},
    ],
)
def test_senseless_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WebhookSettings().load(wrong)


def test_an_address_may_have_a_query() -> None:
    given = {"url": "https://example.fi/in?flow=7", "status_url": "https://example.fi/in?key={key}"}
    assert WebhookSettings().load(given)["status_url"] == given["status_url"]
