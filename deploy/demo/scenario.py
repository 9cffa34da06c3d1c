"""The scenario: two firms, two workbooks, more than forty orders, every one of them on exactly one document."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.demo import firm as steps
from deploy.demo.checks import check_firm, check_isolation, document_line
from deploy.demo.client import Refused
from deploy.demo.firm import CATALOG, CUSTOMERS, ORDERS, Firm
from deploy.demo.orders import PlannedOrder, plan_orders
from deploy.demo.report import (
    Refusal,
    Report,
    print_checks,
    print_documents,
    print_import,
    print_orders,
)
from deploy.demo.targets import DemoTarget
from shared.ids import new_id

FOLDER = Path(__file__).parent
WORKBOOKS = ((CUSTOMERS, FOLDER / "huolto-asiakkaat.xlsx"), (CATALOG, FOLDER / "huolto-tuotteet.xlsx"))


@dataclass(frozen=True, slots=True)
class FirmPlan:
    """How one firm takes part."""

    name: str
    target: DemoTarget
    orders: int
    customers: int
    monthly: int
    seed: int


def play(
    base_url: str, provisioning_key: str, plans: tuple[FirmPlan, FirmPlan], *, console: Console, today: date
) -> Report:
    """Play the scenario against a running suite, through its public API only, and print what a person wants to see."""
    report = Report()
    tag = secrets.token_hex(4)
    firms = []
    for index, plan in enumerate(plans):
        console.rule(f"{plan.name} → {plan.target.kind}")
        firm = steps.found_firm(base_url, provisioning_key, plan.name, f"{tag}-{index}", plan.target)
        firms.append(firm)
        for address, workbook in WORKBOOKS:
            imported = steps.import_workbook(firm, address, workbook)
            report.add_import(plan.name, workbook.name, imported)
            print_import(console, workbook.name, imported)
        _work(firm, plan, report, console, today)
        print_orders(console, firm)
    for firm in firms:
        shown = list(steps.documents(firm))
        lines = [document_line(firm, document) for document in shown]
        report.documents.extend(lines)
        report.checks.extend(check_firm(firm, lines, shown))
    report.checks.append(check_isolation(*firms))
    console.rule("Result")
    console.print(
        "×2: sent twice, as after a time-out. Two customers of the first firm are billed in a monthly batch, so their "
        "orders share a document.",
        style="dim",
    )
    print_documents(console, report)
    print_checks(console, report)
    return report


def _work(firm: Firm, plan: FirmPlan, report: Report, console: Console, today: date) -> None:
    customers = _customers_to_serve(firm, plan.customers)
    products = [p for p in firm.biller.pages(f"{CATALOG}/products", limit=200) if _can_be_sold(p)]
    orders = plan_orders(customers, products, count=plan.orders, seed=plan.seed, today=today)
    steps.bill_monthly(firm, [customer["id"] for customer in customers[: plan.monthly]])
    bar = Progress(
        TextColumn("  {task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
    with bar:
        _each(bar, "orders planned, taken in, created", orders, lambda order: steps.make_order(firm, order))
        _each(bar, "work done", firm.orders, lambda track: steps.do_work(firm, track))
        report.refused.extend(_try_what_must_not_work(firm, orders))
        _each(bar, "approved", firm.orders, lambda track: steps.approve(firm, track))
        if firm.monthly:
            _each(bar, "monthly batch previewed and sent", [firm], steps.collect_month)
        task = bar.add_task("billed", total=len(firm.orders))
        steps.wait_until_billed(firm, lambda count: bar.update(task, completed=count))


def _each(bar: Progress, label: str, items: Any, act: Callable[[Any], Any]) -> None:
    for item in bar.track(list(items), description=label):
        act(item)


def _customers_to_serve(firm: Firm, count: int) -> list[dict[str, Any]]:
    """Return customers that any target accepts: those with a business ID, and private persons."""
    found = [
        customer
        for customer in firm.biller.pages(f"{CUSTOMERS}/customers", limit=200)
        if customer["business_id"] or customer["kind"] == "private"
    ]
    return found[:count]


def _can_be_sold(product: Mapping[str, Any]) -> bool:
    """Say whether any target takes the product without more settings: which code a sale without VAT has in the books,
    only the firm's accountant knows."""
    return product["list_price"] is not None and product["vat_class"] != "zero"


def _try_what_must_not_work(firm: Firm, orders: list[PlannedOrder]) -> list[Refusal]:
    taken_in = next(track for track in firm.orders if track.plan.origin == "integration")
    any_order = firm.orders[0]
    row = {"id": new_id(), "product_id": orders[0].rows[0].product["id"], "quantity": "1"}
    attempts: tuple[tuple[str, Callable[[], Any]], ...] = (
        (
            "another order under the same external reference",
            lambda: firm.integration.post(
                f"{ORDERS}/intake",
                {
                    "customer_id": taken_in.plan.customer["id"],
                    "source": "crm",
                    "reference": f"T-{taken_in.plan.number:05d}",
                    "description": "something else",
                },
            ),
        ),
        ("a worker approving an order", lambda: firm.worker.post(f"{ORDERS}/{any_order.id}/approve")),
        ("a row on finished work", lambda: firm.worker.post(f"{ORDERS}/{any_order.id}/rows", {"rows": [row]})),
        ("an unknown field", lambda: firm.supervisor.post(ORDERS, {"customr_id": new_id()})),
        (
            "a quantity as a binary number",
            lambda: firm.worker.post(f"{ORDERS}/{any_order.id}/rows", {"rows": [{**row, "quantity": 0.1}]}),
        ),
        ("a file that is no workbook", lambda: firm.admin.upload(f"{CUSTOMERS}/imports", Path(__file__))),
    )
    return [refusal for what, attempt in attempts if (refusal := _refusal(firm, what, attempt))]


def _refusal(firm: Firm, what: str, attempt: Callable[[], Any]) -> Refusal:
    try:
        attempt()
    except Refused as refused:
        if refused.status < 500:
            return Refusal(firm.name, what, refused.code, refused.detail)
        raise
    raise AssertionError(f"{what} was not refused")


def plans_for(targets: Mapping[str, DemoTarget]) -> tuple[FirmPlan, FirmPlan]:
    """Return the two firms: one with Netvisor and two monthly customers, one with Procountor."""
    return (
        FirmPlan("Esimerkin Huolto Oy", targets["netvisor"], orders=30, customers=18, monthly=2, seed=20261121),
        FirmPlan("Mallin Kiinteistöpalvelu Oy", targets["procountor"], orders=14, customers=8, monthly=0, seed=7),
    )
