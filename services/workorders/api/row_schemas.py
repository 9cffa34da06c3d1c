"""Shapes of rows over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import fields, pre_load, validate

from services.workorders.domain.rows import MOST_ROWS
from services.workorders.domain.values import Chargeability, PriceSource
from shared.http import DecimalString, IdString, Moment, Schema, Text


def _quantity(**kwargs: Any) -> DecimalString:
    meta = {"description": "In the product's unit; negative for returned material", "example": "7.500"}
    return DecimalString(3, digits=10, metadata=meta, **kwargs)


def _price(**kwargs: Any) -> DecimalString:
    meta = {"description": "Typed by hand, without VAT, for one unit", "example": "57.7500"}
    return DecimalString(4, digits=11, minimum=Decimal(0), metadata=meta, **kwargs)


def _discount(**kwargs: Any) -> DecimalString:
    return DecimalString(2, digits=5, minimum=Decimal(0), maximum=Decimal(100), metadata={"example": "8.00"}, **kwargs)


def _marks() -> Any:
    return fields.List(
        Text(40, min_length=1, validate=validate.Regexp(r"^[a-z0-9][a-z0-9_.-]*$")),
        validate=validate.Length(max=10),
        metadata={"description": "What charging rules may ask for", "example": ["overtime_50"]},
    )


class RowIn(Schema):
    """One row as a client sends it. Price, unit and VAT come from the product, as of the work date."""

    id = IdString(load_default=None, metadata={"description": "The client's own id; makes the recording repeatable"})
    product_id = IdString(required=True, metadata={"description": "An active product of the catalogue"})
    quantity = _quantity(required=True)
    description = Text(1000, min_length=1, allow_none=True, load_default=None)
    work_date = fields.Date(
        allow_none=True, load_default=None, metadata={"description": "Decides the VAT rate; default: today"}
    )
    started_at = Moment(allow_none=True, load_default=None)
    ended_at = Moment(allow_none=True, load_default=None)
    unit_price = _price(allow_none=True, load_default=None)
    price_reason = Text(1000, min_length=1, allow_none=True, load_default=None)
    discount_percent = _discount(load_default=Decimal(0))
    chargeability = fields.Enum(Chargeability, by_value=True, load_default=Chargeability.CHARGE)
    chargeability_reason = Text(1000, min_length=1, allow_none=True, load_default=None)
    planned = fields.Boolean(load_default=False, metadata={"description": "A row of the plan, never charged"})
    planned_row_id = IdString(
        allow_none=True, load_default=None, metadata={"description": "The planned row that this one carries out"}
    )
    marks = _marks()
    charge_as_recorded = fields.Boolean(
        metadata={"description": "No charging rule changes what is charged; only the office says so"}
    )


class RowsIn(Schema):
    """Rows to record, all or none. A single row may be sent bare; errors then point below `/rows/0`."""

    rows = fields.List(fields.Nested(RowIn), required=True, validate=validate.Length(min=1, max=MOST_ROWS))

    @pre_load
    def _wrap_single(self, body: Any, **_: Any) -> Any:
        if isinstance(body, Mapping) and "product_id" in body and "rows" not in body:
            return {"rows": [dict(body)]}
        return body


class RowPatch(Schema):
    """Fields of a row to change; absent ones stay."""

    quantity = _quantity()
    description = Text(1000, min_length=1)
    work_date = fields.Date(metadata={"description": "Takes that day's VAT rate; the price stays"})
    started_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)
    unit_price = _price()
    price_reason = Text(1000, min_length=1)
    discount_percent = _discount()
    chargeability = fields.Enum(Chargeability, by_value=True)
    chargeability_reason = Text(1000, min_length=1, allow_none=True)
    marks = _marks()
    charged_quantity = DecimalString(
        3, digits=10, metadata={"description": "What is charged, whatever rules say; only the office", "example": "2"}
    )
    charge_as_recorded = fields.Boolean(
        metadata={"description": "true: charge what was recorded, false: what rules say; only the office"}
    )


class RowOut(Schema):
    """One row.

    `unit_price`, `price_*`, `discount_percent` and `net` are there only with `prices.read`. Who neither sees prices nor
    plans nor reviews gets the rows that people recorded, and what was worked as `quantity`.
    """

    id = fields.String(required=True)
    planned_row_id = fields.String(required=True, allow_none=True)
    product_id = fields.String(required=True)
    product_code = fields.String(required=True, metadata={"description": "When the row was recorded"})
    product_kind = fields.String(required=True)
    product_name = fields.String(required=True)
    description = fields.String(required=True)
    quantity = DecimalString(3, digits=14, required=True, metadata={"description": "What is charged"})
    worked_quantity = DecimalString(
        3,
        digits=14,
        required=True,
        allow_none=True,
        metadata={"description": "What was recorded; null for planned rows and those of rules and sets"},
    )
    unit = fields.String(required=True)
    work_date = fields.Date(required=True)
    started_at = fields.DateTime(required=True, allow_none=True)
    ended_at = fields.DateTime(required=True, allow_none=True)
    vat_class = fields.String(required=True)
    vat_rate_percent = DecimalString(2, digits=5, required=True)
    chargeability = fields.Enum(Chargeability, by_value=True, required=True)
    chargeability_reason = fields.String(required=True, allow_none=True)
    construction_service = fields.Boolean(required=True)
    recorded_by = fields.String(required=True)
    recorded_at = fields.DateTime(required=True)
    closed_reason = fields.String(required=True, allow_none=True)
    is_billed = fields.Boolean(required=True, metadata={"description": "An accepted document holds it"})
    document = fields.Nested("RowDocumentOut", required=True, allow_none=True)
    marks = fields.List(fields.String(), required=True)
    is_set = fields.Boolean(required=True, metadata={"description": "Charged through the rows of its components"})
    set_row_id = fields.String(allow_none=True, metadata={"description": "The row of the set that this is a part of"})
    set_code = fields.String(allow_none=True, metadata={"description": "Product code of that set"})
    derived_by = fields.String(allow_none=True, metadata={"description": "The charging rule that made the row"})
    charged_by_hand = fields.Boolean(metadata={"description": "A person decided what is charged; rules do not"})
    unit_price = DecimalString(4, digits=14, allow_none=True)
    price_source = fields.Enum(PriceSource, by_value=True, allow_none=True)
    price_reason = fields.String(allow_none=True)
    price_explanation = fields.Dict(
        allow_none=True, metadata={"description": "The price that was resolved, and the facts that made it"}
    )
    discount_percent = DecimalString(2, digits=5)
    net = DecimalString(2, digits=14, allow_none=True)


class RowDocumentOut(Schema):
    """The document that bills a row."""

    document_id = fields.String(required=True)
    target = fields.String(required=True)
    target_id = fields.String(required=True, metadata={"description": "Id in the accounting system"})


class RowsOut(Schema):
    """Rows that the request recorded, or had recorded before, in its order."""

    items = fields.List(fields.Nested(RowOut), required=True)


class PlanDifferenceOut(Schema):
    """Planned and recorded quantity of one product."""

    product_id = fields.String(required=True)
    unit = fields.String(required=True)
    planned = DecimalString(3, digits=16, required=True)
    recorded = DecimalString(3, digits=16, required=True)
    difference = DecimalString(3, digits=16, required=True, metadata={"description": "Recorded less planned"})
