"""Shapes of re-pricing and of the explanation of what is charged."""

from __future__ import annotations

from marshmallow import fields

from services.workorders.api.order_schemas import UnitTotalOut
from services.workorders.domain.values import Chargeability, PriceSource
from shared.http import DecimalString, Schema


class RepriceIn(Schema):
    """Whether to store the prices of now, or only to say what would change."""

    dry_run = fields.Boolean(load_default=True, metadata={"description": "false stores the new prices"})


class PriceChangeOut(Schema):
    """A row that has another price now; prices are there only with `prices.read`."""

    row_id = fields.String(required=True)
    product_code = fields.String(required=True)
    description = fields.String(required=True)
    unit_price_before = DecimalString(4, digits=14, allow_none=True)
    unit_price_after = DecimalString(4, digits=14, allow_none=True)
    price_source_before = fields.Enum(PriceSource, by_value=True, allow_none=True)
    price_source_after = fields.Enum(PriceSource, by_value=True, allow_none=True)
    price_explanation = fields.Dict()


class ChargingStepOut(Schema):
    """One thing that a rule did to a row, or why it made the row."""

    code = fields.String(required=True, metadata={"description": "e.g. step, minimum, factor, included"})
    rule_id = fields.String(required=True)
    rule_name = fields.String(required=True)
    params = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    text = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"description": "fi, sv and en"}
    )


class ChargeOut(Schema):
    """What is charged for a row."""

    quantity = DecimalString(3, digits=14, required=True)
    unit_price = DecimalString(4, digits=14, required=True, allow_none=True)
    net = DecimalString(2, digits=14, required=True, allow_none=True)


class ChargeChangeOut(Schema):
    """A row that is charged otherwise; `before` or `after` is null where it is not charged."""

    row_id = fields.String(required=True)
    product_code = fields.String(required=True)
    description = fields.String(required=True)
    unit = fields.String(required=True)
    derived_by = fields.String(required=True, allow_none=True, metadata={"description": "The rule that makes the row"})
    set_row_id = fields.String(required=True, allow_none=True, metadata={"description": "The set that it is a part of"})
    before = fields.Nested(ChargeOut, required=True, allow_none=True)
    after = fields.Nested(ChargeOut, required=True, allow_none=True)
    steps = fields.List(fields.Nested(ChargingStepOut), required=True, metadata={"description": "Why: what rules did"})


class RepricingOut(Schema):
    """What re-pricing changed, or would change."""

    version = fields.Integer(required=True, metadata={"description": "Of the order; also the ETag"})
    dry_run = fields.Boolean(required=True)
    changes = fields.List(fields.Nested(PriceChangeOut), required=True)
    charges = fields.List(
        fields.Nested(ChargeChangeOut),
        metadata={
            "description": "Every row that is charged otherwise, those of rules and sets too; they add up to the "
            "difference of the nets. Only with prices.read"
        },
    )
    net_before = DecimalString(2, digits=16, metadata={"description": "Only with prices.read"})
    net_after = DecimalString(2, digits=16, metadata={"description": "With the rows of rules and sets"})


class ChargedRowOut(Schema):
    """What is charged for a row, and why."""

    row_id = fields.String(required=True, attribute="id")
    product_code = fields.String(required=True)
    description = fields.String(required=True)
    unit = fields.String(required=True)
    worked_quantity = DecimalString(3, digits=14, required=True, allow_none=True)
    quantity = DecimalString(3, digits=14, required=True, metadata={"description": "What is charged"})
    chargeability = fields.Enum(Chargeability, by_value=True, required=True)
    unit_price = DecimalString(4, digits=14, required=True, allow_none=True)
    price_source = fields.Enum(PriceSource, by_value=True, required=True, allow_none=True)
    price_explanation = fields.Dict(required=True, allow_none=True)
    net = DecimalString(2, digits=14, required=True, allow_none=True)
    is_set = fields.Boolean(required=True)
    set_row_id = fields.String(required=True, allow_none=True)
    derived_by = fields.String(required=True, allow_none=True)
    derived_from = fields.List(
        fields.String(), required=True, metadata={"description": "Recorded rows that a rule made this one of"}
    )
    charged_by_hand = fields.Boolean(required=True)
    closed_reason = fields.String(required=True, allow_none=True)
    steps = fields.List(fields.Nested(ChargingStepOut), required=True)


class ChargingOut(Schema):
    """What an order is charged, row by row."""

    version = fields.Integer(required=True)
    totals = fields.List(fields.Nested(UnitTotalOut), required=True)
    net = DecimalString(2, digits=16, required=True)
    rows = fields.List(fields.Nested(ChargedRowOut), required=True)
    would_reprice = fields.List(
        fields.String(), required=True, metadata={"description": "Rows that re-pricing would give another price now"}
    )
