"""Procountor's own names: countries, languages, channels, units, and the characters it knows.

Source: procountor interface sheet §4, §5.3, §5.5; country names as in its public interface description.
"""

import unicodedata

from shared.units import UnknownUnit, read_unit

COUNTRIES = {
    "AT": "AUSTRIA", "AU": "AUSTRALIA", "BE": "BELGIUM", "BG": "BULGARIA", "BR": "BRAZIL", "CA": "CANADA",
    "CH": "SWITZERLAND", "CN": "CHINA", "CY": "CYPRUS", "CZ": "CZECH_REPUBLIC", "DE": "GERMANY", "DK": "DENMARK",
    "EE": "ESTONIA", "ES": "SPAIN", "FI": "FINLAND", "FO": "FAROE_ISLANDS", "FR": "FRANCE",
    "GB": "UNITED_KINGDOM_OF_GREAT_BRITAIN_AND_NORTHERN_IRELAND", "GL": "GREENLAND", "GR": "GREECE",
    "HK": "HONG_KONG", "HR": "CROATIA", "HU": "HUNGARY", "IE": "IRELAND", "IL": "ISRAEL", "IN": "INDIA",
    "IS": "ICELAND", "IT": "ITALY", "JP": "JAPAN", "KR": "REPUBLIC_OF_KOREA", "LI": "LIECHTENSTEIN",
    "LT": "LITHUANIA", "LU": "LUXEMBOURG", "LV": "LATVIA", "MC": "MONACO", "MT": "MALTA", "MX": "MEXICO",
    "NL": "NETHERLANDS", "NO": "NORWAY", "NZ": "NEW_ZEALAND", "PL": "POLAND", "PT": "PORTUGAL", "RO": "ROMANIA",
    "RS": "SERBIA", "SE": "SWEDEN", "SG": "SINGAPORE", "SI": "SLOVENIA", "SK": "SLOVAKIA", "TR": "TURKEY",
    "UA": "UKRAINE", "US": "UNITED_STATES_OF_AMERICA",
}  # fmt: skip
"""ISO 3166-1 alpha-2 → Procountor's name, for the countries that Finnish firms bill."""

LANGUAGES = {"fi": "FINNISH", "sv": "SWEDISH", "en": "ENGLISH"}

CHANNELS = {"einvoice": "ELECTRONIC_INVOICE", "email": "EMAIL", "letter": "MAIL", "none": "NO_SENDING"}

NO_UNIT = "NO_UNIT"

_REPLACEMENTS = str.maketrans(
    {
        "\u2212": "-", "\u2010": "-", "\u2011": "-", "\u2012": "–", "\u2015": "—",
        "\u2192": "->", "\u2190": "<-", "\u2264": "<=", "\u2265": ">=", "\u2260": "!=", "\u2248": "~",
        "\u2032": "'", "\u2033": '"', "\u201b": "'", "\u2044": "/", "\u2215": "/", "\u2219": "·", "\u22c5": "·",
        "\u03a9": "ohm", "\u2126": "ohm", "\u03bc": "µ", "\u2300": "Ø", "\u2205": "Ø", "\u03c6": "Ø",
        "\u2002": " ", "\u2003": " ", "\u2007": "\u00a0", "\u2009": " ", "\u202f": "\u00a0",
        "\u200b": "", "\u200c": "", "\u200d": "", "\ufeff": "", "\u00ad": "", "\ufe0f": "",
        "\u2713": "x", "\u2714": "x", "\u2717": "-", "\u25cf": "•", "\u25aa": "•",
    }
)  # fmt: skip
"""Characters that occur in field work and that Windows-1252 lacks, with the nearest writing."""


def in_windows_1252(text: str) -> str:
    """The text with only characters that Windows-1252 has: replaced by the table, else without accents, else "?".

    å ä ö – ’ “ ” € ² ³ · and the no-break space are in Windows-1252 and stay.
    """
    replaced = unicodedata.normalize("NFC", text).translate(_REPLACEMENTS)
    return "".join(_known(character) for character in replaced)


def _known(character: str) -> str:
    if _encodes(character):
        return character
    simpler = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return simpler if simpler and all(map(_encodes, simpler)) else "?"


def _encodes(character: str) -> bool:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def unit_name(unit: str) -> str:
    """Procountor's name of a unit; NO_UNIT for one that we do not know."""
    try:
        return read_unit(unit).procountor
    except UnknownUnit:
        return NO_UNIT
