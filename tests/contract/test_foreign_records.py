"""Records of another firm, or of sites outside the caller's, are not found, whatever is done with them.

Every operation with an id is called with an id that exists elsewhere and with one that exists nowhere: both must be
answered alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from werkzeug.test import TestResponse

from services.identity.domain.roles import PERMISSIONS
from shared.ids import new_id
from shared.testing.service import Caller
from tests.contract.test_permissions import operations
from tests.support.filled import FilledFirm, filled_firm

SCOPED = ("customers", "workorders")
"""Services with something at sites."""
FIRMS_OWN = re.compile(r"/extra-fields|/einvoice-operators")
"""What every user of the firm sees, whatever the sites."""
KEYED_BY_TENANT = re.compile(r"/integrations/|/einvoice-operators/|/customer-connections/")
"""Addressed by keys that each firm gives itself: there the same key is another, or a new, record."""
BODIES: Mapping[str, Any] = {
    "PATCH /sites/{site_id}/attachments/{attachment_id}": {"valid_to": None},
    "POST /customers/{customer_id}/contacts": {"name": "x", "role": "orders"},
    "POST /sites/{site_id}/contacts": {"name": "x", "role": "orders"},
    "POST /sites/{site_id}/attachments": {"customer_id": new_id(), "valid_from": "2026-01-01"},
    "POST /sites/{site_id}/move": {"parent_id": None},
    "PUT /sites/{site_id}/door-code": {"door_code": "1"},
    "POST /customers/{customer_id}/merge/preview": {"into": new_id()},
    "POST /customers/{customer_id}/merge": {"into": new_id(), "into_version": 1},
    "PUT /webhooks/{webhook_id}/secret": {"secret": "x" * 40},
    "POST /products/{product_id}/prices": {"price": "1", "valid_from": "2026-01-01"},
    "PUT /products/{product_id}/components": {"components": []},
    "POST /prices/{fact_id}/end": {"valid_to": "2026-12-31"},
    "POST /workorders/{order_id}/assign": {"assigned_to": new_id()},
    "POST /workorders/{order_id}/return": {"comment": "x"},
    "POST /workorders/{order_id}/close": {"reason": "x"},
    "POST /workorders/{order_id}/reopen": {"reason": "x"},
    "POST /workorders/{order_id}/cancel": {"reason": "x"},
    "POST /workorders/{order_id}/rows": {"product_id": new_id(), "quantity": "1"},
    "POST /billable-rows/{row_id}/close": {"reason": "x"},
    "POST /documents/{document_id}/reverse": {"reason": "x"},
    "POST /documents/{document_id}/dry-run": {},
    "POST /dispatches/{dispatch_id}/skip": {"reason": "x"},
    "POST /dispatches/{dispatch_id}/resolve": {"found": False},
    "POST /dispatches/{dispatch_id}/redirect": {"connection_id": new_id()},
    "PUT /connections/{connection_id}": {
        "name": "x",
        "settings": {"url": "https://example.com/x"},
        "secrets": {},
        "is_default": True,
        "active": True,
    },
}
"""Bodies that are well formed, so that the answer is about the record. Others are sent an empty one."""
QUERIES = {"GET /reports/customers/{customer_id}": "?from=2026-01-01&to=2026-12-31"}


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledFirm]:
    with filled_firm(tmp_path_factory.mktemp("filled")) as found:
        yield found


def named(firm: FilledFirm, service: str, side: str) -> list[tuple[str, dict[str, str]]]:
    """Return each operation with ids, and the ids of that side for it."""
    found = []
    for operation in operations(firm.services[service]):
        names = re.findall(r"{([a-z_]+)}", operation)
        if names:
            ids = dict(firm.ids[side][service])
            if "/sites/{site_id}/contacts/{link_id}" in operation:
                ids["link_id"] = ids["site_link_id"]
            found.append((operation, {name: ids.get(name, "") for name in names}))
    return found


def call(caller: Caller, operation: str, ids: Mapping[str, str]) -> TestResponse:
    method, path = operation.split()
    options: dict[str, Any] = {} if method in ("GET", "DELETE") else {"json": BODIES.get(operation, {})}
    return caller.call(method, path.format(**ids) + QUERIES.get(operation, ""), if_match=1, **options)


def told(answer: TestResponse, ids: Mapping[str, str]) -> Any:
    """Return what the answer tells, without the ids that were asked for and those of the call."""
    text = answer.get_data(as_text=True)
    for value in ids.values():
        text = text.replace(value, "-")
    body = json.loads(text) if answer.is_json else text
    return answer.status_code, {name: value for name, value in body.items() if name not in ("trace_id", "instance")}


def differing(firm: FilledFirm, caller: Caller, service: str, side: str, passed_over: re.Pattern[str]) -> list[Any]:
    """Return the operations whose answers tell an id of elsewhere from one of nothing, or let it in."""
    wrong = []
    for operation, ids in named(firm, service, side):
        if passed_over.search(operation):
            continue
        assert all(ids.values()), operation
        nowhere = {name: new_id() for name in ids}
        here, there = call(caller, operation, ids), call(caller, operation, nowhere)
        found, missing = told(here, ids), told(there, nowhere)
        if found != missing or here.status_code < 400 or (operation in BODIES and here.status_code not in (403, 404)):
            wrong.append((operation, found, missing))
    return wrong


@pytest.mark.parametrize("service", ["identity", "customers", "catalog", "workorders", "billing"])
def test_another_firms_records_are_not_found(firm: FilledFirm, service: str) -> None:
    stranger = firm.caller(service, tenant_id=new_id())
    assert differing(firm, stranger, service, "own", KEYED_BY_TENANT) == []


@pytest.mark.parametrize("service", SCOPED)
def test_records_of_other_sites_are_not_found(firm: FilledFirm, service: str) -> None:
    sites = [firm.ids["own"]["customers"]["estate_id"]]
    limited = firm.caller(service, *PERMISSIONS, sites=sites, actor=new_id())
    passed_over = re.compile(f"{FIRMS_OWN.pattern}|{KEYED_BY_TENANT.pattern}")
    assert differing(firm, limited, service, "far", passed_over) == []


@pytest.mark.parametrize("service", SCOPED)
def test_records_of_own_sites_are_found(firm: FilledFirm, service: str) -> None:
    sites = [firm.ids["own"]["customers"]["estate_id"]]
    limited, whole = firm.caller(service, sites=sites, actor=new_id()), firm.caller(service)
    for operation, ids in named(firm, service, "own"):
        if operation.startswith("GET "):
            answers = [call(caller, operation, ids) for caller in (whole, limited)]
            assert answers[0].status_code == 200, operation
            refused = answers[1].status_code == 403 and answers[1].json["code"] == "outside_scope"
            assert refused or told(answers[0], {}) == told(answers[1], {}) or operation.endswith("/path"), operation


@pytest.mark.parametrize("service", ["identity", "customers", "catalog", "workorders", "billing"])
def test_keys_of_another_firm_show_nothing(firm: FilledFirm, service: str) -> None:
    stranger = firm.caller(service, tenant_id=new_id())
    for operation, ids in named(firm, service, "own"):
        if operation.startswith("GET ") and KEYED_BY_TENANT.search(operation):
            answer = call(stranger, operation, ids)
            assert answer.status_code == 404 or operation.endswith("-policy"), operation


def test_lists_of_another_firm_are_empty(firm: FilledFirm) -> None:
    """Whatever is listed: no id of the firm comes out, in any service."""
    for service in firm.services:
        stranger = firm.caller(service, tenant_id=new_id())
        ids = {value for side in firm.ids.values() for value in side[service].values() if len(value) == 36}
        for operation in operations(firm.services[service]):
            if operation.startswith("GET ") and "{" not in operation:
                content = call(stranger, operation, {}).get_data()
                assert not {one for one in ids if one.encode() in content}, operation
