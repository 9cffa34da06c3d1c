"""One cell: its typed value, and what its number format says about it.

Numbers are Decimals made from the digits in the file, cut to the 15 significant digits that a spreadsheet has
(`0.25500000000000001` is 0.255), so no binary fraction reaches an amount.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException
from enum import StrEnum
from functools import lru_cache
from typing import Final

_SPREADSHEET_PRECISION = Context(prec=15, rounding=ROUND_HALF_EVEN)
_LONGEST_NUMBER: Final = 40


class Kind(StrEnum):
    """What a filled cell holds."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    ERROR = "error"
    """An error value such as #N/A, or content that is not what its type says."""
    UNCALCULATED = "uncalculated"
    """A formula whose result was not saved."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What matters of a number format: `0.0%` is a percentage, `d.m.yyyy` a date, `00000` shows at least 5
    digits.
    """

    is_percent: bool = False
    is_date: bool = False
    min_digits: int = 1


GENERAL: Final = NumberFormat()
CellValue = str | Decimal | bool | datetime


@dataclass(frozen=True, slots=True)
class Cell:
    """A filled cell. `value` is str for TEXT and ERROR, Decimal for NUMBER, bool, naive datetime for DATE."""

    kind: Kind
    value: CellValue
    format: NumberFormat = GENERAL

    @property
    def shown(self) -> str:
        """The value as text, near to what the sheet shows; at most 200 characters."""
        if isinstance(self.value, bool):
            return "TRUE" if self.value else "FALSE"
        if isinstance(self.value, datetime):
            return self.value.date().isoformat() if not self.value.time() else self.value.isoformat(" ")
        if isinstance(self.value, Decimal):
            if self.format.is_percent:
                return plain(self.value * 100).replace(".", ",") + " %"
            return plain(self.value).replace(".", ",")
        return self.value if len(self.value) <= 200 else self.value[:199] + "…"


def text_cell(text: str) -> Cell | None:
    """Make a text cell, or None when there is nothing but white space in it."""
    cleaned = _TEXT_MARK.sub("", clean(text))
    return Cell(Kind.TEXT, cleaned) if cleaned else None


def number_cell(digits: str, number_format: NumberFormat, *, date1904: bool) -> Cell:
    """Make a number, or date, cell from the digits in the file."""
    try:
        if len(digits) > _LONGEST_NUMBER:
            return Cell(Kind.ERROR, digits[:_LONGEST_NUMBER])
        number = _SPREADSHEET_PRECISION.create_decimal(digits.strip())
    except DecimalException:
        return Cell(Kind.ERROR, digits[:_LONGEST_NUMBER])
    if not number.is_finite() or abs(number.adjusted()) > 300:
        return Cell(Kind.ERROR, digits[:_LONGEST_NUMBER])
    if number_format.is_date:
        moment = serial_date(number, date1904=date1904)
        return Cell(Kind.DATE, moment, number_format) if moment else Cell(Kind.ERROR, digits)
    return Cell(Kind.NUMBER, number, number_format)


def iso_date_cell(text: str) -> Cell:
    """Make a date cell from the ISO 8601 form that the strict variant of the format uses."""
    try:
        return Cell(Kind.DATE, datetime.fromisoformat(text).replace(tzinfo=None), NumberFormat(is_date=True))
    except ValueError:
        return Cell(Kind.ERROR, text[:_LONGEST_NUMBER])


_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_INVISIBLE = dict.fromkeys(
    [
        0x200B,
        0x200C,
        0x200D,
        0x2060,
        0xFEFF,
        0x00AD,
        0x061C,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    ]
)
"""Characters that no reader sees: of no width, and those that turn the direction of writing."""
_TEXT_MARK = re.compile(r"^'(?=\+?[0-9])")
"""What makes a spreadsheet keep digits as text; other programs write it out as if it were said."""


def clean(text: str) -> str:
    """Trim, turn every kind of space into one blank, keep line breaks, drop invisible and control
    characters.
    """
    if text.isascii() and text.isprintable() and "  " not in text and "_x" not in text:
        return text.strip()  # most texts: nothing of the rest applies to them
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).translate(_INVISIBLE)
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = (" ".join(_printable(line).split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _printable(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(
        " " if c.isspace() else c for c in line if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs")
    )


def plain(number: Decimal) -> str:
    """Write a number without exponent and without zeros that say nothing: 1E+1 → 10, 25.500 → 25.5."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def serial_date(serial: Decimal, *, date1904: bool = False) -> datetime | None:
    """Turn a spreadsheet's day number into a moment, to the second; None when there is no such day.

    Day 60 of the 1900 system is 29.2.1900, which never was; days before it count from one day later.
    """
    if not 0 <= serial < 2_958_466:
        return None
    days, fraction = int(serial), serial % 1
    first_day = datetime(1899, 12, 31) if days < 60 else datetime(1899, 12, 30)
    base = datetime(1904, 1, 1) if date1904 else first_day
    try:
        return base + timedelta(days=days, seconds=round(fraction * 86_400))
    except OverflowError:
        return None


_BUILT_IN_DATES: Final = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})
_BUILT_IN_PERCENT: Final = frozenset({9, 10})
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]')


@lru_cache(maxsize=1024)
def number_format(format_id: int, code: str | None) -> NumberFormat:
    """Read a number format by its id and, for one the workbook defines, its code.

    Only the part for positive numbers counts; times without a day stay numbers.
    """
    if code is None:
        return NumberFormat(is_percent=format_id in _BUILT_IN_PERCENT, is_date=format_id in _BUILT_IN_DATES)
    bare = _LITERALS.sub("", code.split(";")[0])
    lower = bare.lower()
    if "%" in bare:
        return NumberFormat(is_percent=True)
    if re.search(r"[dy]", lower) or ("m" in lower and not re.search(r"[hs0#]", lower)):
        return NumberFormat(is_date=lower not in ("general", "standard"))
    zeros = re.fullmatch(r"0{2,15}", bare.strip())
    return NumberFormat(min_digits=len(zeros[0])) if zeros else GENERAL
