"""A worker, who may see neither prices nor costs nor door codes, reads everything and finds none of them.

The firm is filled with marked values (`tests.support.filled`); every GET of every service is made, and what a worker
may send, and every answer is searched: body, headers, workbooks, PDFs.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence

import pytest
from pypdf import PdfReader
from werkzeug.test import TestResponse

from services.identity.domain.roles import ROLES
from shared.ids import new_id
from shared.testing.service import Caller
from tests.contract.test_foreign_records import call, named
from tests.contract.test_permissions import operations
from tests.support.filled import AGREED, DISCOUNT, DOOR_CODE, FEE, PRICE, SIDES, SURCHARGE, FilledFirm, filled_firm

MARKS = re.compile(r"777[0-9][.,]\d|8882[.,]\d|15542[.,]|OVI-9993|33[.,]37|44[.,]49")
"""Prices, agreed prices and fees; costs; sums; the door code; the discount; the percentage of the surcharge."""
PRICE_WORDS = re.compile(
    r'"(unit_price|list_price|list_prices|cost_price|discount_percent|price_source|price_reason|price_explanation'
    r'|net|gross|unbilled|share_weight)"'
)
REPORTS = ("", "&format=xlsx", "&format=pdf", "&format=xlsx&lang=sv", "&billed=true", "&billed=false")
BLIND = {
    "worker": ROLES["worker"],
    "viewer": ROLES["viewer"],
    "integration": ROLES["integration"],
    "worker who sees all orders": ROLES["worker"] | {"workorders.read", "customers.create_minimal"},
    "planner without prices": ROLES["supervisor"] - {"prices.read", "sites.secrets.read", "billing.read"},
}


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledFirm]:
    with filled_firm(tmp_path_factory.mktemp("crawled")) as found:
        yield found


def texts(answer: TestResponse) -> Iterator[str]:
    """Yield all text of an answer: headers, body, and what is inside workbooks and PDFs, without spaces."""
    yield str(answer.headers)
    content = answer.get_data()
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            for name in book.namelist():
                yield book.read(name).decode("utf-8", "replace")
    elif content.startswith(b"%PDF"):
        for page in PdfReader(io.BytesIO(content)).pages:
            yield re.sub(r"\s", "", page.extract_text())
    else:
        yield content.decode("utf-8", "replace")


def leaks(answer: TestResponse) -> set[str]:
    return {found.group() for text in texts(answer) for found in MARKS.finditer(text)}


def reads(firm: FilledFirm, service: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every GET of a service with ids of both estates, and with what else an address may say."""
    for operation in operations(firm.services[service]):
        if operation.startswith("GET ") and "{" not in operation:
            yield operation, {}
            if operation.endswith("/export"):
                yield from ((f"{operation}?lang={lang}", {}) for lang in ("fi", "sv", "en"))
    for side in SIDES:
        yield from ((operation, ids) for operation, ids in named(firm, service, side) if operation.startswith("GET "))
        ids = firm.ids[side][service]
        for name in ("set_id", "fee_id"):
            if name in ids:
                yield f"GET /products/{ids[name]}", {}
                yield f"GET /products/{ids[name]}/components", {}
        if "approved_id" in ids:
            yield f"GET /workorders/{ids['approved_id']}", {}
            for more in REPORTS:
                period = "from=2025-12-01&to=2027-12-31"
                yield f"GET /reports/customers/{ids['customer_id']}?{period}{more}", {}


@pytest.mark.parametrize("who", BLIND)
@pytest.mark.parametrize("service", ["identity", "customers", "catalog", "workorders", "billing"])
def test_no_read_shows_what_the_reader_may_not_see(firm: FilledFirm, service: str, who: str) -> None:
    caller = firm.caller(service, *BLIND[who], actor=firm.worker)
    found, let_in = {}, 0
    for operation, ids in reads(firm, service):
        answer = call(caller, operation, ids)
        let_in += answer.status_code == 200
        if shown := leaks(answer):
            found[operation] = shown
        words = {
            text.group() for text in PRICE_WORDS.finditer(answer.get_data(as_text=False).decode("utf-8", "replace"))
        }
        if words and answer.is_json:
            found[operation + " (names)"] = words
        assert answer.status_code < 500, operation
    assert found == {}
    assert let_in or service in ("identity", "catalog", "billing")


