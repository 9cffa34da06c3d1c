"""Orders, customers and workers for tests of this service."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from werkzeug.test import TestResponse

from services.workorders.bootstrap import SERVICE
from services.workorders.config import Settings
from services.workorders.messaging.inbound import CONSUMERS
from shared.bus.catalogue import default_catalogue
from shared.bus.envelope import NewEvent, encode, seal
from shared.bus.inbox import Handled, Inbox
from shared.charging import rule_from_data, to_data
from shared.clock import utc_now
from shared.context import Context
from shared.http.request import EXTENSION
from shared.ids import new_id
from shared.testing.service import ServiceUnderTest

PLANNER = ("workorders.read", "workorders.plan", "workorders.review", "workorders.reopen", "prices.read")
WORKER = ("workorders.read_own", "workorders.record")
INTEGRATION = ("workorders.integrate",)
ADMINISTRATOR = ("workorders.read", "tenant.manage")

ADDRESS = {"street": "Haapatie 4", "postal_code": "02150", "city": "ESPOO", "country": "FI"}


class Person:
    """Somebody with an id of their own, calling the API; `answers` are parsed, `last` is the whole response."""

    def __init__(
        self, service: ServiceUnderTest, permissions: tuple[str, ...], tenant_id: str, sites: Sequence[str] = ()
    ) -> None:
        self.id = new_id()
        self.last: TestResponse
        self._client = service.app.test_client()
        self._token = json.dumps({"sub": self.id, "tid": tenant_id, "perms": permissions, "sites": list(sites)})

    def same_on_another_phone(self) -> Person:
        """The same somebody with another client, for requests at the same moment."""
        other = copy.copy(self)
        other._client = self._client.application.test_client()
        return other

    def call(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> Any:
        """Send a request below `/api/workorders/v1`; return the parsed answer, whatever its status."""
        if body is not None:
            options["json"] = body
        everything = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        path = f"/api/workorders/v1{path}"
        self.last = self._client.open(path, method=method, headers=everything, **options)
        return self.last.get_json(silent=True)

    def get(self, path: str) -> Any:
        """Read something that is there."""
        answer = self.call("GET", path)
        assert self.last.status_code == 200, answer
        return answer

    def make(self, path: str, body: Any, **headers: str) -> Any:
        """Create something; it must succeed."""
        answer = self.call("POST", path, body, headers=headers)
        assert self.last.status_code in (200, 201), answer
        return answer

    def step(self, order_id: str, step: str, body: Any = None) -> Any:
        """Take a step; it must succeed."""
        answer = self.call("POST", f"/workorders/{order_id}/{step}", body)
        assert self.last.status_code == 200, answer
        return answer

    def refused(self, status: int, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request that must be refused with `status`; return the problem document."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.call(method, path, body, headers=named)
        assert self.last.status_code == status, (self.last.status_code, answer)
        assert self.last.content_type == "application/problem+json"
        return answer


class Firm:
    """One tenant of the service under test, with the copies that it needs."""

    def __init__(self, service: ServiceUnderTest, tenant_id: str | None = None) -> None:
        self.service = service
        self.tenant_id = tenant_id or service.tenant_id
        self._inboxes = {consumer.name: Inbox(service.database, consumer) for consumer in CONSUMERS}

    def person(self, *permissions: str, sites: Sequence[str] = ()) -> Person:
        """Somebody new in this tenant, maybe limited to some sites."""
        return Person(self.service, permissions, self.tenant_id, sites)

    def planner(self) -> Person:
        """Plans, reviews, reopens and sees prices."""
        return self.person(*PLANNER)

    def worker(self) -> Person:
        """Records; sees no prices."""
        return self.person(*WORKER)

    def tell(self, consumer: str, kind: str, data: Mapping[str, Any], *, version: int = 1) -> Handled:
        """Let an event of another service arrive, as bytes, through the inbox."""
        aggregate = kind.split(".")[0]
        entry = default_catalogue().get(kind)
        assert entry is not None
        new = NewEvent(kind, aggregate, data["id"], version, data)
        context = Context(self.tenant_id, "somebody")
        sealed = seal(new, event_id=new_id(), service=entry.service, time=utc_now(), context=context)
        return self._inboxes[consumer].take(encode(sealed))

    def customer(self, *, version: int = 1, **changes: Any) -> str:
        """Let a customer arrive; return its id."""
        data = {
            "id": new_id(),
            "number": "1001",
            "name": "As Oy Esimerkin Haapapiha",
            "kind": "housing_company",
            "business_id": None,
            "vat_number": None,
            "billing_address": ADDRESS,
            "email": None,
            "phone": None,
            "language": "fi",
            "payment_term_days": 14,
            "invoice_channel": "email",
            "einvoice_address": None,
            "einvoice_operator": None,
            "billing_rhythm": "immediate",
            "payer_id": None,
            "construction_seller_from": None,
            "required_references": [],
            "price_group": None,
            "on_hold": False,
            "archived": False,
            **changes,
        }
        self.tell("workorders.copies", "customer.changed.v1", data, version=version)
        return str(data["id"])

    def site(self, *, version: int = 1, **changes: Any) -> str:
        """Let a site arrive; return its id."""
        data = {
            "id": new_id(),
            "parent_id": None,
            "type": "building",
            "name": "Haapatie 4",
            "address": ADDRESS,
            "customer_id": None,
            "path": "/",
            "archived": False,
            **changes,
        }
        self.tell("workorders.copies", "site.changed.v1", data, version=version)
        return str(data["id"])

    def product(self, *, version: int = 1, **changes: Any) -> str:
        """Let a product arrive; return its id."""
        data = {
            "id": new_id(),
            "code": "SAH-1",
            "name": "Sähköasentaja",
            "kind": "labour",
            "category_id": None,
            "category_name": None,
            "unit": "h",
            "list_price": "57.7500",
            "cost_price": None,
            "vat_class": "standard",
            "revenue_account": None,
            "field_recordable": True,
            "price_editable": False,
            "construction_service": False,
            "invoice_text": {},
            "target_codes": {},
            "archived": False,
            **changes,
        }
        self.tell("workorders.copies", "product.changed.v1", data, version=version)
        return str(data["id"])

    def price(self, product_id: str, *, version: int = 1, **changes: Any) -> str:
        """Let a price of a group, a customer or a site arrive; return its id."""
        data = {
            "id": new_id(),
            "product_id": product_id,
            "price_group": None,
            "customer_id": None,
            "site_id": None,
            "min_quantity": "0.000",
            "price": None,
            "discount_percent": None,
            "currency": "EUR",
            "valid_from": "2026-01-01",
            "valid_to": None,
            "removed": False,
            **changes,
        }
        self.tell("workorders.copies", "price.changed.v1", data, version=version)
        return str(data["id"])

    def rule(self, *effects: Mapping[str, Any], version: int = 1, **changes: Any) -> str:
        """Let a charging rule arrive; return its id."""
        data = {
            "id": new_id(),
            "name": "Sääntö",
            "priority": 10,
            "valid_from": None,
            "valid_to": None,
            "archived": False,
            "text": {},
            "conditions": {},
            "effects": [dict(effect) for effect in effects],
            **changes,
        }
        rule = rule_from_data(data)
        self.tell("workorders.copies", "charging_rule.changed.v1", to_data(rule), version=version)
        return rule.id

    def accept(self, rows: Mapping[str, list[str]], **changes: Any) -> Handled:
        """Let an accounting system accept a document. rows  order id → row ids"""
        data = {
            "id": new_id(),
            "key": "UR-1",
            "connection_id": new_id(),
            "target": "netvisor",
            "target_id": "165",
            "target_number": None,
            "customer_id": new_id(),
            "workorders": [{"id": order, "number": "1", "row_ids": ids} for order, ids in rows.items()],
            "net": "57.75",
            "vat": "14.73",
            "gross": "72.48",
            "currency": "EUR",
            **changes,
        }
        return self.tell("workorders.documents", "document.accepted.v1", data)

    def review_always(self, *types: str) -> None:
        """Let a person approve orders of these types."""
        body = {"modes": dict.fromkeys(types, "always")}
        self.person(*ADMINISTRATOR).call("PUT", "/review-settings/", body)

    def in_progress(self, worker: Person, **order: Any) -> Any:
        """Return an order that `worker` has started, with nothing recorded."""
        planned = self.planner().make("/workorders/", {"customer_id": order.pop("customer_id", None), **order})
        return worker.step(planned["id"], "start")

    def in_review(self, worker: Person, *, rows: list[dict[str, Any]] | None = None, **order: Any) -> Any:
        """Return an order of type `extra` that waits for review, with one labour row unless told otherwise."""
        self.review_always("extra")
        order.setdefault("customer_id", self.customer())
        started = self.in_progress(worker, **order)
        for row in rows if rows is not None else [{"product_id": self.product(), "quantity": "2"}]:
            worker.make(f"/workorders/{started['id']}/rows", row)
        return worker.step(started["id"], "done")


def impatient(service: ServiceUnderTest) -> ServiceUnderTest:
    """Let the service refuse at once what it does not know: tests have no other service to wait for."""
    service.runtime = replace(service.runtime, own=Settings(copy_wait_s=0.0))
    service.app.extensions[EXTENSION] = service.runtime
    return service


__all__ = ["SERVICE", "Firm", "Person", "impatient"]
