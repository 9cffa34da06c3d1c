"""Shapes of work orders over HTTP. Input and output differ: a new column never becomes a field by itself."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from services.workorders.api.row_schemas import PlanDifferenceOut, RowIn, RowOut
from services.workorders.domain.lifecycle import State
from services.workorders.domain.rows import MOST_ROWS
from services.workorders.domain.values import (
    BillingProgress,
    HoldPolicy,
    OrderType,
    Origin,
    Priority,
    ReviewMode,
)
from shared.http import DecimalString, IdString, Moment, PageQuery, Schema, Text


class ReferencesIn(Schema):
    """References that the buyer demands; absent means none."""

    order_number = Text(60, metadata={"description": "The buyer's order number", "example": "PO-77"})
    cost_centre = Text(60, metadata={"description": "Cost centre"})
    work_number = Text(60, metadata={"description": "The buyer's work number"})
    contract = Text(60, metadata={"description": "Contract"})
    orderer = Text(100, metadata={"description": "Name of who ordered the work"})


class ReferencesOut(Schema):
    """References that were given."""

    order_number = fields.String()
    cost_centre = fields.String()
    work_number = fields.String()
    contract = fields.String()
    orderer = fields.String()


class ProvisionalCustomer(Schema):
    """A customer of whom only the name is known, and maybe a phone number."""

    name = Text(200, min_length=1, required=True, metadata={"example": "Virtanen Maija (esimerkki)"})
    phone = Text(40, allow_none=True, load_default=None, metadata={"example": "040 123 4567"})


class _OrderBaseIn(Schema):
    customer_id = IdString(allow_none=True, load_default=None, metadata={"description": "From the customer register"})
    site_id = IdString(
        allow_none=True, load_default=None, metadata={"description": "Where; without a customer it gives the customer"}
    )
    work_package_id = IdString(
        allow_none=True, load_default=None, metadata={"description": "An open work package of the same customer"}
    )
    type = fields.Enum(OrderType, by_value=True, load_default=OrderType.EXTRA)
    priority = fields.Enum(Priority, by_value=True, load_default=Priority.NORMAL)
    wanted_from = Moment(allow_none=True, load_default=None, metadata={"description": "Begin of the time window"})
    wanted_to = Moment(allow_none=True, load_default=None, metadata={"description": "End of the time window"})
    description = Text(4000, load_default="", metadata={"example": "Porras B, valot eivät syty"})
    references = fields.Nested(ReferencesIn, load_default=dict)
    rows = fields.List(
        fields.Nested(RowIn),
        load_default=list,
        validate=validate.Length(max=MOST_ROWS),
        metadata={"description": "Planned rows; for a field order, recorded ones"},
    )


class PlanOrderIn(_OrderBaseIn):
    """A work order that is planned."""

    id = IdString(metadata={"description": "The client's own id; makes the creation repeatable"})
    assigned_to = IdString(allow_none=True, load_default=None, metadata={"description": "Worker; null is the queue"})
    draft = fields.Boolean(load_default=False, metadata={"description": "Not yet for the queue"})


class IntakeIn(_OrderBaseIn):
    """A work order of another system. The same source and reference never make a second one."""

    source = Text(
        60,
        required=True,
        validate=validate.Regexp(r"^[A-Za-z0-9][A-Za-z0-9._-]*$"),
        metadata={"description": "Name of the other system", "example": "crm"},
    )
    reference = Text(
        120,
        min_length=1,
        required=True,
        validate=validate.Regexp(r"^[\x20-\x7e\u00a1-\uffff]+$"),
        metadata={"description": "The order's id there", "example": "T-1009"},
    )
    assigned_to = IdString(allow_none=True, load_default=None, metadata={"description": "Worker; null is the queue"})


class FieldOrderIn(_OrderBaseIn):
    """A work order made on the spot by who does it. Ids are the client's, so it may be sent again and again."""

    id = IdString(required=True, metadata={"description": "The client's own id (UUID, best version 7)"})
    provisional_customer = fields.Nested(ProvisionalCustomer, allow_none=True, load_default=None)


