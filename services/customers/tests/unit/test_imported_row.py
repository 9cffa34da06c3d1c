"""Rows of a workbook as customers."""

from __future__ import annotations

from services.customers.domain.contact import same_person
from services.customers.domain.imported_row import customer_fields, fingerprint


def test_an_empty_cell_says_nothing() -> None:
    assert customer_fields({"name": "A", "email": None, "phone": "", "contact_name": "B"}) == {"name": "A"}


def test_an_address_is_completed_not_replaced() -> None:
    before = {"billing_address": {"street": "Katu 1", "postal_code": "00100", "city": "HELSINKI", "country": "FI"}}
    row = {"billing_address": {"street": "", "postal_code": "", "city": "Helsinki", "country": "FI"}}
    assert customer_fields(row, before)["billing_address"] == {**before["billing_address"], "city": "Helsinki"}


def test_a_fingerprint_depends_on_everything_but_empty_cells() -> None:
    row = {"name": "A", "city": "X", "email": None}
    assert fingerprint(row) == fingerprint({"city": "X", "name": "A"})
    assert fingerprint(row) != fingerprint({**row, "city": "Y"})


def test_the_same_person_is_written_the_same_but_for_case_and_spaces() -> None:
    assert same_person("Iina  Öberg", "iina öberg")
    assert not same_person("Iina Öberg", "Iina Oberg")
