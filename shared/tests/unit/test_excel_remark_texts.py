"""Remarks on cells in the reader's language."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from shared.excel.remark_texts import _BY_CODE, _BY_KIND, remark_text

ROOT = Path(__file__).parents[3]
READERS = (
    *ROOT.glob("shared/excel/*.py"),
    ROOT / "shared/finland.py",
    *ROOT.glob("services/*/adapters/*workbook*.py"),
)


def codes() -> set[str]:
    """Every code that a reader of cells writes down as a literal."""
    found = set()
    for path in READERS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("CellProblem", "Noted"):
                found |= {one.value for one in node.args if isinstance(one, ast.Constant) and _is_code(one.value)}
    return found


def _is_code(value: object) -> bool:
    return isinstance(value, str) and "." in value and value.replace(".", "").replace("_", "").isalpha()


def test_every_remark_that_readers_make_has_a_text() -> None:
    known = codes()
    assert len(known) > 20
    assert not {code for code in known if code not in _BY_CODE and code.rpartition(".")[2] not in _BY_KIND}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fi", "Tämä ei ole päivämäärä. Odotettu: 3.9.2026. Ehdotus: 1.1.2027"),
        ("sv", "Detta är inget datum. Väntat: 3.9.2026. Förslag: 1.1.2027"),
        ("en", "'1.1.27' is not a date. Expected: 3.9.2026. Suggestion: 1.1.2027"),
    ],
)
def test_a_remark_in_three_languages(language: str, said: str) -> None:
    remark = {
        "code": "cell.not_a_date",
        "field": "valid_from",
        "reason": "'1.1.27' is not a date",
        "expected": "3.9.2026",
        "suggestion": "1.1.2027",
    }
    assert remark_text(remark, language, {}) == said


def test_what_has_no_text_is_said_as_it_stands() -> None:
    assert remark_text({"code": "x.y", "field": "z", "reason": "Something odd"}, "fi", {}) == "Something odd"
