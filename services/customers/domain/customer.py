"""What a customer is and which rules its fields keep (domain.md §2.1, §7)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final

from services.customers.domain.address import address_or_none, check_address
from services.customers.domain.errors import CustomerArchived, InvalidCustomer
from services.customers.domain.extra_fields import Known, check_extra
from shared import finland
from shared.errors import FieldError


class Kind(StrEnum):
    """What kind of party pays."""

    COMPANY = "company"
    PRIVATE = "private"
    HOUSING_COMPANY = "housing_company"
    PUBLIC = "public"
    INTERNAL = "internal"


class Language(StrEnum):
    """Language of what the customer reads."""

    FI = "fi"
    SV = "sv"
    EN = "en"


class InvoiceChannel(StrEnum):
    """How the invoice reaches the customer."""

    EINVOICE = "einvoice"
    EMAIL = "email"
    LETTER = "letter"
    NONE = "none"


class BillingRhythm(StrEnum):
    """When approved work is billed."""

    IMMEDIATE = "immediate"
    MONTHLY = "monthly"


class InvoiceGrouping(StrEnum):
    """Which approved orders share an invoice."""

    PER_ORDER = "per_order"
    COLLECTIVE = "collective"
    PER_SITE = "per_site"
    PER_REFERENCE = "per_reference"
    """One for each set of values of the required references, e.g. for each work number."""


class Reference(StrEnum):
    """A reference that a buyer may demand on its invoices."""

    ORDER_NUMBER = "order_number"
    COST_CENTRE = "cost_centre"
    WORK_NUMBER = "work_number"
    CONTRACT = "contract"
    ORDERER = "orderer"


class State(StrEnum):
    """States of a customer. An archived customer keeps its history."""

    ACTIVE = "active"
    ON_HOLD = "on_hold"
    ARCHIVED = "archived"


FIRST_NUMBER: Final = 1001
"""Where the series of customer numbers begins."""

DEFAULTS: Final[Mapping[str, Any]] = {
    "kind": Kind.COMPANY.value,
    "business_id": None,
    "vat_number": None,
    "billing_address": None,
    "visiting_address": None,
    "email": None,
    "phone": None,
    "language": Language.FI.value,
    "payment_term_days": 14,
    "late_interest_percent": None,
    "invoice_channel": None,
    "einvoice_address": None,
    "einvoice_operator": None,
    "billing_rhythm": BillingRhythm.IMMEDIATE.value,
    "invoice_grouping": None,
    "payer_id": None,
    "construction_seller_from": None,
    "construction_seller_to": None,
    "required_references": [],
    "price_group": None,
    "default_cost_centre": None,
    "on_hold": False,
    "work_while_on_hold": False,
    "field_notes": None,
    "billing_notes": None,
    "extra": {},
}
"""Every field besides the name and the number, with what it is when nothing is said. Only the name is mandatory."""

MINIMAL_FIELDS: Final = frozenset({"id", "name", "kind", "phone", "billing_address"})
"""What a worker with the right to create customers may fill in (domain.md §6)."""

LONGEST: Final[Mapping[str, int]] = {
    "name": 200,
    "number": 20,
    "vat_number": 20,
    "email": 254,
    "einvoice_address": 40,
    "einvoice_operator": 20,
    "price_group": 60,
    "default_cost_centre": 60,
    "field_notes": 2000,
    "billing_notes": 2000,
}
"""Most characters of a field."""

_READERS: Final[Mapping[str, Callable[[str], str]]] = {
    "business_id": finland.read_business_id,
    "vat_number": finland.read_vat_number,
    "email": finland.read_email,
    "phone": finland.read_phone,
    "einvoice_address": finland.read_einvoice_address,
    "einvoice_operator": finland.read_operator_id,
}
_DAYS: Final = frozenset({"construction_seller_from", "construction_seller_to"})
_DECIMALS: Final = frozenset({"late_interest_percent"})
_HUNDREDTH: Final = Decimal("0.01")
_OPTIONAL_TEXTS: Final = (*_READERS, "price_group", "default_cost_centre", "field_notes", "billing_notes")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the tenant's own lists say about customers; None: not checked here.

    extra_fields  definitions of the tenant's own fields
    operators     code → name of every e-invoice operator there is
    """

    extra_fields: Known | None = None
    operators: Mapping[str, str] | None = None


UNCHECKED: Final = Rules()


def state_of(*, on_hold: bool, archived: bool) -> State:
    """Return the state; archived is stronger than on hold."""
    if archived:
        return State.ARCHIVED
    return State.ON_HOLD if on_hold else State.ACTIVE


def refuse_archived(*, archived: bool) -> None:
    """Raise CustomerArchived if the customer is archived: it is restored before it is changed or used."""
    if archived:
        raise CustomerArchived("Restore the customer first.")


def new_customer(given: Mapping[str, Any], rules: Rules = UNCHECKED) -> dict[str, Any]:
    """Return all fields of a new customer, healed and complete; `number` only if it was given.

    given  any of `name` (mandatory), `number` and the keys of DEFAULTS; values as JSON has them, dates as `date`,
           percentages as `Decimal`
    Raises InvalidCustomer with every wrong field.
    """
    fields = {**DEFAULTS, "name": None, "required_references": [], "extra": {}, **given}
    if fields["invoice_channel"] is None:
        fields["invoice_channel"] = channel_by_addresses(fields).value
    return _checked(fields, {}, rules)


