"""`urakka import --onebox`: exit status and report, on a fresh folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask, request

from deploy import import_command
from deploy.cli import urakka
from shared.testing.serving import serving

DEMO = Path(__file__).parents[1] / "demo"
REPORT_KEYS = ["sheet", "header_row", "columns", "rows", "errors", "warnings", "counts"]
CELL_KEYS = {"sheet", "row", "column", "field", "value", "expected", "suggestion", "text"}


def test_an_import_into_local_data_writes_the_report_and_says_by_its_status_whether_all_went_in(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    where = ["--onebox", "--folder", str(tmp_path / "var"), "--report", str(report)]
    dry = CliRunner().invoke(urakka, ["import", "customers", str(DEMO / "huolto-asiakkaat.xlsx"), "--dry-run", *where])
    assert (dry.exit_code, "Nothing written" in dry.output) == (1, True)
    written = json.loads(report.read_text())
    assert list(written) == REPORT_KEYS
    assert written["counts"] == {"created": 139, "changed": 0, "unchanged": 0, "refused": 11}
    assert len(written["rows"]) == 150
    assert all(set(row) == {"row", "action", "key", "values"} for row in written["rows"])
    assert all(set(error) == CELL_KEYS for error in written["errors"])

    table = tmp_path / "kunder.csv"
    table.write_text("Kundnummer;Oma nimi\n7;Åbo Fastigheter Ab\n", encoding="cp1252")
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"Oma nimi": "name"}))
    good = CliRunner().invoke(urakka, ["import", "customers", str(table), "--mapping", str(mapping), *where])
    assert (good.exit_code, "1 created" in good.output) == (0, True)
    (row,) = json.loads(report.read_text())["rows"]
    assert (row["key"], row["values"]["name"]) == ("7", "Åbo Fastigheter Ab")

    table.write_bytes(b"\x00")
    assert CliRunner().invoke(urakka, ["import", "customers", str(table), *where]).exit_code == 1
    assert json.loads(report.read_text())["errors"][0]["row"] == 0


def test_without_a_target_nothing_is_tried(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("a;b\n")
    result = CliRunner().invoke(urakka, ["import", "customers", str(table)], env={"URAKKA_URL": ""})
    assert (result.exit_code, "--onebox" in result.output) == (2, True)


class Suite:
    """What the command speaks to: shows an import as the next of `jobs` says, the last one for ever.

    A number in their place is the status of an answer that is none.
    """

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any] | int] = []
        self.tokens = 0
        self.app = Flask("suite")
        self.app.post("/api/identity/v1/tokens/api-key")(self._log_in)
        self.app.post("/api/customers/v1/imports")(lambda: (self._shown(job("waiting")), 202))
        self.app.get("/api/customers/v1/imports/<import_id>")(self._show)

    def _log_in(self) -> dict[str, str]:
        self.tokens += 1
        return {"access_token": f"token-{self.tokens}"}

    def _show(self, import_id: str) -> Any:
        assert import_id == "0193-import"
        if request.headers["Authorization"] != f"Bearer token-{self.tokens}":
            return {"code": "not_authenticated"}, 401
        now = self.jobs.pop(0) if len(self.jobs) > 1 else self.jobs[0]
        return self._shown(now) if isinstance(now, dict) else ({"code": "fault", "detail": "No."}, now)

    def _shown(self, shown: dict[str, Any]) -> dict[str, Any]:
        lists = {name: [] for name in ("rows", "refused_rows", "errors", "warnings")}
        whole = {"sheet": "", "header_row": 1, "columns": {}, "counts": {"created": 3, "refused": 0}, **lists}
        return {**whole, "id": "0193-import", "state": "confirmed", "job": shown}


def job(state: str, percent: int = 0) -> dict[str, Any]:
    return {"state": state, "percent": percent}


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> Suite:
    monkeypatch.setattr(import_command, "_LOOK_EVERY_S", 0.001)
    return Suite()


@pytest.fixture
def url(suite: Suite) -> Iterator[str]:
    with serving(suite.app) as address:
        yield address


def run(url: str, folder: Path, patience: float = 0.001) -> Result:
    table = folder / "a.csv"
    table.write_text("Nimi\nA\n")
    where = ["--url", url, "--api-key", "k", "--patience", str(patience)]
    return CliRunner().invoke(urakka, ["import", "customers", str(table), *where])


@pytest.mark.parametrize(
    ("jobs", "told"),
    [
        ([job("waiting")], "no worker has taken the import up"),
        (
            [job("waiting"), job("reading", 5), job("writing", 41)],
            "nothing has moved for 0.001 minutes (writing, 41 %)",
        ),
        ([job("writing", 41), 503], "has not shown the import for 0.001 minutes (status 503)"),
        ([job("writing", 41), 403], "may not be looked at: No."),
    ],
)
def test_an_import_that_does_not_come_to_its_end_is_waited_for_no_more_and_stays_ordered(
    suite: Suite, url: str, tmp_path: Path, jobs: list[Any], told: str
) -> None:
    suite.jobs = jobs
    result = run(url, tmp_path)
    assert result.exit_code == 3
    assert told in result.output
    assert f"GET {url}/api/customers/v1/imports/0193-import shows it" in result.output


def test_an_import_that_moves_now_and_then_is_waited_for_past_faults_that_pass(
    suite: Suite, url: str, tmp_path: Path
) -> None:
    suite.jobs = [job("waiting"), 503, job("writing", 40), 429, job("writing", 70), job("done", 100)]
    result = run(url, tmp_path, patience=1)
    assert (result.exit_code, "3 created" in result.output) == (0, True)


def test_only_what_does_not_move_costs_patience() -> None:
    seconds = iter(range(0, 10_000, 100))
    patience = import_command._Patience(10, "customers", clock=lambda: next(seconds))
    for percent in range(20):
        patience.look(job("writing", percent))
    for _ in range(4):
        patience.look(job("writing", 19))
    with pytest.raises(import_command._NotEnded):
        patience.look(job("writing", 19))


def test_an_import_may_last_longer_than_a_token(suite: Suite, url: str, tmp_path: Path) -> None:
    suite.jobs = [job("writing", 40), 401, job("done", 100)]
    assert run(url, tmp_path, patience=1).exit_code == 0
    assert suite.tokens == 2


@pytest.mark.parametrize("ordered", [True, False])
def test_who_stops_waiting_is_told_what_becomes_of_the_import(
    suite: Suite, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ordered: bool
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    if ordered:
        monkeypatch.setattr(import_command.time, "sleep", interrupt)
    else:
        monkeypatch.setattr(import_command.ApiClient, "upload", interrupt)
    result = run(url, tmp_path)
    assert result.exit_code == 130
    assert ("Import 0193-import goes on" in result.output) is ordered
    assert ("before the order was answered" in result.output) is not ordered
