"""Agreements of a customer that is merged into another, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from services.catalog.messaging.inbound import CONSUMERS
from shared.bus.bootstrap import SnapshotItem, SnapshotPage, fill_copy
from shared.bus.consumer import CopySource, Handled
from shared.bus.envelope import NewEvent, encode, seal
from shared.bus.inbox import Inbox
from shared.clock import utc_now
from shared.context import Context
from shared.ids import new_id
from shared.testing.service import Caller, ServiceUnderTest


class Register:
    """The customers service, as far as catalog hears of it."""

    def __init__(self, service: ServiceUnderTest) -> None:
        self._service = service
        self._inbox = Inbox(service.database, CONSUMERS[0])

    def tells(
        self, customer_id: str, version: int, merged_into: str | None, *, price_group: str | None = None
    ) -> Handled:
        """Let the customer's state arrive."""
        return self._take("customer", customer_id, version, self.state(customer_id, merged_into, price_group))

    def tells_site(self, site_id: str, path: str, price_group: str | None = None) -> Handled:
        """Let a site's state arrive."""
        data = {
            "id": site_id,
            "parent_id": None,
            "type": "building",
            "name": "Haapatie 4",
            "address": None,
            "customer_id": None,
            "path": path,
            "archived": False,
            "price_group": price_group,
        }
        return self._take("site", site_id, 1, data)

    def _take(self, aggregate: str, record_id: str, version: int, data: dict[str, Any]) -> Handled:
        new = NewEvent(f"{aggregate}.changed.v1", aggregate, record_id, version, data)
        context = Context(self._service.tenant_id, "somebody")
        event = seal(new, event_id=new_id(), service="customers", time=utc_now(), context=context)
        return self._inbox.take(encode(event))

    def shows(self, customer_id: str, version: int, merged_into: str | None) -> None:
        """Let the copies be filled from a snapshot with this one customer."""
        state = self.state(customer_id, merged_into)
        self._page = SnapshotPage([SnapshotItem(customer_id, version, self._service.tenant_id, utc_now(), state)], None)
        source = next(one for one in CONSUMERS[0].copies if one.aggregate == "customer")
        assert fill_copy(self._service.database, CONSUMERS[0], source, self) == 1

    def pages(self, _source: CopySource, _after: str | None, _limit: int) -> Iterator[SnapshotPage]:
        """Give the page of the snapshot."""
        yield self._page

    @staticmethod
    def state(customer_id: str, merged_into: str | None, price_group: str | None = None) -> dict[str, Any]:
        """Return what the event says of a customer."""
        return {
            "id": customer_id,
            "number": "1001",
            "name": "As Oy Esimerkin Haapapiha",
            "kind": "housing_company",
            "business_id": None,
            "vat_number": None,
            "billing_address": {"street": "", "postal_code": "", "city": "", "country": "FI"},
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
            "price_group": price_group,
            "on_hold": False,
            "archived": merged_into is not None,
            "merged_into": merged_into,
        }


@pytest.fixture
def register(service: ServiceUnderTest) -> Register:
    return Register(service)


@pytest.fixture
def product_id(office: Caller) -> str:
    category = office.post("/categories", {"name": "Työ"}).json["id"]
    body = {"code": "SAH-1", "name": "Sähköasentaja", "kind": "labour", "category_id": category, "unit": "h"}
    made = office.post("/products", {**body, "list_price": "57.75", "vat_class": "standard"})
    assert made.status_code == 201, made.json
    return str(made.json["id"])


def _agree(office: Caller, product_id: str, customer_id: str, price: str, **more: Any) -> Any:
    body = {"product_id": product_id, "customer_id": customer_id, "price": price, "valid_from": "2026-01-01", **more}
    made = office.post("/prices", body)
    assert made.status_code == 201, made.json
    return made.json


def _costs(office: Caller, product_id: str, customer_id: str, quantity: str = "1") -> str | None:
    path = f"/prices/explain?product={product_id}&customer={customer_id}&on=2099-03-01&quantity={quantity}"
    price: str | None = office.get(path).json["unit_price"]
    return price


