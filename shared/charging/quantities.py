"""What is charged of the recorded rows themselves: included in the contract, started steps, minimums."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import TypeVar

from shared.charging.explain import explain
from shared.charging.facts import Explanation, RecordedRow
from shared.charging.rules import ChargingRule, Included, Minimum, Per, Step
from shared.charging.stretches import TIME_UNITS, is_time_row
from shared.charging.working import Working, day_of, visit_of
from shared.money import round_quantity

_MINUTES = Decimal(60)

L = TypeVar("L", Step, Minimum)


def include_in_contract(working: Working) -> None:
    """Mark rows that the contract includes, as often as it includes them.

    A rule whose times are used up does not hold any more. Returned rows and corrections never use up a time: they are
    included if theirs is.
    """
    granted: dict[str, list[str]] = {}
    fresh = list(working.fresh_rows())
    rest = [row for row in working.charged_rows() if row.quantity <= 0 or row.correction]
    for row in fresh:
        _include(working, row, granted, counts=True)
    for row in rest:
        _include(working, row, granted, counts=False)
    working.used = {rule_id: len(times) for rule_id, times in granted.items() if times}


def _include(working: Working, row: RecordedRow, granted: dict[str, list[str]], *, counts: bool) -> None:
    moment = working.beginning(row)
    for rule, effect in working.effects(Included):
        if not working.holds(rule, row, moment):
            continue
        times = granted.setdefault(rule.id, [])
        key = _time_of(effect.per, row)
        used = working.order.included_used.get(rule.id, 0)
        if key not in times and counts and (effect.times is None or used + len(times) < effect.times):
            times.append(key)
        if key in times or (effect.times is None and not counts):
            working.included.add(row.id)
            working.say(_included(rule, effect, row, used + (times.index(key) + 1 if key in times else 0)))
            return
        if effect.times is not None:
            working.say(explain("included_used_up", rule, [row.id], times=effect.times))


def _included(rule: ChargingRule, effect: Included, row: RecordedRow, time: int) -> Explanation:
    if effect.times is None:
        return explain("included", rule, [row.id])
    return explain("included_counted", rule, [row.id], time=time, times=effect.times)


def _time_of(per: Per, row: RecordedRow) -> str:
    if per is Per.ORDER:
        return "order"
    return visit_of(row) if per is Per.VISIT else row.work_date.isoformat()


def charge_started_steps(working: Working) -> None:
    """Round the time of each visit or day up to started steps.

    A row's time is taken in whole minutes, at least one, because 20 minutes are 0.333 h and three of them an hour.
    """

    def wanted(rows: list[RecordedRow], effect: Step) -> Decimal:
        worked = sum(_whole_minutes(row) for row in rows)
        return Decimal(ceil(Fraction(worked, effect.minutes)) * effect.minutes)

    for rule, effect, rows in _groups(working, Step):
        charged = _lift(working, rows, wanted(rows, effect))
        worked = sum(_whole_minutes(row) for row in rows)
        ids = [row.id for row in rows]
        working.say(explain("step", rule, ids, worked=worked, step=effect.minutes, charged=_shown(charged)))


def charge_minimums(working: Working) -> None:
    """Charge at least the minimum of each visit or day."""
    for rule, effect, rows in _groups(working, Minimum):
        before = _charged_minutes(working, rows)
        charged = _lift(working, rows, Decimal(effect.minutes))
        code = "minimum" if charged > before else "minimum_met"
        said = {"minimum": effect.minutes, "before": _shown(before), "charged": _shown(charged)}
        working.say(explain(code, rule, [row.id for row in rows], **said))


def _groups(working: Working, kind: type[L]) -> Iterator[tuple[ChargingRule, L, list[RecordedRow]]]:
    """Time rows that the same rule takes together; rows of two rules in one visit are two groups."""
    found: dict[tuple[str, str, str], tuple[ChargingRule, L, list[RecordedRow]]] = {}
    for row in working.fresh_rows():
        if is_time_row(row):
            for rule, effect in working.winners(kind, row, working.beginning(row)):
                key = _key(effect.per)(row)
                found.setdefault((rule.id, effect.group, key), (rule, effect, []))[2].append(row)
    yield from found.values()


def _key(per: Per) -> Callable[[RecordedRow], str]:
    return day_of if per is Per.DAY else visit_of


def _lift(working: Working, rows: list[RecordedRow], minutes: Decimal) -> Decimal:
    """Raise what is charged of `rows` to `minutes`, on the last of them; returns the minutes charged then."""
    missing = minutes - _charged_minutes(working, rows)
    if missing > 0:
        last = rows[-1]
        working.charged[last.id] += round_quantity(missing / _MINUTES * TIME_UNITS[last.unit])
    return _charged_minutes(working, rows)


def _charged_minutes(working: Working, rows: list[RecordedRow]) -> Decimal:
    return sum((working.charged[row.id] / TIME_UNITS[row.unit] * _MINUTES for row in rows), Decimal(0))


def _whole_minutes(row: RecordedRow) -> int:
    return max(1, round(row.quantity / TIME_UNITS[row.unit] * _MINUTES))


def _shown(minutes: Decimal) -> str:
    return f"{minutes.normalize():f}"
