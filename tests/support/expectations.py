"""What the scenario must bring, whatever it runs on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

_SERVICES = Path(__file__).resolve().parents[2] / "services"
EXPECTED = {
    "huolto-asiakkaat.xlsx": _SERVICES / "customers/tests/unit/demo_customers.json",
    "huolto-tuotteet.xlsx": _SERVICES / "catalog/tests/unit/demo_products.json",
}
_DOCUMENT_FIELDS = {"tenant", "workorder_numbers", "target", "key", "target_id", "net", "vat", "gross"}
_CELL_FIELDS = {"sheet", "row", "column", "value", "reason"}


def check_report(report: Mapping[str, Any]) -> None:
    """Check the form of the JSON report and that its figures make sense."""
    assert set(report) == {"documents", "imports", "refused", "checks"}
    assert {document["target"] for document in report["documents"]} == {"netvisor", "procountor"}
    for document in report["documents"]:
        assert set(document) >= _DOCUMENT_FIELDS
        assert document["target_id"]
        assert document["workorder_numbers"]
        net, vat, gross = (Decimal(document[part]) for part in ("net", "vat", "gross"))
        assert net + vat == gross
    numbers = [(d["tenant"], number) for d in report["documents"] for number in d["workorder_numbers"]]
    assert len(numbers) == len(set(numbers)) >= 40
    assert all(set(check) == {"name", "ok", "detail"} and check["ok"] for check in report["checks"])
    assert report["checks"]
    assert all(refusal["code"] for refusal in report["refused"])
    assert report["refused"]


def check_imports(imports: Sequence[Mapping[str, Any]]) -> None:
    """Check each import against what the workbook is known to hold: every good row, every wrong cell."""
    assert {imported["workbook"] for imported in imports} == set(EXPECTED)
    for imported in imports:
        expected = json.loads(EXPECTED[imported["workbook"]].read_text(encoding="utf-8"))
        assert imported["created"] == len(expected["rows"]), imported["workbook"]
        wrong = {(cell["row"], cell["column"]) for cell in imported["errors"]}
        assert wrong == {(cell["row"], cell["column"]) for cell in expected["errors"]}, imported["workbook"]
        for cell in imported["errors"]:
            assert set(cell) >= _CELL_FIELDS
            assert cell["sheet"] == expected["sheet"]
            assert cell["reason"]