def test_who_may_see_them_does(firm: FilledFirm) -> None:
    """Else the search would look for what is not there."""
    seen = {
        found
        for service in firm.services
        for operation, ids in reads(firm, service)
        for found in leaks(call(firm.caller(service), operation, ids))
    }
    for mark in (PRICE, FEE, AGREED, "8882.2200", DISCOUNT, SURCHARGE, DOOR_CODE):
        assert any(found in mark for found in seen), (mark, seen)
    pdf = f"GET /reports/customers/{firm.ids['own']['workorders']['customer_id']}?from=2025-12-01&to=2027-12-31&format="
    for kind in ("pdf", "xlsx"):
        assert leaks(call(firm.caller("workorders"), pdf + kind, {})), kind


def test_what_a_worker_sends_is_answered_without_them(firm: FilledFirm) -> None:
    catalog, site = firm.ids["own"]["catalog"], firm.ids["own"]["customers"]["site_id"]
    worker = firm.as_role("workorders", "worker", firm.worker)
    rows = [{"product_id": catalog[name], "quantity": "1"} for name in ("product_id", "set_id")]
    typed = {**rows[0], "unit_price": "7771.6600", "price_reason": "sovittu"}
    made = worker.post("/workorders/field", {"id": new_id(), "site_id": site, "rows": rows})
    path = f"/workorders/{made.json['id']}"
    added = [worker.post(f"{path}/rows", row) for row in (*rows, typed)]
    row = f"{path}/rows/{added[0].json['items'][0]['id']}"
    version = worker.get(path).json["version"]
    answers: Sequence[TestResponse] = [
        made,
        *added,
        worker.patch(row, {"quantity": "2"}, if_match=version),
        worker.patch(row, {"quantity": "2"}, if_match=1),
        worker.post(f"{path}/rows", {"product_id": catalog["product_id"], "quantity": "0"}),
        worker.post(f"{path}/rows", {**rows[0], "discount_percent": DISCOUNT}),
        worker.delete(f"{path}/rows/{added[1].json['items'][0]['id']}"),
        worker.post(f"{path}/pause"),
        worker.post(f"{path}/resume"),
        worker.post(f"{path}/done", {"signed_by": "Asiakas"}),
        worker.get(path),
        worker.get(f"{path}/history"),
        worker.get("/workorders"),
    ]
    assert [answer.status_code for answer in answers[:4]] == [201, 201, 201, 201]
    assert {answer.status_code for answer in answers} <= {200, 201, 204, 400, 409, 412, 422}
    for answer in answers:
        assert leaks(answer) == set(), answer.request.path
        assert not PRICE_WORDS.search(answer.get_data(as_text=True)), answer.get_data(as_text=True)


def test_what_is_outside_the_apis_shows_nothing_to_anybody(firm: FilledFirm) -> None:
    for name, service in firm.services.items():
        client = service.app.test_client()
        for rule in service.app.url_map.iter_rules():
            if not rule.arguments and "GET" in (rule.methods or set()) and not rule.rule.startswith("/api/"):
                assert leaks(client.get(rule.rule)) == set(), (name, rule.rule)


def test_a_customer_made_in_the_field_is_answered_without_them(firm: FilledFirm) -> None:
    worker: Caller = firm.caller("customers", *ROLES["worker"], "customers.create_minimal", actor=firm.worker)
    answer = worker.post("/customers", {"name": "Asiakas own", "phone": "0401234567"})
    assert answer.status_code == 201
    assert leaks(answer) == set()
