"""Sentences of an invoice in the payer's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences in one language; `{…}` are filled in. Each must fit 70 characters where Finvoice says so."""

    terms: str
    terms_at_once: str
    interest: str
    interest_by_law: str
    in_prepayment_register: str
    home_town: str
    discount: str
    reverse_charge: str
    credits: str


WORDS: Final[Mapping[str, Words]] = {
    "fi": Words(
        terms="{days} päivää netto",
        terms_at_once="Maksettava heti",
        interest="Viivästyskorko {percent} %",
        interest_by_law="Viivästyskorko korkolain mukaan",
        in_prepayment_register="Ennakkoperintärekisterissä",
        home_town="Kotipaikka {town}",
        discount="Alennus {percent} %",
        reverse_charge="Käännetty verovelvollisuus, AVL 8 c §",
        credits="Hyvittää laskun {number}",
    ),
    "sv": Words(
        terms="{days} dagar netto",
        terms_at_once="Betalas genast",
        interest="Dröjsmålsränta {percent} %",
        interest_by_law="Dröjsmålsränta enligt räntelagen",
        in_prepayment_register="Införd i förskottsuppbördsregistret",
        home_town="Hemort {town}",
        discount="Rabatt {percent} %",
        reverse_charge="Omvänd skattskyldighet, ML 8 c §",
        credits="Krediterar faktura {number}",
    ),
    "en": Words(
        terms="{days} days net",
        terms_at_once="Due at once",
        interest="Late interest {percent} %",
        interest_by_law="Late interest by the Finnish Interest Act",
        in_prepayment_register="In the prepayment register",
        home_town="Domicile {town}",
        discount="Discount {percent} %",
        reverse_charge="Reverse charge, Finnish VAT Act section 8 c",
        credits="Credits invoice {number}",
    ),
}


def words(language: str) -> Words:
    """The sentences in fi, sv or en; Finnish for anything else."""
    return WORDS.get(language, WORDS["fi"])


def number(value: Decimal, places: int = 0) -> str:
    """A number for a sentence: decimal comma, no trailing zeros beyond `places`."""
    return plain(value, places).replace(".", ",")


def plain(value: Decimal, places: int = 0) -> str:
    """A number for a machine: no exponent, no trailing zeros beyond `places` decimals, no "-0"."""
    if value == 0:
        value = abs(value)
    whole, _, decimals = f"{value:f}".partition(".")
    decimals = decimals.rstrip("0").ljust(places, "0")
    return f"{whole}.{decimals}" if decimals else whole
