"""Contact persons and sites from workbooks: keys, roles, the tree, round trip, undo; on both databases."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook
from werkzeug.test import TestResponse

from shared.testing.service import Caller, ServiceUnderTest


def send(caller: Caller, register: str, content: bytes, mode: str = "confirm") -> TestResponse:
    return caller.post(
        f"/imports?register={register}&mode={mode}",
        data={"file": (io.BytesIO(content), "a.xlsx")},
        content_type="multipart/form-data",
    )


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


SITES = workbook(
    ("Kohdetunnus", "Kohde", "Tyyppi", "Yläkohde", "Asiakasnumero", "Osoite", "Postinro"),
    ("P-1", "Porras A", "Tila", "T-1", None, None, None),
    ("T-1", "Haapatie 4", "Rakennus", None, "7", "Haapatie 4", 100),
    ("H-1", "Hissi", "Laite", "P-1", "8", None, None),
    ("X-1", "Outo", "Rakennus", "EI-OLE", None, None, None),
    ("Y-1", "Silmukka", "Tila", "Y-2", None, None, None),
    ("Y-2", "Silmukka 2", "Tila", "Y-1", None, None, None),
    (None, "Ilman tunnusta", "Alue", None, None, None, None),
    ("Z-1", "Tuntematon asiakas", None, None, "999", None, None),
)
CONTACTS = workbook(
    ("Nimi", "Sähköposti", "Puhelin", "Asiakasnumero", "Kohdetunnus", "Rooli", "Oletus"),
    ("Maija Malli", "maija@malli.example", "040 123 4567", "7", None, "Tilaaja", "x"),
    ("Maija Malli", "maija@malli.example", None, "8", None, "Laskutus", None),
    ("Matti Muu", "maija@malli.example", None, "7", None, "Tilaaja", "x"),
    ("Vain Nimi", None, None, None, "T-1", "Asukas", None),
    ("Väärä", None, None, "999", None, None, None),
)


@pytest.fixture
def firm(office: Caller) -> Caller:
    for number in ("7", "8"):
        assert office.post("/customers", {"name": f"Asiakas {number}", "number": number}).status_code == 201
    return office


def test_sites_come_in_with_their_tree_and_customers(firm: Caller, service: ServiceUnderTest) -> None:
    report = send(firm, "sites", SITES).json
    assert report["counts"] == {"created": 4, "changed": 0, "unchanged": 0, "refused": 4}
    assert {(error["row"], error["code"]) for error in report["errors"]} == {
        (5, "unknown_site"),
        (6, "unknown_site"),
        (7, "site.loop"),
        (9, "unknown_customer"),
    }
    sites = {site["code"]: site for site in firm.get("/sites").json["items"]}
    customers = {one["number"]: one["id"] for one in firm.get("/customers").json["items"]}
    assert sites["P-1"]["parent_id"] == sites["T-1"]["id"]
    assert sites["P-1"]["customer_id"] == customers["7"]
    assert sites["H-1"]["customer_id"] == customers["8"]
    assert sites["T-1"]["address"]["postal_code"] == "00100"
    assert firm.get("/sites?code=P-1").json["items"][0]["name"] == "Porras A"
    events = service.events("site.changed.v1")
    assert len({event.subject for event in events}) == len(events)
    again = send(firm, "sites", SITES).json
    assert (again["counts"]["created"], again["counts"]["changed"], again["counts"]["unchanged"]) == (0, 0, 4)


def test_contacts_come_in_once_each_with_all_their_roles(firm: Caller) -> None:
    send(firm, "sites", SITES)
    report = send(firm, "contacts", CONTACTS).json
    assert report["counts"] == {"created": 3, "changed": 1, "unchanged": 0, "refused": 1}
    assert len(firm.get("/contacts").json["items"]) == 3
    customer = firm.get("/customers?number=7").json["items"][0]["id"]
    links = firm.get(f"/customers/{customer}/contacts").json["items"]
    assert {(link["contact"]["name"], link["is_default"]) for link in links} == {
        ("Maija Malli", False),
        ("Matti Muu", True),
    }
    again = send(firm, "contacts", CONTACTS).json
    assert again["counts"] == {"created": 0, "changed": 0, "unchanged": 4, "refused": 1}


@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
@pytest.mark.parametrize("register", ["sites", "contacts"])
def test_an_export_imported_back_changes_nothing(firm: Caller, register: str, lang: str) -> None:
    send(firm, "sites", SITES)
    send(firm, "contacts", CONTACTS)
    firm.post("/contacts", {"name": "=Yksin", "notes": "a\n\nb"})
    customer = firm.get("/customers?number=7").json["items"][0]["id"]
    gone = firm.post(f"/customers/{customer}/contacts", {"name": "Poistettava", "role": "resident"}).json["contact"][
        "id"
    ]
    assert firm.post(f"/contacts/{gone}/erase").status_code == 200
    (one, *_) = firm.get("/sites").json["items"]
    everything = {
        "tag": "0042",
        "latitude": "-60.169800",
        "longitude": "24.938380",
        "access_instructions": "=avain\n\nlukossa",
        "device": {"manufacturer": "Oilon", "serial_number": "007", "installed_on": "2020-01-31"},
        "price_group": "@A",
    }
    assert firm.patch(f"/sites/{one['id']}", everything, if_match=one["version"]).status_code == 200
    exported = firm.get(f"/{register}/export?lang={lang}").data
    report = send(firm, register, exported, "dry_run").json
    assert report["errors"] == []
    assert report["unknown_columns"] == []
    expected = {"sites": 4, "contacts": 5}[register]
    assert report["counts"] == {"created": 0, "changed": 0, "unchanged": expected, "refused": 0}
    template = firm.get(f"/imports/template?register={register}&lang={lang}").data
    assert send(firm, register, template, "dry_run").json["counts"]["created"] == 0


def test_imports_of_sites_and_contacts_are_undone(firm: Caller) -> None:
    known = firm.post("/sites", {"type": "area", "name": "Vanha", "code": "T-1"}).json
    sites = send(firm, "sites", SITES).json
    assert firm.get(f"/sites/{known['id']}").json["name"] == "Haapatie 4"
    contacts = send(firm, "contacts", CONTACTS).json
    assert firm.post(f"/imports/{contacts['id']}/undo").status_code == 200
    assert firm.get("/contacts").json["items"] == []
    assert firm.post(f"/imports/{sites['id']}/undo").status_code == 200
    (left,) = firm.get("/sites").json["items"]
    assert (left["name"], left["customer_id"], left["address"]) == ("Vanha", None, None)
    again = send(firm, "sites", SITES).json
    assert (again["counts"]["created"], again["counts"]["changed"]) == (3, 1)


def test_two_sites_cannot_have_one_code(firm: Caller) -> None:
    made = firm.post("/sites", {"type": "area", "name": "A", "code": " K  1 "}).json
    assert made["code"] == "K 1"
    assert firm.post("/sites", {"type": "area", "name": "B", "code": "K 1"}).status_code == 409


def test_a_tag_that_another_site_has_is_refused_and_device_data_is_completed(firm: Caller) -> None:
    firm.post("/sites", {"type": "area", "name": "A", "tag": "T-1"})
    known = firm.post(
        "/sites", {"type": "device", "name": "B", "code": "K-1", "tag": "T-2", "device": {"model": "X"}}
    ).json
    table = (
        b"Kohteen nimi;Kohdetunnus;Tunniste (QR, NFC);Sarjanumero;Leveysaste;Pituusaste\n"
        b"B;K-1;T-2;007;60,16986;24,93838\nC;K-2;T-1;;;\nD;K-3;;;95;24\n"
    )

    report = send(firm, "sites", table).json

    assert [(e["row"], e["column"]) for e in report["errors"]] == [(3, 3), (4, 5)]
    after = firm.get(f"/sites/{known['id']}").json
    assert after["device"] == {"model": "X", "serial_number": "007"}
    assert (after["latitude"], after["longitude"]) == ("60.169860", "24.938380")
    assert firm.post(f"/imports/{report['id']}/undo").status_code == 200
    before = firm.get(f"/sites/{known['id']}").json
    assert (before["device"], before["latitude"]) == ({"model": "X"}, None)
