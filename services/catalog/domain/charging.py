"""What a charging rule that somebody writes must keep to, beyond what every reader of rules checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, get_args

from shared.charging import ChargingRule, Effect, InvalidChargingRule, rule_from_data, to_data
from shared.errors import Conflict, FieldError, RuleBroken

MOST_RULES: Final = 500
"""Rules of one tenant, archived ones left out. Each is asked for each row of an order."""

MOST_ARCHIVED: Final = 1000
"""Archived rules that are listed."""

PRIORITY_STEP: Final = 10
"""Between the priorities of rules that were put in order, so that one fits in between."""

_FIELDS: Final = {one.kind.value: {"kind", *(field.name for field in fields(one))} for one in get_args(Effect)}
"""Kind of effect → the fields that it has."""


class ChargingRuleArchived(Conflict):
    """An archived rule takes no changes; restore it first."""

    code = "charging_rule.archived"
    title = "The charging rule is archived"


class TooManyChargingRules(Conflict):
    """More rules than can be asked for each row."""

    code = "charging_rule.too_many"
    title = "There are too many charging rules"


class IncompleteOrder(RuleBroken):
    """A new order names each rule in use once."""

    code = "charging_rule.incomplete_order"
    title = "Name every charging rule in use once"


def checked_rule(data: Mapping[str, Any]) -> ChargingRule:
    """Return the rule that `data` makes. Raises InvalidChargingRule with everything that is wrong.

    A field that an effect of its kind does not have is refused: it would be a wish that nobody carries out.
    """
    strange = list(_strange_fields(data.get("effects")))
    try:
        rule = rule_from_data(data)
    except InvalidChargingRule as error:
        raise InvalidChargingRule(errors=[*error.errors, *strange]) from None
    if strange:
        raise InvalidChargingRule(errors=strange)
    return rule


def stored_fields(rule: ChargingRule) -> dict[str, Any]:
    """Return what is stored of a rule: complete, in one form, so that equal rules are equal data."""
    data = to_data(rule)
    return {
        "name": rule.name,
        "priority": rule.priority,
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
        **{name: data[name] for name in ("text", "conditions", "effects")},
    }


def named_products(rule: ChargingRule) -> Iterator[tuple[str, str]]:
    """Yield (JSON pointer, product id) of every product that a rule names."""
    data = to_data(rule)
    for index, product_id in enumerate(data["conditions"]["product_ids"]):
        yield f"/conditions/product_ids/{index}", product_id
    for place, effect in enumerate(data["effects"]):
        if "product_id" in effect:
            yield f"/effects/{place}/product_id", effect["product_id"]
        for index, product_id in enumerate(effect.get("km_product_ids", ())):
            yield f"/effects/{place}/km_product_ids/{index}", product_id


def new_priorities(present: Mapping[str, int], order: Sequence[str]) -> dict[str, int]:
    """Return rule id → priority for rules in a new order. Raises IncompleteOrder.

    present  id → priority of all rules in use
    Rules that are in order among themselves already keep their priorities, if all do.
    """
    errors = [
        FieldError(f"/ids/{index}", "not_a_rule", "This is not a charging rule in use, or it was named before.")
        for index, rule_id in enumerate(order)
        if rule_id not in present or rule_id in order[:index]
    ]
    missing = [rule_id for rule_id in present if rule_id not in order]
    if missing:
        errors.append(FieldError("/ids", "missing", f"{len(missing)} rules in use are not named."))
    if errors:
        raise IncompleteOrder(errors=errors, missing=missing[:20])
    if list(order) == sorted(present, key=lambda rule_id: (present[rule_id], rule_id)):
        return dict(present)
    return {rule_id: PRIORITY_STEP * (index + 1) for index, rule_id in enumerate(order)}


def _strange_fields(effects: Any) -> Iterator[FieldError]:
    for index, effect in enumerate(effects if isinstance(effects, list) else ()):
        kind = effect.get("kind") if isinstance(effect, Mapping) else None
        for name in effect if isinstance(kind, str) and kind in _FIELDS else ():
            if name not in _FIELDS[kind]:
                detail = f"An effect of the kind {kind} does not have this field."
                yield FieldError(f"/effects/{index}/{name}", "unknown", detail)
