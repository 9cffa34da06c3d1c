"""Shapes of what other systems send, and of what became of it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from services.customers.api.schemas import (
    ContactChangeIn,
    CustomerChangeIn,
    SiteChangeIn,
    one_of,
)
from services.customers.domain.conflicts import Winner
from services.customers.domain.contact import Role
from shared.http import IdString, Schema, Text

_FORM = r"^[^\x00-\x1f\x7f/]+$"


def _reference(description: str, **kwargs: Any) -> Text:
    form = validate.Regexp(_FORM, error="No control characters and no slash.")
    meta = {"description": description, "example": "ACC-1009"}
    return Text(120, min_length=1, validate=form, metadata=meta, **kwargs)


class _ItemIn(Schema):
    changed_at = fields.AwareDateTime(
        allow_none=True,
        load_default=None,
        metadata={"description": "When it was changed there; default: now. Decides where the newest wins"},
    )
    archived = fields.Boolean(
        allow_none=True,
        load_default=None,
        truthy={True},
        falsy={False},
        metadata={"description": "true: out of use; false: in use; left out: as it is"},
    )


class CustomerItemIn(_ItemIn, CustomerChangeIn):
    """A customer as another system has it; fields left out stay as they are. A new one needs a name."""

    number = Text(20, allow_none=True, metadata={"description": "Of a new customer; finds one that is here already"})
    payer_reference = _reference("Who pays, by the other system's reference", allow_none=True)


class SiteItemIn(_ItemIn, SiteChangeIn):
    """A site as another system has it; fields left out stay as they are. A new one needs a name."""

    parent_id = IdString(allow_none=True)
    parent_reference = _reference("The site it lies in; null: at the top", allow_none=True)
    customer_id = IdString(metadata={"description": "Attached from today"})
    customer_reference = _reference("The customer, attached from today")


class ContactRoleIn(Schema):
    """A role for one customer or at one site, named by our id or by the other system's reference."""

    role = fields.String(required=True, validate=one_of(Role))
    is_default = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    customer_id = IdString()
    customer_reference = _reference("Customer")
    site_id = IdString()
    site_reference = _reference("Site")


class ContactItemIn(_ItemIn, ContactChangeIn):
    """A contact person as another system has it; fields left out stay as they are. A new one needs a name."""

    links = fields.List(
        fields.Nested(ContactRoleIn),
        validate=validate.Length(max=200),
        metadata={"description": "Roles that the person shall have; roles that others gave stay"},
    )


def line_schema(item: type[Schema]) -> type[Schema]:
    """Return the shape of one line of a bulk call: an item with its reference."""
    members = {
        "__doc__": f"{item.__doc__}",
        "reference": _reference("The record's id in the other system", required=True),
    }
    return type(item.__name__.replace("ItemIn", "LineIn"), (item,), members)


class ExternalErrorOut(Schema):
    """One thing that is wrong with an item."""

    pointer = fields.String(required=True, metadata={"description": "JSON pointer into the item"})
    code = fields.String(required=True)
    detail = fields.String(required=True)


class OutcomeOut(Schema):
    """What became of an item."""

    reference = fields.String(required=True)
    action = fields.String(
        required=True,
        validate=validate.OneOf(["created", "linked", "changed", "unchanged", "refused"]),
        metadata={"description": "linked: it was here, found by a key of its own (business ID, number, code)"},
    )
    record_id = fields.String(required=True, allow_none=True, metadata={"description": "Our id"})
    version = fields.Integer(required=True, allow_none=True)
    kept = fields.List(
        fields.String(), required=True, metadata={"description": "Fields in which what is here won the conflict"}
    )


class LineOutcomeOut(OutcomeOut):
    """What became of one line."""

    line = fields.Integer(required=True, metadata={"description": "From 1"})
    errors = fields.List(fields.Nested(ExternalErrorOut), required=True)


class CountsOut(Schema):
    """How many lines had which outcome."""

    created = fields.Integer(required=True)
    linked = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    refused = fields.Integer(required=True)


class BulkOut(Schema):
    """What became of every line."""

    counts = fields.Nested(CountsOut, required=True)
    results = fields.List(fields.Nested(LineOutcomeOut), required=True)


class ReferenceOut(Schema):
    """What a reference of another system stands for."""

    source = fields.String(required=True)
    register = fields.String(required=True)
    reference = fields.String(required=True)
    record_id = fields.String(required=True)
    received_at = fields.DateTime(required=True, metadata={"description": "When it was last sent"})


class PolicyIn(Schema):
    """Who wins when a field was changed here and there."""

    default = fields.Enum(Winner, by_value=True, load_default=Winner.THEIRS)
    fields_ = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 40)),
        values=fields.Enum(Winner, by_value=True),
        load_default=dict,
        data_key="fields",
        validate=validate.Length(max=100),
        metadata={
            "description": "Field → theirs, ours or newest, where it is not the default",
            "example": {"phone": "newest", "billing_notes": "ours"},
        },
    )


class PolicyOut(Schema):
    """Who wins when a field was changed here and there."""

    default = fields.Enum(Winner, by_value=True, required=True)
    fields_ = fields.Dict(
        keys=fields.String(), values=fields.Enum(Winner, by_value=True), required=True, data_key="fields"
    )