class OrderPatch(Schema):
    """Fields to change; absent ones stay. `references` is replaced as a whole."""

    customer_id = IdString(metadata={"description": "Takes the place of a provisional customer too"})
    site_id = IdString(allow_none=True)
    work_package_id = IdString(allow_none=True)
    type = fields.Enum(OrderType, by_value=True)
    priority = fields.Enum(Priority, by_value=True)
    wanted_from = Moment(allow_none=True)
    wanted_to = Moment(allow_none=True)
    description = Text(4000)
    references = fields.Nested(ReferencesIn)


class AssignIn(Schema):
    """Who shall do it."""

    assigned_to = IdString(required=True, allow_none=True, metadata={"description": "Worker; null: back to the queue"})


class DoneIn(Schema):
    """How the work ended."""

    signed_by = Text(200, allow_none=True, load_default=None, metadata={"description": "Who signed for the customer"})


class ReturnIn(Schema):
    """What must be put right."""

    comment = Text(1000, min_length=1, required=True, metadata={"example": "Matkat puuttuvat"})


class ReasonIn(Schema):
    """Why."""

    reason = Text(1000, min_length=1, required=True, metadata={"example": "Väärä asiakas"})


class CloseIn(Schema):
    """Why nothing is billed; not needed when everything is billed."""

    reason = Text(1000, load_default="", metadata={"example": "Takuutyö"})


class CancelIn(Schema):
    """Why it is cancelled."""

    reason = Text(1000, min_length=1, required=True, metadata={"example": "Asiakas perui"})
    rows_reason = Text(
        1000,
        min_length=1,
        allow_none=True,
        load_default=None,
        metadata={"description": "Closes all recorded rows without billing, with this reason"},
    )


class ListQuery(PageQuery):
    """Which orders to list, newest first."""

    state = fields.List(fields.Enum(State, by_value=True), load_default=list, metadata={"description": "Any of them"})
    type = fields.Enum(OrderType, by_value=True)
    origin = fields.Enum(Origin, by_value=True)
    customer_id = IdString()
    site_id = IdString()
    work_package_id = IdString()
    assigned_to = Text(80, min_length=1, metadata={"description": "User id, or `me`, or `none` for the queue"})
    number = Text(20, min_length=1)
    external_source = Text(60, min_length=1)
    external_reference = Text(120, min_length=1)


def _text(description: str, *, null: bool = False) -> Any:
    return fields.String(required=True, allow_none=null, metadata={"description": description})


def _moment(description: str, *, null: bool = True) -> Any:
    return fields.DateTime(required=True, allow_none=null, metadata={"description": description})


class ExternalOut(Schema):
    """Where the order came from."""

    source = _text("Name of the other system")
    reference = _text("The order's id there")


class ProvisionalCustomerOut(Schema):
    """A customer of whom only the name is known."""

    name = _text("Name")
    phone = _text("Phone", null=True)


class OrderSummaryOut(Schema):
    """A work order in a list."""

    id = _text("Id")
    number = _text("Number from the tenant's own series")
    version = fields.Integer(required=True, metadata={"description": "Also the ETag"})
    state = fields.Enum(State, by_value=True, required=True)
    origin = fields.Enum(Origin, by_value=True, required=True)
    type = fields.Enum(OrderType, by_value=True, required=True)
    priority = fields.Enum(Priority, by_value=True, required=True)
    external = fields.Nested(ExternalOut, required=True, allow_none=True)
    customer_id = _text("Customer; null while provisional", null=True)
    customer_name = _text("Its name now", null=True)
    provisional_customer = fields.Nested(ProvisionalCustomerOut, required=True, allow_none=True)
    site_id = _text("Site", null=True)
    site_name = _text("Its name now", null=True)
    work_package_id = _text("Work package", null=True)
    wanted_from = _moment("Begin of the time window")
    wanted_to = _moment("End of the time window")
    is_late = fields.Boolean(required=True, metadata={"description": "The time window is over, the work is not"})
    assigned_to = _text("Worker; null is the queue", null=True)
    description = _text("What was ordered")
    created_at = _moment("When it was made", null=False)
    changed_at = _moment("When it last changed", null=False)


