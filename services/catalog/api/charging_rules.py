"""Charging rules over HTTP: what recorded work costs, templates, and trying them out."""

from __future__ import annotations

from typing import Any

from services.catalog.api.charging_schemas import (
    ChargingRuleChangeIn,
    ChargingRuleFilters,
    ChargingRuleIn,
    ChargingRuleOut,
    ChargingRulesOut,
    RuleOrderIn,
    TemplatesOut,
)
from services.catalog.api.charging_trial_schemas import TrialIn, TrialOut
from services.catalog.app import charging_rules as use_cases
from services.catalog.app.charging_trial import Trial, try_rules
from services.catalog.domain.charging import named_products
from services.catalog.domain.charging_templates import TEMPLATES
from services.catalog.models import StoredChargingRule
from shared.clock import utc_now
from shared.db import get_or_404
from shared.http import Blueprint, begin, creation_request, expected_version, read, requires, with_etag

blp = Blueprint(
    "charging-rules",
    __name__,
    url_prefix="/charging-rules",
    description="What recorded work costs: started hours, minimums, supplements, fees",
    for_whole_tenant=True,
)


@blp.get("")
@requires("prices.read")
@blp.arguments(ChargingRuleFilters, location="query")
@blp.response(200, ChargingRulesOut)
def list_charging_rules(query: dict[str, Any]) -> dict[str, Any]:
    """List charging rules in use, strongest first; or archived ones, the last 1000, newest first"""
    with read() as uow:
        found = use_cases.archived_rules(uow) if query["archived"] else use_cases.rules_in_use(uow)
        return {"items": [one for one in found if _passes(one, query)]}


def _passes(rule: StoredChargingRule, query: dict[str, Any]) -> bool:
    kinds = {effect["kind"] for effect in rule.effects}
    if query.get("kind", next(iter(kinds))) not in kinds:
        return False
    wanted = query.get("product_id")
    return wanted is None or wanted in {product_id for _, product_id in named_products(rule.value())}


@blp.post("")
@requires("products.write")
@blp.arguments(ChargingRuleIn, rules_too=True)
@blp.response(201, ChargingRuleOut)
def create_charging_rule(body: dict[str, Any]) -> StoredChargingRule:
    """Make a charging rule"""
    return with_etag(use_cases.create_rule(begin(), creation_request("charging_rule", body), body))


@blp.get("/templates")
@requires("prices.read")
@blp.response(200, TemplatesOut)
def list_charging_rule_templates() -> dict[str, Any]:
    """List ready-made rules to begin with"""
    return {"items": TEMPLATES}


@blp.post("/order")
@requires("products.write")
@blp.arguments(RuleOrderIn)
@blp.response(200, ChargingRulesOut)
def order_charging_rules(body: dict[str, Any]) -> dict[str, Any]:
    """Put all charging rules in use in a new order, strongest first"""
    return {"items": use_cases.order_rules(begin(), body["ids"])}


@blp.post("/test")
@requires("prices.read")
@blp.arguments(TrialIn)
@blp.response(200, TrialOut)
def test_charging_rules(body: dict[str, Any]) -> Trial:
    """Try rules on rows: which one matched, what it did, and why the others did not; nothing is stored"""
    with read() as uow:
        return try_rules(uow, body)


@blp.get("/<rule_id>")
@requires("prices.read")
@blp.response(200, ChargingRuleOut)
def show_charging_rule(rule_id: str) -> StoredChargingRule:
    """Show a charging rule"""
    with read() as uow:
        return with_etag(get_or_404(uow.session, StoredChargingRule, rule_id))


@blp.patch("/<rule_id>")
@requires("products.write")
@blp.arguments(ChargingRuleChangeIn, rules_too=True)
@blp.response(200, ChargingRuleOut)
def change_charging_rule(body: dict[str, Any], rule_id: str) -> StoredChargingRule:
    """Change a charging rule; send If-Match. Orders that are approved keep what they were charged"""
    version = expected_version(required=True)
    return with_etag(use_cases.change_rule(begin(), rule_id, body, expected_version=version))


@blp.post("/<rule_id>/archive")
@requires("products.write")
@blp.response(200, ChargingRuleOut)
def archive_charging_rule(rule_id: str) -> StoredChargingRule:
    """Take a charging rule out of use"""
    return _set_archived(rule_id, archived=True)


@blp.post("/<rule_id>/restore")
@requires("products.write")
@blp.response(200, ChargingRuleOut)
def restore_charging_rule(rule_id: str) -> StoredChargingRule:
    """Take an archived charging rule into use again"""
    return _set_archived(rule_id, archived=False)


def _set_archived(rule_id: str, *, archived: bool) -> StoredChargingRule:
    version = expected_version()
    return with_etag(
        use_cases.archive_rule(begin(), rule_id, archived=archived, expected_version=version, now=utc_now())
    )
