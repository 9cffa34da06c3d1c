"""The customer's report: what was done, where, and what of it is billed."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from services.workorders.app import reports
from services.workorders.tests.builders import Firm, Person
from shared.clock import business_day, utc_now
from shared.ids import new_id

_PERIOD = "from=2026-02-01&to=2026-02-28"


def _done(firm: Firm, customer_id: str, *rows: dict[str, Any], **order: Any) -> Any:
    """Make an order in the field with recorded rows."""
    wish = {"id": new_id(), "customer_id": customer_id, "rows": list(rows), **order}
    return firm.person("workorders.record", "workorders.plan").make("/workorders/field", wish)


def _hours(firm: Firm, quantity: str, day: str = "2026-02-03", **more: Any) -> dict[str, Any]:
    return {"product_id": firm.product(), "quantity": quantity, "work_date": day, **more}


def _report(reader: Person, customer_id: str, more: str = "", period: str = _PERIOD) -> Any:
    return reader.get(f"/reports/customers/{customer_id}?{period}{more}")


def _totals(report: Any, *names: str) -> tuple[Any, ...]:
    return tuple(report["totals"][name] for name in names)


def test_hours_and_money_of_a_period_to_the_cent(firm: Firm) -> None:
    customer_id = firm.customer()
    warranty = {"chargeability": "warranty", "chargeability_reason": "Takuu"}
    _done(firm, customer_id, _hours(firm, "2.5"), _hours(firm, "1", **warranty), _hours(firm, "9", "2026-01-31"))
    _done(firm, customer_id, _hours(firm, "4", "2026-03-01"))
    _done(firm, firm.customer(), _hours(firm, "8"))
    report = _report(firm.planner(), customer_id)
    assert _totals(report, "orders", "rows", "hours", "charged_hours") == (1, 2, "3.500", "2.500")
    assert _totals(report, "net", "billed", "unbilled", "unpriced") == ("144.38", "0.00", "144.38", 0)
    assert [row["net"] for order in report["orders"] for row in order["rows"]] == ["144.38", None]


def test_an_order_without_rows_counts_in_the_period_in_which_it_was_made(firm: Firm) -> None:
    customer_id = firm.customer()
    firm.planner().make("/workorders/", {"customer_id": customer_id, "description": "Vasta suunniteltu"})
    wide = f"from={_day(-300)}&to={_day(300)}"
    assert _totals(_report(firm.planner(), customer_id, period=wide), "orders", "rows") == (1, 0)
    past = f"from={_day(-300)}&to={_day(-2)}"
    assert _totals(_report(firm.planner(), customer_id, period=past), "orders") == (0,)
    assert _totals(_report(firm.planner(), customer_id, "&billed=false", wide), "orders") == (0,)


def test_billed_and_unbilled_are_told_apart(firm: Firm) -> None:
    customer_id = firm.customer()
    order = firm.in_review(firm.worker(), customer_id=customer_id, rows=[_hours(firm, "2"), _hours(firm, "1")])
    approved = firm.planner().step(order["id"], "approve")
    firm.accept({order["id"]: [approved["rows"][0]["id"]]})
    report = _report(firm.planner(), customer_id)
    assert _totals(report, "net", "billed", "unbilled") == ("173.25", "115.50", "57.75")
    assert _totals(_report(firm.planner(), customer_id, "&billed=true"), "rows", "net") == (1, "115.50")
    assert _totals(_report(firm.planner(), customer_id, "&billed=false"), "rows", "net") == (1, "57.75")


def test_a_site_stands_for_all_that_lies_below_it(firm: Firm) -> None:
    customer_id, root, house, yard = firm.customer(), new_id(), new_id(), new_id()
    firm.site(id=root, name="Haapapiha", path=f"/{root}", customer_id=customer_id)
    firm.site(id=house, name="Haapatie 4", path=f"/{root}/{house}", customer_id=customer_id)
    firm.site(id=yard, name="Piha_1%", path=f"/{root}/{yard}", customer_id=customer_id)
    _done(firm, customer_id, _hours(firm, "1"), site_id=house)
    _done(firm, customer_id, _hours(firm, "2"), site_id=yard)
    _done(firm, customer_id, _hours(firm, "4"))
    planner = firm.planner()
    report = _report(planner, customer_id)
    assert [(group["label"], group["totals"]["hours"]) for group in report["by_site"]] == [
        ("Haapapiha / Haapatie 4", "1.000"),
        ("Haapapiha / Piha_1%", "2.000"),
        ("", "4.000"),
    ]
    assert _totals(_report(planner, customer_id, f"&site_id={root}"), "hours") == ("3.000",)
    assert _totals(_report(planner, customer_id, f"&site_id={house}"), "hours") == ("1.000",)


def test_packages_types_and_states_narrow_it(firm: Firm) -> None:
    planner, customer_id = firm.planner(), firm.customer()
    package = planner.make("/work-packages/", {"code": "P-1", "name": "Putket", "customer_id": customer_id})
    _done(firm, customer_id, _hours(firm, "1"), type="project", work_package_id=package["id"])
    _done(firm, customer_id, _hours(firm, "2"), type="fault")
    report = _report(planner, customer_id)
    assert [(group["label"], group["totals"]["orders"]) for group in report["by_package"]] == [
        ("P-1 Putket", 1),
        ("", 1),
    ]
    assert _totals(_report(planner, customer_id, f"&work_package_id={package['id']}"), "hours") == ("1.000",)
    assert _totals(_report(planner, customer_id, "&type=fault&type=contract"), "hours") == ("2.000",)
    assert _totals(_report(planner, customer_id, "&state=approved"), "orders") == (0,)


def test_work_for_a_customer_that_was_merged_into_this_one_is_its_work(firm: Firm) -> None:
    merged, survivor = firm.customer(), firm.customer()
    order = firm.in_review(firm.worker(), customer_id=merged, rows=[_hours(firm, "2")])
    firm.planner().step(order["id"], "approve")
    assert _totals(_report(firm.planner(), survivor), "hours") == ("0.000",)
    firm.customer(id=merged, version=2, archived=True, merged_into=survivor)
    assert _totals(_report(firm.planner(), survivor), "hours") == ("2.000",)


def test_who_may_not_see_prices_sees_none_in_any_form(firm: Firm) -> None:
    customer_id = firm.customer()
    _done(firm, customer_id, _hours(firm, "2"))
    viewer = firm.person("workorders.read")
    text = str(_report(viewer, customer_id))
    for hidden in ("115.5", "57.75", "unbilled"):
        assert hidden not in text
    book = openpyxl.load_workbook(io.BytesIO(_file(viewer, customer_id, "xlsx")))
    cells = {str(cell.value) for sheet in book for row in sheet for cell in row}
    assert not {cell for cell in cells if "57.75" in cell or "115.5" in cell or "alv" in cell}
    assert "57,75" not in _pages(_file(viewer, customer_id, "pdf"))


def test_the_workbook_has_numbers_as_numbers_and_no_live_formulas(firm: Firm) -> None:
    customer_id = firm.customer(name="=HYPERLINK(1)")
    _done(firm, customer_id, _hours(firm, "2", description="=1+1"), description="+358")
    book = openpyxl.load_workbook(io.BytesIO(_file(firm.planner(), customer_id, "xlsx")))
    assert book.sheetnames == ["Kohde", "Työkokonaisuus", "Laji", "Työrivit"]
    header, row = list(book["Työrivit"].values)
    found = dict(zip(header, row, strict=True))
    assert Decimal(str(found["Summa (alv 0 %)"])) == Decimal("115.5")
    assert (found["Veloitettava määrä"], found["Laskutettu"]) == (2, "ei")
    cell = book["Työrivit"].cell(2, list(header).index("Kuvaus") + 1)
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_the_workbooks_rows_add_up_to_its_sum(firm: Firm) -> None:
    customer_id = firm.customer()
    warranty = {"chargeability": "warranty", "chargeability_reason": "Takuu"}
    _done(firm, customer_id, _hours(firm, "2.5"), _hours(firm, "1", **warranty))
    book = openpyxl.load_workbook(io.BytesIO(_file(firm.planner(), customer_id, "xlsx")))
    header, *rows = list(book["Työrivit"].values)
    place = list(header).index("Summa (alv 0 %)")
    assert sorted(str(row[place]) for row in rows) == ["144.38", "None"], "what is not charged has no amount"


def test_the_pdf_says_the_same_in_the_language_asked_for(firm: Firm) -> None:
    customer_id = firm.customer(name="Bostads Ab <Åbo> & Co – Žižka")
    _done(firm, customer_id, *(_hours(firm, "2") for _ in range(60)))
    content = _file(firm.planner(), customer_id, "pdf", "sv")
    text = _pages(content)
    for shown in ("Arbetsrapport", "Bostads Ab <Åbo> & Co – Žižka", "6 930,00"):
        assert shown in text
    assert len(PdfReader(io.BytesIO(content)).pages) > 1


def test_what_is_wrong_with_the_question_is_said_at_once(firm: Firm) -> None:
    planner, customer_id = firm.planner(), firm.customer()
    planner.refused(400, "GET", f"/reports/customers/{customer_id}?from=2026-02-28&to=2026-02-01")
    planner.refused(400, "GET", f"/reports/customers/{customer_id}?from=2016-02-28&to=2026-02-01")
    problem = planner.refused(400, "GET", f"/reports/customers/{customer_id}?format=doc")
    assert {error["pointer"] for error in problem["errors"]} == {"/from", "/to", "/format"}
    planner.refused(404, "GET", f"/reports/customers/{new_id()}?{_PERIOD}")


def test_other_tenants_and_workers_get_no_report(firm: Firm, other_firm: Firm) -> None:
    customer_id = firm.customer()
    other_firm.planner().refused(404, "GET", f"/reports/customers/{customer_id}?{_PERIOD}")
    firm.worker().refused(403, "GET", f"/reports/customers/{customer_id}?{_PERIOD}")


def _day(later: int) -> str:
    """Today in Helsinki, and some days later."""
    return (business_day(utc_now()) + timedelta(days=later)).isoformat()


def _file(reader: Person, customer_id: str, kind: str, lang: str = "fi") -> bytes:
    reader.call("GET", f"/reports/customers/{customer_id}?{_PERIOD}&format={kind}&lang={lang}")
    assert reader.last.status_code == 200
    return reader.last.data


def _pages(content: bytes) -> str:
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return text.replace("\u00a0", " ")


def test_order_and_report_add_up_a_set_and_a_removed_row_alike(firm: Firm) -> None:
    """The document says what a set's parts are, hours too; a row that was taken off after a reopening is no work."""
    labour, screws = firm.product(), firm.product(unit="kpl", kind="material", list_price="10")
    components = [
        {"product_id": labour, "quantity": "2", "share_weight": None},
        {"product_id": screws, "quantity": "3", "share_weight": None},
    ]
    kit = firm.product(code="SETTI", kind="fixed_price", unit="kpl", list_price="99.99", components=components)
    firm.rule({"kind": "fee", "product_id": screws, "per": "order"}, name="Jätemaksu")
    customer_id, planner = firm.customer(), firm.planner()
    rows = [{"product_id": kit, "quantity": "1", "work_date": "2026-02-03"}, _hours(firm, "1.5"), _hours(firm, "4")]
    order = firm.in_review(firm.worker(), customer_id=customer_id, rows=rows)
    planner.step(order["id"], "approve")
    planner.step(order["id"], "reopen", {"reason": "Rivi liikaa"})
    removed = next(row for row in order["rows"] if row["quantity"] == "4.000")
    planner.call("DELETE", f"/workorders/{order['id']}/rows/{removed['id']}")
    totals = planner.get(f"/workorders/{order['id']}")["totals"]
    assert sorted(totals, key=lambda one: one["unit"]) == [
        {"unit": "h", "worked": "1.500", "charged": "3.500"},
        {"unit": "kpl", "worked": "1.000", "charged": "3.000"},
    ]
    report = _report(planner, customer_id)
    assert report["totals"]["units"] == sorted(totals, key=lambda one: one["unit"])
    assert _totals(report, "hours", "charged_hours") == ("1.500", "3.500")
    assert removed["id"] not in str(report)
    assert planner.get(f"/workorders/{order['id']}/charging")["totals"] == totals
    for row in planner.get(f"/workorders/{order['id']}")["rows"]:
        planner.call("DELETE", f"/workorders/{order['id']}/rows/{row['id']}")
    assert _totals(_report(planner, customer_id), "orders", "rows") == (0, 0)


