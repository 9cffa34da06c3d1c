"""What several resources share: limits, amounts, reasons in the caller's language."""

from datetime import date
from enum import StrEnum

from marshmallow import ValidationError, fields, validate

from services.billing.domain.preflight import Severity
from services.billing.domain.reasons import LANGUAGES, Owner
from shared.http import DecimalString, Schema

_EARLIEST, _LATEST = date(1900, 1, 1), date(2999, 12, 31)


def reasonable(day: date | None) -> None:
    """Refuse days that nobody means, and that some databases cannot store. Raises ValidationError."""
    if day is not None and not _EARLIEST <= day <= _LATEST:
        raise ValidationError("Expected a day between 1900-01-01 and 2999-12-31.")


def one_of(values: type[StrEnum]) -> validate.OneOf:
    """Take only the values of an enumeration."""
    return validate.OneOf([member.value for member in values])


def amount(description: str) -> DecimalString:
    """A sum of money of an answer, two decimals."""
    return DecimalString(2, required=True, metadata={"description": description})


class LanguageQuery(Schema):
    """In which language reasons are told."""

    lang = fields.String(
        validate=validate.OneOf(LANGUAGES),
        metadata={"description": "fi, sv or en; else the header Accept-Language decides, else Finnish"},
    )


class ExplanationOut(Schema):
    """A reason in the caller's language, and where it is corrected."""

    code = fields.String(required=True)
    text = fields.String(
        required=True, allow_none=True, metadata={"description": "null: only the target's own words are known"}
    )
    owner = fields.String(
        required=True,
        allow_none=True,
        validate=one_of(Owner),
        metadata={"description": "Which service, the connection or the target itself has the data to correct"},
    )
    field = fields.String(
        required=True, allow_none=True, metadata={"description": "JSON pointer into the owner's record"}
    )
    line = fields.Integer(required=True, allow_none=True, metadata={"description": "Line of the document, from 1"})


class ProblemFieldOut(Schema):
    """What an accounting system would refuse or change of the document."""

    pointer = fields.String(required=True, allow_none=True, metadata={"description": "JSON pointer into the document"})
    code = fields.String(required=True)
    detail = fields.String(required=True, metadata={"description": "For people who know the rule"})
    severity = fields.String(required=True, validate=one_of(Severity))
    explanation = fields.Nested(ExplanationOut, required=True)
