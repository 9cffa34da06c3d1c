"""Door codes, erasure of a person's data, customers written twice; on both databases."""

from __future__ import annotations

import io

from sqlalchemy import select

from shared.db.tables import audit_log
from shared.testing.service import Caller, ServiceUnderTest


def audit_of(service: ServiceUnderTest, entity_id: str) -> list:
    with service.begin() as uow:
        statement = select(audit_log).where(audit_log.c.entity_id == entity_id).order_by(audit_log.c.id)
        return list(uow.session.execute(statement))


def test_a_door_code_is_read_with_its_own_permission_and_every_reading_is_audited(
    office: Caller, stranger: Caller, service: ServiceUnderTest
) -> None:
    site = office.post("/sites", {"type": "building", "name": "A"}).json["id"]
    keeper = service.caller("sites.secrets.read")
    assert keeper.get(f"/sites/{site}/door-code").json == {"door_code": None}
    stored = office.call("PUT", f"/sites/{site}/door-code", json={"door_code": "kulkukoodi-4711"})
    assert (stored.status_code, stored.json["has_door_code"]) == (200, True)
    assert keeper.get(f"/sites/{site}/door-code").json == {"door_code": "kulkukoodi-4711"}
    assert office.get(f"/sites/{site}/door-code").status_code == 403
    assert stranger.call("PUT", f"/sites/{site}/door-code", json={"door_code": "x"}).status_code == 404
    for answer in (office.get(f"/sites/{site}"), office.get("/sites"), office.get("/sites/export")):
        assert b"4711" not in answer.data
    rows = audit_of(service, site)
    assert [row.action for row in rows] == ["created", "read", "changed", "read"]
    assert "4711" not in str(rows)
    assert "4711" not in str([event.data for event in service.events()])
    assert office.call("PUT", f"/sites/{site}/door-code", json={"door_code": None}).json["has_door_code"] is False


def test_a_persons_data_is_given_out_and_erased_with_its_traces(office: Caller, service: ServiceUnderTest) -> None:
    customer = office.post("/customers", {"name": "A"}).json["id"]
    link = office.post(
        f"/customers/{customer}/contacts", {"name": "Maija Malli", "email": "maija@malli.example", "role": "orders"}
    ).json
    person = link["contact"]["id"]
    given = office.get(f"/contacts/{person}/data").json
    assert (given["contact"]["email"], given["roles"][0]["customer_id"]) == ("maija@malli.example", customer)
    erased = office.post(f"/contacts/{person}/erase")
    assert (erased.status_code, erased.json["name"], erased.json["email"]) == (200, "–", None)
    (left,) = office.get(f"/customers/{customer}/contacts").json["items"]
    assert (left["role"], left["contact"]["name"]) == ("orders", "–")
    assert "maija" not in str(audit_of(service, person)).lower()
    assert office.post(f"/contacts/{person}/erase").json["version"] == erased.json["version"]
    assert service.caller("customers.read").post(f"/contacts/{person}/erase").status_code == 403


def test_an_erased_person_leaves_reports_and_files_of_imports(
    office: Caller, stranger: Caller, service: ServiceUnderTest
) -> None:
    def load(caller: Caller, register: str, table: str) -> str:
        answer = caller.post(
            f"/imports?register={register}&mode=confirm",
            data={"file": (io.BytesIO(table.encode()), "a.csv")},
            content_type="multipart/form-data",
        )
        assert answer.json["counts"]["created"] == 1, answer.json
        return str(answer.json["id"])

    contacts = "Nimi;Sähköposti;Puhelin\nMaija Malli;maija@malli.example;0401234567\nMaija Malli;maija@malli;1\n"
    imports = [
        load(office, "contacts", contacts),
        load(office, "customers", "Nimi;Yhteyshenkilö\nAsiakas Oy;Maija Malli\n"),
    ]
    others = load(stranger, "contacts", "Nimi;Sähköposti\nMaija Malli;maija@malli.example\n")
    (person,) = [one for one in office.get("/contacts").json["items"] if one["email"]]
    office.patch(f"/contacts/{person['id']}", {"name": "Maija Uusi", "email": None}, if_match=person["version"])

    assert office.post(f"/contacts/{person['id']}/erase").status_code == 200

    for one in imports:
        report = office.get(f"/imports/{one}")
        assert "maija" not in report.text.lower()
        assert "1234567" not in report.text
        assert report.json["counts"]["created"] == 1
        assert office.get(f"/imports/{one}/marked").status_code in (404, 410)
    assert "Maija Malli" in stranger.get(f"/imports/{others}").text
    assert stranger.get(f"/imports/{others}/marked").status_code == 200


def test_a_customer_that_may_be_there_already_is_found(office: Caller, stranger: Caller) -> None:
    body = {"name": "Oy Mälli Ab", "business_id": "9000011-8", "billing_address": {"postal_code": "00100"}}
    made = office.post("/customers", body).json
    by_name = office.get("/customers/duplicates?name=MALLI+oy&postal_code=00100").json["items"]
    assert [(one["id"], one["by"]) for one in by_name] == [(made["id"], "name_and_postal_code")]
    assert office.get("/customers/duplicates?name=Malli&postal_code=00200").json["items"] == []
    by_id = office.get("/customers/duplicates?business_id=9000011-8").json["items"]
    assert by_id[0]["by"] == "business_id"
    assert office.get("/customers/duplicates").json["items"] == []
    assert stranger.get("/customers/duplicates?business_id=9000011-8").json["items"] == []
    office.patch(f"/customers/{made['id']}", {"billing_address": {"postal_code": "00200"}}, if_match=1)
    assert len(office.get("/customers/duplicates?name=Malli&postal_code=00200").json["items"]) == 1


def test_an_import_warns_of_a_customer_that_may_be_there_already(office: Caller) -> None:
    office.post("/customers", {"name": "Mälli Oy", "number": "7", "billing_address": {"postal_code": "00100"}})
    table = "Nimi;Asiakasnumero;Postinro\nOY MALLI;8;00100\nMalli Oy;9;00200\nMälli Oy;7;00100\n".encode()
    report = office.post(
        "/imports", data={"file": (io.BytesIO(table), "a.csv")}, content_type="multipart/form-data"
    ).json
    assert [(one["row"], one["column"], one["code"]) for one in report["warnings"]] == [
        (2, 1, "customer.possible_duplicate")
    ]
    assert report["counts"] == {"created": 2, "changed": 0, "unchanged": 1, "refused": 0}
