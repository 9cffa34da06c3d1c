"""The import of a customer list through the HTTP API, on both databases, with the workbook of the demo."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook
from werkzeug.test import TestResponse

from shared.testing.service import Caller, ServiceUnderTest

DEMO = Path(__file__).parents[4] / "deploy" / "demo" / "huolto-asiakkaat.xlsx"
GOOD_ROWS = 139
WRONG_CELLS = {
    (5, 6), (9, 1), (40, 1), (45, 2), (78, 1), (82, 2), (90, 2), (91, 2), (97, 1), (141, 2), (150, 2),
}  # fmt: skip


def send(
    caller: Caller, content: bytes, mode: str = "confirm", name: str = "asiakkaat.xlsx", **options: object
) -> TestResponse:
    return caller.post(
        f"/imports?mode={mode}",
        data={"file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
        **options,
    )


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_dry_run_writes_nothing_and_says_what_would_happen(office: Caller, service: ServiceUnderTest) -> None:
    answer = send(office, DEMO.read_bytes(), mode="dry_run")
    assert answer.status_code == 200
    report = answer.json
    assert report["state"] == "dry_run"
    assert report["counts"] == {"created": GOOD_ROWS, "changed": 0, "unchanged": 0, "refused": len(WRONG_CELLS)}
    assert {(error["row"], error["column"]) for error in report["errors"]} == WRONG_CELLS
    assert office.get("/customers").json["items"] == []
    assert service.events() == []


def test_every_good_row_arrives_and_the_same_file_again_changes_nothing(
    office: Caller, service: ServiceUnderTest
) -> None:
    first = send(office, DEMO.read_bytes()).json
    assert first["counts"] == {"created": GOOD_ROWS, "changed": 0, "unchanged": 0, "refused": len(WRONG_CELLS)}
    assert len(service.events("customer.changed.v1")) == GOOD_ROWS
    for error in first["errors"]:
        assert error["reason"]
        assert error["code"]
        assert (error["sheet"], error["column_letter"]) == ("Asiakkaat 2026", "ABCDEF"[error["column"] - 1])

    second = send(office, DEMO.read_bytes()).json
    assert second["counts"] == {"created": 0, "changed": 0, "unchanged": GOOD_ROWS, "refused": len(WRONG_CELLS)}
    assert len(service.events()) == GOOD_ROWS
    assert office.get(f"/imports/{first['id']}").json == first


def test_a_healed_row_looks_as_it_should(office: Caller) -> None:
    send(office, DEMO.read_bytes())
    (found,) = office.get("/customers?business_id=9050264-4").json["items"]
    assert found["name"] == "Nevalainen Sähkö Oy"
    assert found["billing_address"]["postal_code"] == "90100"
    assert (found["phone"], found["payment_term_days"]) == ("+358401234567", 14)
    assert (found["invoice_channel"], found["einvoice_operator"]) == ("einvoice", "003708599126")
    (link,) = office.get(f"/customers/{found['id']}/contacts").json["items"]
    assert (link["contact"]["name"], link["role"], link["is_default"]) == ("Seppo Järvinen-Haapala", "orders", True)


def test_update_goes_by_key_never_by_name(office: Caller) -> None:
    known = {"name": "Malli Oy", "business_id": "9000011-8", "phone": "0401234567", "kind": "public"}
    made = office.post("/customers", known).json
    report = send(
        office,
        workbook(
            ("Nimi", "Y-tunnus", "Asiakasnumero", "Puhelin", "Kaupunki", "Tyyppi"),
            ("Malli Oyj", "9000011-8", None, None, "Turku", None),
            ("Malli Oy", None, None, "050 765 4321", None, None),
            ("Uusi", None, "A-7", None, None, "Yritys"),
        ),
    ).json
    assert [(row["action"], row["fields"]) for row in report["rows"]] == [
        ("changed", ["billing_address", "name"]),
        ("created", []),
        ("created", []),
    ]
    changed = office.get(f"/customers/{made['id']}").json
    assert (changed["name"], changed["phone"], changed["kind"]) == ("Malli Oyj", "+358401234567", "public")
    assert office.get("/customers?number=A-7").json["items"][0]["name"] == "Uusi"


def test_rows_that_the_register_refuses_are_reported_with_their_cell(office: Caller) -> None:
    made = office.post("/customers", {"name": "Malli Oy", "business_id": "9000011-8"}).json
    archived = office.post("/customers", {"name": "Vanha", "business_id": "9000048-4"}).json
    office.post(f"/customers/{archived['id']}/archive")
    report = send(
        office,
        workbook(
            ("Nimi", "Y-tunnus", "Asiakasnumero"),
            ("Malli Oy", "9000011-8", "777"),
            ("Vanha uusin nimin", "9000048-4", None),
            ("Hyvä", None, "888"),
        ),
    ).json
    assert report["counts"] == {"created": 1, "changed": 0, "unchanged": 0, "refused": 2}
    assert [(error["row"], error["column_letter"], error["code"]) for error in report["errors"]] == [
        (2, "C", "customer.duplicate_number"),
        (3, "A", "customer.archived"),
    ]
    assert office.get(f"/customers/{made['id']}").json["version"] == 1


def test_what_is_no_workbook_gets_a_problem_document(office: Caller) -> None:
    for content in (b"", b"Nimi", b"\x00\x01;\x02", b"PK\x03\x04 broken", DEMO.read_bytes()[:5000]):
        answer = send(office, content)
        assert answer.status_code == 400
        assert answer.json["code"] == "workbook.unreadable"
    without_header = send(office, workbook(("a", "b"), (1, 2)))
    assert (without_header.status_code, without_header.json["code"]) == (422, "workbook.no_table")


def test_a_zip_bomb_and_a_huge_upload_are_too_large(office: Caller) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package, zipfile.ZipFile(DEMO) as demo:
        for name in demo.namelist():
            package.writestr(name, bytes(200 * 1024 * 1024) if "sheet1" in name else demo.read(name))
    bomb = send(office, stream.getvalue())
    assert (bomb.status_code, bomb.json["code"]) == (413, "workbook.too_large")
    huge = send(office, bytes(21 * 1024 * 1024))
    assert (huge.status_code, huge.json["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "options",
    [
        {"data": b"", "content_type": "multipart/form-data"},
        {"data": b"x", "content_type": "multipart/form-data; boundary=y"},
        {"json": {"file": "x"}},
        {"data": {"file": "text"}, "content_type": "multipart/form-data"},
        {
            "data": b'--y\r\nContent-Disposition: form-data; name="other"; filename="x"\r\n\r\n\r\n--y--\r\n',
            "content_type": "multipart/form-data; boundary=y",
        },
    ],
    ids=range(5),
)
def test_a_form_without_the_file_is_malformed(office: Caller, options: dict[str, object]) -> None:
    assert office.post("/imports", **options).status_code == 400


def test_the_same_key_twice_is_one_job(office: Caller) -> None:
    key = {"Idempotency-Key": "import-1"}
    assert send(office, DEMO.read_bytes(), headers=key).json == send(office, DEMO.read_bytes(), headers=key).json
    assert send(office, workbook(("Nimi", "Y-tunnus"), ("A", None)), headers=key).status_code == 409


def test_imports_belong_to_a_tenant_and_need_the_permission(
    office: Caller, stranger: Caller, service: ServiceUnderTest
) -> None:
    made = send(office, DEMO.read_bytes(), name="..\\C:\\x/älista.xlsx").json
    assert made["file_name"] == "älista.xlsx"
    assert stranger.get(f"/imports/{made['id']}").status_code == 404
    assert send(stranger, DEMO.read_bytes()).json["counts"]["created"] == GOOD_ROWS
    assert send(service.caller("customers.read"), DEMO.read_bytes()).status_code == 403
