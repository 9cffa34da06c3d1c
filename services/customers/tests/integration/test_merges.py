"""Two customers become one, and two again; on both databases."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.customers.messaging.inbound import CONSUMERS
from services.customers.models import CustomerMerge
from shared.bus.catalogue import default_catalogue
from shared.bus.envelope import encode
from shared.bus.inbox import Inbox
from shared.clock import HELSINKI, utc_now
from shared.ids import new_id
from shared.testing.service import Caller, ServiceUnderTest

OLD = {
    "name": "Mälli Oy",
    "number": "7",
    "email": "laskut@malli.example",
    "billing_address": {"postal_code": "00100"},
    "business_id": "9000011-8",
}


class Pair:
    """A customer with everything attached, and the one that shall survive."""

    def __init__(self, office: Caller) -> None:
        """Make both through the API."""
        self.office = office
        self.old = office.post("/customers", OLD).json["id"]
        self.into = office.post("/customers", {"name": "Malli Oy", "number": "8"}).json["id"]
        self.site = office.post("/sites", {"type": "area", "name": "A", "customer_id": self.old}).json["id"]
        self.below = office.post("/sites", {"type": "building", "name": "B", "parent_id": self.site}).json["id"]
        contact = {"name": "Maija Malli", "role": "orders", "is_default": True}
        link = office.post(f"/customers/{self.old}/contacts", contact).json
        self.person = link["contact"]["id"]
        self.paid = office.post("/customers", {"name": "Tytär Oy", "payer_id": self.old}).json["id"]

    def customer(self, customer_id: str) -> Any:
        """Show a customer."""
        return self.office.get(f"/customers/{customer_id}").json

    def roles(self, customer_id: str) -> list[tuple[str, str, bool]]:
        """List (person, role, default) of a customer."""
        items = self.office.get(f"/customers/{customer_id}/contacts").json["items"]
        return sorted((one["contact"]["id"], one["role"], one["is_default"]) for one in items)

    def merge(self, *fields: str, status: int = 200, **changes: Any) -> Any:
        """Merge at the versions of now."""
        body = {"into": self.into, "into_version": self.customer(self.into)["version"], "fields": fields, **changes}
        answer = self.office.post(f"/customers/{self.old}/merge", body, if_match=self.customer(self.old)["version"])
        assert answer.status_code == status, answer.json
        return answer.json

    def undo(self, status: int = 200) -> Any:
        """Undo the merge."""
        answer = self.office.post(f"/customers/{self.old}/merge/undo")
        assert answer.status_code == status, answer.json
        return answer.json


@pytest.fixture
def pair(office: Caller) -> Pair:
    return Pair(office)


def test_a_preview_says_what_would_move_and_moves_nothing(pair: Pair, service: ServiceUnderTest) -> None:
    told = len(service.events())
    preview = pair.office.post(f"/customers/{pair.old}/merge/preview", {"into": pair.into}).json
    assert preview["moves"] == {
        "contact_links": 1,
        "same_links": 0,
        "site_attachments": 1,
        "sites": 2,
        "payers": 1,
        "aliases": 1,
    }
    different = {one["field"]: (one["merged"], one["into"]) for one in preview["differences"]}
    assert different["name"] == ("Mälli Oy", "Malli Oy")
    assert different["business_id"] == ("9000011-8", None)
    assert "language" not in different
    assert [one["code"] for one in preview["warnings"]] == ["left_behind"]
    assert len(service.events()) == told
    assert pair.customer(pair.old)["merged_into"] is None


def test_everything_moves_and_is_told(pair: Pair, service: ServiceUnderTest) -> None:
    told = len(service.events())
    merged = pair.merge("email", "business_id")
    assert merged["moved"] == {
        "contact_links": 1,
        "same_links": 0,
        "site_attachments": 1,
        "payers": 1,
        "aliases": 0,
    }
    old, into = pair.customer(pair.old), pair.customer(pair.into)
    assert (old["archived"], old["merged_into"], old["number"], old["business_id"]) == (True, pair.into, "7", None)
    assert (into["email"], into["business_id"], into["name"]) == ("laskut@malli.example", "9000011-8", "Malli Oy")
    assert pair.customer(pair.paid)["payer_id"] == pair.into
    assert (pair.roles(pair.old), pair.roles(pair.into)) == ([], [(pair.person, "orders", True)])
    for site in (pair.site, pair.below):
        assert pair.office.get(f"/sites/{site}").json["customer_id"] == pair.into
    events = {event.subject: event for event in service.events()[told:]}
    assert set(events) == {pair.old, pair.into, pair.paid, pair.site, pair.below}
    assert (events[pair.old].data["merged_into"], events[pair.into].data["merged_into"]) == (pair.into, None)
    for customer in (old, into):
        assert events[customer["id"]].aggregate_version == customer["version"]


def test_merging_twice_changes_nothing(pair: Pair, service: ServiceUnderTest) -> None:
    first, told = pair.merge(), len(service.events())
    assert pair.merge()["id"] == first["id"]
    assert len(service.events()) == told
    other = pair.office.post("/customers", {"name": "Muu"}).json
    again = pair.merge(into=other["id"], into_version=1, status=409)
    assert (again["code"], again["merged_into"]) == ("customer.merged", pair.into)


def test_a_merge_needs_both_versions_and_two_customers_in_use(pair: Pair, stranger: Caller) -> None:
    body = {"into": pair.into, "into_version": 1}
    path = f"/customers/{pair.old}/merge"
    assert pair.office.post(path, body).status_code == 428
    assert pair.office.post(path, body, if_match=9).status_code == 412
    assert pair.merge(into_version=9, status=412)["code"]
    assert pair.merge("number", status=400)["errors"]
    assert pair.merge(into=pair.old, status=422)["code"] == "customer.cannot_merge"
    assert stranger.post(path, body, if_match=1).status_code == 404
    assert stranger.post(f"{path}/preview", {"into": pair.into}).status_code == 404
    pair.office.post(f"/customers/{pair.into}/archive")
    assert pair.merge(status=409)["code"] == "customer.archived"
    assert pair.customer(pair.old)["merged_into"] is None


def test_the_old_number_leads_to_the_survivor(pair: Pair) -> None:
    pair.merge()
    for query in ("number=7", "number=8", "q=m%C3%A4lli"):
        assert [one["id"] for one in pair.office.get(f"/customers?{query}").json["items"]] == [pair.into], query
    aliases = pair.office.get(f"/customers?archived=true&merged_into={pair.into}").json["items"]
    assert [one["number"] for one in aliases] == ["7"]
    taken = pair.office.post("/customers", {"name": "Uusi", "number": "7"})
    assert taken.json["code"] == "customer.duplicate_number"
    assert pair.office.get("/customers/duplicates?name=Malli&postal_code=00100").json["items"] == []


def imported(office: Caller, table: str, query: str) -> Any:
    data = {"file": (io.BytesIO(table.encode()), "a.csv")}
    return office.post(f"/imports?{query}", data=data, content_type="multipart/form-data").json


def test_a_workbook_with_the_old_number_means_the_survivor(pair: Pair) -> None:
    pair.merge()
    report = imported(pair.office, "Asiakasnumero;Nimi;Puhelin\n7;Malli Oy;040 123 4567\n", "mode=confirm")
    assert report["counts"] == {"created": 0, "changed": 1, "unchanged": 0, "refused": 0}, report
    survivor = pair.customer(pair.into)
    assert (survivor["phone"], survivor["number"]) == ("+358401234567", "8")
    table = "Asiakasnumero;Nimi;Puhelin\n7;Malli Oy;040 123 4568\n8;Malli Oy;040 123 4569\n"
    both = imported(pair.office, table, "mode=dry_run")
    assert both["counts"] == {"created": 0, "changed": 1, "unchanged": 0, "refused": 1}
    sites = "Kohdetunnus;Kohde;Tyyppi;Asiakasnumero\nK-1;Haapatie 4;Rakennus;7\n"
    assert imported(pair.office, sites, "register=sites&mode=confirm")["counts"]["created"] == 1
    (site,) = pair.office.get("/sites?code=K-1").json["items"]
    assert site["customer_id"] == pair.into


def test_undoing_gives_everything_back(pair: Pair, service: ServiceUnderTest) -> None:
    before = {one: pair.customer(one) for one in (pair.old, pair.into, pair.paid)}
    pair.merge("email", "business_id", "billing_address")
    told = len(service.events())
    undone = pair.undo()
    assert undone["undone_at"] is not None
    moving = ("version", "changed_at")
    for customer_id, old in before.items():
        now = pair.customer(customer_id)
        assert {**now, **dict.fromkeys(moving)} == {**old, **dict.fromkeys(moving)}
    assert (pair.roles(pair.old), pair.roles(pair.into)) == ([(pair.person, "orders", True)], [])
    assert pair.office.get(f"/sites/{pair.below}").json["customer_id"] == pair.old
    events = {event.subject: event.data for event in service.events()[told:]}
    assert set(events) == {pair.old, pair.into, pair.paid, pair.site, pair.below}
    assert (events[pair.old]["merged_into"], events[pair.old]["archived"]) == (None, False)
    told = len(service.events())
    assert pair.undo()["id"] == undone["id"]
    assert len(service.events()) == told
    assert pair.merge()["id"] != undone["id"]


@pytest.mark.parametrize("touched", ["survivor", "payer", "attachment", "link"])
def test_a_merge_is_not_undone_once_something_of_it_changed(pair: Pair, touched: str) -> None:
    pair.merge()
    office = pair.office
    if touched in ("survivor", "payer"):
        customer = pair.customer(pair.into if touched == "survivor" else pair.paid)
        office.patch(f"/customers/{customer['id']}", {"name": "Toinen"}, if_match=customer["version"])
    elif touched == "attachment":
        (attachment,) = office.get(f"/sites/{pair.site}/attachments").json["items"]
        path = f"/sites/{pair.site}/attachments/{attachment['id']}"
        assert office.patch(path, {"valid_to": "2999-01-01"}).status_code == 200
    else:
        (link,) = office.get(f"/customers/{pair.into}/contacts").json["items"]
        assert office.delete(f"/customers/{pair.into}/contacts/{link['id']}").status_code == 204
    assert pair.undo(status=409)["code"] == "customer.merge_in_use"
    assert pair.customer(pair.old)["merged_into"] == pair.into


def bill(
    service: ServiceUnderTest, payer: str, ordering: str | None = None, *, at: datetime, tenant_id: str | None = None
) -> str:
    """Let it be heard, twice, that a document was accepted at a moment; returns the document's id."""
    sample = default_catalogue().get("document.accepted.v1").samples[0].event
    order = {"id": new_id(), "number": "1", "row_ids": [new_id()]} | ({"customer_id": ordering} if ordering else {})
    document_id = new_id()
    data = {**sample.data, "id": document_id, "customer_id": payer, "workorders": [order]}
    told = replace(
        sample, id=new_id(), subject=document_id, tenant_id=tenant_id or service.tenant_id, time=at, data=data
    )
    (consumer,) = (one for one in CONSUMERS if "document.accepted.v1" in one.types)
    for _ in range(2):
        Inbox(service.database, consumer).take(encode(told))
    return document_id


