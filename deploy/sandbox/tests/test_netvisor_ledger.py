"""What is beside sales: accounting.nv, accountingledger.nv, accountingperiodlist.nv, companies; the rest is lists."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask

from deploy.sandbox.config import NetvisorSettings
from deploy.sandbox.netvisor.company import Company, Credentials
from deploy.sandbox.netvisor.records import Voucher, VoucherLine
from deploy.sandbox.netvisor.simulator import NetvisorSimulator
from deploy.sandbox.store import open_store
from deploy.sandbox.tests.builders import invoice
from deploy.sandbox.tests.conftest import netvisor_company
from deploy.sandbox.tests.netvisor_client import NetvisorClient


def voucher(*sums: str, day: str = "2026-03-31", more: str = "") -> str:
    lines = "".join(
        f'<voucherline><linesum type="net">{each}</linesum><accountnumber>3000</accountnumber>'
        '<vatpercent vatcode="NONE">0</vatpercent></voucherline>'
        for each in sums
    )
    return (
        f"<root><voucher><calculationmode>net</calculationmode><voucherdate>{day}</voucherdate>{more}"
        f"<voucherclass>Muistio</voucherclass>{lines}</voucher></root>"
    )


def test_a_voucher_is_kept_and_shown(netvisor: NetvisorClient) -> None:
    key = netvisor.call("accounting.nv", voucher("100,00", "-100,00")).inserted
    root = netvisor.call(f"accountingledger.nv?netvisorkeylist={key}").root
    assert [line.findtext("LineSum") for line in root.iter("VoucherLine")] == ["100,00", "-100,00"]
    assert netvisor.call("accountingledger.nv?startdate=2026-04-01").root.find(".//Voucher") is None
    assert netvisor.call("accountingledger.nv?accountnumberstart=4000").root.find(".//Voucher") is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (voucher("100,00", "-99,99"), "INVALID_DATA"),
        (voucher("1,00", "-1,00", more="<unknown/>"), "INVALID_DATA"),
        (voucher("1,00", "-1,00", day="31.3.2026"), "INVALID_DATA"),
        (voucher("1,00", "-1,00", day="2025-12-31"), "PERIOD_LOCK"),
    ],
    ids=["unbalanced", "unknown element", "no date", "locked"],
)
def test_a_wrong_voucher_is_refused(sandbox: Flask, body: str, code: str) -> None:
    company = netvisor_company(sandbox, settings={"locked_until": "2025-12-31"})
    assert company.call("accounting.nv", body).code == code
    assert company.call("accounting.nv", voucher("1,00", "-1,00")).code == "OK"


def test_an_invoice_has_a_voucher_from_the_moment_it_is_sent(netvisor: NetvisorClient) -> None:
    netvisor.call("salesinvoice.nv?method=add", invoice())
    sent = netvisor.call("salesinvoice.nv?method=add", invoice(status="open")).inserted
    (shown,) = netvisor.call("accountingledger.nv").root.iter("Voucher")
    assert shown.findtext("LinkedSourceNetvisorKey") == str(sent)
    assert [line.findtext("LineSum") for line in shown.iter("VoucherLine")] == ["213,35", "-170,00", "-43,35"]


def test_the_lock_shows_among_the_periods(sandbox: Flask, netvisor: NetvisorClient) -> None:
    assert netvisor.call("accountingperiodlist.nv").root.find(".//PeriodLockInformation") is None
    locked = netvisor_company(sandbox, settings={"locked_until": "2025-12-31"})
    root = locked.call("accountingperiodlist.nv").root
    assert root.findtext(".//AccountingPeriodLockDate") == "31.12.2025"


def test_companies_are_found_by_name_or_business_id_and_not_without(netvisor: NetvisorClient) -> None:
    assert netvisor.call("companylist.nv").code == "INVALID_DATA"
    assert netvisor.call("getcompanyinformation.nv?organizationidentifier=1").code == "INVALID_DATA"
    assert netvisor.call("companylist.nv?queryterm=nosuch").root.find(".//Company") is None


def test_vouchers_survive_a_restart(tmp_path: Path) -> None:
    settings, path = NetvisorSettings(), tmp_path / "books.sqlite"
    company = Company("c", "C", Credentials("1", "2", "3", "4", "5"), settings, open_store(path))
    company.save_self()
    line = VoucherLine(Decimal("1.00"), "x", 3000, Decimal("25.5"), "KOMY", [("Kohde", "B")])
    kept = Voucher(70001, date(2026, 3, 31), "1", "t", "k", [line])
    company.save_voucher(kept)
    again = NetvisorSimulator(settings, open_store(path)).company("c")
    assert again.vouchers == {70001: kept}
    assert again.next_key("voucher") == 70002
