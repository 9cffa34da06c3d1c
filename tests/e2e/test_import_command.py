"""`urakka import` on the local data: an import that runs as a job in the one-box, and what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deploy.import_command import import_command


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one installation, for all commands here."""
    return tmp_path_factory.mktemp("box")


def run(box: Path, content: str, *options: str, register: str = "customers") -> tuple[Result, dict]:
    file, report = box / "tiedosto.csv", box / "report.json"
    file.write_bytes(content.encode("cp1252"))
    report.unlink(missing_ok=True)
    arguments = [register, str(file), "--onebox", "--folder", str(box / "var"), "--report", str(report), *options]
    return CliRunner().invoke(import_command, arguments), json.loads(report.read_text("utf-8"))


def test_wrong_rows_are_named_good_ones_written_and_the_status_says_so(box: Path) -> None:
    content = "Nimi;Asiakasnumero;Y-tunnus\nMäkelä Oy;1;9000011-8\nVäärä Oy;2;9000048-0\n"
    dry, said = run(box, content, "--dry-run")
    assert (dry.exit_code, said["counts"]["created"]) == (1, 1)
    done, said = run(box, content)
    assert (done.exit_code, said["counts"]) == (1, {"created": 1, "changed": 0, "unchanged": 0, "refused": 1})
    assert said["columns"] == {"Nimi": "name", "Asiakasnumero": "number", "Y-tunnus": "business_id"}
    (error,) = said["errors"]
    assert (error["row"], error["column"], error["value"]) == (3, 3, "9000048-0")
    assert "CSV!C3" in done.output
    again, said = run(box, content.replace("9000048-0", "9000048-4"))
    assert (again.exit_code, said["counts"]) == (0, {"created": 1, "changed": 0, "unchanged": 1, "refused": 0})


def test_a_file_that_is_no_table_of_the_register_is_refused_with_the_reason(box: Path) -> None:
    result, said = run(box, "Jotain;muuta\n1;2\n", register="products")
    assert result.exit_code == 1
    assert "Tuotekoodi" in said["errors"][0]["text"]
