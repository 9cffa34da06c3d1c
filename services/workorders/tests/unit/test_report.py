"""The customer's report: sums of plain values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.workorders.domain.report import (
    Group,
    Place,
    ReportOrder,
    ReportRow,
    Subject,
    report_of,
    totals_of,
)

_DAY = date(2026, 11, 2)


def _row(
    quantity: str, net: str | None = "10.00", *, unit: str = "h", charged: bool = True, **more: object
) -> ReportRow:
    given_values = {"worked": Decimal(quantity), "billed": False, **more}
    return ReportRow(
        id="row",
        work_date=_DAY,
        product_code="SAH-1",
        description="Sähköasentaja",
        quantity=Decimal(quantity),
        unit=unit,
        chargeability="charge" if charged else "included",
        unit_price=None,
        net=None if net is None else Decimal(net),
        charged=charged,
        **given_values,  # type: ignore[arg-type]
    )


def _order(*rows: ReportRow, kind: str = "extra", site: Place | None = None) -> ReportOrder:
    return ReportOrder("order", "1001", kind, "approved", "", site, None, rows)


def test_what_is_not_charged_counts_as_work_and_not_as_money() -> None:
    sums = totals_of([_order(_row("2", "115.50"), _row("3", "173.25", charged=False))])
    assert (sums.hours, sums.charged_hours, sums.net) == (Decimal(5), Decimal(2), Decimal("115.50"))


def test_worked_and_charged_time_are_told_apart() -> None:
    sums = totals_of([_order(_row("2", "115.50", worked=Decimal("1.250")))])
    assert (sums.hours, sums.charged_hours) == (Decimal("1.250"), Decimal(2))


def test_a_supplement_is_money_and_no_more_hours() -> None:
    supplement = _row("3", "173.25", worked=Decimal(0), derived=True)
    sums = totals_of([_order(_row("3", "173.25"), supplement)])
    assert (sums.hours, sums.charged_hours, sums.net) == (Decimal(3), Decimal(3), Decimal("346.50"))


def test_a_row_without_a_price_is_counted_instead_of_hidden() -> None:
    sums = totals_of([_order(_row("2", None), _row("1", "57.75", billed=True))])
    assert (sums.net, sums.billed, sums.unbilled, sums.unpriced) == (
        Decimal("57.75"),
        Decimal("57.75"),
        Decimal("0.00"),
        1,
    )


def test_orders_without_a_site_come_last() -> None:
    haapa, koivu = Place("h", "Haapapiha"), Place("k", "Koivuranta")
    orders = [_order(site=None), _order(site=koivu), _order(site=haapa), _order(site=koivu)]
    report = report_of(Subject("c", "1001", "Haapapiha"), _DAY, _DAY, orders)
    assert [(group.key, group.totals.orders) for group in report.by_site] == [("h", 1), ("k", 2), (None, 1)]


_ROWS = st.builds(
    _row,
    st.decimals("-50", "50", places=3).map(str),
    st.none() | st.decimals("-999", "999", places=2).map(str),
    unit=st.sampled_from(["h", "kpl", "km"]),
    charged=st.booleans(),
    derived=st.booleans(),
    billed=st.booleans(),
)
_ORDERS = st.lists(st.builds(lambda rows, kind: _order(*rows, kind=kind), st.lists(_ROWS), st.sampled_from("abc")))


@given(_ORDERS)
def test_the_groups_add_up_to_the_whole(orders: list[ReportOrder]) -> None:
    report = report_of(Subject("c", "1", "n"), _DAY, _DAY, orders)
    for name in ("orders", "rows", "hours", "charged_hours", "net", "billed", "unbilled", "unpriced"):
        whole = getattr(report.totals, name)
        for groups in (report.by_site, report.by_package, report.by_type):
            assert _sum(groups, name) == whole


def _sum(groups: tuple[Group, ...], name: str) -> Decimal:
    return sum((Decimal(getattr(group.totals, name)) for group in groups), Decimal(0))
