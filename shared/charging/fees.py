"""Rows that rules add beside the work: call-out and vehicle fees of visits, other fees, percentage surcharges."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TypeVar

from shared.charging.explain import explain
from shared.charging.facts import DerivedRow, Explanation, PriceFrom, RecordedRow
from shared.charging.matching import Moment
from shared.charging.rules import CallOut, ChargingRule, Fee, Per, Surcharge, VehicleFee, group_of
from shared.charging.stretches import TIME_UNITS, is_time_row
from shared.charging.working import Working, visit_of
from shared.money import line_net, round_amount, round_unit_price

_HUNDRED = Decimal(100)
_ONE = Decimal(1)

V = TypeVar("V", CallOut, VehicleFee)


def add_call_outs(working: Working) -> None:
    """Add the call-out fee of each visit; the clock at the visit's beginning decides which."""
    for rows in _visits(working):
        for rule, effect, matched in _of_visit(working, CallOut, rows):
            _add_call_out(working, rule, effect, rows, matched)


def add_vehicle_fees(working: Working) -> None:
    """Add the vehicle fee of each visit and take the included kilometres off the rows that recorded them."""
    for rows in _visits(working):
        for rule, effect, _ in _of_visit(working, VehicleFee, rows):
            step = explain("vehicle_fee", rule, [row.id for row in rows], km=effect.included_km)
            price_from = PriceFrom.PRODUCT if effect.unit_price is None else PriceFrom.RULE
            _derive(working, rule, effect, visit_of(rows[0]), rows, "käynti", _ONE, effect.unit_price, price_from, step)
            _take_kilometres_off(working, rule, effect, rows)


def add_fees(working: Working) -> None:
    """Add other fees, once for each order, day or visit with a row that the rule holds for."""
    found: dict[tuple[str, str, str], tuple[ChargingRule, Fee, list[RecordedRow]]] = {}
    for row in working.fresh_rows():
        for rule, effect in working.winners(Fee, row, working.beginning(row)):
            key = _fee_key(effect.per, row)
            found.setdefault((rule.id, group_of(effect), key), (rule, effect, []))[2].append(row)
    for (_, _, key), (rule, effect, rows) in found.items():
        step = explain("fee", rule, [row.id for row in rows], quantity=effect.quantity)
        price_from = PriceFrom.PRODUCT if effect.unit_price is None else PriceFrom.RULE
        _derive(working, rule, effect, key, rows, "kpl", effect.quantity, effect.unit_price, price_from, step)


def add_surcharges(working: Working) -> None:
    """Add percentages of recorded rows, one row for each rule and VAT rate; returned material takes its part back."""
    found: dict[tuple[str, str, Decimal], tuple[ChargingRule, Surcharge, list[RecordedRow]]] = {}
    for row in working.charged_rows():
        for rule, effect in working.winners(Surcharge, row, working.beginning(row)):
            key = (rule.id, group_of(effect), row.vat_rate_percent.normalize())
            found.setdefault(key, (rule, effect, []))[2].append(row)
    for (_, _, rate), (rule, effect, rows) in found.items():
        base = sum((_net(working, row) for row in rows), Decimal(0))
        amount = round_amount(base * effect.percent / _HUNDRED)
        if amount:
            said = {"percent": effect.percent, "base": base, "amount": amount}
            step = explain("surcharge", rule, [row.id for row in rows], **said)
            sign = _ONE.copy_sign(amount)
            _derive(working, rule, effect, f"{rate:f}", rows, "erä", sign, abs(amount), PriceFrom.ROWS, step)


def _net(working: Working, row: RecordedRow) -> Decimal:
    if row.unit_price is None:
        return Decimal(0)
    return line_net(working.charged[row.id], row.unit_price, row.discount_percent)


def _visits(working: Working) -> Iterator[list[RecordedRow]]:
    found: dict[str, list[RecordedRow]] = {}
    for row in working.fresh_rows():
        found.setdefault(visit_of(row), []).append(row)
    yield from found.values()