def test_a_worker_sees_no_units_of_a_sets_parts(firm: Firm) -> None:
    components = [{"product_id": firm.product(), "quantity": "2", "share_weight": None}]
    kit = firm.product(code="SETTI", kind="fixed_price", unit="kpl", list_price="99.99", components=components)
    worker = firm.worker()
    order = firm.in_progress(worker, customer_id=firm.customer())
    worker.make(f"/workorders/{order['id']}/rows", {"product_id": kit, "quantity": "1"})
    assert worker.get(f"/workorders/{order['id']}")["totals"] == [{"unit": "kpl", "worked": "1.000"}]


def test_a_report_that_is_too_large_says_how_large(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    customer_id = firm.customer()
    warranty = {"chargeability": "warranty", "chargeability_reason": "Takuu"}
    _done(firm, customer_id, _hours(firm, "1"), _hours(firm, "2", **warranty), _hours(firm, "2", "2026-03-01"))
    _done(firm, customer_id, _hours(firm, "1"))
    planner, path = firm.planner(), f"/reports/customers/{customer_id}?{_PERIOD}"
    monkeypatch.setattr(reports, "MOST_ROWS", 2)
    problem = planner.refused(422, "GET", path)
    assert (problem["code"], problem["found"], problem["most"]) == ("report.too_large", 3, 2)
    assert _totals(planner.get(f"{path}&billed=false"), "rows") == (2,)
    monkeypatch.setattr(reports, "MOST_ORDERS", 1)
    assert planner.refused(422, "GET", path)["detail"].startswith("This would be 2 work orders")