def changed_customer(before: Mapping[str, Any], given: Mapping[str, Any], rules: Rules = UNCHECKED) -> dict[str, Any]:
    """Return the fields of `given` that differ from `before`, healed; empty if nothing would change.

    before  all stored fields of the customer
    given   as for `new_customer`; of `extra` only the values that change, None takes one away
    Raises InvalidCustomer with every wrong field, also when only the combination is wrong.
    """
    checked = _checked(dict(given), before, rules)
    return {name: value for name, value in checked.items() if before.get(name) != value}


def plain_field(value: Any) -> Any:
    """Return the value of a field as JSON has it: days and percentages as text."""
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def revived_field(name: str, value: Any) -> Any:
    """Return the value of a field as `plain_field` wrote it down."""
    if name in _DAYS and value:
        return date.fromisoformat(value)
    return Decimal(value) if name in _DECIMALS and value is not None else value


def channel_by_addresses(fields: Mapping[str, Any]) -> InvoiceChannel:
    """Choose how to send invoices when nobody said: the e-invoice address, else the e-mail, else paper."""
    if fields.get("einvoice_address") and fields.get("einvoice_operator"):
        return InvoiceChannel.EINVOICE
    return InvoiceChannel.EMAIL if fields.get("email") else InvoiceChannel.LETTER


def searchable(fields: Mapping[str, Any]) -> str:
    """Return the text in which a person finds the customer: name, number, business ID and city, folded."""
    city = (fields.get("billing_address") or {}).get("city")
    return fold(" ".join(str(part) for part in (fields["name"], fields["number"], fields["business_id"], city) if part))


def fold(text: str) -> str:
    """Return `text` without differences of case and width, single-spaced: `ÄÄNI ` finds `ääni`."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _checked(fields: dict[str, Any], before: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    errors: list[FieldError] = []
    if "name" in fields:
        fields["name"] = " ".join(str(fields["name"] or "").split())
        if not fields["name"]:
            errors.append(FieldError("/name", "required", "A customer needs a name."))
    for name in _OPTIONAL_TEXTS:
        if name in fields:
            fields[name], found = _optional(name, fields[name])
            errors += found
    for name in ("billing_address", "visiting_address"):
        if name in fields:
            fields[name], found = check_address(address_or_none(fields[name]), f"/{name}")
            errors += found
    for name in _DECIMALS:
        if fields.get(name) is not None:
            fields[name] = fields[name].quantize(_HUNDREDTH)
    if "required_references" in fields:
        chosen = set(fields["required_references"] or ())
        fields["required_references"] = [reference.value for reference in Reference if reference in chosen]
    for name, longest in LONGEST.items():
        if len(fields.get(name) or "") > longest:
            errors.append(FieldError(f"/{name}", "too_long", f"At most {longest} characters."))
    if "extra" in fields:
        fields["extra"], found = check_extra(fields["extra"], before.get("extra") or {}, rules.extra_fields)
        errors += found
    if rules.operators is not None and fields.get("einvoice_operator") != before.get("einvoice_operator"):
        errors += _unknown_operator(fields.get("einvoice_operator"), errors, rules.operators)
    errors += _combinations({**before, **fields})
    if errors:
        raise InvalidCustomer(errors=errors)
    return fields


def _optional(name: str, value: Any) -> tuple[str | None, list[FieldError]]:
    text = str(value).strip() if value is not None else ""
    if not text:
        return None, []
    try:
        return (_READERS[name](text) if name in _READERS else text), []
    except finland.InvalidForm as error:
        hint = f" Did you mean {error.suggestion}?" if error.suggestion else ""
        return text, [FieldError(f"/{name}", error.code, error.detail + hint)]


def _unknown_operator(code: str | None, errors: list[FieldError], operators: Mapping[str, str]) -> list[FieldError]:
    has_wrong_form = any(error.pointer == "/einvoice_operator" for error in errors)
    if not code or code in operators or has_wrong_form:
        return []
    detail = f"{code} is not in the list of e-invoice operators; add it there if it is right."
    if near := get_close_matches(code, operators, n=1, cutoff=0.8):
        detail += f" Did you mean {near[0]} ({operators[near[0]]})?"
    return [FieldError("/einvoice_operator", "einvoice_operator.unknown", detail)]


def _combinations(whole: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    channel = whole.get("invoice_channel")
    if channel == InvoiceChannel.EINVOICE:
        for name in ("einvoice_address", "einvoice_operator"):
            if not whole.get(name):
                errors.append(FieldError(f"/{name}", "required", "Sending e-invoices needs this."))
    if channel == InvoiceChannel.EMAIL and not whole.get("email"):
        errors.append(FieldError("/email", "required", "Sending invoices by e-mail needs this."))
    seller_from = whole.get("construction_seller_from")
    if isinstance(seller_from, date) and whole.get("kind") == Kind.PRIVATE:
        detail = "The reverse charge of construction services never applies to a private person (VAT Act 8 c)."
        errors.append(FieldError("/construction_seller_from", "private_person", detail))
    seller_to = whole.get("construction_seller_to")
    if isinstance(seller_to, date) and not (isinstance(seller_from, date) and seller_from <= seller_to):
        detail = "Needs a first day of the reverse charge, not after the last one."
        errors.append(FieldError("/construction_seller_to", "period.invalid", detail))
    if whole.get("invoice_grouping") == InvoiceGrouping.PER_REFERENCE and not whole.get("required_references"):
        detail = "Say in required_references by which references invoices are made."
        errors.append(FieldError("/invoice_grouping", "references_missing", detail))
    if whole.get("payer_id") and whole.get("payer_id") == whole.get("id"):
        errors.append(FieldError("/payer_id", "own_payer", "A customer is not its own payer; leave it out."))
    return errors
