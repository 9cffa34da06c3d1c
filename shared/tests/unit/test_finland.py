"""Finnish forms: what is certain is healed, what is likely is suggested, the rest is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.finland import (
    InvalidBusinessId,
    InvalidEinvoiceAddress,
    InvalidEmail,
    InvalidForm,
    InvalidIban,
    InvalidOperatorId,
    InvalidPhone,
    InvalidPostalCode,
    InvalidReference,
    InvalidVatNumber,
    MissingCheckDigit,
    WrongCheckDigit,
    business_id_check_digit,
    is_business_id,
    read_business_id,
    read_einvoice_address,
    read_email,
    read_iban,
    read_operator_id,
    read_phone,
    read_postal_code,
    read_reference,
    read_vat_number,
    vat_number_of,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9050107-8", "9050107-8"),
        ("90501078", "9050107-8"),
        (" 9050107 \u2013 8\u00a0", "9050107-8"),
        ("FI90501078", "9050107-8"),
        ("112038-9", "0112038-9"),
        ("6666666-5", "6666666-5"),
    ],
)
def test_business_ids_come_to_one_form(text, expected):
    assert read_business_id(text) == expected


@pytest.mark.parametrize("text", ["9050168-5", "90501685", "0000000-0", "1000008-0"])
def test_a_wrong_check_digit_is_refused_without_a_guess(text):
    with pytest.raises(WrongCheckDigit) as caught:
        read_business_id(text)
    assert caught.value.suggestion is None


def test_a_missing_check_digit_is_suggested_not_filled_in():
    with pytest.raises(MissingCheckDigit) as caught:
        read_business_id("9050249")
    assert caught.value.suggestion == "9050249-2"


def test_seven_digits_that_can_mean_two_numbers_offer_both():
    with pytest.raises(MissingCheckDigit) as caught:
        read_business_id("1120389")
    assert caught.value.suggestion == "1120389-0 / 0112038-9"


@pytest.mark.parametrize("text", ["", "abc", "123", "1000008", "123456789", "9050107-8, 9050109-4", "٩٠٥٠١٠٧-٨"])
def test_other_texts_are_no_business_ids(text):
    with pytest.raises(InvalidBusinessId):
        read_business_id(text)


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=9_999_999))
def test_every_completed_number_is_valid_and_no_other_digit_is(number):
    base = f"{number:07d}"
    right = business_id_check_digit(base)
    assert [d for d in "0123456789" if is_business_id(f"{base}-{d}")] == ([right] if right else [])


def test_vat_numbers():
    assert vat_number_of("1234567-1") == "FI12345671"
    assert read_vat_number("fi 1234567-1") == "FI12345671"
    assert read_vat_number("SE556188840401") == "SE556188840401"
    with pytest.raises(InvalidVatNumber) as caught:
        read_vat_number("1234567-1")
    assert caught.value.suggestion == "FI12345671"


@pytest.mark.parametrize(
    ("text", "expected"), [("100", "00100"), ("2150", "02150"), ("FI-00100", "00100"), ("02 150", "02150")]
)
def test_postal_codes_get_their_zeros_back(text, expected):
    assert read_postal_code(text) == expected


@pytest.mark.parametrize("text", ["", "12", "123456", "ABC", "00000", "0010O"])
def test_other_texts_are_no_postal_codes(text):
    with pytest.raises(InvalidPostalCode):
        read_postal_code(text)


def test_a_postal_code_among_words_is_suggested():
    with pytest.raises(InvalidPostalCode) as caught:
        read_postal_code("00100 HELSINKI")
    assert caught.value.suggestion == "00100"


def test_foreign_postal_codes_keep_their_form():
    assert read_postal_code("111 29", "SE") == "111 29"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("040 123 4567", "+358401234567"),
        ("09-1234567", "+35891234567"),
        ("+358 50 765 4321", "+358507654321"),
        ("+358 (0)50 765 4321", "+358507654321"),
        ("00358 50 7654321", "+358507654321"),
        ("401234567", "+358401234567"),
        ("puh. 040-1234567", "+358401234567"),
        ("+46 8 123 45 67", "+4681234567"),
    ],
)
def test_phone_numbers_come_to_one_form(text, expected):
    assert read_phone(text) == expected


@pytest.mark.parametrize("text", ["", "ei ole", "112", "12345678", "040", "+" + "1" * 16])
def test_other_texts_are_no_phone_numbers(text):
    with pytest.raises(InvalidPhone):
        read_phone(text)


def test_the_first_of_two_phone_numbers_is_suggested():
    with pytest.raises(InvalidPhone) as caught:
        read_phone("040 123 4567 / 09 1234567")
    assert caught.value.suggestion == "+358401234567"


@pytest.mark.parametrize("text", ["a.b@example.com", "nieminenanna-liisa@example.org", "ä@ö.fi", "a+b@x-y.co.uk"])
def test_email_addresses(text):
    assert read_email(f" {text}\u00a0") == text


@pytest.mark.parametrize(
    "text", ["", "ei ole@", "@example.com", "a@b", "a b@c.fi", "a..b@c.fi", "a@b@c.fi", "a@-b.fi", "a@b..fi"]
)
def test_other_texts_are_no_email_addresses(text):
    with pytest.raises(InvalidEmail):
        read_email(text)


@pytest.mark.parametrize(
    "text", ["Nimi Niminen <a@b.fi>", "<a@b.fi>", "a@b.fi;", "a@b.fi, ", "mailto:a@b.fi", "mailto:<a@b.fi>"]
)
def test_one_email_address_comes_out_of_how_mail_programs_write_it(text):
    assert read_email(text) == "a@b.fi"


def test_the_address_inside_a_longer_text_is_suggested():
    with pytest.raises(InvalidEmail) as caught:
        read_email("Nimi Niminen, a@b.fi")
    assert caught.value.suggestion == "a@b.fi"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("003790501019", "003790501019"),
        ("3790501019", "003790501019"),
        ("0037 9050 1019 abc", "003790501019ABC"),
        ("FI21 1234 5600 0007 85", "FI2112345600000785"),
        ("TE003712345671", "TE003712345671"),
    ],
)
def test_einvoice_addresses(text, expected):
    assert read_einvoice_address(text) == expected


@pytest.mark.parametrize(
    "text", ["", "00379050", "1234567-1", "FI2112345600000786", "003712345671ABCDEF", "003712345672", "003712345672A1",
     "ei ole", "a@b.fi"]
)  # fmt: skip
def test_other_texts_are_no_einvoice_addresses(text):
    with pytest.raises(InvalidEinvoiceAddress):
        read_einvoice_address(text)


@pytest.mark.parametrize("text", ["003721291126", "DABAFIHH", "OKOYFIHH", "E204503", "INEXCHANGE", "885060259470028"])
def test_operator_ids(text):
    assert read_operator_id(text.lower()) == text


def test_the_name_of_an_operator_suggests_its_id():
    with pytest.raises(InvalidOperatorId) as caught:
        read_operator_id("Maventa")
    assert caught.value.suggestion == "003721291126"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1003 0", None), ("10 0230", "100230"), ("11112", "11112"), ("RF94 1002 30", "RF94100230")],
)
def test_reference_numbers(text, expected):
    if expected is None:
        with pytest.raises(InvalidReference):
            read_reference(text)
    else:
        assert read_reference(text) == expected


def test_bank_accounts():
    assert read_iban("FI21 1234 5600 0007 85") == "FI2112345600000785"
    with pytest.raises(InvalidIban):
        read_iban("FI22 1234 5600 0007 85")


@pytest.mark.parametrize(
    "read",
    [
        read_business_id,
        read_vat_number,
        read_postal_code,
        read_phone,
        read_email,
        read_einvoice_address,
        read_operator_id,
        read_reference,
        read_iban,
    ],
)
@settings(deadline=None)
@given(text=st.text(max_size=60))
def test_no_text_does_worse_than_a_refusal_and_what_is_read_is_stable(read, text):
    try:
        once = read(text)
    except InvalidForm:
        return
    assert read(once) == once