@pytest.mark.parametrize(
    ("payer", "ordering"), [("old", "old"), ("into", "old"), ("other", "old"), ("into", "other"), ("into", None)]
)
def test_a_merge_is_not_undone_once_a_document_bills_one_of_the_two(
    pair: Pair, service: ServiceUnderTest, payer: str, ordering: str | None
) -> None:
    pair.merge()
    named = {"old": pair.old, "into": pair.into, "other": new_id(), None: None}
    at = (utc_now() + timedelta(days=3)).replace(microsecond=0)
    first = bill(service, str(named[payer]), named[ordering], at=at)
    bill(service, pair.into, at=at + timedelta(days=1))
    refused = pair.undo(status=409)
    assert (refused["code"], refused["document_id"]) == ("customer.merge_billed", first)
    assert datetime.fromisoformat(refused["billed_at"]) == at
    assert at.astimezone(HELSINKI).date().isoformat() in refused["detail"]
    assert pair.customer(pair.old)["merged_into"] == pair.into


def test_bills_of_before_of_others_and_of_another_firm_leave_a_merge_to_be_undone(
    pair: Pair, service: ServiceUnderTest
) -> None:
    before, later = utc_now() - timedelta(seconds=1), utc_now() + timedelta(days=1)
    bill(service, pair.old, pair.old, at=before)
    pair.merge()
    bill(service, pair.old, pair.old, at=before)
    bill(service, new_id(), new_id(), at=later)
    bill(service, pair.into, pair.old, at=later, tenant_id=service.other_tenant_id)
    assert pair.undo()["undone_at"] is not None
    bill(service, pair.old, pair.old, at=later)
    pair.merge()
    assert pair.undo()["undone_at"] is not None


