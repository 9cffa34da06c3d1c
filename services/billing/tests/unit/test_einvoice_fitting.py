"""Texts that do not fit are changed visibly, and it is told which."""

import random

import pytest

from services.billing.adapters.einvoice.fitting import Fitter, Notice


@pytest.fixture
def latin() -> Fitter:
    return Fitter("iso-8859-15")


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("Työ – “hyvä” ’n’ …", "Työ - \"hyvä\" 'n' ..."),
        ("½ tuntia, 5 €, 3 m²", "1/2 tuntia, 5 €, 3 m²"),
        ("Świątkowska Dvořák", "Swiatkowska Dvorák"),
        ("Huolto \U0001f527", "Huolto ?"),
        ("Šibenik Žižka", "Šibenik Žižka"),
        ("a\u00a0b", "a\u00a0b"),
    ],
)
def test_characters_that_iso_8859_15_lacks_are_replaced_by_what_looks_like_them(
    latin: Fitter, given: str, written: str
) -> None:
    assert latin.text(given, "x") == written
    assert written.encode("iso-8859-15")
    changes = ["replaced"] * (given != written) + ["lost"] * ("?" in written)
    assert latin.notices == [Notice("x", change) for change in changes]


def test_utf_8_takes_everything() -> None:
    fitter = Fitter("utf-8")
    assert fitter.text("Työ – \U0001f527", "x") == "Työ – \U0001f527"
    assert fitter.notices == []


def test_a_cut_shows_and_is_told(latin: Fitter) -> None:
    assert latin.one("Kiinteistönhoitaja", 12, "payer.name") == "Kiinteist..."
    assert Fitter("utf-8").one("Kiinteistönhoitaja", 12, "x") == "Kiinteistön…"
    assert latin.notices == [Notice("payer.name", "cut")]


def test_a_street_is_split_between_words(latin: Fitter) -> None:
    street = "Pitkänlahdenrannan yhdystie 123 B, 3. kerros, sisäpihan puoli"
    lines = latin.several(street, 35, 3, "street")
    assert lines == ["Pitkänlahdenrannan yhdystie 123 B,", "3. kerros, sisäpihan puoli"]
    assert latin.notices == [Notice("street", "split")]


def test_no_line_of_a_split_text_is_too_short_or_too_long() -> None:
    rng = random.Random(5)
    for _ in range(500):
        text = "".join(rng.choice("abc  d") for _ in range(rng.randint(2, 120))).strip() or "ab"
        lines = Fitter("iso-8859-15").several(text, 35, 3, "x")
        assert all(len(line) <= 35 for line in lines), text
        assert len(lines) <= 3
        if len(" ".join(text.split())) >= 2:
            assert all(len(line) >= 2 for line in lines), (text, lines)


def test_a_free_text_is_kept_whole_in_several_elements(latin: Fitter) -> None:
    text = "\n".join(f"Työ {number} tehtiin huolellisesti" for number in range(60))
    parts = latin.chunks(text, 512, "notes")
    assert all(len(part) <= 512 for part in parts)
    assert " ".join(parts).split() == text.split()
    assert latin.notices == [Notice("notes", "split")]
    assert Fitter("utf-8").chunks("x" * 1025, 512, "notes") == ["x" * 512, "x" * 512, "x"]
