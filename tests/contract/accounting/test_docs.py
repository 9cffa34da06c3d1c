"""docs/adapters.md says what is so."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from services.billing.adapters.excel.fields import FIELDS, FORMATS
from services.billing.adapters.excel.settings import ExcelSettings
from services.billing.adapters.netvisor.settings import NetvisorSettings
from services.billing.adapters.procountor.settings import ProcountorSettings
from services.billing.adapters.webhook.answers import _REFUSALS
from services.billing.adapters.webhook.body import document_body
from services.billing.adapters.webhook.settings import WebhookSettings
from services.billing.adapters.webhook.signing import SIGNATURE, TIMESTAMP, TOLERANCE_S
from services.billing.tests.unit.builders import a_document, a_row

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "adapters.md").read_text()
NETVISOR = (ROOT / "docs" / "netvisor.md").read_text()
PROCOUNTOR = (ROOT / "docs" / "procountor.md").read_text()
EXCEL, WEBHOOK = (TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0] for title in ("Excel and CSV", "Webhook"))


@pytest.mark.parametrize(
    ("part", "schema"),
    [
        (EXCEL, ExcelSettings),
        (WEBHOOK, WebhookSettings),
        (NETVISOR, NetvisorSettings),
        (PROCOUNTOR, ProcountorSettings),
    ],
)
def test_every_setting_has_a_row(part: str, schema: type) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)
    assert rows == list(schema().fields)


def test_the_fields_and_formats_of_columns_are_told() -> None:
    told = set(re.findall(r"`((?:document|payer|reference|line)\.\w+)`", EXCEL))
    assert told == set(FIELDS)
    assert all(f"`{code}`" in EXCEL for codes in FORMATS.values() for code in codes)


def test_the_settings_of_the_example_are_valid() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", EXCEL, re.DOTALL)
    ExcelSettings().load(json.loads(block))


def test_the_body_of_the_example_is_what_is_sent() -> None:
    block = re.findall(r"```json\n(.*?)```", WEBHOOK, re.DOTALL)[0]
    document = a_document(a_row(quantity="0.333", unit_price="57.75", discount_percent="8"))
    assert json.loads(block) == json.loads(document_body(document))


def test_headers_tolerance_and_refusals_are_told() -> None:
    assert TIMESTAMP in WEBHOOK
    assert SIGNATURE in WEBHOOK
    assert f"{TOLERANCE_S} seconds" in WEBHOOK
    assert f"| {' '.join(str(status) for status in sorted(_REFUSALS))} |" in WEBHOOK


def test_the_files_that_are_named_exist() -> None:
    for name in re.findall(r"`((?:docs|tests)/[\w/.]+)`", TEXT):
        assert (ROOT / name).exists(), name
    for module in re.findall(r"`(services(?:\.\w+)+)`", TEXT):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or path.parent.with_suffix(".py").exists(), module


def test_the_kit_finds_all_it_needs_outside_the_repository(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(
        "from tests.contract.accounting import AdapterContract\n\n\n"
        "class TestTheirs(AdapterContract):\n    @__import__('pytest').fixture\n    def bench(self): ...\n"
    )
    told = next(line for line in TEXT.splitlines() if "pytest -p" in line).partition(" pytest ")[2].split()
    command = [sys.executable, "-m", "pytest", *told, "-q", "--setup-plan", "-p", "no:cacheprovider", "-k", "secret"]
    there = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}."}
    ran = subprocess.run(command, cwd=tmp_path, env=there, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout
