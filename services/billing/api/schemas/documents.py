"""Documents and their parts."""

from marshmallow import fields, validate

from services.billing.api.schemas.common import amount, one_of
from services.billing.domain.payments import PaymentState
from shared.http import DecimalString, IdString, PageQuery, Schema


class AddressOut(Schema):
    """A postal address."""

    street = fields.String(required=True)
    postal_code = fields.String(required=True)
    city = fields.String(required=True)
    country = fields.String(required=True)


class PartyOut(Schema):
    """The payer, as it was when the document was made."""

    customer_id = IdString(required=True)
    number = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    business_id = fields.String(required=True, allow_none=True)
    vat_number = fields.String(required=True, allow_none=True)
    address = fields.Nested(AddressOut, required=True)
    email = fields.String(required=True, allow_none=True)
    language = fields.String(required=True)
    invoice_channel = fields.String(required=True)
    einvoice_address = fields.String(required=True, allow_none=True)
    einvoice_operator = fields.String(required=True, allow_none=True)
    payment_term_days = fields.Integer(required=True)
    late_interest_percent = fields.String(
        allow_none=True, metadata={"description": "A year, if one was agreed with this payer", "example": "10.50"}
    )


class LineOut(Schema):
    """One line of a document."""

    position = fields.Integer(required=True)
    product_id = IdString(required=True)
    product_code = fields.String(required=True)
    product_kind = fields.String(required=True)
    text = fields.String(required=True)
    quantity = DecimalString(3, required=True)
    unit = fields.String(required=True)
    unit_price = DecimalString(4, required=True, metadata={"description": "Without VAT"})
    discount_percent = DecimalString(2, required=True)
    vat_class = fields.String(required=True)
    vat_category = fields.String(required=True, metadata={"description": "S, AE (reverse charge) or Z"})
    vat_rate_percent = DecimalString(2, required=True)
    net = amount("Without VAT, after the discount")
    vat_share = amount("Its part of the rate's VAT")
    row_ids = fields.List(IdString(), required=True, metadata={"description": "Work rows in the line"})
    performed_from = fields.Date(required=True, allow_none=True, metadata={"description": "First day of its work"})
    performed_to = fields.Date(required=True, allow_none=True, metadata={"description": "Last day of its work"})
    site_name = fields.String(required=True, allow_none=True)
    dimensions = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "cost_centre, work_number and contract of its orders"},
    )


class VatLineOut(Schema):
    """The VAT of one category and rate."""

    category = fields.String(required=True)
    rate_percent = fields.String(required=True)
    base = fields.String(required=True)
    vat = fields.String(required=True)


class BilledOrderOut(Schema):
    """A work order on a document, with its rows there."""

    id = IdString(required=True)
    number = fields.String(required=True)
    row_ids = fields.List(IdString(), required=True)


class DocumentQuery(PageQuery):
    """Which documents."""

    state = fields.String(validate=validate.OneOf(["ready", "accepted", "cancelled", "reversed"]))
    customer_id = IdString(metadata={"description": "The payer"})
    batch_id = IdString()
    payment_state = fields.String(
        validate=one_of(PaymentState), metadata={"description": "As the accounting system told when last asked"}
    )


class DeliveryOut(Schema):
    """A site."""

    site_name = fields.String(required=True)
    address = fields.Nested(AddressOut, required=True, allow_none=True)


class DocumentOut(Schema):
    """A document without its lines."""

    id = IdString(required=True)
    version = fields.Integer(required=True)
    key = fields.String(required=True, metadata={"description": "By which the accounting system is asked for it"})
    state = fields.String(required=True)
    batch_id = IdString(required=True)
    payer = fields.Nested(PartyOut, required=True)
    currency = fields.String(required=True)
    document_date = fields.Date(required=True)
    performed_on = fields.Date(required=True, allow_none=True)
    due_date = fields.Date(required=True)
    references = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    workorders = fields.List(fields.Nested(BilledOrderOut), required=True)
    vat_lines = fields.List(fields.Nested(VatLineOut), required=True)
    net = amount("Without VAT")
    vat = amount("VAT")
    gross = amount("With VAT")
    text_before = fields.String(required=True)
    performed_from = fields.Date(required=True, allow_none=True, metadata={"description": "First day of the work"})
    delivery = fields.Nested(
        DeliveryOut,
        required=True,
        allow_none=True,
        metadata={"description": "The site, when all orders of the document share one"},
    )
    prices_include_vat = fields.Boolean(
        required=True, metadata={"description": "A private person's: totals come from prices with VAT"}
    )
    attachment_count = fields.Integer(required=True)
    reverses_id = IdString(required=True, allow_none=True, metadata={"description": "Of a credit: its original"})
    payment_state = fields.String(
        required=True,
        allow_none=True,
        validate=one_of(PaymentState),
        metadata={"description": "By the books of the accounting system; null: not asked yet, or it cannot tell"},
    )
    open_amount = DecimalString(
        2, required=True, allow_none=True, metadata={"description": "Still to be paid, as told with the state"}
    )
    paid_on = fields.Date(required=True, allow_none=True, metadata={"description": "Date of the last payment"})
    payment_asked_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When the accounting system last told"}
    )
    created_at = fields.AwareDateTime(required=True)
