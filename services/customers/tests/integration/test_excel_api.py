"""Excel out and back: exports, templates, marked copies, remembered columns, undo; on both databases."""

from __future__ import annotations

import io
import json
from pathlib import Path
from threading import Event

import pytest
from openpyxl import Workbook, load_workbook
from werkzeug.test import TestResponse

from services.customers.api.imports import TABLES, TARGETS
from shared.imports.jobs import ImportWorker
from shared.testing.service import Caller, ServiceUnderTest

DEMO = Path(__file__).parents[4] / "deploy" / "demo" / "huolto-asiakkaat.xlsx"
HOSTILE = '=HYPERLINK("http://x.example")'


def send(caller: Caller, content: bytes, query: str = "mode=confirm", **form: object) -> TestResponse:
    return caller.post(
        f"/imports?{query}",
        data={"file": (io.BytesIO(content), "asiakkaat.xlsx"), **form},
        content_type="multipart/form-data",
    )


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def sheet_of(answer: TestResponse):
    assert answer.status_code == 200
    return load_workbook(io.BytesIO(answer.data)).worksheets[0]


def fill(office: Caller) -> None:
    send(office, DEMO.read_bytes())
    payer = office.post("/customers", {"name": "-Maksaja; Oy", "number": "00077"}).json
    everything = {
        "name": HOSTILE,
        "kind": "public",
        "business_id": "9000011-8",
        "vat_number": "FI90000118",
        "billing_address": {"street": "+Katu 1\nB", "postal_code": "00100", "city": "Åbo"},
        "visiting_address": {"street": "Käyntikuja 2", "postal_code": "02150", "city": "ESPOO"},
        "email": "a@malli.example",
        "phone": "0401234567",
        "language": "sv",
        "payment_term_days": 0,
        "invoice_channel": "einvoice",
        "einvoice_address": "003790000118",
        "einvoice_operator": "003721291126",
        "billing_rhythm": "monthly",
        "payer_id": payer["id"],
        "construction_seller_from": "2026-03-01",
        "construction_seller_to": "2030-12-31",
        "late_interest_percent": "7.50",
        "invoice_grouping": "per_reference",
        "required_references": ["order_number", "orderer"],
        "price_group": "@A",
        "default_cost_centre": "007",
        "on_hold": True,
        "work_while_on_hold": True,
        "field_notes": "Rivi 1\n\n  rivi 2",
        "billing_notes": "x",
    }
    assert office.post("/customers", everything).status_code == 201


@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
def test_an_export_imported_back_changes_nothing(office: Caller, lang: str) -> None:
    fill(office)
    exported = office.get(f"/customers/export?lang={lang}").data
    report = send(office, exported, "mode=dry_run").json
    assert report["errors"] == []
    assert report["unknown_columns"] == []
    assert report["counts"] == {"created": 0, "changed": 0, "unchanged": 141, "refused": 0}


