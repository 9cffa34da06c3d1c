"""Shapes of charging rules over HTTP. Form is checked here, meaning by `shared.charging`."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from services.catalog.api.schemas import reasonable_day
from shared.charging import EffectKind, FactorBasis, Per
from shared.charging.data import CHANNELS, MOST_EFFECTS, ORDER_TYPES, PRODUCT_KINDS
from shared.http import IdString, Schema, Text

_MOST_LISTED = 1000


def said(text: str, **more: Any) -> dict[str, Any]:
    """Return the metadata of a described field."""
    return {"description": text, **more}


def _texts(text: str, longest: int = 120) -> fields.List:
    return fields.List(Text(longest, min_length=1), validate=validate.Length(max=_MOST_LISTED), metadata=said(text))


def _ids(text: str) -> fields.List:
    return fields.List(IdString(), validate=validate.Length(max=_MOST_LISTED), metadata=said(text))


def _choices(values: frozenset[str], text: str) -> fields.List:
    inner = fields.String(validate=validate.OneOf(sorted(values)))
    return fields.List(inner, validate=validate.Length(max=20), metadata=said(text))


def _number(text: str, example: str, pattern: str) -> fields.String:
    return fields.String(
        allow_none=True,
        validate=validate.Regexp(rf"\A{pattern}\Z"),
        metadata=said(text, example=example, pattern=f"^{pattern}$"),
    )


def _price(text: str) -> fields.String:
    return _number(text, "33.87", r"[0-9]{1,7}(\.[0-9]{1,4})?")


def flag(text: str, **more: Any) -> fields.Boolean:
    """Return a field that is true or false and nothing like them."""
    return fields.Boolean(truthy={True}, falsy={False}, metadata=said(text), **more)


class WholeNumber(fields.Integer):
    """A whole number, never a text or a decimal."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=least, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValidationError("Expected a whole number.")
        return value


_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"


def _clock(text: str) -> fields.String:
    return fields.String(
        required=True,
        validate=validate.Regexp(rf"\A{_CLOCK}\Z"),
        metadata=said(text, example="21:00", pattern=f"^{_CLOCK}$"),
    )


def _band(name: str, start: fields.Field[Any], end: fields.Field[Any]) -> type[Schema]:
    """A schema with the fields `from` and `to`; the first is a word of Python and cannot be written as one."""
    return type(name, (Schema,), {"from": start, "to": end, "__doc__": "From here on, up to there."})


ClockBandIn = _band("ClockBandIn", _clock("First minute"), _clock("The minute after the last; may be next day"))
_HOURS = r"[0-9]{1,2}(\.[0-9]{1,2})?"
HourBandIn = _band(
    "HourBandIn",
    fields.String(
        required=True,
        validate=validate.Regexp(rf"\A{_HOURS}\Z"),
        metadata=said("After so many hours", example="8", pattern=f"^{_HOURS}$"),
    ),
    _number("Up to so many hours; left out: all that follow", "10", _HOURS),
)


class ConditionsIn(Schema):
    """When the rule holds: all that are given must; an empty list does not ask."""

    product_ids = _ids("Any of these products; a labour type is a product of the kind labour")
    product_kinds = _choices(PRODUCT_KINDS, "Any of these kinds of products")
    workers = _texts("The worker group: ids of users who did the work")
    customer_ids = _ids("Any of these customers")
    price_groups = _texts("Any of these price groups of the customer")
    site_ids = _ids("The order's site, or one that it lies in")
    order_types = _choices(ORDER_TYPES, "Any of these types of work orders")
    weekdays = fields.List(
        WholeNumber(1, 7), validate=validate.Length(max=7), metadata=said("1 is Monday, 7 is Sunday", example=[6, 7])
    )
    clock = fields.Nested(ClockBandIn, allow_none=True, metadata=said("Part of the day"))
    holiday = flag("true: only on public holidays; false: only on other days", allow_none=True)
    eves = flag("Midsummer Eve and Christmas Eve count as holidays: so by habit, not by law. Default: true")
    urgent = flag("Only urgent orders, or only others", allow_none=True)
    marks = _texts("Any of these marks of the row, e.g. overtime_50")
    day_hours = fields.Nested(HourBandIn, allow_none=True, metadata=said("Which hours of the worker's day: overtime"))


