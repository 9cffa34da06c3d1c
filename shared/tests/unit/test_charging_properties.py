"""What holds for all rows and rules: order, sums, identity, nothing twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.charging import (
    ChargingRule,
    OrderFacts,
    RecordedRow,
    Verdict,
    charge,
    examine,
    rule_from_data,
    to_data,
)
from shared.charging.stretches import stretches
from shared.clock import HELSINKI
from shared.money import line_net
from shared.tests.unit.charging_cases import ORDER_ID

PRODUCTS = ("SAH", "HUOLTO", "KAAPELI", "KM")
KINDS = {"SAH": ("labour", "h"), "HUOLTO": ("labour", "min"), "KAAPELI": ("material", "m"), "KM": ("travel", "km")}
CLOCKS = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02d}:{minute % 60:02d}")
ABOUT_THE_CHANGES = st.sampled_from([date(2026, 3, 28), date(2026, 10, 24), date(2026, 12, 23), date(2026, 11, 20)])
FEWER = settings(max_examples=60, deadline=None)
GROUPS = st.sampled_from(["", "other"])


def hundredths(least: int, most: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(lambda number: str(Decimal(number) / 100))


@st.composite
def rows(draw: st.DrawFn, row_id: str = "r") -> RecordedRow:
    product = draw(st.sampled_from(PRODUCTS))
    kind, unit = KINDS[product]
    day = draw(ABOUT_THE_CHANGES) + timedelta(days=draw(st.integers(0, 2)))
    begun = ended = None
    if draw(st.booleans()):
        begun = datetime.combine(day, datetime.min.time(), HELSINKI).astimezone(UTC)
        begun += timedelta(seconds=draw(st.integers(0, 86_000)))
        ended = begun + timedelta(seconds=draw(st.integers(0, 100_000)))
    return RecordedRow(
        row_id,
        product,
        kind,
        unit,
        Decimal(draw(st.integers(-3000, 20_000))) / 1000,
        draw(st.none() | st.integers(0, 2_000_000).map(lambda price: Decimal(price) / 10_000)),
        day,
        draw(st.sampled_from(["w1", "w2"])),
        discount_percent=draw(st.sampled_from([Decimal(0), Decimal(8), Decimal(100)])),
        started_at=begun,
        ended_at=ended,
        visit=draw(st.sampled_from([None, "v1", "v2"])),
        marks=draw(st.sampled_from([frozenset(), frozenset({"overtime_50"})])),
        correction=draw(st.booleans()),
        chargeable=draw(st.sampled_from([True, True, False])),
        vat_rate_percent=draw(st.sampled_from([Decimal("24"), Decimal("25.5")])),
    )


@st.composite
def some_rows(draw: st.DrawFn) -> list[RecordedRow]:
    return [draw(rows(row_id=f"r{number}")) for number in range(draw(st.integers(0, 6)))]


EFFECTS = st.one_of(
    st.builds(
        lambda minutes, per: {"kind": "step", "minutes": minutes, "per": per},
        st.sampled_from([15, 30, 60]),
        st.sampled_from(["visit", "day"]),
    ),
    st.builds(lambda minutes: {"kind": "minimum", "minutes": minutes}, st.integers(1, 240)),
    st.builds(
        lambda factor, group, basis: {
            "kind": "factor",
            "factor": factor,
            "product_id": "F",
            "group": group,
            "basis": basis,
        },
        hundredths(101, 400),
        GROUPS,
        st.sampled_from(["charged", "worked"]),
    ),
    st.builds(lambda hours: {"kind": "call_out", "product_id": "C", "base_hours": hours}, hundredths(1, 400)),
    st.builds(lambda km: {"kind": "vehicle_fee", "product_id": "V", "included_km": km}, hundredths(0, 4000)),
    st.builds(
        lambda per: {"kind": "fee", "product_id": "J", "unit_price": "4.95", "per": per},
        st.sampled_from(["visit", "day", "order"]),
    ),
)
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "product_kinds": st.sampled_from([["labour"], ["material"], ["travel", "labour"]]),
        "workers": st.just(["w1"]),
        "weekdays": st.lists(st.integers(1, 7), min_size=1, max_size=3),
        "clock": st.builds(lambda start, end: {"from": start, "to": end}, CLOCKS, CLOCKS),
        "holiday": st.booleans(),
        "day_hours": st.builds(lambda start: {"from": start, "to": None}, hundredths(0, 1000)),
        "marks": st.just(["overtime_50"]),
    },
)


@st.composite
def rules(draw: st.DrawFn) -> ChargingRule:
    effects: dict[str, Any] = {}
    for effect in draw(st.lists(EFFECTS, min_size=1, max_size=3)):
        effects[effect["kind"]] = effect
    conditions = draw(CONDITIONS)
    extra = draw(st.sampled_from([None, None, "included", "surcharge"]))
    if extra == "included":
        effects["included"] = {"kind": "included", "times": draw(st.none() | st.integers(0, 3))}
        conditions = {**conditions, "product_ids": ["SAH", "KAAPELI"]}
    elif extra == "surcharge":
        effects["surcharge"] = {"kind": "surcharge", "product_id": "P", "percent": draw(hundredths(1, 1000))}
        conditions = {**conditions, "product_kinds": ["material", "labour"]}
    number = draw(st.integers(0, 99))
    data = {"id": f"rule{number}", "name": "x", "priority": draw(st.integers(0, 3)), "conditions": conditions}
    return rule_from_data({**data, "effects": list(effects.values())})


SOME_RULES = st.lists(rules(), max_size=6, unique_by=lambda rule: rule.id)
ORDER = OrderFacts(ORDER_ID)


@FEWER
@given(some_rows(), SOME_RULES)
def test_the_same_rows_are_charged_the_same_again(recorded: list[RecordedRow], given_rules: list[ChargingRule]) -> None:
    assert charge(ORDER, recorded, given_rules) == charge(ORDER, recorded, given_rules)


@FEWER
@given(some_rows(), SOME_RULES, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_rules_does_not_matter(
    recorded: list[RecordedRow], given_rules: list[ChargingRule], random: Any
) -> None:
    straight = charge(ORDER, recorded, given_rules)
    mixed_rows, mixed_rules = list(recorded), list(given_rules)
    random.shuffle(mixed_rows)
    random.shuffle(mixed_rules)
    mixed = charge(ORDER, mixed_rows, mixed_rules)
    assert mixed.derived == straight.derived
    assert {row.row_id: row for row in mixed.rows} == {row.row_id: row for row in straight.rows}


@FEWER
@given(some_rows(), SOME_RULES)
def test_each_row_is_answered_and_every_derived_row_is_one_of_its_own(
    recorded: list[RecordedRow], given_rules: list[ChargingRule]
) -> None:
    result = charge(ORDER, recorded, given_rules)
    assert [row.row_id for row in result.rows] == [row.id for row in recorded]
    ids = [row.id for row in result.derived]
    assert len(set(ids)) == len(ids)
    assert all(row.explanation and row.row_ids for row in result.derived)


@FEWER
@given(some_rows(), SOME_RULES)
def test_never_less_than_worked_but_kilometres_and_never_more_of_returns(
    recorded: list[RecordedRow], given_rules: list[ChargingRule]
) -> None:
    for row, charged in zip(recorded, charge(ORDER, recorded, given_rules).rows, strict=True):
        assert charged.worked_quantity == row.quantity
        if row.quantity <= 0 or row.correction or not row.chargeable or charged.included_in_contract:
            assert charged.charged_quantity == row.quantity
        elif row.unit == "km":
            assert 0 <= charged.charged_quantity <= row.quantity
        else:
            assert charged.charged_quantity >= row.quantity
        if row.unit not in ("h", "min", "km"):
            assert charged.charged_quantity == row.quantity


@FEWER
@given(some_rows(), SOME_RULES)
def test_the_sum_is_the_sum_of_rounded_parts(recorded: list[RecordedRow], given_rules: list[ChargingRule]) -> None:
    result = charge(ORDER, recorded, given_rules)
    total = Decimal(0)
    for row, charged in zip(recorded, result.rows, strict=True):
        if row.chargeable and not charged.included_in_contract and row.unit_price is not None:
            total += line_net(charged.charged_quantity, row.unit_price, row.discount_percent)
    for extra in result.derived:
        if extra.unit_price is not None:
            total += line_net(extra.quantity, extra.unit_price, extra.discount_percent)
    assert result.net == total == total.quantize(Decimal("0.01"))


@FEWER
@given(some_rows(), SOME_RULES)
def test_what_is_included_costs_nothing_and_brings_nothing(
    recorded: list[RecordedRow], given_rules: list[ChargingRule]
) -> None:
    result = charge(ORDER, recorded, given_rules)
    free = {row.row_id for row in result.rows if row.included_in_contract}
    free |= {row.id for row in recorded if not row.chargeable}
    assert all(row.net == 0 for row in result.rows if row.row_id in free)
    assert free.isdisjoint(row_id for extra in result.derived for row_id in extra.row_ids)


@FEWER
@given(some_rows(), SOME_RULES)
def test_the_supplements_of_a_group_never_cover_an_hour_twice(
    recorded: list[RecordedRow], given_rules: list[ChargingRule]
) -> None:
    """Rules of a group with factors for the charged hours cover at most those, all of them if some holds always."""
    plain = [rule for rule in given_rules if not any(effect.group for effect in rule.effects)]
    charged_by_id = {row.row_id: row.charged_quantity for row in charge(ORDER, recorded, plain).rows}
    covered: dict[str, Decimal] = {}
    for extra in charge(ORDER, recorded, plain).derived:
        if extra.kind == "factor":
            covered[extra.row_ids[0]] = covered.get(extra.row_ids[0], Decimal(0)) + extra.quantity
    assert all(abs(hours) <= abs(charged_by_id[row_id]) for row_id, hours in covered.items())


@FEWER
@given(some_rows(), CLOCKS, CLOCKS, st.sampled_from([15, 30, 60]), st.sampled_from(["charged", "worked"]))
def test_a_band_and_the_rest_of_the_day_make_the_whole_row(
    recorded: list[RecordedRow], start: str, end: str, minutes: int, basis: str
) -> None:
    def supplement(name: str, first: str, last: str) -> ChargingRule:
        effect = {"kind": "factor", "factor": "2", "product_id": name, "basis": basis}
        conditions = {"clock": {"from": first, "to": last}}
        return rule_from_data({"id": name, "name": name, "priority": 1, "conditions": conditions, "effects": [effect]})

    step = rule_from_data({"id": "s", "name": "s", "priority": 1, "effects": [{"kind": "step", "minutes": minutes}]})
    result = charge(ORDER, recorded, [supplement("in", start, end), supplement("out", end, start), step])
    for row, charged in zip(recorded, result.rows, strict=True):
        has_clock = row.started_at is not None and row.started_at != row.ended_at
        if has_clock and row.chargeable and row.unit in ("h", "min"):
            parts = [extra.quantity for extra in result.derived if extra.row_ids == (row.id,)]
            assert sum(parts) == (charged.charged_quantity if basis == "charged" else row.quantity)


@FEWER
@given(rows(), SOME_RULES, hundredths(0, 1200))
def test_stretches_follow_one_another_and_lose_no_second(
    row: RecordedRow, given_rules: list[ChargingRule], before: str
) -> None:
    if row.unit not in ("h", "min"):
        return
    parts = stretches(row, [rule.conditions for rule in given_rules], Fraction(Decimal(before)))
    assert all(part.seconds > 0 for part in parts)
    if row.started_at and row.ended_at and row.ended_at > row.started_at:
        assert sum(part.seconds for part in parts) == (row.ended_at - row.started_at).total_seconds()


@FEWER
@given(rows(), st.lists(CLOCKS, min_size=2, max_size=2))
def test_each_second_of_a_stretch_sees_the_same_clock_band(row: RecordedRow, edges: list[str]) -> None:
    """Checked second by second against the wall clock, at both ends and in the middle of each stretch."""
    if row.unit not in ("h", "min") or row.started_at is None or row.started_at == row.ended_at:
        return
    band = {"id": "b", "name": "b", "priority": 1, "conditions": {"clock": {"from": edges[0], "to": edges[1]}}}
    conditions = rule_from_data({**band, "effects": [{"kind": "step", "minutes": 15}]}).conditions
    at = row.started_at
    for part in stretches(row, [conditions], None):
        wanted = conditions.clock.covers(part.moment.clock)
        for second in {0, part.seconds // 2, part.seconds - 1}:
            local = (at + timedelta(seconds=second)).astimezone(HELSINKI)
            assert conditions.clock.covers(local.time()) == wanted
            assert local.date() == part.moment.day
        at += timedelta(seconds=part.seconds)


@FEWER
@given(SOME_RULES)
def test_rules_are_read_back_as_they_were_written(given_rules: list[ChargingRule]) -> None:
    for rule in given_rules:
        assert rule_from_data(to_data(rule)) == rule


@FEWER
@given(some_rows(), SOME_RULES)
def test_examining_charges_the_same_and_finds_something_for_each_rule_and_row(
    recorded: list[RecordedRow], given_rules: list[ChargingRule]
) -> None:
    examined = examine(ORDER, recorded, given_rules)
    assert examined.result == charge(ORDER, recorded, given_rules)
    assert len(examined.findings) == len(recorded) * len(given_rules)
    for finding in examined.findings:
        assert bool(finding.unmet) == (finding.verdict is Verdict.NOT_MET)
        assert bool(finding.stronger) == (finding.verdict is Verdict.WEAKER)


@FEWER
@given(some_rows(), SOME_RULES)
def test_a_rule_whose_conditions_are_not_met_changes_nothing_when_left_out(
    recorded: list[RecordedRow], given_rules: list[ChargingRule]
) -> None:
    examined = examine(ORDER, recorded, given_rules)
    at_work = {finding.rule_id for finding in examined.findings if finding.verdict is not Verdict.NOT_MET}
    left = [rule for rule in given_rules if rule.id in at_work]
    assert charge(ORDER, recorded, left).net == examined.result.net
