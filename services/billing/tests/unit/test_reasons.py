"""Every code that a rule, an adapter or a refusal gives is told in three languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import services.billing
from services.billing.adapters.faults import Busy, Fault, NoAnswer, NothingSent, Refused, Unreadable, connection_problem
from services.billing.adapters.netvisor import errors as netvisor_errors
from services.billing.adapters.procountor import errors as procountor_errors
from services.billing.adapters.webhook import answers as webhook_answers
from services.billing.domain import errors as own_errors
from services.billing.domain.dispatch import DispatchState
from services.billing.domain.errors import reason_of
from services.billing.domain.reason_texts import REASONS
from services.billing.domain.reasons import LANGUAGES, Owner, explain, locate
from services.billing.domain.refusal_texts import REFUSALS
from services.billing.domain.target import ConnectionProblem
from shared import errors as shared_errors
from shared.errors import UrakkaError

CATALOGUE = {**REASONS, **REFUSALS}
ROOT = Path(services.billing.__file__).parent
GIVERS = {"Rejected": 0, "Refused": 0, "Problem": 0, "block": 0, "warn": 0}
"""Callable → place of the code among its arguments."""
ODD_TOTALS = ("nothing_to_pay", "original_missing")
ERRORS = {
    name: kind
    for module in (shared_errors, own_errors)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, UrakkaError) and kind is not UrakkaError
} | {"ConnectionProblem": ConnectionProblem}


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
        if name in ERRORS:
            yield from (code for word in node.keywords if word.arg == "reason" for code in _code(word.value, constants))


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
    assert any(re.fullmatch(pattern, known) for known in CATALOGUE), f"{code} has no texts"


def test_the_sources_are_really_read() -> None:
    expected = {"netvisor.product_code", "procountor.country", "einvoice.totals_differ", "dispatch.credit_stays"}
    assert expected <= set(codes_in_the_sources())


@pytest.mark.parametrize("kind", ERRORS.values(), ids=ERRORS)
def test_every_refusal_is_told_by_its_code_where_it_names_no_reason(kind: type[UrakkaError]) -> None:
    assert reason_of(kind()) in CATALOGUE


def test_no_text_is_written_down_twice() -> None:
    assert not set(REASONS) & set(REFUSALS)
    texts = [text for entry in REFUSALS.values() for text in entry[2:]]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(
    ("fault", "owner"),
    [
        (NothingSent("no connection"), "connection"),
        (NoAnswer("too slow"), "target"),
        (Unreadable("<html>"), "target"),
        (Busy("slower"), "target"),
        (Refused("netvisor.authentication_failed", "no"), "connection"),
    ],
)
def test_what_a_connection_test_met_is_told_in_words_of_its_own(fault: Fault, owner: str) -> None:
    reason = reason_of(connection_problem(fault))
    assert reason != ConnectionProblem.code
    assert {explain(reason, language).owner for language in LANGUAGES} == {owner}


@pytest.mark.parametrize(
    "code",
    [
        *(f"netvisor.{code.lower()}" for code in netvisor_errors._REFUSALS),
        *(f"procountor.http_{status}" for status in procountor_errors._SENTENCES),
        *(f"einvoice.buyer_{field}_missing" for field in ("street", "postal_code", "city", "address")),
        *(f"{target}.{odd}" for target in ("netvisor", "procountor", "einvoice") for odd in ODD_TOTALS),
        *(f"webhook.{code}" for code, _ in webhook_answers._REFUSALS.values()),
        *(f"dispatch.is_{state}" for state in DispatchState),
        *("dispatch.unclear", "dispatch.needs_person", "dispatch.not_sent", "dispatch.totals_differ"),
    ],
)
def test_codes_that_are_put_together_at_run_time_are_in_the_catalogue(code: str) -> None:
    assert code in CATALOGUE


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_an_entry_is_three_different_sentences_and_an_owner_that_exists(code: str) -> None:
    owner, field, *texts = CATALOGUE[code]
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
