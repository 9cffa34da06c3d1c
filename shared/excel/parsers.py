"""From a filled cell to a value of the business, or a CellProblem that says what to do.

A parser takes a filled Cell and returns the value; it raises CellProblem when it cannot, and returns `Noted`
when it can but the person should look. It never sees an empty cell, an error value or a formula without
result: `table` deals with those.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from shared.excel.cells import Cell, Kind, plain, serial_date
from shared.finland import InvalidForm
from shared.money import NotADecimal, parse_finnish_decimal

Parser = Callable[[Cell], object]


class CellProblem(Exception):
    """Why a cell cannot be taken in.

    code        stable, for programs and translation, e.g. `cell.not_a_number`.
    reason      one sentence for people.
    expected    the form that is expected, or "".
    suggestion  what may be meant, as text that could be typed into the cell, or None.
    """

    def __init__(self, code: str, reason: str, expected: str = "", suggestion: str | None = None) -> None:
        super().__init__(reason)
        self.code, self.reason, self.expected, self.suggestion = code, reason, expected, suggestion


@dataclass(frozen=True, slots=True)
class Noted:
    """A value that was taken in, with a remark: becomes a warning in the reading."""

    value: object
    code: str
    reason: str


_PRECISE_DIGITS: Final = 15


def as_text(cell: Cell) -> str:
    """Return what the cell says, on one line. Numbers come without decimals or exponent they do not need.

    A number shown with leading zeros (format `00000`) keeps them. Raises CellProblem for a date, into which
    a code such as `1-2` was turned, and for a whole number so long that the spreadsheet has rounded it.
    """
    if isinstance(cell.value, datetime):
        raise CellProblem("cell.date_instead_of_text", "The spreadsheet has turned this into a date", "text")
    if isinstance(cell.value, Decimal):
        if cell.value.adjusted() >= _PRECISE_DIGITS:
            raise CellProblem("cell.digits_lost", "The number is too long: the spreadsheet has rounded it", "text")
        if cell.format.is_percent:
            return cell.shown
        digits = plain(cell.value)
        return digits.zfill(cell.format.min_digits) if digits.isdigit() else digits
    return " ".join(cell.shown.split()) if isinstance(cell.value, bool) else " ".join(str(cell.value).split())


def text(max_length: int = 200) -> Parser:
    """Parser of free text on one line."""

    def parse(cell: Cell) -> str:
        value = as_text(cell)
        if len(value) > max_length:
            raise CellProblem(
                "cell.too_long", f"The text has {len(value)} characters", f"at most {max_length} characters"
            )
        return value

    return parse


def long_text(max_length: int = 2_000) -> Parser:
    """Parser of free text that may have several lines."""

    def parse(cell: Cell) -> str:
        value = cell.value if isinstance(cell.value, str) else as_text(cell)
        if len(value) > max_length:
            raise CellProblem(
                "cell.too_long", f"The text has {len(value)} characters", f"at most {max_length} characters"
            )
        return value

    return parse


def form(read: Callable[[str], object]) -> Parser:
    """Parser from a `shared.finland` reader: its InvalidForm becomes the cell's problem."""

    def parse(cell: Cell) -> object:
        try:
            return read(as_text(cell))
        except InvalidForm as wrong:
            raise problem_of(wrong) from wrong

    return parse


def problem_of(wrong: InvalidForm) -> CellProblem:
    """Turn a reader's refusal into a cell's problem."""
    return CellProblem(wrong.code, wrong.detail, wrong.expected, wrong.suggestion)


def decimal_of(cell: Cell, *, code: str = "cell.not_a_number", expected: str = "1234,50") -> Decimal:
    """Return the number in a number cell, or in text written the Finnish way. Raises CellProblem."""
    if isinstance(cell.value, Decimal) and not cell.format.is_percent:
        return cell.value
    if isinstance(cell.value, datetime):
        meant = f"{cell.value.day},{cell.value.month}"
        raise CellProblem(code, "The spreadsheet has turned this number into a date", expected, meant)
    if cell.kind is Kind.TEXT:
        try:
            return parse_finnish_decimal(cell.shown)
        except NotADecimal:
            raise CellProblem(code, f"{cell.shown!r} is not a number", expected, _number_within(cell.shown)) from None
    raise CellProblem(code, f"{cell.shown!r} is not a number", expected)


