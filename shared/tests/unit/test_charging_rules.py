"""Reading rules from data, holidays, invoice fees, and the findings that explain a rule."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.bus.catalogue import default_catalogue
from shared.charging import (
    FINLAND,
    UNMET,
    DocumentFacts,
    EffectKind,
    InvalidChargingRule,
    Verdict,
    charge,
    examine,
    invoice_fee,
    rule_from_data,
    to_data,
)
from shared.charging.data import _READERS
from shared.charging.explain import TEXTS
from shared.tests.unit.charging_cases import ORDER, material, recorded, worked

STEP = {"kind": "step", "minutes": 30}
BARE = {"id": "r", "name": "Rule", "priority": 1, "effects": [STEP]}
TYPE = "charging_rule.changed.v1"


def errors_of(data: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidChargingRule) as caught:
        rule_from_data(data)
    return {error.pointer: error.code for error in caught.value.errors}


def test_everything_wrong_is_named_at_once() -> None:
    data = {
        "id": "r",
        "name": " ",
        "priority": "1",
        "valid_from": "yesterday",
        "conditions": {
            "product_kinds": ["labour", "magic"],
            "weekdays": [0, 7],
            "clock": {"from": "25:00"},
            "day_hours": {"from": "8", "to": "7"},
            "holiday": "yes",
            "workers": "w1",
        },
        "effects": [
            {"kind": "step", "minutes": 7, "per": "order"},
            {"kind": "factor", "factor": 1.5},
            {"kind": "call_out", "product_id": "p", "unit_price": "1.00001", "base_hours": "2"},
            {"kind": "teleport"},
            "text",
        ],
    }
    assert errors_of(data) == {
        "/name": "not_a_text",
        "/priority": "out_of_range",
        "/valid_from": "not_a_day",
        "/conditions/product_kinds/1": "not_a_choice",
        "/conditions/weekdays/0": "out_of_range",
        "/conditions/clock/from": "not_a_time",
        "/conditions/clock/to": "missing",
        "/conditions/day_hours/to": "ends_before_start",
        "/conditions/holiday": "not_a_boolean",
        "/conditions/workers": "not_a_list",
        "/effects/0/minutes": "not_a_choice",
        "/effects/0/per": "not_a_choice",
        "/effects/1/factor": "not_a_number",
        "/effects/1/product_id": "missing",
        "/effects/2/unit_price": "not_a_number",
        "/effects/3/kind": "not_a_choice",
        "/effects/4": "not_an_object",
    }


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"effects": []}, "/effects", "number_of_effects"),
        ({"effects": [STEP, STEP]}, "/effects", "repeated_effect"),
        ({"effects": [{"kind": "included"}]}, "/conditions", "too_wide"),
        ({"effects": [{"kind": "surcharge", "product_id": "p", "percent": "2"}]}, "/conditions", "too_wide"),
        ({"effects": [{"kind": "invoice_fee", "product_id": "p"}, STEP]}, "/effects", "invoice_fee_alone"),
        (
            {"effects": [{"kind": "invoice_fee", "product_id": "p"}], "conditions": {"weekdays": [1]}},
            "/conditions/weekdays",
            "not_of_invoices",
        ),
        (
            {"effects": [{"kind": "call_out", "product_id": "p", "unit_price": "1", "base_hours": "1"}]},
            "/effects/0/base_hours",
            "price_or_hours",
        ),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-31"}, "/valid_to", "ends_before_start"),
        ({"effects": [{"kind": "factor", "factor": "1", "product_id": "p"}]}, "/effects/0/factor", "out_of_range"),
        ({"effects": [{"kind": "factor", "factor": "NaN", "product_id": "p"}]}, "/effects/0/factor", "not_a_number"),
        ({"effects": [{"kind": "step", "minutes": True}]}, "/effects/0/minutes", "not_a_choice"),
        ({"effects": [{"kind": "step", "minutes": [30]}]}, "/effects/0/minutes", "not_a_choice"),
        ({"conditions": [1]}, "/conditions", "not_an_object"),
        ({"conditions": {"weekdays": [True]}}, "/conditions/weekdays/0", "out_of_range"),
    ],
)
def test_what_does_not_fit_together_is_refused(change: dict[str, Any], pointer: str, code: str) -> None:
    assert errors_of({**BARE, **change}) == {pointer: code}


def test_what_a_newer_producer_adds_is_ignored() -> None:
    rule = rule_from_data({**BARE, "colour": "red", "conditions": {"moon": "full"}})
    assert rule == rule_from_data(BARE)


def test_the_event_s_samples_are_rules_and_show_every_effect() -> None:
    samples = default_catalogue().get(TYPE).samples
    rules = [rule_from_data(sample.event.data) for sample in samples]
    assert [to_data(rule) for rule in rules] == [dict(sample.event.data) for sample in samples]
    assert {effect.kind for rule in rules for effect in rule.effects} == set(EffectKind) == set(_READERS)


def test_public_holidays_are_those_of_the_law_and_the_eves_by_habit() -> None:
    days = ["01-01", "01-06", "04-03", "04-05", "04-06", "05-01", "05-14", "05-24", "06-19", "06-20", "10-31"]
    days += ["12-06", "12-24", "12-25", "12-26"]
    named = {date.fromisoformat(f"2026-{day}") for day in days}
    year = [date.fromordinal(number) for number in range(date(2026, 1, 1).toordinal(), date(2027, 1, 1).toordinal())]
    assert {day for day in year if FINLAND.is_holiday(day)} == named
    assert named - {day for day in year if FINLAND.is_holiday(day, eves=False)} == {
        date(2026, 6, 19),
        date(2026, 12, 24),
    }


FEE = {"kind": "invoice_fee", "product_id": "LASKLIS", "unit_price": "5.00", "except_channels": ["einvoice"]}
LASKLIS = {"id": "fee", "name": "Laskutuslisä", "priority": 5, "effects": [FEE]}
DAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("document", "price"),
    [
        (DocumentFacts(DAY, "letter"), "5.00"),
        (DocumentFacts(DAY, None), "5.00"),
        (DocumentFacts(DAY, "einvoice"), None),
        (DocumentFacts(DAY, "letter", is_credit=True), None),
        (DocumentFacts(DAY, "letter", customer_id="c1"), "2.00"),
        (DocumentFacts(date(2025, 12, 31), "letter", customer_id="c1"), "5.00"),
    ],
)
def test_the_invoice_fee_is_for_documents_that_are_not_e_invoices(document: DocumentFacts, price: str | None) -> None:
    own = {
        "id": "own",
        "name": "c1",
        "priority": 1,
        "valid_from": "2026-01-01",
        "conditions": {"customer_ids": ["c1"]},
        "effects": [{**FEE, "unit_price": "2.00"}],
    }
    found = invoice_fee(document, [rule_from_data(LASKLIS), rule_from_data(own)])
    assert (found.unit_price if found else None) == (None if price is None else Decimal(price))


def test_an_archived_rule_makes_no_invoice_fee() -> None:
    assert invoice_fee(DocumentFacts(DAY, "letter"), [rule_from_data({**LASKLIS, "archived": True})]) is None


def test_charging_an_order_leaves_invoice_fees_to_billing() -> None:
    assert charge(ORDER, [recorded("r", "X", "1")], [rule_from_data(LASKLIS)]).derived == ()


def test_examining_says_which_rule_did_it_and_why_not() -> None:
    rules = [
        rule_from_data({**BARE, "id": "other", "conditions": {"product_ids": ["Y"], "weekdays": [7]}}),
        rule_from_data({**BARE, "id": "wins"}),
        rule_from_data({**BARE, "id": "loses", "priority": 2}),
    ]
    rows = [worked("r", "X", "08:00", 20), material("m", "Z", "1", "1")]
    found = {(one.rule_id, one.row_id): one for one in examine(ORDER, rows, rules).findings}
    assert (found["other", "r"].verdict, found["other", "r"].unmet) == (Verdict.NOT_MET, ("product", "weekday"))
    assert found["wins", "r"].verdict is Verdict.APPLIED
    assert (found["loses", "r"].verdict, found["loses", "r"].stronger) == (Verdict.WEAKER, "wins")
    assert found["wins", "m"].verdict is Verdict.NO_EFFECT


def test_a_rule_that_holds_in_a_part_of_the_row_is_not_unmet() -> None:
    factor = {"kind": "factor", "factor": "2", "product_id": "N"}
    night = {**BARE, "effects": [factor], "conditions": {"clock": {"from": "21:00", "to": "06:00"}}}
    for start, verdict in (("20:00", Verdict.APPLIED), ("18:00", Verdict.NOT_MET)):
        (finding,) = examine(ORDER, [worked("r", "X", start, 120)], [rule_from_data(night)]).findings
        assert finding.verdict is verdict


def test_a_rule_that_is_stronger_elsewhere_in_the_row_leaves_the_other_weaker_not_unmet() -> None:
    factor = {"kind": "factor", "factor": "2", "product_id": "N"}
    evening = {**BARE, "id": "1", "effects": [factor], "conditions": {"clock": {"from": "20:00", "to": "00:00"}}}
    night = {**BARE, "id": "2", "effects": [factor], "conditions": {"clock": {"from": "21:00", "to": "00:00"}}}
    rules = [rule_from_data(evening), rule_from_data(night)]
    found = examine(ORDER, [worked("r", "X", "19:00", 180)], rules).findings
    assert [(one.verdict, one.unmet) for one in found] == [(Verdict.APPLIED, ()), (Verdict.WEAKER, ())]


def test_a_used_up_contract_is_not_a_rule_that_did_something() -> None:
    lumi = {**BARE, "conditions": {"product_ids": ["LUMI"]}, "effects": [{"kind": "included", "times": 0}]}
    examined = examine(ORDER, [recorded("r", "LUMI", "1")], [rule_from_data(lumi)])
    assert examined.findings[0].verdict is Verdict.NO_EFFECT
    assert examined.result.rows[0].explanation[0].code == "included_used_up"


def test_every_text_is_there_in_three_languages() -> None:
    assert all(set(texts) == {"fi", "sv", "en"} for texts in [*TEXTS.values(), *UNMET.values()])


def test_the_finnish_text_has_decimal_commas_and_the_parameters_points() -> None:
    factor = {"kind": "factor", "factor": "1.5", "product_id": "N"}
    result = charge(ORDER, [recorded("r", "X", "2", "57.75")], [rule_from_data({**BARE, "effects": [factor]})])
    (step,) = result.derived[0].explanation
    assert step.text["fi"] == "Kerroin 1,5: lisä 2,000 h × 28,8750."
    assert step.params == {"factor": "1.5", "hours": "2.000", "unit": "h", "price": "28.8750"}
