"""Merges of customers as they go over the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from services.customers.api.schemas import CustomerOut
from services.customers.domain.merge import FIELDS
from shared.http import IdString, Schema


class MergePreviewIn(Schema):
    """Which customer would survive."""

    into = IdString(required=True, metadata={"description": "The customer that survives"})


class MergeIn(MergePreviewIn):
    """Which customer survives, and what it takes from the other."""

    into_version = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 999_999_999),
        metadata={"description": "Version of the survivor that was looked at; If-Match has the other's"},
    )
    fields_ = fields.List(
        fields.String(validate=validate.OneOf(FIELDS)),
        data_key="fields",
        load_default=[],
        validate=validate.Length(max=len(FIELDS)),
        metadata={"description": "Fields whose value the survivor takes from the merged customer"},
    )


class MergeCountsOut(Schema):
    """What moves to the survivor."""

    contact_links = fields.Integer(required=True)
    same_links = fields.Integer(required=True, metadata={"description": "Roles that the survivor has already"})
    site_attachments = fields.Integer(required=True)
    payers = fields.Integer(required=True, metadata={"description": "Customers that it pays for"})
    aliases = fields.Integer(required=True, metadata={"description": "Old numbers that lead to the survivor"})


class MergePreviewCountsOut(MergeCountsOut):
    """What would move to the survivor."""

    sites = fields.Integer(required=True, metadata={"description": "Sites that change hands now"})


class DifferenceOut(Schema):
    """A field that the two customers have differently."""

    field = fields.String(required=True)
    merged = fields.Raw(allow_none=True, metadata={"description": "Value of the customer that would be archived"})
    into = fields.Raw(allow_none=True, metadata={"description": "Value of the survivor"})


class MergeWarningOut(Schema):
    """Something to think about before merging."""

    code = fields.String(required=True)
    field = fields.String(required=True)
    detail = fields.String(required=True)


class MergePreviewOut(Schema):
    """What a merge would do."""

    merged = fields.Nested(CustomerOut, required=True)
    into = fields.Nested(CustomerOut, required=True)
    moves = fields.Nested(MergePreviewCountsOut, required=True)
    differences = fields.List(fields.Nested(DifferenceOut), required=True)
    warnings = fields.List(fields.Nested(MergeWarningOut), required=True)


class MergeOut(Schema):
    """A merge, and both customers as they are now."""

    id = fields.String(required=True, attribute="merge.id")
    merged = fields.Nested(CustomerOut, required=True)
    into = fields.Nested(CustomerOut, required=True)
    moved = fields.Nested(MergeCountsOut, required=True)
    merged_at = fields.DateTime(required=True, attribute="merge.merged_at")
    undone_at = fields.DateTime(allow_none=True, attribute="merge.undone_at")
