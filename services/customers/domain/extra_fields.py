"""Fields that a tenant defines for its own customers and sites: typed, and checked wherever a value comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from services.customers.domain.errors import InvalidExtraField
from shared.errors import FieldError


class ExtraRegister(StrEnum):
    """Which register has the field."""

    CUSTOMERS = "customers"
    SITES = "sites"


class ExtraType(StrEnum):
    """What kind of value it takes. In JSON all are text, a number too, but for yes_no."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"


KEY_FORM: Final = r"[a-z][a-z0-9_]{0,39}"
"""What a key looks like; it is the name of the value in `extra` and never changes."""
MOST_FIELDS: Final = 40
"""Definitions in use of one register."""
MOST_CHOICES: Final = 100
LONGEST_TEXT: Final = 1000
LONGEST_CHOICE: Final = 100
LONGEST_LABEL: Final = 60
_LANGUAGES: Final = ("fi", "sv", "en")
_LARGEST: Final = Decimal(10) ** 12
_PLACES: Final = 6


@dataclass(frozen=True, slots=True)
class ExtraField:
    """A definition. labels  language (fi, sv, en) → name; choices  of a choice, in their order"""

    key: str
    type: ExtraType
    labels: Mapping[str, str]
    choices: tuple[str, ...] = ()
    archived: bool = False


Known = Mapping[str, ExtraField]
"""Key → definition, archived ones too."""


def checked_definition(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given parts of a definition (key, type, labels, choices) healed.

    A label that is missing in a language is that of the first language there is.
    Raises InvalidExtraField with everything that is wrong.
    """
    fields, errors = dict(given), []
    if "key" in fields and not re.fullmatch(KEY_FORM, fields["key"]):
        detail = "A small letter first, then small letters, digits and underscores; at most 40."
        errors.append(FieldError("/key", "form", detail))
    if "labels" in fields:
        labels = {language: " ".join((fields["labels"].get(language) or "").split()) for language in _LANGUAGES}
        first = next((label for label in labels.values() if label), None)
        if first is None:
            errors.append(FieldError("/labels", "required", "The field needs a name in some language."))
        fields["labels"] = {language: label or first for language, label in labels.items()}
    if "choices" in fields or fields.get("type") == ExtraType.CHOICE:
        fields["choices"], found = _checked_choices(fields.get("type"), fields.get("choices") or ())
        errors += found
    if errors:
        raise InvalidExtraField(errors=errors)
    return fields


def _checked_choices(kind: str | None, given: Sequence[str]) -> tuple[list[str], list[FieldError]]:
    choices = list(dict.fromkeys(choice for one in given if (choice := " ".join(one.split()))))
    if kind == ExtraType.CHOICE and not choices:
        return choices, [FieldError("/choices", "required", "A choice needs something to choose from.")]
    if kind is not None and kind != ExtraType.CHOICE and choices:
        return choices, [FieldError("/choices", "not_a_choice", "Only a field of the type choice has choices.")]
    if len({choice.casefold() for choice in choices}) < len(choices):
        return choices, [FieldError("/choices", "duplicate", "Two choices differ only by case.")]
    return choices, []


def check_extra(
    given: Mapping[str, Any] | None, before: Mapping[str, Any], known: Known | None
) -> tuple[dict[str, Any], list[FieldError]]:
    """Return all values after the change, and what is wrong with the given ones.

    given   key → value, None takes the value away; keys that are left out keep theirs
    before  the stored values; what is given unchanged is never wrong, even if its definition was archived since
    known   None: whoever gives the values has checked them
    """
    values, errors = dict(before), []
    for key, value in (given or {}).items():
        if key in before and before[key] == value:
            continue
        checked, problem = (value, None) if known is None else _checked_value(known.get(key), value)
        if problem is not None:
            errors.append(FieldError(f"/extra/{key}", *problem))
        elif checked is None:
            values.pop(key, None)
        else:
            values[key] = checked
    return values, errors


def read_value(field: ExtraField, text: str) -> Any:
    """Return a value written as text in a query: `true` and `false` for yes and no. Raises InvalidExtraField."""
    value: Any = {"true": True, "false": False}.get(text, text) if field.type is ExtraType.YES_NO else text
    checked, problem = _checked_value(replace(field, archived=False), value)
    if problem is not None:
        raise InvalidExtraField(errors=[FieldError("/extra_value", *problem)])
    return checked


Problem = tuple[str, str]


def _checked_value(field: ExtraField | None, value: Any) -> tuple[Any, Problem | None]:
    if field is None:
        return None, ("unknown_extra_field", "There is no such field.")
    if value is None or value == "":
        return None, None
    if field.archived:
        return None, ("archived_extra_field", "The field is no longer in use.")
    try:
        return _READERS[field.type](field, value), None
    except (ValueError, InvalidOperation) as error:
        return None, ("extra_value", str(error) if isinstance(error, ValueError) else "Expected a decimal number.")


def _text(_: ExtraField, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("Expected text.")
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"At most {LONGEST_TEXT} characters.")
    return value.strip()


def _number(_: ExtraField, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError("Expected a decimal number as text.")
    number = Decimal(value)
    if not number.is_finite() or abs(number) >= _LARGEST or number != round(number, _PLACES):
        raise ValueError(f"At most 12 digits before the point and {_PLACES} after it.")
    text = format(number or Decimal(0), "f")  # no "-0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _date(_: ExtraField, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("Expected a date as 2026-09-03.")
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError("There is no such day.") from None


def _yes_no(_: ExtraField, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("Expected true or false.")
    return value


def _choice(field: ExtraField, value: Any) -> str:
    meant = {choice.casefold(): choice for choice in field.choices}
    found = meant.get(" ".join(value.split()).casefold()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"Expected one of: {', '.join(field.choices)}.")
    return found


_READERS: Final[Mapping[ExtraType, Callable[[ExtraField, Any], Any]]] = {
    ExtraType.TEXT: _text,
    ExtraType.NUMBER: _number,
    ExtraType.DATE: _date,
    ExtraType.YES_NO: _yes_no,
    ExtraType.CHOICE: _choice,
}
