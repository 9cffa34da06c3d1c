"""The price tables of domain.md §11.1 and §11.2, rule by rule, with the sums that a biller would expect."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.charging import ChargingResult, OrderFacts, RecordedRow, charge, rule_from_data
from shared.tests.unit.charging_cases import ORDER, ORDER_ID, at, material, recorded, worked

SATURDAY, SUNDAY = date(2026, 11, 21), date(2026, 11, 22)


def rule(name: str, *effects: dict[str, Any], priority: int = 100, **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "priority": priority, "effects": list(effects), **more}


def of(*products: str) -> dict[str, Any]:
    return {"product_ids": list(products)}


HUOLTO = rule("HUOLTO", {"kind": "step", "minutes": 30}, conditions=of("HUOLTO"))
HUOLTO_PV = rule(
    "HUOLTO-PV", {"kind": "step", "minutes": 60}, {"kind": "minimum", "minutes": 60}, conditions=of("HUOLTO-PV")
)
HUOLTO_VL = rule("HUOLTO-VL", {"kind": "minimum", "minutes": 120}, conditions=of("HUOLTO-VL"))
TRAKT = rule("TRAKT", {"kind": "minimum", "minutes": 60}, conditions=of("TRAKT"))
SAH_1 = rule("SAH-1", {"kind": "step", "minutes": 60}, {"kind": "minimum", "minutes": 120}, conditions=of("SAH-1"))
LUMI = rule("LUMI", {"kind": "included", "times": 12}, conditions=of("LUMI"))
HALY_2 = rule(
    "HALY-2",
    {"kind": "call_out", "product_id": "HALY-2", "base_hours": "2"},
    conditions={"urgent": True, "product_kinds": ["labour"], "clock": {"from": "06:00", "to": "21:00"}},
)
HALY_3 = rule(
    "HALY-3",
    {"kind": "call_out", "product_id": "HALY-3", "base_hours": "3"},
    conditions={"urgent": True, "product_kinds": ["labour"], "clock": {"from": "21:00", "to": "06:00"}},
)
AUTO = rule(
    "AUTO",
    {
        "kind": "vehicle_fee",
        "product_id": "AUTO",
        "unit_price": "33.87",
        "included_km": "25",
        "km_product_ids": ["KM"],
    },
    conditions={"product_kinds": ["labour"]},
)
PIENT = rule(
    "PIENT", {"kind": "surcharge", "product_id": "PIENT", "percent": "2"}, conditions={"product_kinds": ["material"]}
)


def overtime(mark: str, factor: str) -> dict[str, Any]:
    effect = {"kind": "factor", "factor": factor, "product_id": mark, "group": "overtime"}
    return rule(mark, effect, conditions={"marks": [mark]})


URGENT = OrderFacts(ORDER_ID, urgent=True)


def charged(rows: list[RecordedRow], *rules: dict[str, Any], order: OrderFacts = ORDER) -> ChargingResult:
    return charge(order, rows, [rule_from_data(one) for one in rules])


@pytest.mark.parametrize(
    ("rule_data", "product", "price", "minutes", "hours", "net"),
    [
        pytest.param(HUOLTO, "HUOLTO", "45", 10, "0.5", "22.50", id="HUOLTO-10-min"),
        pytest.param(HUOLTO, "HUOLTO", "45", 30, "0.5", "22.50", id="HUOLTO-30-min-is-one-step"),
        pytest.param(HUOLTO, "HUOLTO", "45", 31, "1.0", "45.00", id="HUOLTO-31-min-starts-another"),
        pytest.param(HUOLTO, "HUOLTO", "45", 90, "1.5", "67.50", id="HUOLTO-90-min"),
        pytest.param(HUOLTO_PV, "HUOLTO-PV", "68", 5, "1", "68.00", id="HUOLTO-PV-minimum"),
        pytest.param(HUOLTO_PV, "HUOLTO-PV", "68", 61, "2", "136.00", id="HUOLTO-PV-started-hour"),
        pytest.param(HUOLTO_VL, "HUOLTO-VL", "110", 15, "2", "220.00", id="HUOLTO-VL-minimum"),
        pytest.param(HUOLTO_VL, "HUOLTO-VL", "110", 135, "2.25", "247.50", id="HUOLTO-VL-over-the-minimum"),
        pytest.param(TRAKT, "TRAKT", "95", 20, "1", "95.00", id="TRAKT-minimum"),
        pytest.param(SAH_1, "SAH-1", "57.75", 30, "2", "115.50", id="SAH-1-minimum"),
        pytest.param(SAH_1, "SAH-1", "57.75", 121, "3", "173.25", id="SAH-1-started-hour"),
    ],
)
def test_steps_and_minimums(
    rule_data: dict[str, Any], product: str, price: str, minutes: int, hours: str, net: str
) -> None:
    result = charged([worked("r", product, "08:00", minutes, price)], rule_data)
    (row,) = result.rows
    assert (row.charged_quantity, row.net) == (Decimal(hours), Decimal(net))
    assert row.worked_quantity == round(Decimal(minutes) / 60, 3)
    assert result.derived == ()


def test_lumi_is_included_up_to_twelve_times_and_charged_from_the_thirteenth() -> None:
    rows = [recorded(f"r{day}", "LUMI", "1.5", "85", work_date=date(2026, 1, day)) for day in (10, 11, 12)]
    result = charged(rows, LUMI, order=OrderFacts(ORDER_ID, included_used={"LUMI": 10}))
    assert [row.included_in_contract for row in result.rows] == [True, True, False]
    assert [row.net for row in result.rows] == [Decimal(0), Decimal(0), Decimal("127.50")]
    assert [row.charged_quantity for row in result.rows] == [Decimal("1.5")] * 3
    assert result.included_used == {"LUMI": 2}
    assert "12" in result.rows[2].explanation[0].text["fi"]


def test_two_ploughs_on_one_day_are_one_time() -> None:
    rows = [recorded("a", "LUMI", "1", "85"), recorded("b", "LUMI", "1", "85", worker="w2")]
    result = charged(rows, LUMI, order=OrderFacts(ORDER_ID, included_used={"LUMI": 11}))
    assert [row.included_in_contract for row in result.rows] == [True, True]
    assert result.included_used == {"LUMI": 1}


@pytest.mark.parametrize(
    ("start", "product", "price"),
    [("06:00", "HALY-2", "115.50"), ("20:59", "HALY-2", "115.50"), ("21:00", "HALY-3", "173.25")]
    + [("23:59", "HALY-3", "173.25"), ("00:00", "HALY-3", "173.25"), ("05:59", "HALY-3", "173.25")],
)
def test_the_call_out_fee_follows_the_clock_at_the_beginning_of_the_visit(start: str, product: str, price: str) -> None:
    result = charged([worked("r", "SAH-1", start, 120, "57.75")], HALY_2, HALY_3, order=URGENT)
    (fee,) = result.derived
    assert (fee.product_id, fee.quantity, fee.unit_price, fee.net) == (
        product,
        Decimal(1),
        Decimal(price),
        Decimal(price),
    )


def test_a_call_out_is_paid_once_for_each_visit() -> None:
    rows = [worked("a", "SAH-1", "20:30", 60, "57.75"), worked("b", "SAH-1", "21:30", 60, "57.75")]
    assert [fee.product_id for fee in charged(rows, HALY_3, HALY_2, order=URGENT).derived] == ["HALY-2"]
    assert charged(rows, HALY_2, HALY_3).derived == ()


def test_the_vehicle_fee_includes_25_kilometres() -> None:
    rows = [
        worked("a", "SAH-1", "08:00", 60, "57.75"),
        recorded("k1", "KM", "18", "0.93", product_kind="travel", unit="km"),
        recorded("k2", "KM", "22", "0.93", product_kind="travel", unit="km"),
    ]
    result = charged(rows, AUTO)
    (fee,) = result.derived
    assert (fee.product_id, fee.unit, fee.net) == ("AUTO", "käynti", Decimal("33.87"))
    assert [row.charged_quantity for row in result.rows] == [Decimal(1), Decimal(0), Decimal(15)]
    assert result.rows[2].net == Decimal("13.95")
    assert result.rows[2].worked_quantity == 22


def test_small_supplies_are_two_per_cent_of_material() -> None:
    rows = [
        material("cable", "MMJ-3x2.5", "17", "1.4520"),
        material("socket", "PR-2OS", "3", "9.80"),
        worked("work", "SAH-1", "08:00", 60, "57.75"),
        material("returned", "PR-2OS", "-1", "9.80"),
    ]
    (extra,) = charged(rows, PIENT).derived
    assert extra.net == Decimal("0.89")  # 24.68 + 29.40 - 9.80 = 44.28; 2 % is 0.8856
    assert extra.row_ids == ("cable", "returned", "socket")


@pytest.mark.parametrize(
    ("base", "extra"), [("0.25", "0.01"), ("0.75", "0.02"), ("0.24", None), ("25.25", "0.51"), ("-25.25", "-0.51")]
)
def test_a_surcharge_is_rounded_half_away_from_zero(base: str, extra: str | None) -> None:
    quantity = "-1" if base.startswith("-") else "1"
    derived = charged([material("m", "X", quantity, base.lstrip("-"))], PIENT).derived
    assert [row.net for row in derived] == ([] if extra is None else [Decimal(extra)])


@pytest.mark.parametrize(
    ("mark", "factor", "net"),
    [("SAH-YT50", "1.5", "57.75"), ("SAH-YT100", "2", "115.50"), ("SAH-YT200", "3", "231.00")],
)
def test_overtime_is_a_supplement_on_the_base_row(mark: str, factor: str, net: str) -> None:
    rows = [recorded("r", "SAH-1", "2", "57.75", marks=frozenset({mark}))]
    result = charged(rows, *(overtime(*one) for one in (("SAH-YT50", "1.5"), ("SAH-YT100", "2"), ("SAH-YT200", "3"))))
    (extra,) = result.derived
    assert (extra.product_id, extra.quantity, extra.net) == (mark, Decimal(2), Decimal(net))
    assert result.rows[0].net == Decimal("115.50")
    assert result.net == Decimal("115.50") * Decimal(factor)


def test_overtime_by_the_hours_of_the_day() -> None:
    first = rule(
        "first two",
        {"kind": "factor", "factor": "1.5", "product_id": "YT50"},
        conditions={"day_hours": {"from": "8", "to": "10"}},
    )
    later = rule(
        "later", {"kind": "factor", "factor": "2", "product_id": "YT100"}, conditions={"day_hours": {"from": "10"}}
    )
    rows = [worked("a", "SAH-1", "07:00", 300), worked("b", "SAH-1", "13:00", 360), recorded("c", "SAH-1", "1")]
    derived = charged(rows, first, later, order=OrderFacts(ORDER_ID)).derived
    assert {(row.row_ids, row.product_id, row.quantity) for row in derived} == {
        (("b",), "YT50", Decimal(2)),
        (("b",), "YT100", Decimal(1)),
        (("c",), "YT100", Decimal(1)),
    }
    earlier = OrderFacts(ORDER_ID, earlier_hours={("w1", rows[0].work_date): Decimal("7.5")})
    in_first = [row for row in charged(rows[:1], first, later, order=earlier).derived if row.product_id == "YT50"]
    assert [row.quantity for row in in_first] == [Decimal(2)]


def test_saturday_evening_to_sunday_is_split_where_the_day_and_the_band_change() -> None:
    sunday = rule("su", {"kind": "factor", "factor": "2", "product_id": "SU"}, conditions={"weekdays": [7]}, priority=1)
    night = rule(
        "night",
        {"kind": "factor", "factor": "1.5", "product_id": "NIGHT"},
        conditions={"clock": {"from": "21:00", "to": "06:00"}},
    )
    row = worked("r", "SAH-1", "20:15", 5 * 60, "57.75", work_date=SATURDAY)
    derived = {one.product_id: one for one in charged([row], sunday, night).derived}
    assert derived["NIGHT"].quantity == Decimal(3)
    assert derived["SU"].quantity == Decimal("1.25")
    assert derived["NIGHT"].unit_price == Decimal("28.8750")
    assert derived["NIGHT"].net == Decimal("86.63")  # 3 × 28.875 = 86.625


def test_rules_of_two_groups_add_up() -> None:
    sunday = rule("su", {"kind": "factor", "factor": "2", "product_id": "SU"}, conditions={"weekdays": [7]})
    row = worked("r", "SAH-1", "10:00", 120, "50", work_date=SUNDAY, marks=frozenset({"YT50"}))
    assert charged([row], sunday, overtime("YT50", "1.5")).net == Decimal("250.00")


@pytest.mark.parametrize(
    ("day", "eves", "holiday"),
    [
        (date(2026, 12, 24), True, True),
        (date(2026, 12, 24), False, False),
        (date(2026, 6, 19), True, True),
        (date(2026, 6, 19), False, False),
        (date(2026, 12, 6), False, True),
        (date(2026, 10, 31), False, True),
        (date(2026, 12, 31), True, False),
    ],
)
def test_eves_are_holidays_by_setting(day: date, eves: bool, holiday: bool) -> None:
    wanted = {"holiday": True, "eves": eves}
    factor = rule("pyhä", {"kind": "factor", "factor": "2", "product_id": "PYHA"}, conditions=wanted)
    derived = charged([recorded("r", "SAH-1", "1", work_date=day)], factor).derived
    assert bool(derived) == holiday


def test_a_visit_is_rounded_as_a_whole_and_the_last_row_bears_it() -> None:
    rows = [worked("a", "HUOLTO", "08:00", 10), worked("b", "HUOLTO", "09:00", 10), worked("c", "HUOLTO", "10:00", 10)]
    assert charged(rows, HUOLTO).net == Decimal("22.56")  # 3 × 0.167 h × 45: never less than worked
    rows[2] = worked("c", "HUOLTO", "10:00", 15)
    result = charged(rows, HUOLTO)
    assert [row.charged_quantity for row in result.rows] == [Decimal("0.167"), Decimal("0.167"), Decimal("0.666")]
    other = worked("d", "HUOLTO", "08:00", 10, worker="w2")
    assert charged([*rows, other], HUOLTO).rows[3].charged_quantity == Decimal("0.5")


def test_named_visits_are_rounded_apart_unless_the_rule_says_per_day() -> None:
    rows = [worked("a", "HUOLTO", "08:00", 10, visit="1"), worked("b", "HUOLTO", "15:00", 10, visit="2")]
    by_day = rule("day", {"kind": "step", "minutes": 30, "per": "day"}, conditions=of("HUOLTO"))
    assert sum(row.charged_quantity for row in charged(rows, HUOLTO).rows) == 1
    assert sum(row.charged_quantity for row in charged(rows, by_day).rows) == Decimal("0.5")


@pytest.mark.parametrize("row", [recorded("r", "SAH-1", "-0.5"), recorded("r", "SAH-1", "0.5", correction=True)])
def test_returns_and_corrections_get_no_minimum_and_make_no_visit(row: RecordedRow) -> None:
    result = charged([row], SAH_1, HALY_2, AUTO, order=URGENT)
    assert result.rows[0].charged_quantity == row.quantity
    assert result.derived == ()


def test_a_negative_row_takes_its_supplement_back() -> None:
    night = rule(
        "night",
        {"kind": "factor", "factor": "2", "product_id": "N"},
        conditions={"clock": {"from": "21:00", "to": "06:00"}},
    )
    done = worked("a", "SAH-1", "20:00", 120)
    back = recorded("b", "SAH-1", "-2", started_at=done.started_at, ended_at=done.ended_at)
    assert charged([done, back], night).net == 0


def test_what_is_not_charged_brings_no_fees() -> None:
    rows = [worked("a", "SAH-1", "08:00", 30, chargeable=False), material("m", "X", "1", "100", chargeable=False)]
    result = charged(rows, SAH_1, AUTO, PIENT)
    assert (result.net, result.derived) == (0, ())
    assert result.rows[0].charged_quantity == Decimal("0.5")


def test_clock_conditions_need_clock_times_but_weekdays_do_not() -> None:
    night = rule(
        "night",
        {"kind": "factor", "factor": "2", "product_id": "N"},
        conditions={"clock": {"from": "00:00", "to": "00:00"}},
    )
    sunday = rule("su", {"kind": "factor", "factor": "2", "product_id": "SU"}, conditions={"weekdays": [7]})
    derived = charged([recorded("r", "SAH-1", "1", work_date=SUNDAY)], night, sunday).derived
    assert [row.product_id for row in derived] == ["SU"]
    with_clock = charged([worked("r", "SAH-1", "10:00", 60, work_date=SUNDAY)], night, sunday).derived
    assert [row.product_id for row in with_clock] == ["N"]


def test_a_pause_is_shared_in_proportion() -> None:
    night = rule(
        "night",
        {"kind": "factor", "factor": "2", "product_id": "N"},
        conditions={"clock": {"from": "21:00", "to": "06:00"}},
    )
    row = recorded("r", "SAH-1", "3", started_at=at("19:00"), ended_at=at("23:00"))
    assert charged([row], night).derived[0].quantity == Decimal("1.5")


def test_the_factor_is_paid_for_charged_hours_unless_the_rule_says_worked() -> None:
    effect = {"kind": "factor", "factor": "2", "product_id": "SU"}
    row = worked("r", "SAH-1", "10:00", 30, work_date=SUNDAY)
    assert charged([row], SAH_1, rule("su", effect)).derived[0].quantity == Decimal(2)
    by_work = rule("su", {**effect, "basis": "worked"})
    assert charged([row], SAH_1, by_work).derived[0].quantity == Decimal("0.5")


@pytest.mark.parametrize(
    ("day", "start", "minutes", "in_band"),
    [
        pytest.param(date(2026, 3, 29), "00:00", 300, "2", id="spring-the-hour-after-three-is-missing"),
        pytest.param(date(2026, 10, 25), "00:00", 480, "4", id="autumn-the-hour-after-three-comes-twice"),
        pytest.param(date(2026, 10, 24), "00:00", 480, "3", id="an-ordinary-night"),
    ],
)
def test_the_clocks_change(day: date, start: str, minutes: int, in_band: str) -> None:
    band = {"clock": {"from": "02:00", "to": "05:00"}}
    night = rule("night", {"kind": "factor", "factor": "2", "product_id": "N"}, conditions=band)
    (extra,) = charged([worked("r", "X", start, minutes, work_date=day)], night).derived
    assert extra.quantity == Decimal(in_band)


def test_a_band_that_begins_in_the_repeated_hour_holds_in_both() -> None:
    band = {"clock": {"from": "03:30", "to": "04:00"}}
    half = rule("half", {"kind": "factor", "factor": "2", "product_id": "N"}, conditions=band)
    (extra,) = charged([worked("r", "X", "00:00", 480, work_date=date(2026, 10, 25))], half).derived
    assert extra.quantity == Decimal(1)


def test_the_work_date_decides_the_period_of_a_rule() -> None:
    bounded = {**HUOLTO, "valid_from": "2026-11-17", "valid_to": "2026-11-17"}
    days = [date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)]
    rows = [recorded(f"r{day}", "HUOLTO", "0.1", work_date=day) for day in days]
    assert [row.charged_quantity for row in charged(rows, bounded).rows] == [
        Decimal("0.1"),
        Decimal("0.5"),
        Decimal("0.1"),
    ]
    assert charged(rows, {**HUOLTO, "archived": True}).rows[1].charged_quantity == Decimal("0.1")


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({"site_ids": ["house"]}, True),
        ({"site_ids": ["other"]}, False),
        ({"customer_ids": ["customer"]}, True),
        ({"customer_ids": ["other"]}, False),
        ({"price_groups": ["gold"]}, True),
        ({"price_groups": ["silver"]}, False),
        ({"order_types": ["fault"]}, False),
        ({"workers": ["w1", "w2"]}, True),
        ({"workers": ["w2"]}, False),
        ({"product_kinds": ["labour"]}, True),
        ({"product_kinds": ["material"]}, False),
        ({"urgent": False}, True),
        ({"urgent": True}, False),
        ({"weekdays": [2]}, True),
        ({"weekdays": [1, 3]}, False),
        ({"holiday": False}, True),
        ({"holiday": True}, False),
        ({"clock": {"from": "08:00", "to": "09:00"}}, True),
        ({"clock": {"from": "09:00", "to": "08:00"}}, False),
    ],
)
def test_each_condition(conditions: dict[str, Any], holds: bool) -> None:
    step = rule("s", {"kind": "step", "minutes": 60}, conditions=conditions)
    (row,) = charged([worked("r", "X", "08:00", 30)], step).rows
    assert row.charged_quantity == (Decimal(1) if holds else Decimal("0.5"))


def test_fees_of_one_product_compete_and_those_of_two_add_up() -> None:
    def fee(name: str, product: str, price: str, **more: Any) -> dict[str, Any]:
        return rule(name, {"kind": "fee", "product_id": product, "unit_price": price, **more})

    rows = [worked("a", "X", "08:00", 60), worked("b", "X", "08:00", 60, worker="w2")]
    result = charged(rows, fee("1", "JATE", "10"), fee("2", "JATE", "99"), fee("3", "YMP", "2.50", per="visit"))
    assert [(row.product_id, row.net) for row in result.derived] == [
        ("JATE", Decimal("10.00")),
        ("YMP", Decimal("2.50")),
        ("YMP", Decimal("2.50")),
    ]
    assert [row.worker for row in result.derived][0] is None
    assert {row.worker for row in result.derived[1:]} == {"w1", "w2"}


def test_a_repeated_hour_is_one_condition_and_a_whole_day_has_no_gap() -> None:
    day = rule(
        "d",
        {"kind": "factor", "factor": "2", "product_id": "D"},
        conditions={"clock": {"from": "04:00", "to": "04:00"}},
    )
    (extra,) = charged([worked("r", "X", "00:00", 600, work_date=date(2026, 10, 25))], day).derived
    assert extra.quantity == Decimal(10)


def test_a_span_of_months_is_a_slip_and_has_no_clock() -> None:
    band = {"clock": {"from": "21:00", "to": "06:00"}}
    night = rule("night", {"kind": "factor", "factor": "2", "product_id": "N"}, conditions=band)
    slip = recorded("r", "X", "2", started_at=at("20:00"), ended_at=at("22:00", date(2027, 11, 17)))
    assert charged([slip], night).derived == ()


def test_a_very_short_row_is_at_least_a_minute() -> None:
    (row,) = charged([recorded("r", "HUOLTO", "0.001")], HUOLTO).rows
    assert row.charged_quantity == Decimal("0.5")


def test_a_surcharge_is_split_by_the_vat_rate_of_its_rows() -> None:
    old, new = Decimal("24"), Decimal("25.5")
    rows = [
        material("a", "X", "1", "100", vat_rate_percent=old, work_date=date(2024, 8, 31)),
        material("b", "X", "1", "200", vat_rate_percent=new, work_date=date(2024, 9, 1)),
        material("c", "X", "1", "50", vat_rate_percent=Decimal("25.50"), work_date=date(2024, 9, 2)),
    ]
    derived = charged(rows, PIENT).derived
    assert [(row.net, row.work_date) for row in derived] == [
        (Decimal("2.00"), date(2024, 8, 31)),
        (Decimal("5.00"), date(2024, 9, 2)),
    ]


def test_hours_of_the_base_price_and_supplements_keep_the_row_s_discount() -> None:
    row = worked("a", "SAH-1", "08:00", 120, "50", discount_percent=Decimal(8), marks=frozenset({"YT50"}))
    derived = charged([row], HALY_2, overtime("YT50", "1.5"), order=URGENT).derived
    assert [one.net for one in derived] == [Decimal("46.00"), Decimal("92.00")]


def test_the_first_rule_by_priority_and_then_id_wins() -> None:
    half = {**HUOLTO, "id": "b"}
    whole = rule("c", {"kind": "step", "minutes": 60}, priority=50, conditions=of("HUOLTO"))
    quarter = {**HUOLTO, "id": "a", "effects": [{"kind": "step", "minutes": 15}]}
    row = recorded("r", "HUOLTO", "0.1")
    assert charged([row], half, quarter).rows[0].charged_quantity == Decimal("0.25")
    assert charged([row], half, quarter, whole).rows[0].charged_quantity == Decimal(1)


def test_included_work_has_price_zero_and_no_minimum_and_a_return_of_it_none_either() -> None:
    contract = rule("all", {"kind": "included"}, conditions=of("SAH-1"))
    later = date(2026, 11, 30)
    rows = [recorded("a", "SAH-1", "0.5", "57.75"), recorded("b", "SAH-1", "-0.5", "57.75", work_date=later)]
    result = charged(rows, contract, SAH_1, HALY_2, order=URGENT)
    assert [(row.unit_price, row.charged_quantity, row.net) for row in result.rows] == [
        (Decimal(0), Decimal("0.5"), Decimal(0)),
        (Decimal(0), Decimal("-0.5"), Decimal(0)),
    ]
    assert result.derived == ()


def test_without_a_price_the_rows_are_there_and_their_amounts_are_not_known() -> None:
    row = worked("a", "SAH-1", "08:00", 120, None, marks=frozenset({"YT50"}))
    result = charged([row], HALY_2, overtime("YT50", "1.5"), order=URGENT)
    assert [one.unit_price for one in result.derived] == [None, None]
    assert [one.explanation[0].code for one in result.derived] == ["factor_without_price", "call_out_without_price"]
    assert result.net == 0
