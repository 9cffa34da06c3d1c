"""The fee for each invoice, which billing adds to a document."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from shared.charging.facts import DocumentFacts, InvoiceFeeRow
from shared.charging.rules import ChargingRule, InvoiceFee


def invoice_fee(document: DocumentFacts, rules: Sequence[ChargingRule]) -> InvoiceFeeRow | None:
    """Return the fee of a document, or None.

    The first rule by priority and id with an invoice fee that is in force on the document's day and asks for this
    customer and price group decides; if it leaves the document's channel out, there is no fee. Credits have none.
    """
    if document.is_credit:
        return None
    for rule in sorted(rules, key=lambda one: (one.priority, one.id)):
        for effect in rule.effects:
            if isinstance(effect, InvoiceFee) and _holds(rule, document):
                if document.channel in effect.except_channels:
                    return None
                return InvoiceFeeRow(
                    rule.id, rule.name, effect.product_id, Decimal(1), effect.unit_price, dict(rule.text)
                )
    return None


def _holds(rule: ChargingRule, document: DocumentFacts) -> bool:
    wanted = rule.conditions
    return (
        rule.holds_on(document.day)
        and (not wanted.customer_ids or document.customer_id in wanted.customer_ids)
        and (not wanted.price_groups or document.price_group in wanted.price_groups)
    )