def test_what_was_merged_is_not_restored_and_what_was_not_is_not_undone(pair: Pair) -> None:
    assert pair.undo(status=409)["code"] == "customer.not_merged"
    pair.merge()
    restored = pair.office.post(f"/customers/{pair.old}/restore")
    assert (restored.status_code, restored.json["code"]) == (409, "customer.merged")


def test_a_role_that_both_have_stays_once_and_defaults_stay_the_survivors(pair: Pair) -> None:
    same = {"contact_id": pair.person, "role": "orders", "is_default": True}
    pair.office.post(f"/customers/{pair.into}/contacts", same)
    other = pair.office.post(
        f"/customers/{pair.old}/contacts", {"name": "Olli", "role": "billing", "is_default": True}
    ).json["contact"]["id"]
    pair.office.post(f"/customers/{pair.into}/contacts", {"name": "Ulla", "role": "billing", "is_default": True})
    before = pair.roles(pair.old), pair.roles(pair.into)
    assert pair.merge()["moved"]["same_links"] == 1
    assert (other, "billing", False) in pair.roles(pair.into)
    assert (pair.person, "orders", True) in pair.roles(pair.into)
    assert len(pair.roles(pair.into)) == 3
    pair.undo()
    assert (pair.roles(pair.old), pair.roles(pair.into)) == before