class UnitTotalOut(Schema):
    """What people recorded in one unit, and what of it is charged; the latter is not for workers."""

    unit = _text("Unit code")
    worked = DecimalString(3, digits=16, required=True)
    charged = DecimalString(3, digits=16)


class WarningOut(Schema):
    """Something that a person may want to do next."""

    code = _text("prices.would_change")
    detail = _text("What it means")
    row_ids = fields.List(fields.String(), required=True)


class OrderOut(OrderSummaryOut):
    """A work order with its rows. Prices and amounts are there only for who may see them (`prices.read`)."""

    references = fields.Nested(ReferencesOut, required=True)
    created_by = _text("Who made it")
    started_at = _moment("When work started")
    done_at = _moment("When it was finished")
    done_by = _text("By whom", null=True)
    signed_by = _text("Who signed for the customer", null=True)
    review_comment = _text("What the review last said", null=True)
    approved_at = _moment("When it was approved")
    approved_by = _text("User id or system:<name>", null=True)
    billing_round = fields.Integer(required=True, metadata={"description": "0 before the first approval"})
    billing = fields.Enum(BillingProgress, by_value=True, required=True)
    end_reason = _text("Why it was cancelled or closed", null=True)
    rows = fields.List(fields.Nested(RowOut), required=True, metadata={"description": "Recorded rows"})
    planned_rows = fields.List(fields.Nested(RowOut), required=True)
    totals = fields.List(
        fields.Nested(UnitTotalOut), required=True, metadata={"description": "Worked and charged, for each unit"}
    )
    plan_comparison = fields.List(fields.Nested(PlanDifferenceOut), required=True)
    net = DecimalString(
        2, digits=16, metadata={"description": "Sum of the charged rows without VAT; only with prices.read"}
    )
    currency = _text("ISO 4217")
    warnings = fields.List(
        fields.Nested(WarningOut), metadata={"description": "What a change of customer or site leaves as it was"}
    )


class HistoryEntryOut(Schema):
    """One step of an order."""

    id = _text("Id")
    at = _moment("When", null=False)
    actor = _text("User id, apikey:<id> or system:<name>")
    step = _text("What happened")
    from_state = _text("State before; null at the beginning", null=True)
    to_state = _text("State after")
    comment = _text("What was said", null=True)


class ReviewModes(Schema):
    """Review mode of each order type."""

    contract = fields.Enum(ReviewMode, by_value=True, load_default=ReviewMode.NONE)
    extra = fields.Enum(ReviewMode, by_value=True, load_default=ReviewMode.NONE)
    fault = fields.Enum(ReviewMode, by_value=True, load_default=ReviewMode.NONE)
    project = fields.Enum(ReviewMode, by_value=True, load_default=ReviewMode.NONE)
    warranty = fields.Enum(ReviewMode, by_value=True, load_default=ReviewMode.NONE)
    internal = fields.Enum(ReviewMode, by_value=True, load_default=ReviewMode.NONE)


class ReviewSettingsIn(Schema):
    """How finished work is reviewed."""

    modes = fields.Nested(ReviewModes, required=True, metadata={"description": "none: approved by the system"})
    customers_on_hold = fields.Enum(
        HoldPolicy,
        by_value=True,
        load_default=HoldPolicy.REVIEW,
        metadata={"description": "allow; review: only a person approves; refuse: no new orders, no approval"},
    )


class ReviewSettingsOut(Schema):
    """How finished work is reviewed."""

    modes = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"description": "Order type → mode"}
    )
    customers_on_hold = _text("allow, review or refuse")
    version = fields.Integer(required=True, metadata={"description": "0 until something was set; also the ETag"})
