"""Making, changing, ordering and archiving charging rules. Every change is told to the other services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from services.catalog.app.events import publish_charging_rules
from services.catalog.domain.charging import (
    MOST_ARCHIVED,
    MOST_RULES,
    PRIORITY_STEP,
    ChargingRuleArchived,
    TooManyChargingRules,
    checked_rule,
    named_products,
    new_priorities,
    stored_fields,
)
from services.catalog.models import Product, StoredChargingRule
from shared.charging import ChargingRule, InvalidChargingRule
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.errors import FieldError


def create_rule(uow: UnitOfWork, creation: Creation, given: Mapping[str, Any]) -> StoredChargingRule:
    """Make a rule, or return the one that the same creation made before.

    given  the shape of `shared.charging.data`, days as dates; without a priority it comes after all others
    Raises InvalidChargingRule with everything that is wrong, TooManyChargingRules, KeyReused.
    """
    with uow:
        if old := uow.repeated(creation):
            return get_or_404(uow.session, StoredChargingRule, old)
        in_use, last = _in_use(uow)
        if in_use >= MOST_RULES:
            raise TooManyChargingRules(f"There are {MOST_RULES} already; archive some.")
        priority = given.get("priority")
        data = {**given, "id": creation.id, "priority": last + PRIORITY_STEP if priority is None else priority}
        rule = rule_of(uow, data)
        stored = StoredChargingRule(id=creation.id, archived_at=None, **stored_fields(rule))
        uow.session.add(stored)
        uow.session.flush()
        publish_charging_rules(uow, [stored])
        uow.created(creation, stored.id)
        uow.commit()
    return stored


def change_rule(
    uow: UnitOfWork, rule_id: str, given: Mapping[str, Any], *, expected_version: int | None
) -> StoredChargingRule:
    """Change the given fields; conditions and effects are each replaced as a whole. Publishes only differences.

    Raises NotFound, VersionMismatch, ChargingRuleArchived, InvalidChargingRule.
    """
    with uow:
        stored = get_or_404(uow.session, StoredChargingRule, rule_id, for_update=True)
        check_version(stored, expected_version)
        if stored.archived:
            raise ChargingRuleArchived("Restore it first.")
        rule = rule_of(uow, {**stored.data(), **given})
        _store(uow, {stored: stored_fields(rule)})
        uow.commit()
    return stored


def archive_rule(
    uow: UnitOfWork, rule_id: str, *, archived: bool, expected_version: int | None, now: datetime
) -> StoredChargingRule:
    """Take a rule out of use, or back into it. Doing it twice changes nothing.

    Raises NotFound, VersionMismatch; when restoring, TooManyChargingRules and InvalidChargingRule.
    """
    with uow:
        stored = get_or_404(uow.session, StoredChargingRule, rule_id, for_update=True)
        check_version(stored, expected_version)
        if stored.archived and not archived:
            if _in_use(uow)[0] >= MOST_RULES:
                raise TooManyChargingRules(f"There are {MOST_RULES} already; archive some.")
            rule_of(uow, stored.data())
        if stored.archived != archived:
            _store(uow, {stored: {"archived_at": now if archived else None}})
        uow.commit()
    return stored


def order_rules(uow: UnitOfWork, order: Sequence[str]) -> list[StoredChargingRule]:
    """Give all rules in use new priorities, in the order of these ids; returns them so. Raises IncompleteOrder."""
    with uow:
        rules = {rule.id: rule for rule in rules_in_use(uow, for_update=True)}
        priorities = new_priorities({rule.id: rule.priority for rule in rules.values()}, order)
        _store(uow, {rules[rule_id]: {"priority": priority} for rule_id, priority in priorities.items()})
        uow.commit()
    return [rules[rule_id] for rule_id in order]


def rules_in_use(uow: UnitOfWork, *, for_update: bool = False) -> list[StoredChargingRule]:
    """Return the rules that are not archived, strongest first."""
    rule = StoredChargingRule
    statement = select(rule).where(rule.archived_at.is_(None)).order_by(rule.priority, rule.id)
    return list(uow.session.scalars(statement.with_for_update() if for_update else statement))


def archived_rules(uow: UnitOfWork) -> list[StoredChargingRule]:
    """Return the rules that were archived last, newest first."""
    rule = StoredChargingRule
    statement = select(rule).where(rule.archived_at.is_not(None)).order_by(rule.archived_at.desc(), rule.id.desc())
    return list(uow.session.scalars(statement.limit(MOST_ARCHIVED)))


def rule_of(uow: UnitOfWork, given: Mapping[str, Any]) -> ChargingRule:
    """Return the rule that the fields make. Raises InvalidChargingRule with everything that is wrong.

    A product that the rule names must be in use: a row of an archived one could not be made.
    """
    data = {name: value.isoformat() if isinstance(value, date) else value for name, value in given.items()}
    rule = checked_rule(data)
    errors = list(_unusable_products(uow, rule))
    if errors:
        raise InvalidChargingRule(errors=errors)
    return rule


def _unusable_products(uow: UnitOfWork, rule: ChargingRule) -> Iterator[FieldError]:
    named = list(named_products(rule))
    wanted = {product_id for _, product_id in named}
    statement = select(Product.id, Product.archived_at).where(Product.id.in_(wanted))
    known = {row.id: row.archived_at for row in uow.session.execute(statement)} if wanted else {}
    for pointer, product_id in named:
        if product_id not in known:
            yield FieldError(pointer, "unknown_product", "There is no such product.")
        elif known[product_id] is not None and pointer.startswith("/effects"):
            yield FieldError(pointer, "product.archived", "The product is archived.")


def _store(uow: UnitOfWork, changes: Mapping[StoredChargingRule, Mapping[str, Any]]) -> None:
    """Write what differs, and tell of the rules in which something does."""
    changed = []
    for stored, values in changes.items():
        different = {name: value for name, value in values.items() if getattr(stored, name) != value}
        for name, value in different.items():
            setattr(stored, name, value)
        if different:
            changed.append(stored)
    uow.session.flush()
    publish_charging_rules(uow, changed)


def _in_use(uow: UnitOfWork) -> tuple[int, int]:
    """How many rules are in use, and the priority of the weakest."""
    rule = StoredChargingRule
    statement = select(func.count(), func.max(rule.priority)).where(rule.archived_at.is_(None))
    count, last = uow.session.execute(statement).one()
    return count, last or 0
