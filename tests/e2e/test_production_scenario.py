"""The same scenario on PostgreSQL and RabbitMQ, every part of every service in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deploy.demo.report import Report
from deploy.demo.scenario import plans_for, play
from deploy.production import Production, ProductionSettings
from shared.config import BadConfiguration
from shared.testing.servers import amqp_server
from shared.testing.waiting import eventually
from tests.support.expectations import check_imports, check_report
from tests.support.inspection import broken_invariants, open_events, rows_of
from tests.support.suite import Suite, log_lines, running_suite

pytestmark = pytest.mark.alone

PATIENT = {"URAKKA_DISPATCH_LEASE_S": "60"}
"""Nothing is broken here, so no attempt should lapse, however busy the machine is."""


@dataclass(frozen=True)
class Played:
    """The suite that still runs, and what the scenario left behind."""

    suite: Suite
    report: Report
    written: dict[str, Any]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("production")
    with running_suite(folder, amqp_server(), environment=PATIENT) as suite:
        plans = plans_for({"netvisor": suite.sandbox.netvisor(), "procountor": suite.sandbox.procountor()})
        key = suite.production.provisioning_key
        with (folder / "screen.txt").open("w", encoding="utf-8") as screen:
            console = Console(file=screen, width=150)
            report = play(suite.base_url, key, plans, console=console, today=date(2026, 11, 20))
        report.write(folder / "report.json")
        yield Played(suite, report, json.loads((folder / "report.json").read_text(encoding="utf-8")))


def test_every_check_of_the_scenario_holds(played: Played) -> None:
    assert [check for check in played.report.checks if not check.ok] == []
    assert played.report.ok


def test_the_report_and_the_imports_are_those_of_the_one_box(played: Played) -> None:
    check_report(played.written)
    check_imports(played.written["imports"])


def test_nothing_stays_on_the_bus(played: Played) -> None:
    eventually(lambda: not open_events(played.suite.inspection_url), timeout_s=30, every_s=0.5)


def test_the_ledger_invariant_holds(played: Played) -> None:
    assert broken_invariants("billing", played.suite.inspection_url) == ""


def test_every_part_ran_in_a_process_of_its_own(played: Played) -> None:
    processes = played.suite.production.processes()
    assert len(set(processes.values())) == len(processes)
    assert {"workorders-api", "workorders-relay", "workorders-consume", "billing-jobs"} <= set(processes)


def test_one_correlation_id_follows_an_order_from_the_call_to_the_dispatch_and_back(played: Played) -> None:
    """The approval's id and trace stand in the log of every process that the order passed."""
    url, folder = played.suite.inspection_url, played.suite.log_folder
    dispatches = rows_of(url, "billing", "SELECT id, correlation_id, traceparent FROM dispatches ORDER BY id")
    approvals = {
        str(line["correlation_id"]): line
        for line in log_lines(folder, "workorders-api")
        if line["event"] == "http.request" and str(line["route"]).endswith("/approve") and line["status"] == 200
    }
    dispatch = next(row for row in dispatches if row["correlation_id"] in approvals)
    correlation_id, trace_id = dispatch["correlation_id"], dispatch["traceparent"].split("-")[1]
    assert approvals[correlation_id]["trace_id"] == trace_id

    taken = _lines_of(folder, "billing-consume", correlation_id, "inbox.handled")
    assert "workorder.approved.v1" in {line["type"] for line in taken}
    (sent,) = _lines_of(folder, "billing-jobs", correlation_id, "dispatch.answered")
    assert sent["dispatch_id"] == dispatch["id"]
    told = _lines_of(folder, "workorders-consume", correlation_id, "inbox.handled")
    assert "document.accepted.v1" in {line["type"] for line in told}
    assert {line["trace_id"] for line in (*taken, sent, *told)} == {trace_id}


def test_the_relays_put_the_correlation_id_on_the_wire(played: Played) -> None:
    """The relay itself handles batches, not orders: the id goes with each event, in its envelope."""
    url = played.suite.inspection_url
    events = rows_of(url, "workorders", "SELECT payload FROM outbox WHERE type LIKE '%workorder.approved.v1'")
    sent = {str(json.loads(bytes(event["payload"]))["correlationid"]) for event in events}
    dispatches = rows_of(url, "billing", "SELECT DISTINCT correlation_id FROM dispatches")
    assert sent & {row["correlation_id"] for row in dispatches}


def test_no_process_logged_an_error(played: Played) -> None:
    wrong = [
        (process, line)
        for process in played.suite.production.processes()
        for line in log_lines(played.suite.log_folder, process)
        if line.get("level") in ("error", "critical")
    ]
    assert wrong == []


def test_one_database_for_all_services_is_refused() -> None:
    with pytest.raises(BadConfiguration, match="service"):
        Production(ProductionSettings(database_url="postgresql+psycopg://x@127.0.0.1/one", amqp_url="amqp://x"))


def _lines_of(folder: Path, process: str, correlation_id: str, event: str) -> list[dict[str, Any]]:
    def find() -> list[dict[str, Any]]:
        lines = log_lines(folder, process)
        return [line for line in lines if line.get("correlation_id") == correlation_id and line["event"] == event]

    return eventually(find, timeout_s=10)
