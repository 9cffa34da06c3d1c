"""Every code that a rule or an adapter gives is told in three languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import services.billing
from services.billing.adapters.netvisor import errors as netvisor_errors
from services.billing.adapters.procountor import errors as procountor_errors
from services.billing.adapters.webhook import answers as webhook_answers
from services.billing.domain.reason_texts import REASONS
from services.billing.domain.reasons import Owner, explain, locate

ROOT = Path(services.billing.__file__).parent
GIVERS = {"Rejected": 0, "Refused": 0, "Problem": 0, "block": 0, "warn": 0}
"""Callable → place of the code among its arguments."""


def _codes(path: Path) -> Iterator[str]:
    """Codes that a module gives; `*` stands for what is put in at run time."""
    tree = ast.parse(path.read_text())
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in GIVERS and len(node.args) > GIVERS[name]:
            yield from _code(node.args[GIVERS[name]], constants)


def _code(node: ast.expr, constants: dict[str, object]) -> Iterator[str]:
    if isinstance(node, ast.Name) and node.id in constants:
        yield str(constants[node.id])
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)


def codes_in_the_sources() -> list[str]:
    paths = [path for path in ROOT.rglob("*.py") if "tests" not in path.parts]
    return sorted({code for path in paths for code in _codes(path)})


@pytest.mark.parametrize("code", codes_in_the_sources())
def test_every_code_in_the_sources_is_in_the_catalogue(code: str) -> None:
    pattern = re.escape(code).replace(r"\*", r"[a-z0-9_]+")
    assert any(re.fullmatch(pattern, known) for known in REASONS), f"{code} has no texts in reason_texts.py"


def test_the_sources_are_really_read() -> None:
    assert {"netvisor.product_code", "procountor.country", "einvoice.totals_differ"} <= set(codes_in_the_sources())


@pytest.mark.parametrize(
    "code",
    [
        *(f"netvisor.{code.lower()}" for code in netvisor_errors._REFUSALS),
        *(f"procountor.http_{status}" for status in procountor_errors._SENTENCES),
        *(f"einvoice.buyer_{field}_missing" for field in ("street", "postal_code", "city", "address")),
        *(f"webhook.{code}" for code, _ in webhook_answers._REFUSALS.values()),
        *("dispatch.unclear", "dispatch.needs_person", "dispatch.not_sent", "dispatch.totals_differ"),
    ],
)
def test_codes_that_are_put_together_at_run_time_are_in_the_catalogue(code: str) -> None:
    assert code in REASONS


@pytest.mark.parametrize("code", sorted(REASONS))
def test_an_entry_is_three_different_sentences_and_an_owner_that_exists(code: str) -> None:
    owner, field, *texts = REASONS[code]
    assert len(texts) == len(set(texts)) == 3
    assert all(text[0].isupper() and text.endswith(".") for text in texts)
    assert owner is None or Owner(owner)
    assert field is None or (field.startswith("/") and owner is not None)


@pytest.mark.parametrize(
    ("pointer", "owner", "field", "line"),
    [
        ("/payer/address/postal_code", "customers", "/billing_address/postal_code", None),
        ("/payer/einvoice_address", "customers", "/einvoice_address", None),
        ("/payer", "customers", None, None),
        ("/references/contract", "workorders", "/references/contract", None),
        ("/lines/2/unit", "catalog", "/unit", 3),
        ("/lines/0/quantity", "billing", "/lines/0/quantity", 1),
        ("/document_date", "billing", "/document_date", None),
        (None, None, None, None),
    ],
)
def test_a_pointer_into_our_document_names_the_field_to_correct(
    pointer: str | None, owner: str | None, field: str | None, line: int | None
) -> None:
    assert locate(pointer) == (owner, field, line)


def test_the_language_chooses_the_text_and_finnish_is_the_default() -> None:
    texts = [explain("netvisor.period_lock", language).text for language in ("fi", "sv", "en", "de")]
    assert "lukittu" in str(texts[0])
    assert "låst" in str(texts[1])
    assert "locked" in str(texts[2])
    assert texts[3] == texts[0]


def test_a_code_of_somebody_else_keeps_the_field_and_has_no_text() -> None:
    told = explain("acme.no_such_customer", "fi", "/payer/number")
    assert (told.text, told.owner, told.field) == (None, "customers", "/number")


def test_a_general_refusal_takes_the_field_that_the_target_named() -> None:
    told = explain("netvisor.invalid_data", "en", "/payer/address/country")
    assert (told.owner, told.field) == ("customers", "/billing_address/country")