def test_agreements_go_to_the_survivor_and_come_back(
    office: Caller, service: ServiceUnderTest, register: Register, product_id: str
) -> None:
    merged, survivor = new_id(), new_id()
    _agree(office, product_id, merged, "50")
    told = len(service.events("price.changed.v1"))
    register.tells(merged, 2, survivor)
    assert [_costs(office, product_id, one) for one in (survivor, merged)] == ["50.00", "57.75"]
    event = service.events("price.changed.v1")[told]
    assert (event.data["customer_id"], event.aggregate_version) == (survivor, 2)
    register.tells(merged, 3, None)
    assert [_costs(office, product_id, one) for one in (survivor, merged)] == ["57.75", "50.00"]


def test_agreements_follow_merges_that_were_made_before_anybody_listened(
    office: Caller, register: Register, product_id: str
) -> None:
    merged, survivor = new_id(), new_id()
    _agree(office, product_id, merged, "50")
    register.shows(merged, 2, survivor)
    assert _costs(office, product_id, survivor) == "50.00"


def test_the_survivors_own_agreement_stays_in_force_step_by_step(
    office: Caller, register: Register, product_id: str
) -> None:
    merged, survivor = new_id(), new_id()
    _agree(office, product_id, merged, "50")
    _agree(office, product_id, merged, "40", min_quantity="10")
    _agree(office, product_id, survivor, "55")
    register.tells(merged, 2, survivor)
    assert _costs(office, product_id, survivor) == "55.00"
    assert _costs(office, product_id, survivor, "10") == "40.00"
    register.tells(merged, 3, None)
    assert [_costs(office, product_id, merged, quantity) for quantity in ("1", "10")] == ["50.00", "40.00"]


def test_a_late_word_of_a_merge_that_was_undone_moves_nothing(
    office: Caller, register: Register, product_id: str
) -> None:
    merged, survivor = new_id(), new_id()
    _agree(office, product_id, merged, "50")
    register.tells(merged, 3, None)
    assert register.tells(merged, 2, survivor) is Handled.STALE
    assert _costs(office, product_id, merged) == "50.00"


def test_other_customers_and_tenants_keep_theirs(
    office: Caller, stranger: Caller, register: Register, product_id: str
) -> None:
    merged, survivor, third = new_id(), new_id(), new_id()
    _agree(office, product_id, third, "45")
    register.tells(merged, 2, survivor)
    assert _costs(office, product_id, third) == "45.00"
    assert stranger.get(f"/prices?customer_id={survivor}").json["items"] == []


def _explained(office: Caller, product_id: str, **asked: Any) -> tuple[Any, Any]:
    query = {"product": product_id, "on": "2099-03-01", **asked}
    answer = office.get("/prices/explain", query_string=query).json
    return answer["unit_price"], answer["price_group"]


def test_what_a_customer_pays_at_a_site_is_found_by_itself(office: Caller, register: Register, product_id: str) -> None:
    customer, house, room = (new_id() for _ in range(3))
    register.tells(customer, 1, None, price_group="kulta")
    register.tells_site(house, f"/{house}", price_group="hopea")
    register.tells_site(room, f"/{house}/{room}")
    for scope, price in (("kulta", "56"), ("hopea", "54")):
        body = {"product_id": product_id, "price_group": scope, "price": price, "valid_from": "2026-01-01"}
        assert office.post("/prices", body).status_code == 201
    assert _explained(office, product_id) == ("57.75", None)
    assert _explained(office, product_id, customer=customer) == ("56.00", "kulta")
    assert _explained(office, product_id, customer=customer, site=room) == ("54.00", "hopea")
    assert _explained(office, product_id, customer=customer, site=room, price_group="kulta") == ("56.00", "kulta")
    body = {"product_id": product_id, "site_id": house, "price": "50", "valid_from": "2026-01-01"}
    assert office.post("/prices", body).status_code == 201
    assert _explained(office, product_id, site=room)[0] == "50.00"
    assert _explained(office, product_id, customer=new_id(), site=new_id()) == ("57.75", None)
