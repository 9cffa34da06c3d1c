"""Why each rule did or did not do something to each row: for whoever writes rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from shared.charging.calendar import FINLAND, Calendar
from shared.charging.charge import charge
from shared.charging.facts import ChargingResult, OrderFacts, RecordedRow
from shared.charging.fees import visit_beginning
from shared.charging.matching import Moment, unmet_facts, unmet_time
from shared.charging.rules import ChargingRule, EffectKind, group_of
from shared.charging.stretches import is_time_row, stretches
from shared.charging.working import Working, visit_of

_Does: TypeAlias = frozenset[tuple[EffectKind, str]]
_OF_VISITS = frozenset({EffectKind.CALL_OUT, EffectKind.VEHICLE_FEE})


class Verdict(StrEnum):
    """What became of a rule and a row.

    applied    it did something, or had its minimum met already
    not_met    some of its conditions are not met
    weaker     a rule before it did the same thing
    no_effect  it holds, but does nothing to such a row: not time, not charged, returned, a correction
    """

    APPLIED = "applied"
    NOT_MET = "not_met"
    WEAKER = "weaker"
    NO_EFFECT = "no_effect"


UNMET: Final[dict[str, dict[str, str]]] = {
    "archived": {"fi": "sääntö on poistettu käytöstä", "sv": "regeln är arkiverad", "en": "the rule is archived"},
    "period": {
        "fi": "sääntö ei ole voimassa työpäivänä",
        "sv": "regeln gäller inte på arbetsdagen",
        "en": "the rule is not valid on the work date",
    },
    "product": {"fi": "toinen tuote", "sv": "en annan produkt", "en": "another product"},
    "product_kind": {"fi": "toinen tuotelaji", "sv": "ett annat produktslag", "en": "another kind of product"},
    "worker": {"fi": "toinen työntekijä", "sv": "en annan arbetstagare", "en": "another worker"},
    "marks": {"fi": "rivillä ei ole merkintää", "sv": "raden saknar märkningen", "en": "the row has no such mark"},
    "customer": {"fi": "toinen asiakas", "sv": "en annan kund", "en": "another customer"},
    "price_group": {"fi": "toinen hintaryhmä", "sv": "en annan prisgrupp", "en": "another price group"},
    "site": {"fi": "toinen kohde", "sv": "ett annat objekt", "en": "another site"},
    "order_type": {"fi": "toinen työlaji", "sv": "en annan typ av arbete", "en": "another type of work order"},
    "urgent": {"fi": "kiireellisyys ei täsmää", "sv": "brådskan stämmer inte", "en": "urgency differs"},
    "weekday": {"fi": "toinen viikonpäivä", "sv": "en annan veckodag", "en": "another weekday"},
    "holiday": {"fi": "pyhäpäivä ei täsmää", "sv": "helgdagen stämmer inte", "en": "holiday or not differs"},
    "clock": {
        "fi": "toinen kellonaika, tai sitä ei ole kirjattu",
        "sv": "ett annat klockslag, eller inget antecknat",
        "en": "another time of the day, or none recorded",
    },
    "day_hours": {"fi": "toiset päivän tunnit", "sv": "andra timmar av dagen", "en": "other hours of the day"},
}
"""Condition that is not met → text by language."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one rule and one row; `unmet` are keys of UNMET, `stronger` is the rule that came first."""

    rule_id: str
    row_id: str
    verdict: Verdict
    unmet: tuple[str, ...] = ()
    stronger: str | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """What an order is charged, and a finding for each rule (by priority) and row."""

    result: ChargingResult
    findings: tuple[Finding, ...]


def examine(
    order: OrderFacts,
    rows: Sequence[RecordedRow],
    rules: Sequence[ChargingRule],
    calendar: Calendar = FINLAND,
) -> Examination:
    """Charge as `charge` does, and say of each rule and row why it did something or not."""
    result = charge(order, rows, rules, calendar)
    working = Working.begin(order, rows, rules, calendar)
    did = _done(result)
    findings: list[Finding] = []
    stronger: list[tuple[str, _Does]] = []
    for rule in working.rules:
        does = frozenset((effect.kind, group_of(effect)) for effect in rule.effects)
        rivals = [rule_id for rule_id, others in stronger if does & others]
        findings += (_finding(working, rule, row, rivals, did) for row in rows)
        stronger.append((rule.id, does))
    return Examination(result, tuple(findings))


def _done(result: ChargingResult) -> frozenset[tuple[str, str]]:
    """(rule id, row id) of everything that was explained."""
    said = [step for row in result.rows for step in row.explanation if step.code != "included_used_up"]
    said += [step for row in result.derived for step in row.explanation]
    return frozenset((step.rule_id, row_id) for step in said for row_id in step.row_ids)


def _finding(
    working: Working, rule: ChargingRule, row: RecordedRow, rivals: Sequence[str], did: frozenset[tuple[str, str]]
) -> Finding:
    """`rivals` are the ids of rules that come first and do the same things."""
    if (rule.id, row.id) in did:
        return Finding(rule.id, row.id, Verdict.APPLIED)
    unmet = tuple(_unmet(working, rule, row))
    if unmet:
        return Finding(rule.id, row.id, Verdict.NOT_MET, unmet)
    won = next((rule_id for rule_id in rivals if (rule_id, row.id) in did), None)
    return Finding(rule.id, row.id, Verdict.NO_EFFECT if won is None else Verdict.WEAKER, stronger=won)


def _unmet(working: Working, rule: ChargingRule, row: RecordedRow) -> Iterator[str]:
    yield from unmet_facts(rule, working.order, row)
    at_each = [tuple(unmet_time(rule.conditions, moment, working.calendar)) for moment in _moments(working, rule, row)]
    if all(at_each):
        yield from at_each[0]


def _moments(working: Working, rule: ChargingRule, row: RecordedRow) -> list[Moment]:
    """The moments at which the rule's conditions on time are asked for this row."""
    kinds = {effect.kind for effect in rule.effects}
    found = [] if kinds == {EffectKind.FACTOR} else [working.beginning(row)]
    if EffectKind.FACTOR in kinds and is_time_row(row):
        parts = stretches(row, [rule.conditions], working.hours_before.get(row.id))
        found += [part.moment for part in parts]
    if kinds & _OF_VISITS:
        together = [other for other in working.fresh_rows() if visit_of(other) == visit_of(row)]
        found = [visit_beginning(working, together)] if together else found
    return found or [working.beginning(row)]
