"""`urakka import --onebox`: exit status and report, on a fresh folder."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from deploy.cli import urakka

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
