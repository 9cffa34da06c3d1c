"""Fields of the tenant's own: which values they take, and what a definition must be."""

from __future__ import annotations

from typing import Any

import pytest

from services.customers.domain.customer import Rules, changed_customer, new_customer
from services.customers.domain.errors import InvalidCustomer, InvalidExtraField
from services.customers.domain.extra_fields import ExtraField, ExtraType, check_extra, checked_definition, read_value

LABELS = {"fi": "Kenttä", "sv": "Fält", "en": "Field"}
KNOWN = {
    "words": ExtraField("words", ExtraType.TEXT, LABELS),
    "size": ExtraField("size", ExtraType.NUMBER, LABELS),
    "seen": ExtraField("seen", ExtraType.DATE, LABELS),
    "lift": ExtraField("lift", ExtraType.YES_NO, LABELS),
    "heat": ExtraField("heat", ExtraType.CHOICE, LABELS, ("Öljy", "Kaukolämpö")),
    "old": ExtraField("old", ExtraType.TEXT, LABELS, archived=True),
}


@pytest.mark.parametrize(
    ("key", "given", "stored"),
    [
        ("words", " a b ", "a b"),
        ("size", "12.500", "12.5"),
        ("size", "-0.0", "0"),
        ("size", "100", "100"),
        ("size", 7, "7"),
        ("size", "1E3", "1000"),
        ("seen", "2026-09-03", "2026-09-03"),
        ("lift", False, False),
        ("heat", "öljy", "Öljy"),
    ],
)
def test_a_value_of_its_type_is_taken_in_one_form(key: str, given: Any, stored: Any) -> None:
    assert check_extra({key: given}, {}, KNOWN) == ({key: stored}, [])


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("words", True),
        ("words", "x" * 1001),
        ("size", "12,5"),
        ("size", "NaN"),
        ("size", "1e400"),
        ("size", "0.0000001"),
        ("size", True),
        ("seen", "3.9.2026"),
        ("seen", "2026-02-30"),
        ("lift", "kyllä"),
        ("heat", "Puu"),
        ("old", "x"),
        ("nobody", "x"),
    ],
)
def test_another_value_is_wrong_and_said_with_its_place(key: str, given: Any) -> None:
    values, errors = check_extra({key: given}, {}, KNOWN)

    assert values == {}
    assert [error.pointer for error in errors] == [f"/extra/{key}"]


def test_values_that_are_not_named_stay_and_null_takes_one_away() -> None:
    before = {"words": "a", "size": "1", "old": "kept"}

    assert check_extra({"words": None, "old": "kept"}, before, KNOWN) == ({"size": "1", "old": "kept"}, [])


def test_a_query_may_ask_for_what_an_archived_field_holds() -> None:
    assert read_value(KNOWN["old"], "x") == "x"
    assert read_value(KNOWN["lift"], "true") is True
    with pytest.raises(InvalidExtraField):
        read_value(KNOWN["lift"], "yes")


def test_all_wrong_fields_of_a_customer_are_said_at_once() -> None:
    given = {"name": "", "einvoice_operator": "003799999999", "extra": {"size": "x", "heat": "Puu"}}
    rules = Rules(extra_fields=KNOWN, operators={"003721291126": "Maventa"})

    with pytest.raises(InvalidCustomer) as caught:
        new_customer(given, rules)

    assert {error.pointer for error in caught.value.errors} == {
        "/name",
        "/einvoice_operator",
        "/extra/size",
        "/extra/heat",
    }


def test_an_operator_that_left_the_list_stays_where_it_was() -> None:
    before = new_customer({"name": "A", "einvoice_operator": "003799999999"})
    rules = Rules(operators={"003721291126": "Maventa"})

    assert changed_customer(before, {"einvoice_operator": "003799999999", "name": "B"}, rules) == {"name": "B"}
    with pytest.raises(InvalidCustomer, match=r".*") as caught:
        changed_customer(before, {"einvoice_operator": "003721291127"}, rules)
    assert "003721291126 (Maventa)" in caught.value.errors[0].detail


def test_a_label_stands_in_for_the_languages_that_have_none() -> None:
    fields = checked_definition({"key": "a1", "type": "text", "labels": {"sv": " Ett  fält "}})

    assert fields["labels"] == {"fi": "Ett fält", "sv": "Ett fält", "en": "Ett fält"}


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"key": "1a"}, "/key"),
        ({"key": "Ä"}, "/key"),
        ({"labels": {"fi": " "}}, "/labels"),
        ({"type": "choice", "choices": []}, "/choices"),
        ({"type": "text", "choices": ["a"]}, "/choices"),
        ({"type": "choice", "choices": ["a", "A"]}, "/choices"),
    ],
)
def test_a_definition_that_nobody_could_use_is_refused(wrong: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidExtraField) as caught:
        checked_definition({"key": "a", "type": "text", "labels": {"fi": "A"}, **wrong})

    assert [error.pointer for error in caught.value.errors] == [pointer]
