"""Read customers out of a firm's own workbook.

`read_customers` returns rows whose values have the names and forms of `customer.changed.v1`, as far as the sheet has
columns for them. What the sheet has no column for is not in `values`, so an import changes only what the file speaks
about. An empty cell is None, except where a customer cannot be without: there the key is left out as well (kind,
language, payment term, channel, rhythm), so that a new customer gets the default and a known one keeps what it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, Final

from services.customers.adapters import workbook_words as words
from services.customers.adapters.extra_columns import extra_columns, take_extra
from services.customers.domain.extra_fields import ExtraField
from shared import finland
from shared.excel import DEFAULT_LIMITS, Cell, CellProblem, Column, Kind, TableReading, WorkbookLimits, read_table
from shared.excel.headers import Choices
from shared.excel.parsers import (
    Parser,
    as_text,
    choice,
    day,
    fold,
    form,
    long_text,
    percent_of,
    problem_of,
    text,
    yes_no,
)
from shared.excel.recognition import Recognise, mostly, reads

_COMPANY_FORM = re.compile(r"(?i)\b(?:oyj?|ab|abp|ky|ay|tmi|osk|ry|sr|koy)\b")
_TERM_NUMBER = re.compile(
    r"(?:(?:maksuehto|netto|net|n)\s*)?(?P<days>[0-9]{1,3})(?:[.,]0)?\s*"
    r"(?:(?:pv|p|pvä|pva|päivää|päivä|vrk|d|days?|dagar|dgr)\b\.?)?\s*(?:netto|net)?\.?"
)
_AT_ONCE: Final = frozenset({"heti", "kateinen", "kateismaksu", "kontant", "cash", "immediately", "genast"})
_LONGEST_TERM_DAYS: Final = 365
_HIGHEST_PERCENT: Final = 100


def _name(cell: Cell) -> str:
    names = re.split(r"\n|;|\s/\s", cell.shown)
    if len(names) > 1 and all(_COMPANY_FORM.search(name) for name in names):
        first = names[0].strip()
        raise CellProblem("name.several", "There are several names in one cell", "one customer on a row", first)
    return str(text(200)(cell))


_BUSINESS_ID_IN_NAME = re.compile(
    r"(?P<name>.*?\w.*?)[\s,;:(/–-]*(?:\b(?:ly|y|fo)[-‑ ]?(?:tunnus|numero|nummer|nr)\b[\s.:]*)?[\s(]*"
    r"(?P<business_id>\b[0-9]{7}[-‑–][0-9])\)?",
    re.IGNORECASE | re.DOTALL,
)
_CONTACT_PARTS = re.compile(r"[,;/|\n]|\s(?=\S+@)|(?<=\w)\s+(?=puh|p\.|gsm|tel)", re.IGNORECASE)
_PHONE_WORD = re.compile(
    r"(?i)^(?:puhelin|puh|p|gsm|tel|matkapuh|tfn|phone)\b\.?:?\s*|^(?:s-?posti|sähköposti|e-?mail|e-?post):\s*"
)


def _payment_term(cell: Cell) -> int:
    term = as_text(cell).casefold()
    if fold(term) in _AT_ONCE:
        return 0
    found = _TERM_NUMBER.fullmatch(term)
    if found and int(found["days"]) <= _LONGEST_TERM_DAYS:
        return int(found["days"])
    numbers = re.findall(r"[0-9]+", term)
    likely = f"{numbers[0]} pv" if len(numbers) == 1 and int(numbers[0][:6]) <= _LONGEST_TERM_DAYS else None
    raise CellProblem("payment_term.form", f"{cell.shown!r} is not a payment term in days", "14 pv", likely)


def _late_interest(cell: Cell) -> Decimal:
    percent = percent_of(cell)
    if not 0 <= percent <= _HIGHEST_PERCENT or percent != round(percent, 2):
        expected = "0–100 %, two decimals"
        raise CellProblem("late_interest_percent.form", f"{cell.shown!r} is not a late interest", expected)
    return percent


_country_by_name = choice(words.COUNTRIES, "country.unknown")


def _country(cell: Cell) -> str:
    code = as_text(cell).upper()
    return code if re.fullmatch(r"[A-Z]{2}", code) and code not in ("UK", "EN") else str(_country_by_name(cell))


_one_reference = choice(words.REFERENCES, "required_references.unknown")


def _required_references(cell: Cell) -> list[str]:
    parts = (part.strip() for part in re.split(r"[,;/\n+]|\bja\b|\boch\b|\band\b", str(cell.value)))
    found = {str(_one_reference(Cell(cell.kind, part))) for part in parts if part}
    return [reference for reference in words.REFERENCES if reference in found]


_PARSERS: Final[dict[str, Parser]] = {
    "name": _name,
    "number": text(40),
    "business_id": form(finland.read_business_id),
    "vat_number": form(finland.read_vat_number),
    "street": text(200),
    "postal_code": text(20),
    "postal_line": text(120),
    "city": text(100),
    "country": _country,
    "email": form(finland.read_email),
    "phone": form(finland.read_phone),
    "contact_line": long_text(),
    "first_name": text(100),
    "last_name": text(100),
    "kind": choice(words.KINDS, "kind.unknown"),
    "contact_name": text(200),
    "einvoice_address": form(finland.read_einvoice_address),
    "einvoice_operator": form(finland.read_operator_id),
    "payment_term_days": _payment_term,
    "late_interest_percent": _late_interest,
    "language": choice(words.LANGUAGES, "language.unknown"),
    "invoice_channel": choice(words.CHANNELS, "invoice_channel.unknown"),
    "billing_rhythm": choice(words.RHYTHMS, "billing_rhythm.unknown"),
    "invoice_grouping": choice(words.GROUPINGS, "invoice_grouping.unknown"),
    "price_group": text(100),
    "default_cost_centre": text(100),
    "required_references": _required_references,
    "construction_seller_from": day,
    "construction_seller_to": day,
    "field_notes": long_text(),
    "billing_notes": long_text(),
    "payer_number": text(40),
    "on_hold": yes_no,
    "work_while_on_hold": yes_no,
    "visiting_street": text(200),
    "visiting_postal_code": text(20),
    "visiting_city": text(100),
}
_NEVER: Final = {
    "name": ("yhteys", "contact", "kontakt", "tuote", "product"),
    "street": ("verkko", "sahkop", "email", "ovt", "kaynti", "kohde", "invoice"),
}
_TWINS: Final = {
    "visiting_postal_code": ("postal_code", "street", "visiting_street"),
    "visiting_city": ("city", "street", "visiting_street"),
}
_UNIQUE: Final = frozenset({"business_id", "number"})


def _matches(pattern: str, *kinds: Kind) -> Recognise:
    form = re.compile(pattern, re.IGNORECASE)
    return mostly(lambda cell: cell.kind in (kinds or (Kind.TEXT,)) and bool(form.fullmatch(as_text(cell))))


BY_CONTENT: Final[dict[str, Recognise]] = {
    "name": mostly(lambda cell: cell.kind is Kind.TEXT and bool(_COMPANY_FORM.search(str(cell.value))), 0.5),
    "business_id": _matches(r"(?:FI)?[0-9]{6,7}[-\u2013][0-9]"),
    "vat_number": _matches(r"FI ?[0-9]{8}"),
    "email": mostly(reads(form(finland.read_email))),
    "einvoice_address": _matches(r"0037 ?[0-9]{8}[0-9A-Z]{0,5}"),
}
"""What cells of these fields look like, and cells of no other."""
NAMELESS: Final[dict[str, Recognise]] = {
    "postal_code": _matches(r"[0-9]{5}|[0-9]{3}", Kind.TEXT, Kind.NUMBER),
    "phone": mostly(reads(form(finland.read_phone))),
}
"""The same of columns without a name: a number in one that has a name may be anything."""

COLUMNS: Final = tuple(
    Column(
        field,
        words.LABELS[field],
        parse,
        required=field == "name",
        unique=field in _UNIQUE,
        fill_merged=field == "kind",
        never=_NEVER.get(field, ()),
        instead=("last_name",) if field == "name" else (),
        twin=_TWINS.get(field),
        by_content=BY_CONTENT.get(field),
        by_content_if_nameless=NAMELESS.get(field),
    )
    for field, parse in _PARSERS.items()
)
"""Every column that is understood. Only the name is mandatory."""

_ADDRESS_PARTS: Final = ("street", "postal_code", "postal_line", "city", "country")
_LEFT_OUT_WHEN_EMPTY: Final = (
    "kind",
    "language",
    "payment_term_days",
    "invoice_channel",
    "billing_rhythm",
    "required_references",
    "on_hold",
    "work_while_on_hold",
)
_POSTAL_LINE = re.compile(r"(?:(?P<street>.+?)[,\s]\s*)?(?:FI-)?(?P<code>[0-9]{5})\s+(?P<city>[^\d,]+)")


def read_customers(
    stream: BinaryIO,
    chosen: Choices | None = None,
    limits: WorkbookLimits = DEFAULT_LIMITS,
    *,
    own: Sequence[ExtraField] = (),
) -> TableReading:
    """Read the sheet with customers; the same business ID or customer number twice is wrong on the later row.

    stream  an .xlsx, .ods or .csv file; read to the end, not closed.
    chosen  what a person said about its columns (`shared.excel.headers.Choices`)
    own     the tenant's own fields, by whose names columns are found too
    Values: `name`, `number`, `kind`, `business_id`, `vat_number`, `email`, `phone`, `language`, `payment_term_days`,
    `late_interest_percent` (Decimal), `invoice_channel`, `einvoice_address`, `einvoice_operator`, `billing_rhythm`,
    `invoice_grouping`, `required_references`, `price_group`, `default_cost_centre`, `construction_seller_from` and
    `construction_seller_to` (dates), `contact_name`, `field_notes`, `billing_notes`, `payer_number`, `on_hold`,
    `work_while_on_hold`, `billing_address` and `visiting_address` (street, postal_code, city, and country if the file
    says it) or None, and `extra` (key → value) if a cell of an own field is filled.
    Raises NotAWorkbook, WorkbookTooLarge, NoTable.
    """
    return read_table(stream, (*COLUMNS, *extra_columns(own)), limits, check_row=_complete_row, chosen=chosen)


def _complete_row(values: dict[str, Any]) -> Iterator[tuple[str, CellProblem]]:
    take_extra(values)
    for field in _LEFT_OUT_WHEN_EMPTY:
        if field in values and values[field] is None:
            del values[field]
    yield from complete_name(values)
    yield from _take_business_id(values)
    yield from complete_contact_line(values)
    if values.get("invoice_channel") == "einvoice":
        for field, label in (("einvoice_address", "E-invoice address"), ("einvoice_operator", "E-invoice operator")):
            if field in values and values[field] is None:
                yield field, CellProblem(f"{field}.missing", "Sending e-invoices needs this", label)
    if any(part in values for part in _ADDRESS_PARTS):
        yield from _complete_address(values)
    if any(f"visiting_{part}" in values for part in ("street", "postal_code", "city")):
        yield from _complete_visiting_address(values)


def complete_name(values: dict[str, Any]) -> Iterator[tuple[str, CellProblem]]:
    """Put first and last name together where the sheet has no name."""
    has_names = "last_name" in values
    given = [values.pop(part, None) for part in ("first_name", "last_name")]
    if has_names and "name" not in values:
        values["name"] = " ".join(part for part in given if part)
        if not values["name"]:
            yield "last_name", CellProblem("name.missing", "The name is missing", "Sukunimi")


def _take_business_id(values: dict[str, Any]) -> Iterator[tuple[str, CellProblem]]:
    """Take a business ID out of the name: `Malli Oy (9000011-8)`."""
    found = _BUSINESS_ID_IN_NAME.fullmatch(values.get("name") or "")
    if found is None or values.get("business_id") or not found["name"].strip(" ,;:("):
        return
    try:
        values["business_id"] = finland.read_business_id(re.sub("[‑–]", "-", found["business_id"]))
        values["name"] = found["name"].strip(" ,;:(")
    except finland.InvalidForm as wrong:
        yield "name", problem_of(wrong)


def complete_contact_line(values: dict[str, Any]) -> Iterator[tuple[str, CellProblem]]:
    """Split a cell with a phone number, an e-mail address, or both; what a column of its own says goes before it."""
    line = values.pop("contact_line", None)
    for part in _CONTACT_PARTS.split(line or ""):
        written = _PHONE_WORD.sub("", part.strip())
        if not written:
            continue
        field, read = ("email", finland.read_email) if "@" in written else ("phone", finland.read_phone)
        try:
            value = read(written)
        except finland.InvalidForm as wrong:
            yield "contact_line", problem_of(wrong)
            continue
        if values.get(field) is None:
            values[field] = value


def _complete_visiting_address(values: dict[str, Any]) -> Iterator[tuple[str, CellProblem]]:
    parts = {part: values.pop(f"visiting_{part}", None) or "" for part in ("street", "postal_code", "city")}
    country = (values.get("billing_address") or {}).get("country") or "FI"
    if parts["postal_code"]:
        try:
            parts["postal_code"] = finland.read_postal_code(parts["postal_code"], "FI" if country == "AX" else country)
        except finland.InvalidPostalCode as wrong:
            yield "visiting_postal_code", problem_of(wrong)
    values["visiting_address"] = parts if any(parts.values()) else None


def split_postal_line(parts: dict[str, str]) -> Iterator[tuple[str, CellProblem]]:
    """Take `postal_line` out of the parts of an address, and put what it says into `postal_code` and `city`."""
    line = parts.pop("postal_line")
    if line and (found := _POSTAL_LINE.fullmatch(line)) and not found["street"]:
        parts["postal_code"], parts["city"] = found["code"], found["city"].strip()
    elif line:
        yield (
            "postal_line",
            CellProblem("postal_code.form", f"{line!r} is not a postal code and a city", "00100 Helsinki"),
        )


def split_street(parts: dict[str, str]) -> None:
    """Take postal code and city out of a street that ends with them, where they stand nowhere else."""
    if not parts["postal_code"] and not parts["city"] and (found := _POSTAL_LINE.fullmatch(parts["street"])):
        parts |= {
            "street": (found["street"] or "").strip(" ,"),
            "postal_code": found["code"],
            "city": found["city"].strip(),
        }


def split_city(parts: dict[str, str]) -> None:
    """Take the postal code out of a city that begins with it, where it stands nowhere else."""
    if not parts["postal_code"] and (found := _POSTAL_LINE.fullmatch(parts["city"])) and not found["street"]:
        parts |= {"postal_code": found["code"], "city": found["city"].strip()}


def _complete_address(values: dict[str, Any]) -> Iterator[tuple[str, CellProblem]]:
    """Put the parts of the address into `billing_address`; split a line that holds several of them."""
    parts = {part: values.pop(part, None) or "" for part in _ADDRESS_PARTS}
    country = parts["country"] or "FI"
    yield from split_postal_line(parts)
    split_street(parts)
    split_city(parts)
    if parts["postal_code"]:
        try:
            parts["postal_code"] = finland.read_postal_code(parts["postal_code"], "FI" if country == "AX" else country)
        except finland.InvalidPostalCode as wrong:
            yield "postal_code", problem_of(wrong)
    has_address = any(parts[part] for part in ("street", "postal_code", "city"))
    if not parts.get("country"):
        parts.pop("country", None)  # said nothing: a stored country stays, a new customer's is Finland
    values["billing_address"] = parts if has_address else None
