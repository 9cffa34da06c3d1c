"""What is known of a site (domain.md §2.3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.customers.domain.customer import changed_customer, new_customer
from services.customers.domain.errors import InvalidCustomer, InvalidSite
from services.customers.domain.site import checked_site

HELSINKI = {"latitude": Decimal("60.169860"), "longitude": Decimal("24.938380")}


def pointers(given: dict[str, Any], before: dict[str, Any] | None = None) -> list[str]:
    with pytest.raises(InvalidSite) as caught:
        checked_site(given, before)
    return [error.pointer for error in caught.value.errors]


def test_a_place_has_both_coordinates_or_none() -> None:
    assert checked_site(dict(HELSINKI)) == HELSINKI
    assert pointers({"latitude": Decimal(60)}) == ["/longitude"]
    assert pointers({"longitude": None}, HELSINKI) == ["/longitude"]
    assert checked_site({"latitude": None, "longitude": None}, HELSINKI) == {"latitude": None, "longitude": None}
    assert checked_site({"name": "A"}, {"latitude": Decimal(60), "longitude": None}) == {"name": "A"}


@pytest.mark.parametrize(
    ("latitude", "longitude", "wrong"),
    [("90.000001", "0", "/latitude"), ("0", "-180.5", "/longitude"), ("60.1234567", "0", "/latitude")],
)
def test_a_place_lies_on_the_globe(latitude: str, longitude: str, wrong: str) -> None:
    assert pointers({"latitude": Decimal(latitude), "longitude": Decimal(longitude)}) == [wrong]


def test_device_data_keeps_what_is_filled_in() -> None:
    given = {"device": {"manufacturer": " Oilon ", "model": "", "serial_number": None, "installed_on": "2020-01-31"}}

    assert checked_site(given) == {"device": {"manufacturer": "Oilon", "installed_on": "2020-01-31"}}
    assert checked_site({"device": {"model": " "}}) == {"device": None}
    assert pointers({"device": {"model": "x" * 101, "warranty_until": "1.2.2030"}}) == [
        "/device/model",
        "/device/warranty_until",
    ]


def test_a_tag_is_one_line_of_limited_length() -> None:
    assert checked_site({"tag": " NFC  1 "}) == {"tag": "NFC 1"}
    assert pointers({"tag": "x" * 101}) == ["/tag"]


def test_the_reverse_charge_ends_after_it_began() -> None:
    first, last = date(2024, 1, 1), date(2025, 12, 31)
    made = new_customer({"name": "A", "construction_seller_from": first, "construction_seller_to": last})

    assert made["construction_seller_to"] == last
    for wrong in ({"construction_seller_from": None}, {"construction_seller_to": date(2023, 12, 31)}):
        with pytest.raises(InvalidCustomer) as caught:
            changed_customer(made, wrong)
        assert [error.pointer for error in caught.value.errors] == ["/construction_seller_to"]


def test_grouping_by_references_needs_references() -> None:
    with pytest.raises(InvalidCustomer) as caught:
        new_customer({"name": "A", "invoice_grouping": "per_reference"})
    assert [error.pointer for error in caught.value.errors] == ["/invoice_grouping"]

    made = new_customer({"name": "A", "invoice_grouping": "per_reference", "required_references": ["work_number"]})
    assert made["invoice_grouping"] == "per_reference"