def test_a_survivor_that_the_merged_one_paid_for_pays_for_itself(pair: Pair) -> None:
    pair.office.patch(f"/customers/{pair.into}", {"payer_id": pair.old}, if_match=1)
    pair.merge()
    assert pair.customer(pair.into)["payer_id"] is None
    pair.undo()
    assert pair.customer(pair.into)["payer_id"] == pair.old


def test_a_merge_that_would_close_a_ring_of_payers_is_refused(pair: Pair) -> None:
    pair.office.patch(f"/customers/{pair.into}", {"payer_id": pair.paid}, if_match=1)
    assert pair.merge(status=422)["errors"][0]["code"] == "own_payer"
    assert pair.customer(pair.old)["archived"] is False


def test_merging_the_survivor_on_takes_its_aliases_along(pair: Pair) -> None:
    pair.merge()
    last = pair.office.post("/customers", {"name": "Viimeinen", "number": "9"}).json
    version = pair.customer(pair.into)["version"]
    body = {"into": last["id"], "into_version": 1}
    merged = pair.office.post(f"/customers/{pair.into}/merge", body, if_match=version).json
    assert merged["moved"]["aliases"] == 1
    assert [one["id"] for one in pair.office.get("/customers?number=7").json["items"]] == [last["id"]]
    assert pair.undo(status=409)["code"] == "customer.merge_in_use"
    assert pair.office.post(f"/customers/{pair.into}/merge/undo").status_code == 200
    assert pair.customer(pair.old)["merged_into"] == pair.into


def test_only_who_may_write_customers_merges_them(pair: Pair, service: ServiceUnderTest) -> None:
    reader = service.caller("customers.read")
    for path in ("merge", "merge/preview", "merge/undo"):
        assert reader.post(f"/customers/{pair.old}/{path}", {"into": pair.into}).status_code == 403
    pair.merge()
    with service.begin() as uow:
        assert uow.session.query(CustomerMerge).count() == 1


def test_a_new_customer_comes_with_a_warning_of_those_that_may_be_the_same(
    pair: Pair, service: ServiceUnderTest
) -> None:
    body = {"name": "Oy MALLI Ab", "billing_address": {"postal_code": "00100"}}
    made = pair.office.post("/customers", body)
    assert made.headers["Possible-Duplicates"] == pair.old
    assert "Possible-Duplicates" not in pair.office.post("/customers", {"name": "Aivan muu"}).headers
    blind = service.caller("customers.create_minimal").post("/customers", body)
    assert (blind.status_code, "Possible-Duplicates" in blind.headers) == (201, False)
