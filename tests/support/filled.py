"""All services in one process, with a firm that has records of every kind, on two estates that have nothing in common.

Prices, costs, discounts, fees and a door code have marked values, so that a test finds them wherever they come out.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from deploy.suite import SERVICES, definition_of
from services.identity.domain.roles import PERMISSIONS, ROLES
from services.workorders.tests.builders import impatient
from shared.bus.inbox import Inbox
from shared.bus.tables import outbox
from shared.ids import new_id
from shared.testing.service import Caller, ServiceUnderTest, service_under_test

PRICE, COST, FEE, AGREED = "7771.1100", "8882.2200", "7771.3300", "7771.4400"
DISCOUNT, SURCHARGE = "33.37", "44.49"
DOOR_CODE = "OVI-9993"
PASSWORD, SIGNING_SECRET, TARGET_SECRET = (
    "salasana-9994-mark",
    "allekirjoitus-9995-" + "m" * 24,
    "kohde-9996-" + "m" * 32,
)
SIDES = ("own", "far")
_OPERATORS = {"own": "003799999001", "far": "003799999002"}
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class FilledFirm:
    """One firm in all services.

    ids     side → service → name of a path parameter → id; `link_id` of a site is under `site_link_id`
    worker  the id of a worker who has work on the own estate
    """

    def __init__(self, services: dict[str, ServiceUnderTest]) -> None:
        self.services = services
        self.tenant_id, self.worker = new_id(), new_id()
        self.ids: dict[str, dict[str, dict[str, str]]] = {side: {name: {} for name in services} for side in SIDES}
        self.shown: list[str] = []
        self._seen = dict.fromkeys(services, 0)
        self._inboxes = {
            name: [Inbox(service.database, one) for one in service.definition.consumers(service.runtime)]
            for name, service in services.items()
        }
        for service in services.values():
            service.tenant_id = self.tenant_id
        for side in SIDES:
            self._identity(self.ids[side]["identity"], side)
            self._customers(self.ids[side]["customers"], side)
            self._catalog(self.ids[side], side)
            self.pump()
            self._connection(self.ids[side]["billing"], side)
            self._workorders(self.ids[side], side)
            self.pump()
            self._billing(self.ids[side])

    def caller(self, service: str, *permissions: str, **more: Any) -> Caller:
        """Return somebody with these permissions (all, if none are named)."""
        return self.services[service].caller(*(permissions or PERMISSIONS), **{"tenant_id": self.tenant_id, **more})

    def as_role(self, service: str, role: str, actor: str | None = None) -> Caller:
        """Return somebody with one role."""
        return self.caller(service, *ROLES[role], **({"actor": actor} if actor else {}))

    def pump(self) -> None:
        """Bring all events to their consumers, until none is left."""
        moved = True
        while moved:
            moved = False
            for name, service in self.services.items():
                statement = select(outbox.c.seq, outbox.c.payload).where(outbox.c.seq > self._seen[name])
                with service.engine.connect() as connection:
                    rows = connection.execute(statement.order_by(outbox.c.seq)).all()
                for seq, body in rows:
                    self._seen[name], moved = seq, True
                    self._deliver(bytes(body))

    def _deliver(self, body: bytes) -> None:
        for inboxes in self._inboxes.values():
            for inbox in inboxes:
                if any(f".{kind}".encode() in body for kind in inbox.consumer.handlers):
                    inbox.take(body)

    def _make(self, service: str, path: str, body: Any = None, **options: Any) -> Any:
        answer = self.caller(service).post(path, body, **options)
        assert answer.status_code in (200, 201), (path, answer.status_code, answer.json)
        return answer.json

    def _identity(self, ids: dict[str, str], side: str) -> None:
        user = {"name": "Aija", "email": f"{side}-{new_id()}@firma.example", "password": PASSWORD, "roles": ["worker"]}
        ids["user_id"] = self._make("identity", "/users", user)["id"]
        key = self._make("identity", "/api-keys", {"name": side, "roles": ["integration"]})
        ids["key_id"] = key["id"]
        self.shown.append(key["api_key"])

    def _customers(self, ids: dict[str, str], side: str) -> None:
        def make(path: str, body: Any = None, **options: Any) -> Any:
            return self._make("customers", path, body, **options)

        office = self.caller("customers")
        group = {"price_group": f"ryhmä-{side}", "email": f"{side}@asiakas.example", "invoice_channel": "email"}
        group["billing_rhythm"] = "monthly"
        address = {"street": "Katu 1", "postal_code": "00100", "city": "Helsinki", "country": "FI"}
        customer = make("/customers", {"name": f"Asiakas {side}", "billing_address": address, **group})["id"]
        estate = make("/sites", {"type": "property", "name": f"Kiinteistö {side}", "customer_id": customer})["id"]
        house = make("/sites", {"type": "building", "name": f"Talo {side}", "parent_id": estate})["id"]
        ids |= {"customer_id": customer, "site_id": house, "estate_id": estate}
        person = {"name": f"Henkilö {side}", "role": "orders"}
        link = make(f"/customers/{customer}/contacts", person)
        ids |= {"link_id": link["id"], "contact_id": link["contact"]["id"]}
        known = {"contact_id": link["contact"]["id"], "role": "access"}
        ids["site_link_id"] = make(f"/sites/{house}/contacts", known)["id"]
        attached = {"customer_id": customer, "valid_from": "2026-01-01"}
        ids["attachment_id"] = make(f"/sites/{house}/attachments", attached)["id"]
        code = office.call("PUT", f"/sites/{house}/door-code", json={"door_code": DOOR_CODE}, if_match="*")
        assert code.status_code in (200, 204), code.json
        field = {"register": "sites", "key": f"koko_{side}", "type": "text", "labels": {"fi": f"Koko {side}"}}
        ids["field_id"] = make("/extra-fields", field)["id"]
        operator = office.call("PUT", f"/einvoice-operators/{_OPERATORS[side]}", json={"name": f"Välittäjä {side}"})
        assert operator.status_code in (200, 201), operator.json
        hook = {"url": "https://example.com/urakka", "secret": SIGNING_SECRET}
        ids["webhook_id"] = make("/webhooks", hook)["id"]
        office.patch(f"/customers/{customer}", {"phone": "0401234567"}, if_match=1)
        self.pump()
        deliveries = office.get(f"/webhooks/{ids['webhook_id']}/deliveries").json["items"]
        ids["delivery_id"] = deliveries[0]["id"]
        ids |= {"code": _OPERATORS[side], "source": f"crm-{side}", "reference": "1"}
        for register in ("customers", "sites", "contacts"):
            sent = office.call("PUT", f"/integrations/crm-{side}/{register}/1", json={"name": f"Tuotu {side}"})
            assert sent.status_code in (200, 201), sent.json
        ids["import_id"] = self._import("customers", f"Nimi;Postinumero\nTuotu asiakas {side};00100\n")

    def _import(self, service: str, text: str) -> str:
        form = {"file": (io.BytesIO(text.encode()), "taulu.csv")}
        options = {"data": form, "content_type": "multipart/form-data"}
        return str(self._make(service, "/imports?mode=dry_run", **options)["id"])

    def _catalog(self, every: dict[str, dict[str, str]], side: str) -> None:
        def make(path: str, body: Any) -> Any:
            return self._make("catalog", path, body)

        ids, customer = every["catalog"], every["customers"]
        labour = {"kind": "labour", "unit": "h", "category_name": f"Työ {side}", "field_recordable": True}
        made = make(
            "/products",
            {"code": f"TYO-{side}", "name": "Työ", "list_price": PRICE, "cost_price": COST, "price_editable": True}
            | labour,
        )
        ids |= {"product_id": made["id"], "category_id": made["category_id"]}
        fee = make("/products", {"code": f"MAKSU-{side}", "name": "Maksu", **labour, "kind": "fee", "unit": "kpl"})[
            "id"
        ]
        bundle = make("/products", {"code": f"PAKETTI-{side}", "name": "Paketti", "list_price": PRICE, **labour})["id"]
        parts = {"components": [{"product_id": made["id"], "quantity": "1"}]}
        put = self.caller("catalog").call("PUT", f"/products/{bundle}/components", json=parts, if_match="*")
        assert put.status_code == 200, put.json
        ids |= {"set_id": bundle, "fee_id": fee}
        agreed = {"product_id": bundle, "customer_id": customer["customer_id"], "price": AGREED}
        ids["fact_id"] = make("/prices", {**agreed, "valid_from": "2026-01-01"})["id"]
        off = {"product_id": made["id"], "site_id": customer["estate_id"], "discount_percent": DISCOUNT}
        make("/prices", {**off, "valid_from": "2026-01-01"})
        once = {"kind": "fee", "product_id": fee, "unit_price": FEE}
        ids["rule_id"] = make("/charging-rules", {"name": f"Maksu {side}", "effects": [once]})["id"]
        share = {"kind": "surcharge", "product_id": fee, "percent": SURCHARGE}
        narrow = {"conditions": {"product_ids": [made["id"]]}, "effects": [share]}
        make("/charging-rules", {"name": f"Pientarvikkeet {side}", **narrow})
        text = f"Koodi;Nimi;Ryhmä;Yksikkö;Hinta\nTUOTU-{side};Tuotu;Työ;h;7771,55\n"
        ids["import_id"] = self._import("catalog", text)

    def _connection(self, ids: dict[str, str], side: str) -> None:
        body = {
            "target": "webhook",
            "name": f"Kirjat {side}",
            "settings": {"url": "https://example.com/laskut"},
            "secrets": {"signing_secret": TARGET_SECRET},
            "is_default": True,
            "active": True,
        }
        ids["connection_id"] = self._make("billing", "/connections", body)["id"]

    def _workorders(self, every: dict[str, dict[str, str]], side: str) -> None:
        ids, customers, catalog = every["workorders"], every["customers"], every["catalog"]

        def make(path: str, body: Any = None, **options: Any) -> Any:
            return self._make("workorders", path, body, **options)

        ids["customer_id"] = customers["customer_id"]
        package = {"code": f"P-{side}", "name": "Urakka", "customer_id": customers["customer_id"]}
        ids["package_id"] = make("/work-packages", package)["id"]
        rows = [
            {"product_id": catalog["product_id"], "quantity": "1"},
            {"product_id": catalog["set_id"], "quantity": "1"},
        ]
        wish = {"site_id": customers["site_id"], "work_package_id": ids["package_id"]}
        order = make("/workorders", {**wish, "assigned_to": self.worker, "rows": rows})
        ids["order_id"] = order["id"]
        make(f"/workorders/{order['id']}/start")
        recorded = make(f"/workorders/{order['id']}/rows", rows[0])
        ids["row_id"] = recorded["items"][0]["id"]
        make(f"/workorders/{order['id']}/rows", rows[1])
        make("/workorders", wish)
        done = make("/workorders", {**wish, "assigned_to": self.worker})
        make(f"/workorders/{done['id']}/start")
        make(f"/workorders/{done['id']}/rows", rows[0])
        finished = make(f"/workorders/{done['id']}/done")
        if finished["state"] != "approved":
            make(f"/workorders/{done['id']}/approve")
        ids["approved_id"] = done["id"]

    def _billing(self, every: dict[str, dict[str, str]]) -> None:
        ids, customer = every["billing"], every["customers"]["customer_id"]
        biller = self.caller("billing")
        batch = self._make("billing", "/batches", {"customer_ids": [customer]})
        ids["batch_id"] = batch["id"]
        self._make("billing", f"/batches/{batch['id']}/lock", {"accept_warnings": True})
        self._make("billing", f"/batches/{batch['id']}/dispatch")
        documents = biller.get(f"/documents?customer_id={customer}").json["items"]
        ids |= {"document_id": documents[0]["id"], "customer_id": customer}
        dispatches = biller.get("/dispatches").json["items"]
        ids["dispatch_id"] = next(one["id"] for one in dispatches if one["document_id"] == ids["document_id"])
        order = self.caller("workorders").get(f"/workorders/{every['workorders']['approved_id']}").json
        ids["row_id"] = order["rows"][0]["id"]
        form = {"file": (io.BytesIO(_PIXEL), "kuva.png")}
        path = f"/documents/{ids['document_id']}/attachments"
        added = biller.post(path, data=form, content_type="multipart/form-data")
        assert added.status_code in (201, 409), added.json
        ids["attachment_id"] = added.json.get("id", new_id())
        override = {"connection_id": ids["connection_id"]}
        assert biller.call("PUT", f"/customer-connections/{customer}", json=override).status_code in (200, 201)


@contextmanager
def filled_firm(folder: Path) -> Iterator[FilledFirm]:
    """Give the firm, on SQLite files in `folder`."""
    with ExitStack() as stack:
        services = {
            name: stack.enter_context(service_under_test(definition_of(name), "sqlite", folder)) for name in SERVICES
        }
        impatient(services["workorders"])
        yield FilledFirm(services)
