"""Rules of a customer's fields."""

from __future__ import annotations

from datetime import date

import pytest

from services.customers.domain.customer import (
    InvoiceChannel,
    State,
    changed_customer,
    channel_by_addresses,
    fold,
    new_customer,
    searchable,
    state_of,
)
from services.customers.domain.errors import InvalidCustomer


def pointers(caught: pytest.ExceptionInfo[InvalidCustomer]) -> set[str]:
    return {error.pointer for error in caught.value.errors}


def test_only_the_name_is_mandatory_and_kind_is_company() -> None:
    assert new_customer({"name": " Malli   Oy "})["name"] == "Malli Oy"
    assert new_customer({"name": "x"})["kind"] == "company"
    with pytest.raises(InvalidCustomer) as caught:
        new_customer({})
    assert pointers(caught) == {"/name"}


@pytest.mark.parametrize(
    ("field", "given", "stored"),
    [
        ("business_id", "90000118", "9000011-8"),
        ("business_id", " ", None),
        ("vat_number", "fi 9000011-8", "FI90000118"),
        ("phone", "09-1234567", "+35891234567"),
        ("email", " a@example.com ", "a@example.com"),
        ("einvoice_operator", "dabafihh", "DABAFIHH"),
        ("price_group", "", None),
        ("billing_address", {"street": "", "country": "FI"}, None),
        (
            "billing_address",
            {"postal_code": "100"},
            {"street": "", "postal_code": "00100", "city": "", "country": "FI"},
        ),
        (
            "billing_address",
            {"postal_code": "111 22", "country": "SE"},
            {"street": "", "postal_code": "111 22", "city": "", "country": "SE"},
        ),
        ("required_references", ["orderer", "order_number", "orderer"], ["order_number", "orderer"]),
    ],
)
def test_a_value_is_stored_in_its_one_form(field: str, given: object, stored: object) -> None:
    assert new_customer({"name": "x", field: given})[field] == stored


def test_a_wrong_check_digit_is_an_error_with_the_likely_meaning() -> None:
    with pytest.raises(InvalidCustomer) as caught:
        new_customer({"name": "x", "business_id": "9000011"})
    (error,) = caught.value.errors
    assert "9000011-8" in error.detail


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"invoice_channel": "einvoice"}, {"/einvoice_address", "/einvoice_operator"}),
        ({"invoice_channel": "email"}, {"/email"}),
        ({"kind": "private", "construction_seller_from": date(2026, 1, 1)}, {"/construction_seller_from"}),
        ({"name": "x" * 201, "price_group": "y" * 61}, {"/name", "/price_group"}),
        ({"billing_address": {"street": "x" * 201}}, {"/billing_address/street"}),
    ],
)
def test_what_does_not_go_together_is_refused(given: dict[str, object], wrong: set[str]) -> None:
    with pytest.raises(InvalidCustomer) as caught:
        new_customer({"name": "x", **given})
    assert pointers(caught) == wrong


def test_a_change_is_checked_together_with_what_stays() -> None:
    before = {"id": "c", **new_customer({"name": "x", "email": "a@example.com", "invoice_channel": "email"})}
    assert changed_customer(before, {"name": "x", "phone": None}) == {}
    assert changed_customer(before, {"name": "y"}) == {"name": "y"}
    with pytest.raises(InvalidCustomer) as caught:
        changed_customer(before, {"email": None})
    assert pointers(caught) == {"/email"}
    with pytest.raises(InvalidCustomer) as caught:
        changed_customer(before, {"payer_id": "c"})
    assert pointers(caught) == {"/payer_id"}


def test_the_channel_follows_the_addresses() -> None:
    full = {"einvoice_address": "003790000118", "einvoice_operator": "DABAFIHH", "email": "a@example.com"}
    assert channel_by_addresses(full) is InvoiceChannel.EINVOICE
    assert channel_by_addresses({**full, "einvoice_operator": None}) is InvoiceChannel.EMAIL
    assert channel_by_addresses({}) is InvoiceChannel.LETTER


def test_archived_is_stronger_than_on_hold() -> None:
    assert state_of(on_hold=True, archived=True) is State.ARCHIVED
    assert state_of(on_hold=True, archived=False) is State.ON_HOLD
    assert state_of(on_hold=False, archived=False) is State.ACTIVE


def test_searching_knows_no_case_and_no_width() -> None:
    fields = {"name": "ÄÄNI Oy", "number": "1001", "business_id": None, "billing_address": {"city": "Äänekoski"}}
    assert fold("ääni  oy 1001") in searchable(fields)
    assert "äänekoski" in searchable(fields)
