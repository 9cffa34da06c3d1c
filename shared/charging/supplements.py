"""Supplement rows for evenings, nights, weekends, holidays and overtime: the base row stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from shared.charging.explain import explain
from shared.charging.facts import DerivedRow, PriceFrom, RecordedRow
from shared.charging.rules import ChargingRule, Factor, FactorBasis, group_of
from shared.charging.stretches import is_time_row, stretches
from shared.charging.working import Working
from shared.money import QUANTITY_STEP, line_net, round_unit_price, spread

Winner = tuple[ChargingRule, Factor]


def add_supplements(working: Working) -> None:
    """Add a supplement row for each factor that holds in a part of a time row."""
    groups = sorted({group_of(effect) for _, effect in working.effects(Factor)})
    for row in working.charged_rows():
        if is_time_row(row):
            for group in groups:
                factors = [(rule, effect) for rule, effect in working.effects(Factor) if group_of(effect) == group]
                _add_of_group(working, row, factors)


def _add_of_group(working: Working, row: RecordedRow, factors: Sequence[Winner]) -> None:
    seconds = _seconds_by_rule(working, row, factors)
    weights = [Decimal(part) for part in seconds.values()]
    worked, charged = (
        dict(zip(seconds, spread(quantity, weights, step=QUANTITY_STEP), strict=True))
        for quantity in (row.quantity, working.charged[row.id])
    )
    for rule, effect in factors:
        shares = charged if effect.basis is FactorBasis.CHARGED else worked
        if shares.get(rule.id):
            _add(working, row, (rule, effect), shares[rule.id])


def _seconds_by_rule(working: Working, row: RecordedRow, factors: Sequence[Winner]) -> Mapping[str, int]:
    """Return rule id → seconds of the row. Each second is the first rule's that holds in it, or nobody's ("")."""
    found: dict[str, int] = {}
    conditions = [rule.conditions for rule, _ in factors]
    for stretch in stretches(row, conditions, working.hours_before.get(row.id)):
        winner = next((rule.id for rule, _ in factors if working.holds(rule, row, stretch.moment)), "")
        found[winner] = found.get(winner, 0) + stretch.seconds
    return found


def _add(working: Working, row: RecordedRow, winner: Winner, quantity: Decimal) -> None:
    rule, effect = winner
    price = None if row.unit_price is None else round_unit_price(row.unit_price * (effect.factor - 1))
    said = {"factor": effect.factor, "hours": quantity, "unit": row.unit}
    if price is None:
        step = explain("factor_without_price", rule, [row.id], **said)
    else:
        step = explain("factor", rule, [row.id], **said, price=price)
    working.say(step)
    working.derived.append(
        DerivedRow(
            id=working.id_for(rule, effect, row.id),
            kind=effect.kind,
            rule_id=rule.id,
            rule_name=rule.name,
            product_id=effect.product_id,
            unit=row.unit,
            quantity=quantity,
            unit_price=price,
            price_from=PriceFrom.ROW,
            discount_percent=row.discount_percent,
            work_date=row.work_date,
            worker=row.worker,
            row_ids=(row.id,),
            text=dict(rule.text),
            net=None if price is None else line_net(quantity, price, row.discount_percent),
            explanation=(step,),
        )
    )