def test_an_export_holds_what_the_filters_let_through_and_no_formulas(office: Caller, stranger: Caller) -> None:
    fill(office)
    sheet = sheet_of(office.get("/customers/export?kind=public&q=HYPER"))
    assert sheet.max_row == 2
    cell = sheet["B2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (HOSTILE, "s", True)
    assert sheet_of(stranger.get("/customers/export")).max_row == 1
    assert office.get("/customers/export?lang=de").status_code == 400


@pytest.mark.parametrize(("lang", "name"), [("fi", "Nimi"), ("sv", "Namn"), ("en", "Name")])
def test_a_template_has_lists_notes_and_an_example_that_is_not_imported(office: Caller, lang: str, name: str) -> None:
    answer = office.get(f"/imports/template?lang={lang}")
    sheet = sheet_of(answer)
    header = {cell.value: cell for cell in sheet[1]}
    assert name in header
    assert all(cell.comment is not None and cell.protection.locked for cell in sheet[1])
    assert sheet.protection.sheet
    assert not sheet["B7"].protection.locked
    assert sheet["A7"].number_format == "@"
    assert sheet.data_validations.dataValidation
    empty = send(office, answer.data, "mode=dry_run").json
    assert empty["counts"] == {"created": 0, "changed": 0, "unchanged": 0, "refused": 0}
    assert [row["reason"] for row in empty["skipped"]] == ["example"]
    book = load_workbook(io.BytesIO(answer.data))
    book.worksheets[0][f"{header[name].column_letter}3"] = "Malli Oy"
    stream = io.BytesIO()
    book.save(stream)
    assert send(office, stream.getvalue(), "mode=dry_run").json["counts"]["created"] == 1


def test_the_report_says_old_and_new_and_what_is_stored(office: Caller) -> None:
    office.post("/customers", {"name": "Malli", "number": "7"})
    report = send(office, workbook(("Nimi", "Asiakasnumero", "Postinro"), ("Malli Oy", "7", 100)), "mode=dry_run").json
    (row,) = report["rows"]
    assert {"field": "name", "old": "Malli", "new": "Malli Oy"} in row["changes"]
    assert (row["values"]["name"], row["values"]["postal_code"], row["values"]["kind"]) == (
        "Malli Oy",
        "00100",
        "company",
    )
    assert report["columns"] == {"Nimi": "name", "Asiakasnumero": "number", "Postinro": "postal_code"}


def test_all_or_nothing_stops_at_a_wrong_row(office: Caller) -> None:
    content = workbook(("Nimi", "Y-tunnus"), ("A", "9000011-8"), ("B", "9000011-0"))
    stopped = send(office, content, "mode=confirm&wrong_rows=stop").json
    assert (stopped["state"], stopped["counts"]["refused"]) == ("stopped", 1)
    assert office.get("/customers").json["items"] == []
    assert send(office, content).json["state"] == "confirmed"
    assert len(office.get("/customers").json["items"]) == 1


def test_the_marked_copy_has_a_comment_at_every_wrong_cell(office: Caller, stranger: Caller) -> None:
    report = send(office, DEMO.read_bytes(), "mode=dry_run").json
    marked = load_workbook(io.BytesIO(office.get(f"/imports/{report['id']}/marked?lang=en").data))
    sheet = marked[report["sheet"]]
    for error in report["errors"]:
        cell = sheet.cell(error["row"], error["column"])
        assert error["reason"] in cell.comment.text
        assert cell.fill.fgColor.rgb.endswith("FFC7CE")
    assert sheet["A4"].value == load_workbook(DEMO)[report["sheet"]]["A4"].value
    assert stranger.get(f"/imports/{report['id']}/marked").status_code == 404
    text = send(office, "Nimi;Y-tunnus\nÄ;9000011-0\n".encode("cp1252"), "mode=dry_run").json
    copy = sheet_of(office.get(f"/imports/{text['id']}/marked"))
    assert (copy["A2"].value, copy["B2"].comment is not None) == ("Ä", True)


def test_columns_can_be_corrected_and_are_remembered(office: Caller, stranger: Caller) -> None:
    content = workbook(("Sopimuskumppani", "Nimi", "Tunniste X"), ("Malli Oy", "Matti", "77"))
    columns = json.dumps({"Sopimuskumppani": "name", "Nimi": None, "Tunniste X": "number"})
    first = send(office, content, "mode=dry_run&remember=true", columns=columns).json
    assert first["columns"] == {"Sopimuskumppani": "name", "Tunniste X": "number"}
    assert first["rows"][0]["values"]["number"] == "77"
    assert send(office, content, "mode=dry_run").json["columns"] == first["columns"]
    assert office.get("/imports/columns").json["columns"]["nimi"] == ""
    assert office.delete("/imports/columns").status_code == 204
    assert office.get("/imports/columns").json["columns"] == {}
    for wrong, status in (('{"a": "b"}', 422), ("[", 400), ('{"a": 1}', 400), ("[" * 10_000, 400)):
        assert send(office, content, "mode=dry_run", columns=wrong).status_code == status


def test_an_import_is_undone_as_a_whole_and_can_be_made_again(office: Caller, service: ServiceUnderTest) -> None:
    old = {"name": "Vanha", "number": "7", "construction_seller_from": "2026-01-01"}
    known = office.post("/customers", {**old, "billing_address": {"city": "Turku"}}).json
    content = workbook(
        ("Nimi", "Asiakasnumero", "Kaupunki", "Yhteyshenkilö", "Rakennusalan myyjä alkaen"),
        ("Uusi nimi", "7", "Åbo", "Maija", "1.3.2026"),
        ("Kokonaan uusi", "8", None, "Matti", None),
    )
    made = send(office, content).json
    undone = office.post(f"/imports/{made['id']}/undo")
    assert (undone.status_code, undone.json["state"]) == (200, "undone")
    back = office.get(f"/customers/{known['id']}").json
    assert (back["name"], back["construction_seller_from"]) == ("Vanha", "2026-01-01")
    assert back["billing_address"]["city"] == "Turku"
    assert office.get("/customers?number=8").json["items"] == []
    assert office.get("/contacts").json["items"] == []
    assert office.post(f"/imports/{made['id']}/undo").json["code"] == "import.not_undoable"
    again = send(office, content).json
    assert (again["counts"]["created"], again["counts"]["changed"]) == (1, 1)
    (restored,) = office.get("/customers?number=8").json["items"]
    assert restored["archived"] is False
    assert service.events("customer.changed.v1")[-1].data["archived"] is False


def test_a_touched_record_keeps_the_import_from_being_undone(office: Caller, stranger: Caller) -> None:
    made = send(office, workbook(("Nimi", "Asiakasnumero"), ("A", "1"), ("B", "2"))).json
    changed = made["rows"][1]["id"]
    office.patch(f"/customers/{changed}", {"name": "C"}, if_match=1)
    answer = office.post(f"/imports/{made['id']}/undo")
    assert (answer.status_code, answer.json["code"]) == (409, "import.records_touched")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/rows/3"]
    assert len(office.get("/customers").json["items"]) == 2
    assert stranger.post(f"/imports/{made['id']}/undo").status_code == 404
    dry = send(office, workbook(("Nimi", "Asiakasnumero"), ("A", "9")), "mode=dry_run").json
    assert office.post(f"/imports/{dry['id']}/undo").status_code == 409


def test_each_endpoint_needs_its_permission(service: ServiceUnderTest, office: Caller) -> None:
    made = send(office, workbook(("Nimi", "Asiakasnumero"), ("A", "1"))).json
    worker = service.caller("customers.read")
    assert worker.get("/customers/export").status_code == 200
    for path in ("/imports/template", "/imports/columns", f"/imports/{made['id']}", f"/imports/{made['id']}/marked"):
        assert worker.get(path).status_code == 403
    assert worker.post(f"/imports/{made['id']}/undo").status_code == 403
    assert service.caller("products.read").get("/customers/export").status_code == 403


def define_fields(service: ServiceUnderTest, register: str) -> None:
    manager = service.caller("tenant.manage")
    for key, kind, name, choices in (
        ("words", "text", "Oma teksti", []),
        ("size", "number", "Oma luku", []),
        ("seen", "date", "Oma päivä", []),
        ("lift", "yes_no", "Oma hissi", []),
        ("heat", "choice", "Oma lämmitys", ["Öljy", "Kaukolämpö"]),
        ("gone", "text", "Poistunut", []),
    ):
        labels = {"fi": name, "sv": f"{name} sv", "en": f"{name} en"}
        body = {"register": register, "key": key, "type": kind, "labels": labels, "choices": choices}
        assert manager.post("/extra-fields", body).status_code == 201


@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
@pytest.mark.parametrize("register", ["customers", "sites"])
def test_own_fields_go_out_as_columns_and_come_back(
    office: Caller, service: ServiceUnderTest, register: str, lang: str
) -> None:
    define_fields(service, register)
    extra = {"words": "=1\n\n2", "size": "-0.125", "seen": "2026-09-03", "lift": False, "heat": "Öljy", "gone": "x"}
    made = office.post(
        f"/{register}", {"name": "A", "extra": extra} | ({"type": "area"} if register == "sites" else {})
    )
    (gone,) = [one for one in office.get("/extra-fields").json["items"] if one["key"] == "gone"]
    service.caller("tenant.manage").post(f"/extra-fields/{gone['id']}/archive")

    exported = office.get(f"/{register}/export?lang={lang}")
    titles = [cell.value for cell in sheet_of(exported)[1]]
    suffix = "" if lang == "fi" else f" {lang}"
    assert titles[-5:] == [f"Oma {name}{suffix}" for name in ("teksti", "luku", "päivä", "hissi", "lämmitys")]
    report = send(office, exported.data, f"mode=dry_run&register={register}").json
    assert (report["errors"], report["unknown_columns"]) == ([], [])
    assert report["counts"] == {"created": 0, "changed": 0, "unchanged": 1, "refused": 0}
    template = sheet_of(office.get(f"/imports/template?register={register}&lang={lang}"))
    assert [cell.value for cell in template[1]] == titles

    sheet = sheet_of(exported)
    for number, value in zip(
        range(len(titles) - 4, len(titles) + 1), ("uusi", "1,5", None, "x", "kaukolämpö"), strict=True
    ):
        sheet.cell(2, number).value = value
    stream = io.BytesIO()
    sheet.parent.save(stream)
    report = send(office, stream.getvalue(), f"mode=confirm&register={register}").json
    assert report["counts"]["changed"] == 1, report["errors"]
    after = {**extra, "words": "uusi", "size": "1.5", "lift": True, "heat": "Kaukolämpö"}
    path = f"/{register}/{made.json['id']}"
    assert office.get(path).json["extra"] == after
    assert office.post(f"/imports/{report['id']}/undo").status_code == 200
    assert office.get(path).json["extra"] == extra


def test_wrong_cells_of_own_fields_are_named_where_they_stand(office: Caller, service: ServiceUnderTest) -> None:
    define_fields(service, "customers")
    table = workbook(
        ("Nimi", "Oma luku", "Oma lämmitys", "Oma hissi", "Operaattori"),
        ("A", "paljon", "Öljy", "kyllä", None),
        ("B", 5, "Puu", "ei", "003799999999"),
        ("C", 5, "öljy", "ei", "003799999999"),
    )

    report = send(office, table).json

    assert [(e["row"], e["column"]) for e in report["errors"]] == [(2, 2), (3, 3)]
    assert [(w["row"], w["column"], w["code"]) for w in report["warnings"]] == [(4, 5, "einvoice_operator.unknown")]
    (made,) = office.get("/customers").json["items"]
    assert (made["name"], made["extra"]) == ("C", {"size": "5", "heat": "Öljy", "lift": False})


def test_a_job_reads_the_columns_that_its_tenant_defined(office: Caller, service: ServiceUnderTest) -> None:
    define_fields(service, "customers")
    table = workbook(("Nimi", "Asiakasnumero", "Oma teksti"), ("A", "N1", "öljy"))

    ordered = send(office, table, "mode=confirm&job=yes").json
    assert ImportWorker(service.database, TABLES, TARGETS).run_next(Event())

    assert office.get(f"/imports/{ordered['id']}").json["columns"]["Oma teksti"] == "extra:words"
    assert office.get("/customers").json["items"][0]["extra"] == {"words": "öljy"}


@pytest.mark.parametrize(
    ("query", "accepted", "comments"),
    [
        ("", "", ("Nimi puuttuu", "Y-tunnuksen tarkistusmerkki ei täsmää. Odotettu:", "Sama arvo on jo rivillä 3")),
        ("", "sv-FI, en;q=0.5", ("Namn saknas", "FO-numrets kontrollsiffra stämmer inte. Väntat:", "redan på rad 3")),
        ("?lang=en", "sv", ("Nimi is missing", "check digit", "already on row 3. Expected: each one once")),
    ],
)
def test_the_marked_copy_speaks_the_readers_language(
    office: Caller, query: str, accepted: str, comments: tuple[str, ...]
) -> None:
    content = workbook(
        ("Nimi", "Y-tunnus"), (None, "9000085-5"), ("A", "9000048-4"), ("B", "9000011-1"), ("C", "9000048-4")
    )
    report = send(office, content, "mode=dry_run").json
    answer = office.get(f"/imports/{report['id']}/marked{query}", headers={"Accept-Language": accepted})
    sheet = sheet_of(answer)
    for place, text in zip(("A2", "B4", "B5"), comments, strict=True):
        assert text in sheet[place].comment.text
    assert office.get(f"/imports/{report['id']}/marked?lang=de").status_code == 400
