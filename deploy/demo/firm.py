"""One firm in the demo: its people, its registers, its connection, and the life of its orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from deploy.demo.client import ApiClient, Refused, wait_until
from deploy.demo.orders import PlannedOrder
from deploy.demo.targets import DemoTarget, unusable
from shared.ids import new_id

CUSTOMERS = "/api/customers/v1"
CATALOG = "/api/catalog/v1"
ORDERS = "/api/workorders/v1/workorders"
BILLING = "/api/billing/v1"
IDENTITY = "/api/identity/v1"

_PASSWORD = "demo: three lanterns"  # noqa: S105 - of people who exist only during the demo
_COPIES_WITHIN_S = 30.0
_BILLED_WITHIN_S = 120.0


@dataclass(slots=True)
class OrderTrack:
    """What became of one order: its states in the order in which they were seen."""

    plan: PlannedOrder
    id: str
    number: str
    states: list[str] = field(default_factory=list)

    def saw(self, order: Mapping[str, Any]) -> None:
        """Note the order's state, if it is a new one."""
        if not self.states or self.states[-1] != order["state"]:
            self.states.append(order["state"])


@dataclass(slots=True)
class Firm:
    """A tenant with an administrator, a supervisor, a worker, a biller and an integration."""

    name: str
    tenant_id: str
    target: DemoTarget
    admin: ApiClient
    supervisor: ApiClient
    worker: ApiClient
    biller: ApiClient
    integration: ApiClient
    worker_id: str
    orders: list[OrderTrack] = field(default_factory=list)
    monthly: list[str] = field(default_factory=list)
    """Ids of the customers that are billed in a collected batch."""


def found_firm(base_url: str, provisioning_key: str, name: str, tag: str, target: DemoTarget) -> Firm:
    """Create a tenant, its people and the connection to its accounting system.

    tag  makes the log-in addresses unique, so that the demo can be played again on the same data
    """
    admin_email = f"admin-{tag}@demo.example"
    tenant = ApiClient(base_url).post(
        f"{IDENTITY}/tenants",
        {"name": name, "admin_name": "Aino Admin", "admin_email": admin_email, "admin_password": _PASSWORD},
        {"X-Provisioning-Key": provisioning_key},
    )
    admin = ApiClient(base_url).log_in(admin_email, _PASSWORD)
    key = admin.post(f"{IDENTITY}/api-keys", {"name": "CRM", "roles": ["integration"]})
    worker_id, worker = _hire(admin, base_url, "worker", "Aada Asentaja", tag)
    firm = Firm(
        name=name,
        tenant_id=tenant["id"],
        target=target,
        admin=admin,
        supervisor=_hire(admin, base_url, "supervisor", "Tero Työnjohtaja", tag)[1],
        worker=worker,
        biller=_hire(admin, base_url, "biller", "Leena Laskuttaja", tag)[1],
        integration=ApiClient(base_url).log_in_with_key(key["api_key"]),
        worker_id=worker_id,
    )
    _connect(admin, target)
    admin.put("/api/workorders/v1/review-settings", {"modes": {"fault": "always"}, "customers_on_hold": "review"})
    return firm


def _connect(admin: ApiClient, target: DemoTarget) -> None:
    """Make the connection and test it; raises UnusableTarget if variables of the environment are the cause."""
    wish = {
        "target": target.kind,
        "name": target.kind.capitalize(),
        "settings": dict(target.settings),
        "secrets": dict(target.secrets),
        "is_default": True,
    }
    try:
        connection = admin.post(f"{BILLING}/connections", wish)
        admin.post(f"{BILLING}/connections/{connection['id']}/test")
    except Refused as refused:
        if target.prefix is None:
            raise
        raise unusable(target, refused.sentence, refused.errors) from refused


def _hire(admin: ApiClient, base_url: str, role: str, name: str, tag: str) -> tuple[str, ApiClient]:
    """Create a user with one role; returns its id and a client that is logged in as it."""
    email = f"{role}-{tag}@demo.example"
    user = admin.post(f"{IDENTITY}/users", {"name": name, "email": email, "password": _PASSWORD, "roles": [role]})
    return user["id"], ApiClient(base_url).log_in(email, _PASSWORD)


def import_workbook(firm: Firm, address: str, file: Path) -> dict[str, Any]:
    """Import a workbook as a careful user does: first the dry run, then for real; returns the report."""
    firm.admin.upload(f"{address}/imports", file, mode="dry_run")
    return dict(firm.admin.upload(f"{address}/imports", file, mode="confirm"))


def bill_monthly(firm: Firm, customer_ids: list[str]) -> None:
    """Let these customers be billed in a monthly batch from now on.

    An order that is approved before billing knows of that would be billed at once, so this waits until it does.
    """
    for customer_id in customer_ids:
        firm.biller.change(f"{CUSTOMERS}/customers/{customer_id}", {"billing_rhythm": "monthly"})

    def is_known(customer_id: str) -> bool:
        try:
            copy = firm.biller.get(f"{BILLING}/customers/{customer_id}")
        except Refused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        return bool(copy["billing_rhythm"] == "monthly")

    what = "billing learns of the monthly customers"
    wait_until(lambda: all(map(is_known, customer_ids)) or None, within_s=_COPIES_WITHIN_S, what=what)
    firm.monthly = customer_ids


def make_order(firm: Firm, plan: PlannedOrder) -> OrderTrack:
    """Create the order in its own way; one that is sent twice must come back as the same order.

    Right after an import the copies of customers and products are still on their way. A client that is faster is told
    so (422, `…_unknown`) and asks again, as here.
    """
    makers: dict[str, Callable[[Firm, PlannedOrder], dict[str, Any]]] = {
        "planned": _plan,
        "integration": _take_in,
        "field": _create_in_field,
    }

    def make() -> dict[str, Any] | None:
        try:
            return makers[plan.origin](firm, plan)
        except Refused as refused:
            if refused.code.endswith("_unknown"):
                return None
            raise

    order = wait_until(make, within_s=_COPIES_WITHIN_S, what="copies of customers and products")
    track = OrderTrack(plan, order["id"], str(order["number"]))
    track.saw(order)
    firm.orders.append(track)
    return track


