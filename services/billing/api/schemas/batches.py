"""Batches and what locking them would make."""

from marshmallow import fields, validate

from services.billing.api.schemas.common import ProblemFieldOut, amount, one_of, reasonable
from services.billing.api.schemas.documents import LineOut, PartyOut
from services.billing.domain.batch import BatchState
from shared.http import IdString, PageQuery, Schema


class BatchIn(Schema):
    """A selection of the pool."""

    id = IdString(metadata={"description": "Own id; makes the creation repeatable"})
    period_from = fields.Date(allow_none=True, load_default=None, validate=reasonable)
    period_to = fields.Date(allow_none=True, load_default=None, validate=reasonable)
    customer_ids = fields.List(
        IdString(),
        allow_none=True,
        load_default=None,
        validate=validate.Length(min=1, max=500),
        metadata={"description": "Only these customers; all if left out"},
    )
    connection_id = IdString(
        allow_none=True, load_default=None, metadata={"description": "Where to send; the default one if left out"}
    )


class BatchQuery(PageQuery):
    """Which batches."""

    kind = fields.String(validate=validate.OneOf(["immediate", "collected", "reversal"]))
    state = fields.String(validate=one_of(BatchState))


class BatchOut(Schema):
    """A batch."""

    id = IdString(required=True)
    version = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"description": "immediate, collected or reversal"})
    number = fields.Integer(required=True, allow_none=True, metadata={"description": "Of collected batches"})
    state = fields.String(required=True, validate=one_of(BatchState))
    period_from = fields.Date(required=True, allow_none=True)
    period_to = fields.Date(required=True, allow_none=True)
    customer_ids = fields.List(IdString(), required=True, allow_none=True)
    connection_id = IdString(required=True, allow_none=True)
    document_count = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True)
    changed_at = fields.AwareDateTime(required=True)


class PreviewLineOut(LineOut):
    """A line that locking would make."""


class LockIn(Schema):
    """How problems are taken."""

    accept_warnings = fields.Boolean(
        load_default=False,
        metadata={"description": "Go on although something would be shortened, replaced or left out"},
    )
    leave_out = fields.Boolean(
        load_default=False,
        metadata={"description": "Documents that would be refused stay in the pool, the others are billed"},
    )


class PreviewDocumentOut(Schema):
    """A document that locking would make."""

    payer = fields.Nested(PartyOut, required=True)
    currency = fields.String(required=True)
    document_date = fields.Date(required=True)
    due_date = fields.Date(required=True)
    references = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    workorder_numbers = fields.List(fields.String(), required=True)
    lines = fields.List(fields.Nested(PreviewLineOut), required=True)
    net = amount("Without VAT")
    vat = amount("VAT")
    gross = amount("With VAT")


class PreviewItemOut(Schema):
    """A document and its problems."""

    document = fields.Nested(PreviewDocumentOut, required=True)
    problems = fields.List(fields.Nested(ProblemFieldOut), required=True)


class PreviewOut(Schema):
    """What locking a batch would make now."""

    items = fields.List(fields.Nested(PreviewItemOut), required=True)