def _of_visit(
    working: Working, kind: type[V], rows: list[RecordedRow]
) -> Iterator[tuple[ChargingRule, V, list[RecordedRow]]]:
    """Yield the first rule of each group that holds for some rows of a visit, and those rows.

    What the rule asks of time is asked of the visit's beginning: its earliest clock time, else its work date.
    """
    begun = visit_beginning(working, rows)
    taken: set[str] = set()
    for rule, effect in working.effects(kind):
        if group_of(effect) not in taken:
            matched = [row for row in rows if working.holds(rule, row, begun)]
            if matched:
                taken.add(group_of(effect))
                yield rule, effect, matched


def visit_beginning(working: Working, rows: list[RecordedRow]) -> Moment:
    """Return the earliest clock time of a visit's rows, else their work date."""
    timed = [row for row in rows if row.started_at is not None]
    first = min(timed, key=lambda row: (row.started_at, row.id)) if timed else rows[0]
    return working.beginning(first)


def _add_call_out(
    working: Working, rule: ChargingRule, effect: CallOut, rows: list[RecordedRow], matched: list[RecordedRow]
) -> None:
    ids = [row.id for row in rows]
    visit = visit_of(rows[0])
    if effect.base_hours is None:
        price_from = PriceFrom.PRODUCT if effect.unit_price is None else PriceFrom.RULE
        step = explain("call_out", rule, ids)
        _derive(working, rule, effect, visit, rows, "kpl", _ONE, effect.unit_price, price_from, step)
        return
    base = next((row for row in [*matched, *rows] if is_time_row(row) and row.unit_price is not None), None)
    if base is None or base.unit_price is None:
        step = explain("call_out_without_price", rule, ids, hours=effect.base_hours)
        _derive(working, rule, effect, visit, rows, "kpl", _ONE, None, PriceFrom.ROW, step)
        return
    hourly = round_unit_price(base.unit_price * TIME_UNITS[base.unit])
    step = explain("call_out_hours", rule, ids, hours=effect.base_hours, price=hourly)
    price = round_unit_price(effect.base_hours * hourly)
    _derive(working, rule, effect, visit, rows, "kpl", _ONE, price, PriceFrom.ROW, step, discount=base.discount_percent)


def _take_kilometres_off(working: Working, rule: ChargingRule, effect: VehicleFee, rows: list[RecordedRow]) -> None:
    left = effect.included_km
    for row in rows:
        records_km = row.product_id in effect.km_product_ids if effect.km_product_ids else row.unit == "km"
        off = min(left, working.charged[row.id]) if records_km else Decimal(0)
        if off > 0:
            left -= off
            working.charged[row.id] -= off
            said = {"included": off, "charged": working.charged[row.id], "worked": row.quantity}
            working.say(explain("kilometres_included", rule, [row.id], **said))


def _fee_key(per: Per, row: RecordedRow) -> str:
    if per is Per.ORDER:
        return "order"
    return visit_of(row) if per is Per.VISIT else row.work_date.isoformat()


def _derive(
    working: Working,
    rule: ChargingRule,
    effect: CallOut | VehicleFee | Fee | Surcharge,
    of: str,
    rows: list[RecordedRow],
    unit: str,
    quantity: Decimal,
    unit_price: Decimal | None,
    price_from: PriceFrom,
    step: Explanation,
    *,
    discount: Decimal = Decimal(0),
) -> None:
    """Add a row; it takes its work date from the last of `rows`, its worker if all have the same."""
    workers = {row.worker for row in rows}
    working.derived.append(
        DerivedRow(
            id=working.id_for(rule, effect, of),
            kind=effect.kind,
            rule_id=rule.id,
            rule_name=rule.name,
            product_id=effect.product_id,
            unit=unit,
            quantity=quantity,
            unit_price=unit_price,
            price_from=price_from,
            discount_percent=discount,
            work_date=max(row.work_date for row in rows),
            worker=workers.pop() if len(workers) == 1 else None,
            row_ids=tuple(row.id for row in rows),
            text=dict(rule.text),
            net=None if unit_price is None else line_net(quantity, unit_price, discount),
            explanation=(step,),
        )
    )
