"""What is kept of a request: texts in a bearable size, and nothing that opens a door."""

import pytest

from services.billing.adapters.redaction import HIDDEN, LONGEST_BODY, exchange_of, text_of
from services.billing.app.traces import MOST_EXCHANGES, Mask, stored_form
from services.billing.domain.exchanges import collected, is_collecting, note

URL = "https://books.example/invoices?key=1"


def test_headers_that_are_not_known_to_be_harmless_are_hidden() -> None:
    found = exchange_of("GET", URL, {"Authorization": "Bearer x", "Accept": "text/xml", "X-New": "y"}, None)
    assert found.request_headers == {"Authorization": HIDDEN, "Accept": "text/xml", "X-New": HIDDEN}


def test_a_form_and_its_answer_are_hidden_whole() -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    found = exchange_of("POST", URL, headers, b"client_secret=x", status=200, answer=b'{"access_token":"t"}')
    assert (found.request_body, found.answer_body) == (HIDDEN, HIDDEN)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (None, None),
        (b"", ""),
        (b"\xff\xfe\x00", "(3 bytes that are no text)"),
        (b'{"access_token": "a\\"b", "id": 7}', '{"access_token": "***", "id": 7}'),
        (b"AUTHENTICATION_FAILED :: expected 77AF", HIDDEN),
        (b"a\x00b", "ab"),
    ],
)
def test_bodies(body: bytes | None, kept: str | None) -> None:
    assert text_of(body) == kept


def test_a_long_body_is_cut_and_its_size_told() -> None:
    found = str(text_of(("ä" * (LONGEST_BODY + 1)).encode()))
    assert found.endswith(f"… ({2 * LONGEST_BODY + 2} bytes)")
    assert len(str(text_of(("ä" * 3_000_000).encode()))) < LONGEST_BODY + 50


@pytest.mark.parametrize("writing", ["s3cr t/+", "s3cr%20t%2F%2B", "s3cr+t%2F%2B", "czNjciB0Lys="])
def test_a_secret_is_hidden_in_each_writing_that_requests_use(writing: str) -> None:
    assert Mask(["s3cr t/+", "abc"]).hide(f"x={writing};abc") == "x=***;abc"


def test_the_last_exchanges_of_an_attempt_are_kept() -> None:
    with collected() as exchanges:
        for number in range(MOST_EXCHANGES + 5):
            note(exchange_of("GET", f"{URL}{number}", {}, None))
    assert not is_collecting()
    kept = stored_form(exchanges, Mask([]))
    assert len(kept) == MOST_EXCHANGES
    assert kept[-1]["url"] == f"{URL}{MOST_EXCHANGES + 4}"
