"""The billable pool."""

from marshmallow import fields

from services.billing.api.schemas.common import reasonable
from shared.http import DecimalString, IdString, PageQuery, Schema, Text


class PoolQuery(PageQuery):
    """Which rows of the pool."""

    customer_id = IdString(metadata={"description": "Only of this customer"})
    period_from = fields.Date(validate=reasonable, metadata={"description": "Work done on this day or later"})
    period_to = fields.Date(validate=reasonable, metadata={"description": "Work done on this day or earlier"})


class BillableRowOut(Schema):
    """A row of the ledger: where its quantity is."""

    id = IdString(required=True)
    row_id = IdString(required=True, metadata={"description": "The work row"})
    workorder_id = IdString(required=True)
    workorder_number = fields.String(required=True)
    billing_round = fields.Integer(required=True, metadata={"description": "Which approval of the order"})
    customer_id = IdString(required=True)
    payer_id = IdString(required=True)
    product_id = IdString(required=True)
    product_code = fields.String(required=True)
    description = fields.String(required=True)
    unit = fields.String(required=True)
    work_date = fields.Date(required=True)
    unit_price = DecimalString(4, required=True, metadata={"description": "Without VAT"})
    discount_percent = DecimalString(2, required=True)
    vat_class = fields.String(required=True)
    vat_rate_percent = DecimalString(2, required=True)
    currency = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "Where the bulk of the row is"})
    quantity = DecimalString(
        3, required=True, metadata={"description": "= open + reserved + transferred − credited + closed"}
    )
    open = DecimalString(3, required=True, metadata={"description": "Can be billed"})
    reserved = DecimalString(3, required=True, metadata={"description": "On a document that is not accepted yet"})
    transferred = DecimalString(3, required=True, metadata={"description": "On accepted documents"})
    credited = DecimalString(3, required=True, metadata={"description": "Taken back by credit documents"})
    closed = DecimalString(3, required=True, metadata={"description": "Never billed"})
    closed_reason = fields.String(required=True, allow_none=True)
    document_id = IdString(required=True, allow_none=True)


class CloseRowIn(Schema):
    """Why a row is never billed."""

    reason = Text(200, min_length=1, required=True, metadata={"example": "Sovittu asiakkaan kanssa"})
