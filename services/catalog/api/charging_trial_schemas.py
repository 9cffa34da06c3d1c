"""Shapes of trying charging rules over HTTP: rows that nobody recorded in, what they would cost out."""

from __future__ import annotations

from decimal import Decimal

from marshmallow import fields, validate

from services.catalog.api.charging_schemas import ChargingRuleIn, WholeNumber, flag, said
from services.catalog.api.schemas import UnitPriceString, reasonable_day
from shared.charging import PriceFrom, Verdict
from shared.charging.data import CHANNELS, ORDER_TYPES
from shared.http import DecimalString, IdString, Moment, Schema, Text

_MOST_ROWS = 200
_MOST_RULES = 50


class EarlierHoursIn(Schema):
    """Hours that a worker had done on other orders of the day."""

    worker = Text(80, min_length=1, required=True)
    work_date = fields.Date(required=True, validate=reasonable_day)
    hours = DecimalString(3, minimum=Decimal(0), maximum=Decimal(24), required=True)


class TrialOrderIn(Schema):
    """The order, as far as rules ask."""

    customer_id = IdString(load_default=None, allow_none=True)
    price_group = Text(60, load_default=None, allow_none=True)
    site_path = fields.List(
        IdString(), load_default=list, validate=validate.Length(max=50), metadata=said("The site first, then upwards")
    )
    order_type = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(sorted(ORDER_TYPES)))
    urgent = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    included_used = fields.Dict(
        keys=IdString(),
        values=WholeNumber(0, 1_000_000),
        load_default=dict,
        metadata=said("Rule → times of 'included in contract' used before"),
    )
    earlier_hours = fields.List(
        fields.Nested(EarlierHoursIn), load_default=list, validate=validate.Length(max=_MOST_ROWS)
    )


class TrialRowIn(Schema):
    """A row as it would be recorded."""

    product_id = IdString(required=True)
    quantity = DecimalString(3, digits=10, required=True, metadata={"example": "1.250"})
    unit_price = DecimalString(
        4, digits=11, minimum=Decimal(0), load_default=None, allow_none=True, metadata=said("Default: what it costs")
    )
    discount_percent = DecimalString(2, digits=5, minimum=Decimal(0), maximum=Decimal(100), load_default=Decimal(0))
    work_date = fields.Date(required=True, validate=reasonable_day)
    started_at = Moment(load_default=None, allow_none=True)
    ended_at = Moment(load_default=None, allow_none=True)
    worker = Text(80, min_length=1, load_default="worker")
    visit = Text(80, load_default=None, allow_none=True, metadata=said("Default: the worker's work date"))
    marks = fields.List(Text(60, min_length=1), load_default=list, validate=validate.Length(max=20))
    correction = flag("The row corrects another one", load_default=False)
    chargeable = flag("false: warranty, goodwill and the like", load_default=True)


class TrialDocumentIn(Schema):
    """The invoice, for rules with a fee for each."""

    day = fields.Date(required=True, validate=reasonable_day)
    channel = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(sorted(CHANNELS)))


class TrialIn(Schema):
    """What to try: rows of an order, with the saved rules, others, or both."""

    order = fields.Nested(TrialOrderIn, load_default=lambda: TrialOrderIn().load({}))
    rows = fields.List(fields.Nested(TrialRowIn), required=True, validate=validate.Length(min=1, max=_MOST_ROWS))
    rules = fields.List(
        fields.Nested(ChargingRuleIn),
        load_default=list,
        validate=validate.Length(max=_MOST_RULES),
        metadata=said("Rules to try that need not be saved; one with the id of a saved rule replaces it"),
    )
    with_saved = flag("Try the saved rules too", load_default=True)
    document = fields.Nested(TrialDocumentIn, load_default=None, allow_none=True)


class ExplanationOut(Schema):
    """One step: which rule did what."""

    code = fields.String(required=True)
    rule_id = fields.String(required=True)
    rule_name = fields.String(required=True)
    params = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    text = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    row_ids = fields.List(fields.String(), required=True, metadata=said("Places of the rows: 0 is the first"))


def _quantity() -> DecimalString:
    return DecimalString(3, required=True)


def _amount() -> DecimalString:
    return DecimalString(2, required=True, allow_none=True, metadata=said("null: a price is not known"))


class TrialRowOut(Schema):
    """What is charged for a recorded row."""

    row_id = fields.String(required=True, metadata=said("Its place: 0 is the first"))
    product_code = fields.String(required=True)
    unit = fields.String(required=True)
    worked_quantity = _quantity()
    charged_quantity = _quantity()
    unit_price = UnitPriceString(required=True, allow_none=True)
    included_in_contract = fields.Boolean(required=True)
    net = _amount()
    explanation = fields.List(fields.Nested(ExplanationOut), required=True)


class TrialDerivedOut(Schema):
    """A row that a rule adds."""

    kind = fields.String(required=True)
    rule_id = fields.String(required=True)
    rule_name = fields.String(required=True)
    product_id = fields.String(required=True)
    product_code = fields.String(required=True)
    product_name = fields.String(required=True)
    unit = fields.String(required=True)
    quantity = _quantity()
    unit_price = UnitPriceString(required=True, allow_none=True)
    price_from = fields.String(required=True, validate=validate.OneOf([one.value for one in PriceFrom]))
    discount_percent = DecimalString(2, required=True)
    work_date = fields.Date(required=True)
    worker = fields.String(required=True, allow_none=True)
    row_ids = fields.List(fields.String(), required=True)
    text = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    net = _amount()
    explanation = fields.List(fields.Nested(ExplanationOut), required=True)


class UnmetOut(Schema):
    """A condition that was not met."""

    condition = fields.String(required=True)
    text = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class FindingOut(Schema):
    """What became of a rule and a row."""

    rule_id = fields.String(required=True)
    rule_name = fields.String(required=True)
    row_id = fields.String(required=True)
    verdict = fields.String(required=True, validate=validate.OneOf([one.value for one in Verdict]))
    unmet = fields.List(fields.Nested(UnmetOut), required=True)
    stronger = fields.String(required=True, allow_none=True, metadata=said("The rule that came first"))


class InvoiceFeeOut(Schema):
    """The fee of the invoice."""

    rule_id = fields.String(required=True)
    rule_name = fields.String(required=True)
    product_id = fields.String(required=True)
    quantity = _quantity()
    unit_price = UnitPriceString(required=True, allow_none=True)
    text = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class TrialOut(Schema):
    """What the order would be charged, and why."""

    rows = fields.List(fields.Nested(TrialRowOut), required=True)
    derived = fields.List(fields.Nested(TrialDerivedOut), required=True)
    findings = fields.List(fields.Nested(FindingOut), required=True)
    included_used = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    invoice_fee = fields.Nested(InvoiceFeeOut, required=True, allow_none=True)
    worked_net = DecimalString(2, required=True, metadata=said("Without any rule"))
    charged_net = DecimalString(2, required=True, metadata=said("All rows, without the fee of the invoice"))