class EffectIn(Schema):
    """What the rule does. Each kind has its own fields; see the guide on charging rules."""

    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in EffectKind]))
    group = Text(
        60,
        metadata=said("Only the first rule of a kind and group applies; other groups add up"),
    )
    minutes = WholeNumber(1, 1440, metadata=said("step: 15, 30 or 60; minimum: at least so many"))
    per = fields.String(
        validate=validate.OneOf([per.value for per in Per]), metadata=said("What is taken together: visit, day, order")
    )
    times = WholeNumber(0, 1_000_000, allow_none=True, metadata=said("included: how many times; null without end"))
    factor = _number("factor: hours cost so many times their price", "1.5", r"[0-9]{1,2}(\.[0-9]{1,3})?")
    basis = fields.String(
        validate=validate.OneOf([basis.value for basis in FactorBasis]),
        metadata=said("factor: paid for charged hours (default) or worked ones"),
    )
    product_id = IdString(metadata=said("Product of the row that the effect makes"))
    unit_price = _price("Without VAT; left out: the product's price on the day")
    base_hours = _number("call_out: in place of a price, so many hours of the work's price", "2", _HOURS)
    included_km = _number(
        "vehicle_fee: kilometres of the visit that are not charged", "25", r"[0-9]{1,6}(\.[0-9]{1,3})?"
    )
    km_product_ids = _ids("vehicle_fee: products whose rows record kilometres; empty: all in km")
    quantity = _number("fee: how many; default 1", "1", r"[0-9]{1,7}(\.[0-9]{1,3})?")
    percent = _number(
        "surcharge: so many per cent of the rows that the rule holds for", "2", r"[0-9]{1,3}(\.[0-9]{1,2})?"
    )
    except_channels = _choices(CHANNELS, "invoice_fee: channels without the fee")


class RuleTextIn(Schema):
    """What rows that the rule makes say on the invoice; without one the rule's name."""

    fi = Text(500, allow_none=True)
    sv = Text(500, allow_none=True)
    en = Text(500, allow_none=True)


class ChargingRuleChangeIn(Schema):
    """Fields to change; conditions and effects are each replaced as a whole."""

    name = Text(200, min_length=1, metadata={"example": "Hälytysraha 21–06"})
    priority = WholeNumber(0, 1_000_000, metadata=said("Lower comes first"))
    valid_from = fields.Date(allow_none=True, validate=reasonable_day, metadata=said("First work date"))
    valid_to = fields.Date(allow_none=True, validate=reasonable_day, metadata=said("Last work date"))
    text = fields.Nested(RuleTextIn)
    conditions = fields.Nested(ConditionsIn)
    effects = fields.List(fields.Nested(EffectIn), validate=validate.Length(min=1, max=MOST_EFFECTS))


class ChargingRuleIn(ChargingRuleChangeIn):
    """A new charging rule; without a priority it comes after all others."""

    id = IdString(metadata=said("Chosen by the client, so that sending twice makes one"))
    name = Text(200, min_length=1, required=True, metadata={"example": "Hälytysraha 21–06"})
    effects = fields.List(fields.Nested(EffectIn), required=True, validate=validate.Length(min=1, max=MOST_EFFECTS))


class ChargingRuleOut(Schema):
    """A charging rule; conditions and effects are complete."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    priority = fields.Integer(required=True)
    valid_from = fields.Date(allow_none=True)
    valid_to = fields.Date(allow_none=True)
    archived = fields.Boolean(required=True)
    text = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    conditions = fields.Dict(keys=fields.String(), required=True)
    effects = fields.List(fields.Dict(keys=fields.String()), required=True)
    created_at = fields.DateTime(required=True)
    changed_at = fields.DateTime(required=True)


class ChargingRulesOut(Schema):
    """Charging rules, strongest first."""

    items = fields.List(fields.Nested(ChargingRuleOut), required=True)


class ChargingRuleFilters(Schema):
    """Which charging rules to list."""

    archived = fields.Boolean(load_default=False, metadata=said("true: those out of use; default: those in use"))
    kind = fields.String(
        validate=validate.OneOf([kind.value for kind in EffectKind]), metadata=said("With an effect of this kind")
    )
    product_id = IdString(metadata=said("That ask for this product or make rows of it"))


class RuleOrderIn(Schema):
    """The ids of all charging rules in use, strongest first."""

    ids = fields.List(IdString(), required=True, validate=validate.Length(max=_MOST_LISTED))


class ChoiceOut(Schema):
    """Something that must be chosen before a template is saved."""

    pointer = fields.String(required=True, metadata=said("Where in the rule it goes (RFC 6901)"))
    product_kind = fields.String(allow_none=True, metadata=said("Which kind of product fits; null: any"))
    text = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class TemplateOut(Schema):
    """A ready-made rule: fill in what `choose` names, and save it."""

    key = fields.String(required=True)
    name = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    rule = fields.Dict(keys=fields.String(), required=True)
    choose = fields.List(fields.Nested(ChoiceOut), required=True)


class TemplatesOut(Schema):
    """All templates."""

    items = fields.List(fields.Nested(TemplateOut), required=True)
