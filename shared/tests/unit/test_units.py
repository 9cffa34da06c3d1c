"""Units are read as people write them and written as e-invoices want them."""

from __future__ import annotations

import pytest

from shared.units import UNITS, UnknownUnit, read_unit, suggest, unit


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("kpl", "kpl"),
        ("KPL.", "kpl"),
        (" kappale ", "kpl"),
        ("st", "kpl"),
        ("pcs", "kpl"),
        ("C62", "kpl"),
        ("m2", "m²"),
        ("m²", "m²"),
        ("m^3", "m³"),
        ("vrk", "pv"),
        ("tuntia", "h"),
        ("vk", "vko"),
        ("kwh", "kWh"),
        ("%", "%"),
        ("krt", "kerta"),
    ],
)
def test_synonyms_are_read(text, code):
    assert read_unit(text).code == code


@pytest.mark.parametrize("text", ["", "xyz", "t", "10"])
def test_other_words_are_refused(text):
    with pytest.raises(UnknownUnit):
        read_unit(text)


def test_the_ambiguous_t_offers_both_meanings():
    assert suggest("t") == "h / tn"
    assert suggest("kpll") == "kpl"


def test_codes_are_unique_short_and_read_as_themselves():
    codes = [each.code for each in UNITS]
    assert len(set(codes)) == len(codes)
    for each in UNITS:
        assert len(each.code) <= 6
        assert unit(each.code) is each
        assert read_unit(each.code) is each
        assert read_unit(each.fi) is each


def test_codes_that_validators_reject_are_not_used():
    """finnish-billing.md §8: BR-CL-23 rejects these."""
    assert not {"PCE", "KTM", "HRS", "NPR"} & {each.un_ece for each in UNITS}