def _plan(firm: Firm, plan: PlannedOrder) -> dict[str, Any]:
    body = _order_body(plan) | {"assigned_to": firm.worker_id}
    return dict(firm.supervisor.post(ORDERS, body, {"Idempotency-Key": new_id()}))


def _take_in(firm: Firm, plan: PlannedOrder) -> dict[str, Any]:
    body = _order_body(plan) | {"source": "crm", "reference": f"T-{plan.number:05d}"}
    order = firm.integration.post(f"{ORDERS}/intake", body)
    if plan.sent_twice:
        _must_be_same(order, firm.integration.post(f"{ORDERS}/intake", body))
    return dict(firm.supervisor.post(f"{ORDERS}/{order['id']}/assign", {"assigned_to": firm.worker_id}))


def _create_in_field(firm: Firm, plan: PlannedOrder) -> dict[str, Any]:
    body = _order_body(plan) | {"id": new_id(), "rows": _row_bodies(plan)}
    order = firm.worker.post(f"{ORDERS}/field", body)
    if plan.sent_twice:
        _must_be_same(order, firm.worker.post(f"{ORDERS}/field", body))
    return dict(order)


def do_work(firm: Firm, track: OrderTrack) -> None:
    """Start, record rows (field orders have theirs), finish; be sent back and mended where the plan says so."""
    address = f"{ORDERS}/{track.id}"
    if track.states[-1] in ("planned", "assigned", "draft"):
        track.saw(firm.worker.post(f"{address}/start"))
    if track.plan.origin != "field":
        rows = _row_bodies(track.plan)
        plain = [row for row in rows if "discount_percent" not in row]
        discounted = [row for row in rows if "discount_percent" in row]
        firm.worker.post(f"{address}/rows", {"rows": plain})
        if discounted:  # a price by hand is the office's right
            firm.supervisor.post(f"{address}/rows", {"rows": discounted})
    track.saw(firm.worker.post(f"{address}/done"))
    if track.plan.sent_back and track.states[-1] == "in_review":
        track.saw(firm.supervisor.post(f"{address}/return", {"comment": "Lisää vielä siivous"}))
        extra = {**_row_bodies(track.plan)[1], "id": new_id(), "quantity": "0.5"}
        firm.worker.post(f"{address}/rows", {"rows": [extra]})
        track.saw(firm.worker.post(f"{address}/done"))


def approve(firm: Firm, track: OrderTrack) -> None:
    """Approve the order, unless the review mode of its type did so already."""
    if track.states[-1] != "approved":
        track.saw(firm.supervisor.post(f"{ORDERS}/{track.id}/approve"))


def collect_month(firm: Firm) -> dict[str, Any]:
    """Bill the customers of the monthly rhythm: wait for their rows, then preview, lock and send one batch."""
    expected = {t.id for t in firm.orders if t.plan.customer["id"] in firm.monthly}

    def all_in_pool() -> bool | None:
        rows = [r for c in firm.monthly for r in firm.biller.pages(f"{BILLING}/billable-rows", customer_id=c)]
        return True if {row["workorder_id"] for row in rows} >= expected else None

    wait_until(all_in_pool, within_s=_COPIES_WITHIN_S, what="rows of the monthly customers in the pool")
    batch = firm.biller.post(f"{BILLING}/batches", {"customer_ids": firm.monthly})
    preview = firm.biller.get(f"{BILLING}/batches/{batch['id']}/preview")
    firm.biller.post(f"{BILLING}/batches/{batch['id']}/lock")
    firm.biller.post(f"{BILLING}/batches/{batch['id']}/dispatch")
    return {"documents": len(preview["items"]), "problems": [p for i in preview["items"] for p in i["problems"]]}


def wait_until_billed(firm: Firm, tell: Callable[[int], None]) -> None:
    """Wait until every order is billed; `tell` gets the number of billed ones now and then."""
    open_tracks = list(firm.orders)

    def all_billed() -> bool | None:
        for track in list(open_tracks):
            order = firm.supervisor.get(f"{ORDERS}/{track.id}")
            track.saw(order)
            if order["state"] in ("billed", "closed"):
                open_tracks.remove(track)
        tell(len(firm.orders) - len(open_tracks))
        return None if open_tracks else True

    wait_until(all_billed, within_s=_BILLED_WITHIN_S, what=f"{firm.name}: every order billed", pause_s=0.3)


def documents(firm: Firm) -> Iterator[dict[str, Any]]:
    """Yield every document with its dispatches."""
    for document in firm.biller.pages(f"{BILLING}/documents"):
        yield firm.biller.get(f"{BILLING}/documents/{document['id']}")


def _must_be_same(first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    if first["id"] != second["id"] or first["number"] != second["number"]:
        raise AssertionError(f"sent twice, made twice: {first['number']} and {second['number']}")


def _order_body(plan: PlannedOrder) -> dict[str, Any]:
    return {
        "customer_id": plan.customer["id"],
        "type": plan.type,
        "description": plan.description,
        "references": dict(plan.references),
    }


def _row_bodies(plan: PlannedOrder) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "product_id": row.product["id"],
            "quantity": str(row.quantity),
            "work_date": plan.work_date.isoformat(),
            **({"discount_percent": str(row.discount_percent)} if row.discount_percent else {}),
        }
        for row in plan.rows
    ]
