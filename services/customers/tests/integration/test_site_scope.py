"""Callers who are limited to some sites: what lies elsewhere does not exist for them."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from services.customers.tests.integration.conftest import RIGHTS
from shared.ids import new_id
from shared.testing.service import Caller, ServiceUnderTest


class Town:
    """Two customers with a property each; each has a building, and each node a contact person of its own."""

    def __init__(self, office: Caller) -> None:
        self.office = office
        self.ids: dict[str, str] = {}
        for side in ("own", "far"):
            customer = self._make(f"{side}_customer", "/customers", {"name": f"Asiakas {side}"})
            top = {"type": "property", "name": f"Kiinteistö {side}", "customer_id": customer}
            estate = self._make(f"{side}_estate", "/sites", {**top, "code": f"K-{side}"})
            house = {"type": "building", "name": f"Talo {side}", "parent_id": estate, "tag": f"tag-{side}"}
            self._make(f"{side}_house", "/sites", house)
            for node in ("customer", "estate", "house"):
                register = "customers" if node == "customer" else "sites"
                path = f"/{register}/{self.ids[f'{side}_{node}']}/contacts"
                link = office.post(path, {"name": f"Henkilö {side} {node}", "role": "orders", "is_default": True})
                assert link.status_code == 201, link.json
                self.ids[f"{side}_{node}_link"] = link.json["id"]
                self.ids[f"{side}_{node}_person"] = link.json["contact"]["id"]

    def _make(self, key: str, path: str, body: dict[str, Any]) -> str:
        answer = self.office.post(path, body)
        assert answer.status_code == 201, answer.json
        self.ids[key] = answer.json["id"]
        return self.ids[key]

    def __getitem__(self, key: str) -> str:
        return self.ids[key]

    def named(self, items: list[dict[str, Any]]) -> set[str]:
        """Return by what keys the records are known here."""
        names = {record_id: key for key, record_id in self.ids.items()}
        return {names[item["id"]] for item in items}


@pytest.fixture
def town(office: Caller) -> Town:
    return Town(office)


def limited(service: ServiceUnderTest, *sites: str, more: tuple[str, ...] = ()) -> Caller:
    return service.caller(*RIGHTS, *more, sites=sites)


def test_lists_and_searches_have_only_what_is_in_scope(service: ServiceUnderTest, town: Town) -> None:
    seer = limited(service, town["own_house"])
    assert town.named(seer.get("/sites").json["items"]) == {"own_house"}
    assert town.named(seer.get("/customers").json["items"]) == {"own_customer"}
    assert town.named(seer.get("/contacts").json["items"]) == {"own_house_person", "own_customer_person"}
    for path in (f"/sites?customer={town['far_customer']}", "/sites?tag=tag-far", "/sites?q=far", "/contacts?q=far"):
        assert seer.get(path).json["items"] == [], path
    assert seer.get("/customers?q=far").json["items"] == []
    assert seer.get("/customers/duplicates?name=Asiakas far").json["items"] == []
    assert seer.get(f"/sites?parent={town['own_estate']}").json["items"][0]["id"] == town["own_house"]


def test_a_scope_takes_in_what_lies_below(service: ServiceUnderTest, town: Town) -> None:
    seer = limited(service, town["own_estate"])
    assert town.named(seer.get("/sites").json["items"]) == {"own_estate", "own_house"}
    both = limited(service, town["own_estate"], town["far_house"])
    assert town.named(both.get("/sites").json["items"]) == {"own_estate", "own_house", "far_house"}
    assert town.named(both.get("/customers").json["items"]) == {"own_customer", "far_customer"}
    lost = limited(service, new_id())
    assert [lost.get(path).json["items"] for path in ("/sites", "/customers", "/contacts")] == [[], [], []]


def test_a_scope_of_another_tenant_opens_nothing(service: ServiceUnderTest, town: Town) -> None:
    stranger = service.caller(*RIGHTS, tenant_id=service.other_tenant_id, sites=[town["own_estate"]])
    assert stranger.get("/sites").json["items"] == []
    assert stranger.get(f"/sites/{town['own_estate']}").status_code == 404


def test_exports_have_only_what_is_in_scope(service: ServiceUnderTest, town: Town) -> None:
    seer = limited(service, town["own_house"])
    for register in ("customers", "sites", "contacts"):
        book = openpyxl.load_workbook(io.BytesIO(seer.get(f"/{register}/export").data))
        cells = " ".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
        assert "own" in cells, register
        assert "far" not in cells, register
        assert town["own_estate"] not in cells, register
        assert "K-own" not in cells, register


def test_what_lies_elsewhere_is_not_found(service: ServiceUnderTest, town: Town) -> None:
    seer = limited(service, town["own_house"], more=("sites.secrets.read",))
    elsewhere = [f"/sites/{town[key]}" for key in ("far_estate", "far_house", "own_estate")]
    person, customer = f"/contacts/{town['far_house_person']}", f"/customers/{town['far_customer']}"
    site = elsewhere[0]
    for method, path, body in (
        *(("GET", f"{one}{what}", None) for one in elsewhere for what in ("", "/path", "/customer", "/attachments")),
        *(("GET", f"{one}/contacts", None) for one in elsewhere),
        *(("GET", f"{one}/door-code", None) for one in elsewhere),
        ("GET", person, None),
        ("GET", f"{person}/data", None),
        ("GET", customer, None),
        ("GET", f"{customer}/contacts", None),
        ("PATCH", site, {"name": "x"}),
        ("PATCH", person, {"name": "x"}),
        ("PATCH", customer, {"name": "x"}),
        ("PUT", f"{site}/door-code", {"door_code": "1"}),
        ("POST", f"{site}/move", {"parent_id": town["own_house"]}),
        ("POST", f"{site}/archive", None),
        ("POST", f"{site}/attachments", {"customer_id": town["own_customer"], "valid_from": "2026-01-01"}),
        ("POST", f"{site}/contacts", {"contact_id": town["own_house_person"], "role": "access"}),
        ("POST", f"{customer}/archive", None),
        ("POST", f"{person}/erase", None),
        ("DELETE", f"{customer}/contacts/{town['far_customer_link']}", None),
        # what is in scope cannot be tied to what is not
        ("POST", f"/sites/{town['own_house']}/move", {"parent_id": town["far_estate"]}),
        ("POST", f"/sites/{town['own_house']}/contacts", {"contact_id": town["far_house_person"], "role": "access"}),
        (
            "POST",
            f"/sites/{town['own_house']}/attachments",
            {"customer_id": town["far_customer"], "valid_from": "2026-01-01"},
        ),
        ("POST", "/sites", {"type": "space", "name": "x", "parent_id": town["far_house"]}),
    ):
        answer = seer.call(method, path, json=body, if_match=1)
        assert answer.status_code == 404, (method, path, answer.json)
    assert town.office.get(site).json["name"] == "Kiinteistö far"


def test_work_inside_the_scope_goes_on(service: ServiceUnderTest, town: Town) -> None:
    seer = limited(service, town["own_estate"])
    made = seer.post("/sites", {"type": "space", "name": "Kellari", "parent_id": town["own_house"]})
    assert (made.status_code, made.json["customer_id"]) == (201, town["own_customer"])
    moved = seer.post(f"/sites/{made.json['id']}/move", {"parent_id": town["own_estate"]})
    assert (moved.status_code, moved.json["parent_id"]) == (200, town["own_estate"])
    changed = seer.patch(f"/sites/{town['own_house']}", {"name": "Talo A"}, if_match=1)
    assert (changed.status_code, changed.json["name"]) == (200, "Talo A")
    person = {"name": "Uusi", "role": "access"}
    assert seer.post(f"/sites/{made.json['id']}/contacts", person).status_code == 201


def test_the_path_shows_only_what_is_in_scope_and_the_owner_is_still_known(
    service: ServiceUnderTest, town: Town
) -> None:
    seer = limited(service, town["own_house"])
    assert town.named(seer.get(f"/sites/{town['own_house']}/path").json["items"]) == {"own_house"}
    assert seer.get(f"/sites/{town['own_house']}/customer").json["customer"]["id"] == town["own_customer"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/sites", {"type": "property", "name": "Uusi"}),
        ("POST", "/sites/{own_house}/move", {"parent_id": None}),
        ("POST", "/customers", {"name": "Uusi"}),
        ("POST", "/contacts", {"name": "Uusi"}),
        ("POST", "/customers/{own_customer}/merge/preview", {"into": "{own_customer}"}),
        ("GET", "/imports/columns", None),
        ("GET", "/webhooks", None),
        ("GET", "/audit", None),
    ],
)
def test_what_is_about_the_whole_firm_is_refused(
    service: ServiceUnderTest, town: Town, method: str, path: str, body: Any
) -> None:
    more = ("tenant.manage", "audit.read", "customers.integrate")
    answer = limited(service, town["own_estate"], more=more).call(method, path.format(**town.ids), json=body)
    assert (answer.status_code, answer.json["code"]) == (403, "outside_scope")
