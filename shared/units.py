"""Units of quantity: the short code we store, its names, and what e-invoices and targets call it.

Source: domain.md §10; UN/ECE Recommendation 20 codes from finnish-billing.md §8; Procountor's from its unit
list. `t` is left out on purpose: it means an hour to some and a tonne to others. Codes shared by several
units (`C62`) are read as the first of them.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from shared.errors import RuleBroken


class UnknownUnit(RuleBroken):
    """The text is not a unit we know. `facts["suggestion"]` holds the nearest short code, or None."""

    code = "unit.unknown"
    title = "This unit is not known"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of quantity.

    code        short form, stored and printed (`h`, `kpl`); at most 14 characters (Finvoice), here at most 6.
    fi, en, sv  names.
    un_ece      Recommendation 20 code for e-invoices.
    procountor  enumeration value of Procountor's interface.
    synonyms    other ways to write it that are read as this unit (case and final point do not matter).
    """

    code: str
    fi: str
    en: str
    sv: str
    un_ece: str
    procountor: str
    synonyms: tuple[str, ...] = ()


UNITS: Final[tuple[Unit, ...]] = (
    Unit(
        "h",
        "tunti",
        "hour",
        "timme",
        "HUR",
        "HOUR",
        ("tuntia", "tunnit", "hr", "hrs", "hours", "tim", "timmar"),
    ),
    Unit("min", "minuutti", "minute", "minut", "MIN", "MINUTE", ("minuuttia", "mins", "minutes", "minuter")),
    Unit(
        "kpl",
        "kappale",
        "piece",
        "styck",
        "H87",
        "PIECE",
        ("kappaletta", "kp", "pcs", "pc", "pce", "pieces", "st", "stk", "ea", "each", "c62"),
    ),
    Unit("m", "metri", "metre", "meter", "MTR", "METER", ("metriä", "mtr", "metres", "meters")),
    Unit(
        "jm",
        "juoksumetri",
        "linear metre",
        "löpmeter",
        "LM",
        "LINEAR_METER",
        ("jmetri", "juoksumetriä", "lm", "löpm"),
    ),
    Unit(
        "m²",
        "neliömetri",
        "square metre",
        "kvadratmeter",
        "MTK",
        "SQUARE_METER",
        ("neliö", "neliömetriä", "m^2", "sqm", "kvm", "square meter", "nm2"),
    ),
    Unit(
        "m³",
        "kuutiometri",
        "cubic metre",
        "kubikmeter",
        "MTQ",
        "CUBIC_METER",
        ("kuutio", "kuutiometriä", "m^3", "kuutiot", "cbm", "kbm", "cubic meter"),
    ),
    Unit("kg", "kilogramma", "kilogram", "kilogram", "KGM", "KILOGRAM", ("kilo", "kiloa", "kgs")),
    Unit("tn", "tonni", "tonne", "ton", "TNE", "TON", ("tonnia", "ton", "tonnes")),
    Unit("l", "litra", "litre", "liter", "LTR", "LITER", ("litraa", "ltr", "litres", "liters")),
    Unit("km", "kilometri", "kilometre", "kilometer", "KMT", "KILOMETER", ("kilometriä", "kms", "kilometers")),
    Unit(
        "pv",
        "päivä",
        "day",
        "dag",
        "DAY",
        "DAY",
        ("vrk", "vuorokausi", "päivää", "d", "days", "dagar", "dygn", "htpv"),
    ),
    Unit("vko", "viikko", "week", "vecka", "WEE", "WEEK", ("vk", "viikkoa", "weeks", "veckor")),
    Unit("kk", "kuukausi", "month", "månad", "MON", "MONTH", ("kuukautta", "kuu", "mo", "months", "mån", "mon")),
    Unit("v", "vuosi", "year", "år", "ANN", "YEAR", ("vuotta", "a", "years", "yr", "ann")),
    Unit("erä", "erä", "lot", "parti", "LS", "LOT", ("urakka", "könttä", "lump sum", "ls", "post", "kiinteä")),
    Unit("käynti", "käynti", "visit", "besök", "C62", "PIECE", ("käyntiä", "käyntikerta", "visits")),
    Unit("kerta", "kerta", "time", "gång", "C62", "PIECE", ("krt", "kertaa", "times", "gånger", "ggr")),
    Unit(
        "pkt",
        "paketti",
        "pack",
        "paket",
        "XPK",
        "PARCEL",
        ("pak", "paketti", "pack", "package", "pkg", "förp"),
    ),
    Unit("ltk", "laatikko", "box", "låda", "XBX", "BOX", ("ras", "rasia", "boxes", "lda")),
    Unit("rll", "rulla", "roll", "rulle", "XRO", "ROLL", ("rl", "rullaa", "rolls", "rlx")),
    Unit("sarja", "sarja", "set", "sats", "SET", "SET", ("sr", "srj", "setti", "sets")),
    Unit("pari", "pari", "pair", "par", "PR", "PAIR", ("pr", "paria", "pairs")),
    Unit("kWh", "kilowattitunti", "kilowatt hour", "kilowattimme", "KWH", "KILOWATT_HOUR", ()),
    Unit("%", "prosentti", "per cent", "procent", "P1", "NO_UNIT", ("pros", "prosenttia", "percent")),
)
"""Every unit, in the order lists show them."""


def normalise(text: str) -> str:
    """Return the form in which units are compared: NFKC (so `m²` = `m2`), lower case, no final point."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(" .")


_BY_CODE: Final = {unit.code: unit for unit in UNITS}
_BY_TEXT: Final = {
    normalise(text): unit
    for unit in reversed(UNITS)  # an earlier unit wins a shared word
    for text in (unit.un_ece, unit.sv, unit.en, unit.fi, *unit.synonyms, unit.code)
}


def unit(code: str) -> Unit:
    """Return the unit with exactly this short code. Raises UnknownUnit."""
    try:
        return _BY_CODE[code]
    except KeyError:
        raise UnknownUnit(f"{code!r} is not a unit", suggestion=suggest(code)) from None


def read_unit(text: str) -> Unit:
    """Return the unit that a person means: `KPL.`, `tuntia`, `st`, `m2`. Raises UnknownUnit, with a
    suggestion.
    """
    found = _BY_TEXT.get(normalise(text))
    if found is None:
        raise UnknownUnit(f"{text[:40]!r} is not a unit", suggestion=suggest(text))
    return found


def suggest(text: str) -> str | None:
    """Return the short code of the unit nearest in writing, or None when none is near. `t` gives both its
    meanings.
    """
    if normalise(text) == "t":
        return "h / tn"
    near = get_close_matches(normalise(text), _BY_TEXT, n=1, cutoff=0.6)
    return _BY_TEXT[near[0]].code if near else None
