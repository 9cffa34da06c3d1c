"""The operator's page names every variable that a service reads."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = re.compile(r"URAKKA_[A-Z]+(?:_[A-Z]+)*")
ASSEMBLED = {"URAKKA_DISPATCH", "URAKKA_SNAPSHOT_URL_"}
"""Beginnings of names that the code puts together; their full names stand in docstrings."""


def test_every_variable_that_a_service_reads_is_on_the_operators_page() -> None:
    sources = [
        path
        for folder in ("shared", "services")
        for path in (ROOT / folder).rglob("*.py")
        if "tests" not in path.parts and "testing" not in path.parts
    ]
    read = {name for path in sources for name in VARIABLE.findall(path.read_text(encoding="utf-8"))} - ASSEMBLED
    told = set(VARIABLE.findall((ROOT / "docs" / "operating.md").read_text(encoding="utf-8")))

    assert "URAKKA_DATABASE_URL" in read
    assert read - told == set()