def _number_within(shown: str) -> str | None:
    """The only number of a longer text (`n. 12,50 €/h` → `12,50`)."""
    numbers = re.findall(r"[0-9]+(?:[.,][0-9]+)?", shown)
    return numbers[0] if len(numbers) == 1 else None


def percent_of(cell: Cell) -> Decimal:
    """Return a percentage: `25,5 %`, `25,5`, and 0.255 in a cell with a percent format, are all 25.5."""
    expected = "25,5 %"
    if isinstance(cell.value, Decimal):
        return Decimal(plain(cell.value * 100 if cell.format.is_percent else cell.value))
    if cell.kind is Kind.TEXT:
        bare = re.sub(r"(?i)^\s*(?:alv|vat|moms)\.?\s*|\s*(?:%|pros\.?|prosenttia)\s*$", "", cell.shown)
        try:
            return Decimal(plain(parse_finnish_decimal(bare)))
        except NotADecimal:
            pass
    raise CellProblem("cell.not_a_percentage", f"{cell.shown!r} is not a percentage", expected)


_DATE = re.compile(r"(?P<day>[0-9]{1,2})\. ?(?P<month>[0-9]{1,2})\. ?(?P<year>[0-9]{4})")
_SHORT_DATE = re.compile(r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{2})")
_ISO_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?P<sign>[-/])(?P<month>[0-9]{2})(?P=sign)(?P<day>[0-9]{2})(?:[T ][0-9:.]+)?"
)
_FIRST_SERIAL, _LAST_SERIAL = 14_611, 73_050
"""Day numbers taken as dates in cells without a date format: 1940 to 2099."""


def day(cell: Cell) -> date:
    """Parser of a date: a date cell, its bare day number, `3.9.2026`, `2026-09-03` or `2026/09/03`."""
    if isinstance(cell.value, datetime):
        return cell.value.date()
    if isinstance(cell.value, Decimal):
        if _FIRST_SERIAL <= cell.value <= _LAST_SERIAL and (moment := serial_date(cell.value)):
            return moment.date()
    elif found := _DATE.fullmatch(cell.shown) or _ISO_DATE.fullmatch(cell.shown):
        try:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
        except ValueError:
            pass
    short = _SHORT_DATE.fullmatch(cell.shown) if cell.kind is Kind.TEXT else None
    meant = f"{short['day']}.{short['month']}.20{short['year']}" if short else None
    raise CellProblem("cell.not_a_date", f"{cell.shown!r} is not a date", "3.9.2026", meant)


def choice(words: Mapping[str, tuple[str, ...]], code: str) -> Parser:
    """Parser of one of a few values.

    words  value → the words that mean it; case, accents and punctuation do not matter. The value itself is
    one too.
    code   of the problem when the word is none of them; the nearest word is suggested.
    """
    meanings = {fold(word): value for value, known in words.items() for word in (value, *known)}
    first_words = [known[0] if known else value for value, known in words.items()]

    def parse(cell: Cell) -> str:
        word = fold(as_text(cell))
        if word in meanings:
            return meanings[word]
        near = get_close_matches(word, meanings, n=1, cutoff=0.75)
        meant = (words[meanings[near[0]]] or (meanings[near[0]],))[0] if near else None
        raise CellProblem(code, f"{cell.shown!r} is not one of the values", ", ".join(first_words), meant)

    return parse


_YES: Final = frozenset({"kylla", "k", "x", "yes", "y", "ja", "j", "true", "1", "tosi", "on"})
_NO: Final = frozenset({"ei", "e", "no", "n", "nej", "false", "0", "epatosi"})


def yes_no(cell: Cell) -> bool:
    """Parser of yes and no: a check mark cell, `x`, `kyllä`/`ei`, `yes`/`no`, `ja`/`nej`, 1/0."""
    if isinstance(cell.value, bool):
        return cell.value
    word = fold(cell.shown)
    if word in _YES or word in _NO:
        return word in _YES
    raise CellProblem("cell.not_yes_or_no", f"{cell.shown!r} is neither yes nor no", "kyllä / ei")


def fold(text: str) -> str:
    """Return letters and digits only, lower case, without accents: what headers and words are compared by."""
    if text.isascii():
        return "".join(filter(str.isalnum, text.lower()))
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if c.isalnum())
