"""The copy of a customer."""

from marshmallow import fields

from shared.http import IdString, Schema


class CustomerCopyOut(Schema):
    """The fields of a customer that decide when and on what it is billed."""

    id = IdString(required=True)
    version = fields.Integer(required=True, metadata={"description": "The customer's version that this is of"})
    number = fields.String(required=True)
    name = fields.String(required=True)
    billing_rhythm = fields.String(required=True, metadata={"example": "monthly"})
    payer_id = IdString(required=True, allow_none=True)
    merged_into = IdString(required=True, allow_none=True)
