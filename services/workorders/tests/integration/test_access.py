"""Who sees what: tenants, workers, prices; and what happens to strange requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.workorders.tests.builders import INTEGRATION, Firm
from shared.ids import new_id

PRICE_WORDS = ("unit_price", "price_source", "price_reason", "discount_percent", '"net"')


def test_another_tenants_order_does_not_exist(firm: Firm, other_firm: Firm) -> None:
    order = firm.in_review(firm.worker())
    stranger = other_firm.planner()
    path = f"/workorders/{order['id']}"
    for method, address, body in (
        ("GET", path, None),
        ("GET", f"{path}/history", None),
        ("POST", f"{path}/approve", None),
        ("POST", f"{path}/assign", {"assigned_to": stranger.id}),
        ("POST", f"{path}/rows", {"product_id": other_firm.product(), "quantity": "1"}),
        ("DELETE", f"{path}/rows/{order['rows'][0]['id']}", None),
    ):
        assert stranger.refused(404, method, address, body)["code"] == "not_found"
    assert stranger.get("/workorders/")["items"] == []


def test_a_worker_sees_own_orders_and_the_queue(firm: Firm) -> None:
    planner, worker, colleague = firm.planner(), firm.worker(), firm.worker()
    customer = firm.customer()
    queued = planner.make("/workorders/", {"customer_id": customer})
    mine = planner.make("/workorders/", {"customer_id": customer, "assigned_to": worker.id})
    theirs = planner.make("/workorders/", {"customer_id": customer, "assigned_to": colleague.id})
    draft = planner.make("/workorders/", {"customer_id": customer, "draft": True})
    listed = [order["id"] for order in worker.get("/workorders/")["items"]]
    assert listed == [mine["id"], queued["id"]]
    for hidden in (theirs, draft):
        worker.refused(404, "GET", f"/workorders/{hidden['id']}")
        worker.refused(404, "POST", f"/workorders/{hidden['id']}/start")
    worker.step(queued["id"], "start")
    colleague.refused(404, "GET", f"/workorders/{queued['id']}")
    assert len(planner.get("/workorders/")["items"]) == 4


def test_an_integration_sees_what_integrations_handed_over(firm: Firm) -> None:
    system = firm.person(*INTEGRATION)
    firm.planner().make("/workorders/", {"customer_id": firm.customer()})
    assert system.get("/workorders/")["items"] == []
    own = system.make("/workorders/intake", {"source": "crm", "reference": "1", "customer_id": firm.customer()})
    for seer in (system, firm.person(*INTEGRATION)):
        assert [order["id"] for order in seer.get("/workorders/")["items"]] == [own["id"]]
        assert seer.get(f"/workorders/{own['id']}")["number"] == "2"


def test_no_answer_tells_a_worker_a_price(firm: Firm) -> None:
    worker, customer = firm.worker(), firm.customer()
    product = firm.product(price_editable=True, list_price="61.2375")
    order = firm.in_progress(worker, customer_id=customer)
    path = f"/workorders/{order['id']}"
    row = {"product_id": product, "quantity": "1"}
    answers: list[Any] = [worker.make(f"{path}/rows", row)]
    typed = {"product_id": product, "quantity": "1", "unit_price": "61.2375", "price_reason": "sovittu"}
    answers.append(worker.make(f"{path}/rows", typed))
    answers += [worker.get(path), worker.get("/workorders/"), worker.get(f"{path}/history")]
    tag = {"If-Match": f'"{answers[2]["version"]}"'}
    row_id = answers[0]["items"][0]["id"]
    answers.append(worker.call("PATCH", f"{path}/rows/{row_id}", {"quantity": "2"}, headers=tag))
    answers.append(worker.call("DELETE", f"{path}/rows/{row_id}"))
    answers.append(worker.step(order["id"], "done"))
    shown = json.dumps(answers)
    assert "61.2375" not in shown
    assert not [word for word in PRICE_WORDS if word in shown]
    seen = firm.planner().get(path)["rows"]
    assert seen[0]["unit_price"] == "61.2375"


@pytest.mark.parametrize(
    ("permissions", "method", "path"),
    [
        (("workorders.record",), "POST", "/workorders/"),
        (("workorders.plan",), "POST", "/workorders/intake"),
        (("workorders.plan",), "POST", "/workorders/field"),
        (("workorders.record",), "POST", "/workorders/{id}/approve"),
        (("workorders.review",), "POST", "/workorders/{id}/reopen"),
        (("workorders.record",), "POST", "/workorders/{id}/reprice"),
        (("workorders.read",), "GET", "/workorders/{id}/charging"),
        (("workorders.record",), "POST", "/workorders/{id}/cancel"),
        (("workorders.record",), "PATCH", "/workorders/{id}"),
        (("workorders.read",), "PUT", "/review-settings/"),
        (("customers.read",), "GET", "/workorders/"),
    ],
)
def test_every_action_needs_its_permission(firm: Firm, permissions: tuple[str, ...], method: str, path: str) -> None:
    assert firm.person(*permissions).refused(403, method, path.format(id=new_id()), {})["code"] == "forbidden"


@pytest.mark.parametrize("order_id", ["1", "x" * 300, "%00", "%F0%9F%98%80", "0190A000-0000-7000-8000-0000000000FF"])
def test_a_strange_id_is_not_found(firm: Firm, order_id: str) -> None:
    planner = firm.planner()
    planner.refused(404, "GET", f"/workorders/{order_id}")
    planner.refused(404, "POST", f"/workorders/{order_id}/approve")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"customer": "x"}, "/customer"),
        ({"customer_id": 5}, "/customer_id"),
        ({"customer_id": None, "description": "a\u0000b"}, "/description"),
        ({"type": ["extra"]}, "/type"),
        ({"wanted_from": "0001-01-01T00:00:00+14:00"}, "/wanted_from"),
        ({"wanted_from": "2026-11-21T10:00:00"}, "/wanted_from"),
        ({"references": {"order_number": "x" * 61}}, "/references/order_number"),
        ({"references": {"colour": "red"}}, "/references/colour"),
        ({"rows": [{"product_id": "0", "quantity": "1e9"}]}, "/rows/0/quantity"),
        ({"id": "not-an-id"}, "/id"),
    ],
)
def test_malformed_orders_name_the_field(firm: Firm, body: dict[str, Any], pointer: str) -> None:
    problem = firm.planner().refused(400, "POST", "/workorders/", body)
    assert pointer in {error["pointer"] for error in problem["errors"]}


@pytest.mark.parametrize("raw", [b'{"description": "\\ud800"}', b"[]", b"null", b'"x"', b"{", b"\xff", b"[[[[[[[[[[[["])
def test_a_body_that_is_no_object_is_malformed(firm: Firm, raw: bytes) -> None:
    planner = firm.planner()
    for path in ("/workorders/", "/workorders/field", f"/workorders/{new_id()}/rows"):
        person = planner if path != "/workorders/field" else firm.worker()
        person.call("POST", path, data=raw, headers={"Content-Type": "application/json"})
        assert person.last.status_code == 400


def test_lists_are_filtered_and_paged(firm: Firm) -> None:
    planner = firm.planner()
    customers = [firm.customer(), firm.customer()]
    made = [
        planner.make("/workorders/", {"customer_id": customers[n % 2], "type": "fault" if n else "extra"})
        for n in range(5)
    ]
    first = planner.get("/workorders/?limit=2")
    rest = planner.get(f"/workorders/?limit=200&after={first['next']}")
    assert [order["id"] for order in first["items"] + rest["items"]] == [order["id"] for order in reversed(made)]
    assert rest["next"] is None
    assert len(planner.get(f"/workorders/?customer_id={customers[0]}&type=fault")["items"]) == 2
    assert [order["number"] for order in planner.get("/workorders/?number=3")["items"]] == ["3"]
    assert len(planner.get("/workorders/?state=planned&state=draft&assigned_to=none")["items"]) == 5
    assert planner.get("/workorders/?assigned_to=me")["items"] == []
    for query in ("limit=0", "limit=201", "after=zzz", "colour=red", "state=lost", "customer_id=7", "number=%00"):
        planner.refused(400, "GET", f"/workorders/?{query}")


def test_if_match_is_honoured_on_every_step(firm: Firm) -> None:
    planner, worker = firm.planner(), firm.worker()
    order = planner.make("/workorders/", {"customer_id": firm.customer()})
    path = f"/workorders/{order['id']}"
    assert worker.refused(412, "POST", f"{path}/start", If_Match='"9"')["current_version"] == 1
    worker.refused(400, "POST", f"{path}/start", If_Match="nonsense")
    started = worker.call("POST", f"{path}/start", headers={"If-Match": '"1"'})
    assert started["version"] == 2
    assert worker.last.headers["ETag"] == '"2"'


def test_late_is_computed(firm: Firm) -> None:
    planner = firm.planner()
    body = {"customer_id": firm.customer(), "wanted_to": "2020-01-01T00:00:00Z"}
    assert planner.make("/workorders/", body)["is_late"] is True
