"""References and bank bar codes, by the vectors of the sheet."""

from datetime import date
from decimal import Decimal

import pytest
from stdnum import iso11649

from services.billing.adapters.einvoice.payment import bank_bar_code, national_reference, rf_reference

IBAN = "FI3715903000000776"


@pytest.mark.parametrize(("base", "reference"), [(10023, "100230"), (1111, "11112"), (123, "1232"), (10025, "100256")])
def test_a_national_reference_ends_with_its_check_digit(base: int, reference: str) -> None:
    assert national_reference(base) == reference


@pytest.mark.parametrize("base", [0, 99, -1000, 10**19])
def test_a_base_that_makes_no_reference_is_refused(base: int) -> None:
    with pytest.raises(ValueError, match="3 to 19 digits"):
        national_reference(base)


@pytest.mark.parametrize(("national", "rf"), [("100230", "RF94100230"), ("11112", "RF9811112")])
def test_an_rf_reference_is_made_from_the_national_one(national: str, rf: str) -> None:
    assert rf_reference(national) == rf
    assert iso11649.is_valid(rf)


def test_version_4_of_the_bar_code_carries_a_national_reference() -> None:
    code = bank_bar_code(IBAN, "11112", Decimal("12.25"), date(2016, 12, 21))
    assert code == "437159030000007760000122500000000000000000011112161221"


def test_version_5_of_the_bar_code_carries_an_rf_reference() -> None:
    code = bank_bar_code(IBAN, "RF9811112", Decimal("1.10"), date(2017, 1, 1))
    assert code == "537159030000007760000011098000000000000000011112170101"


def test_an_amount_that_has_no_room_stands_as_zeros() -> None:
    assert (bank_bar_code(IBAN, "11112", Decimal("999999.99"), date(2026, 1, 1)) or "")[17:25] == "99999999"
    assert (bank_bar_code(IBAN, "11112", Decimal("1000000.00"), date(2026, 1, 1)) or "")[17:25] == "00000000"


@pytest.mark.parametrize(("iban", "amount"), [("SE3550000000054910000003", "12.25"), (IBAN, "-12.25"), (IBAN, "0.00")])
def test_there_is_no_bar_code_abroad_and_for_what_is_not_paid(iban: str, amount: str) -> None:
    assert bank_bar_code(iban, "11112", Decimal(amount), date(2026, 1, 1)) is None
