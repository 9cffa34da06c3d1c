"""A document in full, its credits and its dry run."""

from marshmallow import fields, validate

from services.billing.api.schemas.common import ProblemFieldOut, amount, one_of, reasonable
from services.billing.api.schemas.dispatches import DispatchOut
from services.billing.api.schemas.documents import DocumentOut, LineOut
from services.billing.domain.payments import PaymentState
from services.billing.domain.reversal import RowsThen
from shared.http import DecimalString, IdString, Schema, Text


class LineRowOut(Schema):
    """What of one work row stands on a line."""

    row_id = IdString(required=True, metadata={"description": "The work row"})
    billable_row_id = IdString(required=True, metadata={"description": "Its row in the ledger"})
    quantity = DecimalString(3, required=True)
    creditable = DecimalString(3, required=True, metadata={"description": "What no credit has taken yet"})


class DocumentLineOut(LineOut):
    """A line with its work rows."""

    rows = fields.List(fields.Nested(LineRowOut), required=True)


class OriginalOut(Schema):
    """The document that a credit takes back, as the accounting system knows it."""

    document_id = IdString(required=True)
    key = fields.String(required=True)
    document_date = fields.String(required=True, metadata={"format": "date"})
    target_id = fields.String(required=True)
    target_number = fields.String(required=True, allow_none=True)


class CreditNoteOut(Schema):
    """Why a credit was made."""

    reason = fields.String(required=True)
    rows_then = fields.String(required=True, validate=one_of(RowsThen))
    by = fields.String(required=True)


class ReversedByOut(Schema):
    """A credit of the document."""

    document_id = IdString(required=True, attribute="id")
    state = fields.String(required=True)
    document_date = fields.Date(required=True)
    gross = amount("With VAT, of the other sign than the original")


class PaymentChangeOut(Schema):
    """The payment as it was seen at a moment and differed from before."""

    state = fields.String(required=True, validate=one_of(PaymentState))
    open_amount = DecimalString(2, required=True, allow_none=True, metadata={"description": "Still to be paid"})
    paid_on = fields.Date(required=True, allow_none=True, metadata={"description": "Date of the last payment"})
    seen_at = fields.AwareDateTime(required=True)


class DocumentDetailOut(DocumentOut):
    """A document with its lines, dispatches and links to what it credits or what credits it."""

    lines = fields.List(fields.Nested(DocumentLineOut), required=True)
    dispatches = fields.List(fields.Nested(DispatchOut), required=True)
    reverses = fields.Nested(OriginalOut, required=True, allow_none=True)
    credit_note = fields.Nested(CreditNoteOut, required=True, allow_none=True)
    reversed_by = fields.List(fields.Nested(ReversedByOut), required=True)
    payments = fields.List(
        fields.Nested(PaymentChangeOut), required=True, metadata={"description": "History, oldest first"}
    )


class DryRunIn(Schema):
    """Over which connection."""

    connection_id = IdString(
        allow_none=True, load_default=None, metadata={"description": "The payer's own or the default one if left out"}
    )


class UnlinkedOut(Schema):
    """A customer or product that sending would look up in the target, and make there if it is missing."""

    kind = fields.String(required=True, metadata={"description": "customer or product"})
    key = fields.String(required=True, metadata={"description": "Customer number or product code"})


class DryRunOut(Schema):
    """Exactly what would be sent; nothing was."""

    connection_id = IdString(required=True)
    target = fields.String(required=True)
    payload = fields.String(
        required=True, allow_none=True, metadata={"description": "The request's body as text; null if it is refused"}
    )
    sha256 = fields.String(required=True, allow_none=True, metadata={"description": "Of the exact bytes"})
    unlinked = fields.List(
        fields.Nested(UnlinkedOut),
        required=True,
        metadata={"description": "Stand in the payload with the identifier 0, since the target's is not known yet"},
    )
    problems = fields.List(fields.Nested(ProblemFieldOut), required=True)


class TakeIn(Schema):
    """How much of a work row is credited."""

    row_id = IdString(required=True, metadata={"description": "A work row on the document"})
    quantity = DecimalString(
        3, required=True, metadata={"description": "Of the sign that it has there", "example": "3.500"}
    )


class ReverseIn(Schema):
    """A wish to credit a document."""

    id = IdString(metadata={"description": "Own id of the credit; makes the creation repeatable"})
    reason = Text(200, min_length=1, required=True, metadata={"example": "Tunnit kirjattu väärälle kohteelle"})
    rows = fields.List(
        fields.Nested(TakeIn),
        allow_none=True,
        load_default=None,
        validate=validate.Length(min=1, max=5000),
        metadata={"description": "Everything that is left if left out"},
    )
    rows_then = fields.String(
        load_default=RowsThen.POOL.value,
        validate=one_of(RowsThen),
        metadata={"description": "pool: the rows can be billed again; close: they never are"},
    )
    document_date = fields.Date(
        allow_none=True, load_default=None, validate=reasonable, metadata={"description": "Today if left out"}
    )
