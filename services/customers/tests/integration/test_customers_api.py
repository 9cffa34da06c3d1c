"""Customers through the HTTP API, on both databases."""

from __future__ import annotations

import pytest

from shared.ids import new_id
from shared.testing.service import Caller, ServiceUnderTest

HOUSING = {
    "name": "As Oy Esimerkin Haapapiha",
    "kind": "housing_company",
    "business_id": "9000011-8",
    "billing_address": {"street": "Haapatie 4", "postal_code": "2150", "city": "ESPOO"},
    "einvoice_address": "003790000118",
    "einvoice_operator": "003721291126",
    "required_references": ["work_number", "order_number"],
}


def test_only_the_name_is_needed(office: Caller) -> None:
    answer = office.post("/customers", {"name": "Virtanen Maija"})

    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    made = answer.json
    assert (made["kind"], made["number"], made["payment_term_days"]) == ("company", "1001", 14)
    assert (made["invoice_channel"], made["state"], made["language"]) == ("letter", "active", "fi")


def test_fields_come_back_healed_and_are_told_to_others(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/customers", HOUSING).json

    assert made["billing_address"] == {
        "street": "Haapatie 4",
        "postal_code": "02150",
        "city": "ESPOO",
        "country": "FI",
    }
    assert made["invoice_channel"] == "einvoice"
    (event,) = service.events("customer.changed.v1")
    assert (event.subject, event.aggregate_version, event.tenant_id) == (made["id"], 1, service.tenant_id)
    assert event.data["required_references"] == ["order_number", "work_number"]
    assert event.data["archived"] is False


def test_numbers_are_a_series_that_skips_what_was_given_by_hand(office: Caller) -> None:
    assert office.post("/customers", {"name": "A", "number": "1002"}).status_code == 201
    assert [office.post("/customers", {"name": name}).json["number"] for name in "BC"] == ["1001", "1003"]
    taken = office.post("/customers", {"name": "D", "number": "1003"})
    assert (taken.status_code, taken.json["code"]) == (409, "customer.duplicate_number")


def test_a_change_needs_the_version_and_publishes_once(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/customers", HOUSING).json
    path = f"/customers/{made['id']}"

    assert office.patch(path, {"phone": "040 123 4567"}).status_code == 428
    assert office.patch(path, {"phone": "040 123 4567"}, if_match=7).status_code == 412
    changed = office.patch(path, {"phone": "040 123 4567"}, if_match=1)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert changed.json["phone"] == "+358401234567"
    same = office.patch(path, {"phone": "+358 40 1234567"}, if_match=2)
    assert (same.status_code, same.json["version"]) == (200, 2)
    assert [event.aggregate_version for event in service.events("customer.changed.v1")] == [1, 2]


def test_all_wrong_fields_are_named_at_once(office: Caller) -> None:
    answer = office.post(
        "/customers",
        {
            "name": "Wrong Oy",
            "business_id": "9000011-7",
            "email": "not an address",
            "billing_address": {"street": "Katu 1", "postal_code": "x", "city": "Turku"},
        },
    )
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json["errors"]} == {
        "/business_id",
        "/email",
        "/billing_address/postal_code",
    }


def test_unknown_fields_and_wrong_types_are_refused_with_pointers(office: Caller) -> None:
    answer = office.post("/customers", {"name": 5, "colour": "red", "billing_address": {"planet": "Mars"}})
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert {error["pointer"] for error in answer.json["errors"]} == {"/name", "/colour", "/billing_address/planet"}


def test_a_business_id_belongs_to_one_customer_of_a_tenant(office: Caller, stranger: Caller) -> None:
    first = office.post("/customers", HOUSING).json
    again = office.post("/customers", {"name": "Other", "business_id": "90000118"})
    assert (again.status_code, again.json["code"]) == (409, "customer.duplicate_business_id")
    assert again.json["customer_id"] == first["id"]
    assert stranger.post("/customers", HOUSING).status_code == 201


def test_the_same_key_twice_makes_one_customer(office: Caller, service: ServiceUnderTest) -> None:
    key = {"Idempotency-Key": "phone-17"}
    first = office.post("/customers", {"name": "Once"}, headers=key)
    second = office.post("/customers", {"name": "Once"}, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert len(service.events()) == 1
    assert office.post("/customers", {"name": "Other"}, headers=key).status_code == 409


def test_a_client_may_choose_the_id(office: Caller) -> None:
    body = {"id": new_id(), "name": "Offline"}
    assert office.post("/customers", body).json["id"] == body["id"]
    assert office.post("/customers", body).status_code == 201
    assert office.post("/customers", {**body, "name": "Changed"}).status_code == 409


def test_another_tenant_sees_nothing(office: Caller, stranger: Caller) -> None:
    made = office.post("/customers", HOUSING).json
    path = f"/customers/{made['id']}"
    assert stranger.get(path).status_code == 404
    assert stranger.patch(path, {"name": "Mine"}, if_match=1).status_code == 404
    assert stranger.post(f"{path}/archive").status_code == 404
    assert stranger.get("/customers").json == {"items": [], "next": None}
    assert stranger.post("/customers", {"name": "X", "payer_id": made["id"]}).status_code == 422
    assert stranger.get(path).json["detail"] == office.get(f"/customers/{made['id'][::-1]}").json["detail"].replace(
        made["id"][::-1], made["id"]
    )


def test_archived_customers_leave_the_list_and_take_no_changes(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/customers", {"name": "Old"}).json
    path = f"/customers/{made['id']}"
    archived = office.post(f"{path}/archive", if_match=1).json
    assert (archived["state"], archived["version"]) == ("archived", 2)
    assert office.post(f"{path}/archive").json["version"] == 2
    assert office.get("/customers").json["items"] == []
    assert [one["id"] for one in office.get("/customers?archived=true").json["items"]] == [made["id"]]
    assert office.patch(path, {"name": "New"}, if_match=2).status_code == 409
    assert office.post(f"{path}/restore").json["state"] == "active"
    assert [event.data["archived"] for event in service.events()] == [False, True, False]


def test_nobody_pays_for_himself_in_the_end(office: Caller) -> None:
    one = office.post("/customers", {"name": "One"}).json
    two = office.post("/customers", {"name": "Two", "payer_id": one["id"]}).json
    three = office.post("/customers", {"name": "Three", "payer_id": two["id"]}).json
    for payer in (one, three):
        answer = office.patch(f"/customers/{one['id']}", {"payer_id": payer["id"]}, if_match=1)
        assert answer.status_code == 422
        assert answer.json["errors"][0]["code"] == "own_payer"
    unknown = office.patch(f"/customers/{one['id']}", {"payer_id": new_id()}, if_match=1)
    assert unknown.json["errors"][0]["code"] == "unknown_payer"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=äänekoski", ["Ääni Oy"]),
        ("q=ÄÄNI", ["Ääni Oy"]),
        ("q=100%25", []),
        ("kind=private", ["Öljymäki Oili"]),
        ("number=1001", ["Ääni Oy"]),
        ("business_id=9000048-4", ["Ääni Oy"]),
        ("limit=1", ["Ääni Oy"]),
    ],
)
def test_the_list_is_filtered(office: Caller, query: str, names: list[str]) -> None:
    office.post(
        "/customers",
        {"name": "Ääni Oy", "business_id": "9000048-4", "billing_address": {"city": "ÄÄNEKOSKI"}},
    )
    office.post("/customers", {"name": "Öljymäki Oili", "kind": "private"})
    assert [one["name"] for one in office.get(f"/customers?{query}").json["items"]] == names


def test_pages_follow_one_another(office: Caller) -> None:
    made = [office.post("/customers", {"name": f"N{index}"}).json["id"] for index in range(5)]
    seen, after = [], ""
    while after is not None:
        page = office.get(f"/customers?limit=2{f'&after={after}' if after else ''}").json
        seen += [one["id"] for one in page["items"]]
        after = page["next"]
    assert seen == made


def test_a_worker_may_fill_in_only_the_little_that_is_needed(service: ServiceUnderTest) -> None:
    worker = service.caller("customers.read", "customers.create_minimal")
    made = worker.post("/customers", {"name": "Provisional", "phone": "0401234567"})
    assert made.status_code == 201
    refused = worker.post("/customers", {"name": "X", "payment_term_days": 60})
    assert refused.status_code == 403
    assert [error["pointer"] for error in refused.json["errors"]] == ["/payment_term_days"]
    assert worker.patch(f"/customers/{made.json['id']}", {"name": "Y"}, if_match=1).status_code == 403
    assert service.caller("customers.read").post("/customers", {"name": "Z"}).status_code == 403


def test_changes_are_in_the_audit_log(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/customers", {"name": "Before"}).json
    office.patch(f"/customers/{made['id']}", {"name": "After"}, if_match=1)
    auditor = service.caller("audit.read")
    newest = auditor.get(f"/audit?entity=customers&entity_id={made['id']}").json["items"][0]
    assert newest["changes"] == {"name": {"from": "Before", "to": "After"}}


ODD_BODIES = [
    b"",
    b"null",
    b"[]",
    b'{"name": "\\u0000"}',
    b'{"name": "\\ud800"}',
    b'{"\\ud800": 1}',
    b'{"name": "x", "payment_term_days": 1e400}',
    b'{"name": "x", "payment_term_days": 123456789012345678901234567890}',
    b'{"name": "x", "payment_term_days": true}',
    b'{"name": "x", "construction_seller_from": "0001-01-01"}',
    b'{"name": "x", "kind": "\\ud800"}',
    b'{"name": "x", "id": "\\u0000"}',
    b'{"name": "x", "required_references": [{}]}',
    b'{"name": "x", "billing_address": {"country": "F\\n"}}',
    b'{"name": "   "}',
    b'{"name": NaN}',
    b"\xff\xfe",
    b'{"name":' + b"[" * 5000,
]


@pytest.mark.parametrize("body", ODD_BODIES, ids=range(len(ODD_BODIES)))
def test_odd_bodies_are_refused_not_crashed_on(office: Caller, body: bytes) -> None:
    answer = office.call("POST", "/customers", data=body, content_type="application/json")
    assert 400 <= answer.status_code < 500, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/customers/%00",
        "/customers/x",
        "/customers/%F0%9F%98%80",
        "/customers/" + "1" * 5000,
        "/sites/%00",
        "/sites/x/customer",
        "/sites/x/attachments",
        "/customers/x/contacts",
        "/contacts/x",
        "/imports/x",
    ],
)
def test_ids_that_are_none_are_not_found(office: Caller, path: str) -> None:
    assert office.get(path).status_code == 404


@pytest.mark.parametrize(
    "query", ["q=%00", "limit=0", "limit=9999999999999999999", "after=%00", "after=AAAA", "kind=x", "x=1", "number=%00"]
)
def test_odd_queries_are_refused(office: Caller, query: str) -> None:
    assert office.get(f"/customers?{query}").status_code == 400


def test_another_content_type_is_refused(office: Caller) -> None:
    answer = office.call("POST", "/customers", data=b"name=x", content_type="application/x-www-form-urlencoded")
    assert 400 <= answer.status_code < 500


def test_no_token_or_no_permission(service: ServiceUnderTest) -> None:
    assert service.app.test_client().get("/api/customers/v1/customers").status_code == 401
    assert service.caller().get("/customers").status_code == 403
