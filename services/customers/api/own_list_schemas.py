"""The tenant's own fields, operators and number series as they go over the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from services.customers.api.schemas import one_of
from services.customers.app.settings import LARGEST_NUMBER
from services.customers.domain.extra_fields import (
    KEY_FORM,
    LONGEST_CHOICE,
    LONGEST_LABEL,
    MOST_CHOICES,
    ExtraRegister,
    ExtraType,
)
from shared.http import IdString, Schema, Text


class LabelsIn(Schema):
    """The name of a field; a language that is left out has the name of the first one there is."""

    fi = Text(LONGEST_LABEL, allow_none=True, metadata={"example": "Kattilan koko"})
    sv = Text(LONGEST_LABEL, allow_none=True)
    en = Text(LONGEST_LABEL, allow_none=True, metadata={"example": "Boiler size"})


class LabelsOut(Schema):
    """The name of a field in each language."""

    fi = fields.String(required=True)
    sv = fields.String(required=True)
    en = fields.String(required=True)


class ExtraFieldQuery(Schema):
    """Which fields."""

    register = fields.String(validate=one_of(ExtraRegister))
    archived = fields.Boolean(metadata={"description": "Only those out of use, or only those in use; default: all"})


def _choices() -> fields.List:
    return fields.List(
        Text(LONGEST_CHOICE, min_length=1),
        validate=validate.Length(max=MOST_CHOICES),
        metadata={"description": "What there is to choose from, in this order; only for the type choice"},
    )


class ExtraFieldChangeIn(Schema):
    """What to change; a choice that is left out can no longer be chosen, values that have it stay."""

    labels = fields.Nested(LabelsIn)
    choices = _choices()


class ExtraFieldIn(ExtraFieldChangeIn):
    """A field of your own."""

    id = IdString()
    register = fields.String(required=True, validate=one_of(ExtraRegister))
    key = fields.String(
        required=True,
        validate=[validate.Length(max=40), validate.Regexp(rf"\A{KEY_FORM}\Z")],
        metadata={
            "description": "Its name in `extra`; stays for good",
            "example": "boiler_size",
            "pattern": f"^{KEY_FORM}$",
        },
    )
    type = fields.String(required=True, validate=one_of(ExtraType))
    labels = fields.Nested(LabelsIn, required=True)


class ExtraFieldOut(Schema):
    """A field of your own."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
    register = fields.String(required=True)
    key = fields.String(required=True)
    type = fields.String(required=True)
    labels = fields.Nested(LabelsOut, required=True)
    choices = fields.List(fields.String(), required=True)
    archived = fields.Boolean(required=True)


class ExtraFieldsOut(Schema):
    """Fields of your own, oldest first."""

    items = fields.List(fields.Nested(ExtraFieldOut), required=True)


class OperatorIn(Schema):
    """What an operator is called."""

    name = Text(100, min_length=1, required=True, metadata={"example": "Maventa"})


class OperatorOut(Schema):
    """An e-invoice operator."""

    code = fields.String(required=True, metadata={"description": "Intermediator's code, or a bank's BIC"})
    name = fields.String(required=True)
    is_own = fields.Boolean(required=True, metadata={"description": "Added by the tenant"})


class OperatorsOut(Schema):
    """All e-invoice operators, by name."""

    items = fields.List(fields.Nested(OperatorOut), required=True)


class NumberSettingsIn(Schema):
    """How new customers are numbered."""

    number_prefix = Text(10, required=True, metadata={"description": "Before each number; may be empty"})
    next_number = fields.Integer(
        strict=True,
        validate=validate.Range(1, LARGEST_NUMBER),
        metadata={"description": "Left out: the series goes on. Numbers that are taken are stepped over"},
    )


class NumberSettingsOut(Schema):
    """How new customers are numbered."""

    version = fields.Integer(required=True)
    number_prefix = fields.String(required=True)
    next_number = fields.Integer(required=True)
