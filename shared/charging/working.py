"""The state of one run, and which rules hold for a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar
from uuid import UUID, uuid5

from shared.charging.calendar import Calendar
from shared.charging.facts import DerivedRow, Explanation, OrderFacts, RecordedRow
from shared.charging.matching import Moment, unmet_facts, unmet_of_order, unmet_time
from shared.charging.rules import ChargingRule, Effect, EffectKind, group_of
from shared.charging.stretches import beginning, hours_of, is_time_row

_LAST = datetime.max.replace(tzinfo=UTC)

E = TypeVar("E", bound=Effect)


@dataclass(slots=True)
class Working:
    """One run.

    rows          in order of work date, beginning and id
    rules         in order of priority and id
    strongest     kind of effect → those of rules that this order can meet, strongest first
    charged       row id → quantity to charge so far, in the row's unit
    included      ids of rows that are included in the contract
    hours_before  id of a time row → hours of its worker's day before it
    """

    order: OrderFacts
    rows: tuple[RecordedRow, ...]
    rules: tuple[ChargingRule, ...]
    calendar: Calendar
    strongest: dict[EffectKind, list[tuple[ChargingRule, Effect]]]
    charged: dict[str, Decimal]
    hours_before: dict[str, Fraction]
    included: set[str] = field(default_factory=set)
    used: dict[str, int] = field(default_factory=dict)
    said: dict[str, list[Explanation]] = field(default_factory=dict)
    derived: list[DerivedRow] = field(default_factory=list)

    @classmethod
    def begin(
        cls, order: OrderFacts, rows: Sequence[RecordedRow], rules: Sequence[ChargingRule], calendar: Calendar
    ) -> Working:
        """Bring rows and rules into their order; nothing is charged otherwise than worked yet."""
        ordered = tuple(sorted(rows, key=lambda row: (row.work_date, row.started_at or _LAST, row.id)))
        by_priority = tuple(sorted(rules, key=lambda rule: (rule.priority, rule.id)))
        return cls(
            order,
            ordered,
            by_priority,
            calendar,
            _strongest(order, by_priority),
            {row.id: row.quantity for row in ordered},
            _hours_before(order, ordered),
        )

    def beginning(self, row: RecordedRow) -> Moment:
        """The moment at which a row begins."""
        return beginning(row, self.hours_before.get(row.id))

    def charged_rows(self) -> Iterator[RecordedRow]:
        """Rows that may cost something: chargeable and not included in the contract."""
        return (row for row in self.rows if row.chargeable and row.id not in self.included)

    def fresh_rows(self) -> Iterator[RecordedRow]:
        """Those of them that are work or material of their own: neither returned nor a correction."""
        return (row for row in self.charged_rows() if row.quantity > 0 and not row.correction)

    def effects(self, kind: type[E]) -> Iterator[tuple[ChargingRule, E]]:
        """Every effect of a kind that can hold for this order, with its rule, strongest first."""
        for rule, effect in self.strongest.get(kind.kind, ()):
            if isinstance(effect, kind):
                yield rule, effect

    def holds(self, rule: ChargingRule, row: RecordedRow, moment: Moment) -> bool:
        """Say whether a rule holds for a row at a moment."""
        return not any(unmet_facts(rule, self.order, row)) and not any(
            unmet_time(rule.conditions, moment, self.calendar)
        )

    def winners(self, kind: type[E], row: RecordedRow, moment: Moment) -> list[tuple[ChargingRule, E]]:
        """The first effect of each group whose rule holds for a row at a moment."""
        found: dict[str, tuple[ChargingRule, E]] = {}
        for rule, effect in self.effects(kind):
            if group_of(effect) not in found and self.holds(rule, row, moment):
                found[group_of(effect)] = (rule, effect)
        return list(found.values())

    def say(self, step: Explanation) -> None:
        """Keep an explanation for the rows that it is about."""
        for row_id in step.row_ids:
            self.said.setdefault(row_id, []).append(step)

    def id_for(self, rule: ChargingRule, effect: Effect, of: str) -> str:
        """Return the id of the row that an effect makes of a row, visit, day or order."""
        return str(uuid5(UUID(self.order.id), f"{rule.id}:{effect.kind}:{group_of(effect)}:{of}"))


def _strongest(order: OrderFacts, rules: Sequence[ChargingRule]) -> dict[EffectKind, list[tuple[ChargingRule, Effect]]]:
    """Leave rules for other customers, sites and so on aside at once: most are, and each row would ask them again."""
    found: dict[EffectKind, list[tuple[ChargingRule, Effect]]] = {}
    for rule in rules:
        if not rule.archived and not any(unmet_of_order(rule.conditions, order)):
            for effect in rule.effects:
                found.setdefault(effect.kind, []).append((rule, effect))
    return found


def visit_of(row: RecordedRow) -> str:
    """Return the key of the row's visit: as it names it, else its worker and work date."""
    return f"visit:{row.visit}" if row.visit else day_of(row)


def day_of(row: RecordedRow) -> str:
    """Return the key of the row's worker and work date."""
    return f"{row.worker}:{row.work_date.isoformat()}"


def _hours_before(order: OrderFacts, rows: Sequence[RecordedRow]) -> dict[str, Fraction]:
    """What somebody worked counts, whoever pays for it; returns and corrections do not, or the order of rows would
    decide what is overtime.
    """
    reached: dict[tuple[str, object], Fraction] = {}
    found: dict[str, Fraction] = {}
    for row in rows:
        if is_time_row(row) and row.quantity > 0 and not row.correction:
            key = (row.worker, row.work_date)
            before = reached.get(key, Fraction(order.earlier_hours.get(key, 0)))
            found[row.id] = before
            reached[key] = before + hours_of(row)
    return found
