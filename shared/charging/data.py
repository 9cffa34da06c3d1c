"""Charging rules as data: the shape of `charging_rule.changed.v1` and of the HTTP API, read and written.

Decimals are text, times of the day `HH:MM`, days ISO 8601. An effect has the fields of its kind and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, time
from decimal import Decimal
from typing import Any, Final

from shared.charging.reading import Reader
from shared.charging.rules import (
    CallOut,
    ChargingRule,
    Conditions,
    Effect,
    EffectKind,
    Factor,
    FactorBasis,
    Fee,
    HourBand,
    Included,
    InvoiceFee,
    Minimum,
    Per,
    Step,
    Surcharge,
    TimeBand,
    VehicleFee,
    group_of,
)
from shared.errors import RuleBroken

LANGUAGES: Final = ("fi", "sv", "en")
PRODUCT_KINDS: Final = frozenset({"material", "labour", "travel", "subcontracting", "equipment", "fee", "fixed_price"})
ORDER_TYPES: Final = frozenset({"contract", "extra", "fault", "project", "warranty", "internal"})
CHANNELS: Final = frozenset({"einvoice", "email", "letter"})
STEPS: Final = (15, 30, 60)
MOST_EFFECTS: Final = 10

_SETS = ("product_ids", "workers", "customer_ids", "price_groups", "site_ids", "marks")
_WHOSE = ("product_ids", "product_kinds", "customer_ids", "price_groups", "site_ids", "order_types")
_OF_INVOICES = ("customer_ids", "price_groups")
_VISIT_OR_DAY = (Per.VISIT, Per.DAY)


class InvalidChargingRule(RuleBroken):
    """The data does not make a rule; `errors` names everything that is wrong, with JSON pointers."""

    code = "charging_rule.invalid"
    title = "Some fields of the charging rule are not right"


def rule_from_data(data: Mapping[str, Any]) -> ChargingRule:
    """Read a rule. Unknown fields are ignored, unknown kinds of effects are not. Raises InvalidChargingRule."""
    reader = Reader(data)
    found = ChargingRule(
        id=reader.text("id", longest=36, required=True) or "",
        name=reader.text("name", longest=200, required=True) or "",
        priority=reader.whole("priority", least=0, most=1_000_000, required=True) or 0,
        effects=_effects(reader),
        conditions=_conditions(reader.part("conditions")),
        text=_texts(reader.part("text")),
        valid_from=reader.day("valid_from"),
        valid_to=reader.day("valid_to"),
        archived=reader.flag("archived") or False,
    )
    if found.valid_from and found.valid_to and found.valid_to < found.valid_from:
        reader.wrong("valid_to", "ends_before_start", "The rule ends before it begins.")
    _check_together(reader, found)
    if reader.errors:
        raise InvalidChargingRule(errors=reader.errors)
    return found


def to_data(rule: ChargingRule) -> dict[str, Any]:
    """Write a rule; `rule_from_data` reads it back."""
    return {
        "id": rule.id,
        "name": rule.name,
        "priority": rule.priority,
        "valid_from": _plain(rule.valid_from),
        "valid_to": _plain(rule.valid_to),
        "archived": rule.archived,
        "text": dict(rule.text),
        "conditions": _all_fields(rule.conditions),
        "effects": [{"kind": effect.kind.value, **_all_fields(effect)} for effect in rule.effects],
    }


def _texts(reader: Reader) -> dict[str, str]:
    found = {language: reader.text(language, longest=500) for language in LANGUAGES}
    return {language: text for language, text in found.items() if text}


def _conditions(reader: Reader) -> Conditions:
    eves = reader.flag("eves")
    return Conditions(
        **{name: reader.ids(name) for name in _SETS},
        product_kinds=reader.ids("product_kinds", PRODUCT_KINDS),
        order_types=reader.ids("order_types", ORDER_TYPES),
        weekdays=reader.numbers("weekdays", least=1, most=7),
        clock=_clock(reader),
        holiday=reader.flag("holiday"),
        eves=True if eves is None else eves,
        urgent=reader.flag("urgent"),
        day_hours=_day_hours(reader),
    )


def _clock(reader: Reader) -> TimeBand | None:
    if reader.data.get("clock") is None:
        return None
    part = reader.part("clock")
    start, end = part.clock("from"), part.clock("to")
    return None if start is None or end is None else TimeBand(start, end)


def _day_hours(reader: Reader) -> HourBand | None:
    if reader.data.get("day_hours") is None:
        return None
    part = reader.part("day_hours")
    start = part.number("from", least="0", most="24", places=2, required=True)
    end = part.number("to", least="0", most="24", places=2)
    if start is not None and end is not None and end <= start:
        part.wrong("to", "ends_before_start", "The band ends before it begins.")
    return None if start is None else HourBand(start, end)


def _effects(reader: Reader) -> tuple[Effect, ...]:
    found: list[Effect] = []
    for part in reader.parts("effects"):
        kind = part.choice("kind", EffectKind)
        if kind is not None:
            found.append(_READERS[kind](part))
    return tuple(found)


def _group(part: Reader) -> str:
    return part.text("group", longest=60) or ""


def _product(part: Reader) -> str:
    return part.text("product_id", longest=36, required=True) or ""


def _price(part: Reader) -> Decimal | None:
    return part.number("unit_price", least="0", most="9999999", places=4)


def _per(part: Reader, choices: tuple[Per, ...], default: Per) -> Per:
    return part.choice("per", choices, default) or default


def _included(part: Reader) -> Included:
    times = part.whole("times", least=0, most=1_000_000)
    return Included(times, _per(part, tuple(Per), Per.DAY), _group(part))


def _step(part: Reader) -> Step:
    minutes = part.data.get("minutes")
    if isinstance(minutes, bool) or minutes not in STEPS:
        part.wrong("minutes", "not_a_choice", f"Expected one of {', '.join(map(str, STEPS))}.")
        minutes = STEPS[0]
    return Step(minutes, _per(part, _VISIT_OR_DAY, Per.VISIT), _group(part))


def _minimum(part: Reader) -> Minimum:
    minutes = part.whole("minutes", least=1, most=1440, required=True) or 1
    return Minimum(minutes, _per(part, _VISIT_OR_DAY, Per.VISIT), _group(part))


def _factor(part: Reader) -> Factor:
    factor = part.number("factor", least="1.001", most="10", places=3, required=True) or Decimal(1)
    basis = part.choice("basis", FactorBasis, FactorBasis.CHARGED) or FactorBasis.CHARGED
    return Factor(factor, _product(part), basis, _group(part))


def _call_out(part: Reader) -> CallOut:
    price = _price(part)
    hours = part.number("base_hours", least="0.01", most="24", places=2)
    if price is not None and hours is not None:
        part.wrong("base_hours", "price_or_hours", "Give a price or hours of the base price, not both.")
    return CallOut(_product(part), price, hours, _group(part))


def _vehicle_fee(part: Reader) -> VehicleFee:
    km = part.number("included_km", least="0", most="100000", places=3) or Decimal(0)
    return VehicleFee(_product(part), _price(part), km, part.ids("km_product_ids"), _group(part))


def _fee(part: Reader) -> Fee:
    quantity = part.number("quantity", least="0.001", most="9999999", places=3)
    per = _per(part, tuple(Per), Per.ORDER)
    price = _price(part)
    return Fee(_product(part), price, Decimal(1) if quantity is None else quantity, per, _group(part))


def _surcharge(part: Reader) -> Surcharge:
    percent = part.number("percent", least="0.01", most="100", places=2, required=True) or Decimal(0)
    return Surcharge(_product(part), percent, _group(part))


def _invoice_fee(part: Reader) -> InvoiceFee:
    price = _price(part)
    return InvoiceFee(_product(part), price, part.ids("except_channels", CHANNELS), _group(part))


_READERS: Final[dict[EffectKind, Callable[[Reader], Effect]]] = {
    EffectKind.INCLUDED: _included,
    EffectKind.STEP: _step,
    EffectKind.MINIMUM: _minimum,
    EffectKind.FACTOR: _factor,
    EffectKind.CALL_OUT: _call_out,
    EffectKind.VEHICLE_FEE: _vehicle_fee,
    EffectKind.FEE: _fee,
    EffectKind.SURCHARGE: _surcharge,
    EffectKind.INVOICE_FEE: _invoice_fee,
}


def _check_together(reader: Reader, rule: ChargingRule) -> None:
    """What only the effects with each other, or with the conditions, make wrong."""
    if not 0 < len(rule.effects) <= MOST_EFFECTS and not reader.errors:
        reader.wrong("effects", "number_of_effects", f"A rule has 1 to {MOST_EFFECTS} effects.")
    kinds = [(effect.kind, group_of(effect)) for effect in rule.effects]
    if len(set(kinds)) < len(kinds):
        reader.wrong("effects", "repeated_effect", "Two effects of one kind need different groups.")
    present = {kind for kind, _ in kinds}
    given = {one.name for one in fields(Conditions) if one.name != "eves" and _is_given(rule.conditions, one.name)}
    if EffectKind.INCLUDED in present and given.isdisjoint(_WHOSE):
        reader.wrong("conditions", "too_wide", "Say what or whose work the contract includes.")
    if EffectKind.SURCHARGE in present and given.isdisjoint(("product_ids", "product_kinds")):
        reader.wrong("conditions", "too_wide", "Say of which products the surcharge is.")
    if EffectKind.INVOICE_FEE in present:
        for name in sorted(given.difference(_OF_INVOICES)):
            reader.wrong(f"conditions/{name}", "not_of_invoices", "An invoice fee asks for customer or price group.")
        if present != {EffectKind.INVOICE_FEE}:
            reader.wrong("effects", "invoice_fee_alone", "An invoice fee needs a rule of its own.")


def _is_given(conditions: Conditions, name: str) -> bool:
    value = getattr(conditions, name)
    return value is not None and value != frozenset()


def _all_fields(value: Conditions | Effect) -> dict[str, Any]:
    return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, TimeBand):
        return {"from": _plain(value.start), "to": _plain(value.end)}
    if isinstance(value, HourBand):
        return {"from": _plain(value.start), "to": _plain(value.end)}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return value.isoformat() if isinstance(value, date) else value
