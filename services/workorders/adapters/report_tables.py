"""The customer's report as tables of plain values: what a workbook and a PDF have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.workorders.adapters.report_words import Words
from services.workorders.domain.report import Group, Report, ReportOrder, ReportRow
from shared.excel.writing import Value


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows of as many values. numeric  indexes of columns with numbers"""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    numeric: frozenset[int] = frozenset()


def summary_tables(report: Report, words: Words, *, prices: bool) -> list[Table]:
    """Return the sums by site, work package and type, each with a line of totals; money only with `prices`."""
    by_type = [Group(group.key, words.types.get(group.label, group.label), group.totals) for group in report.by_type]
    kinds: Sequence[tuple[str, str, Sequence[Group]]] = (
        (words.site, words.without_site, report.by_site),
        (words.package, words.without_package, report.by_package),
        (words.type, "", by_type),
    )
    total = Group("total", words.total, report.totals)
    money = (words.net, words.billed, words.unbilled, words.unpriced) if prices else ()
    tables = []
    for name, without, groups in kinds:
        header = (name, words.orders, words.hours, words.charged_hours, *money)
        rows = tuple(_sums(group, without, prices=prices) for group in (*groups, total))
        tables.append(Table(name, header, rows, frozenset(range(1, len(header)))))
    return tables


def row_table(report: Report, words: Words, *, prices: bool) -> Table:
    """Return a line for each recorded row, and one for an order without any."""
    columns = (
        words.order,
        words.type,
        words.state,
        words.site,
        words.package,
        words.date,
        words.product,
        words.description,
        words.worked,
        words.quantity,
        words.unit,
        words.chargeability,
        words.billed,
    )
    header = (*columns, words.unit_price, words.net) if prices else columns
    rows = tuple(_lines(report.orders, words, prices=prices))
    return Table(words.rows, header, rows, frozenset({8, 9, 13, 14}))


def _sums(group: Group, without: str, *, prices: bool) -> tuple[Value, ...]:
    sums = group.totals
    label = without if group.key is None else group.label
    plain: tuple[Value, ...] = (label, sums.orders, sums.hours, sums.charged_hours)
    return (*plain, sums.net, sums.billed, sums.unbilled, sums.unpriced) if prices else plain


def _lines(orders: Sequence[ReportOrder], words: Words, *, prices: bool) -> Iterator[tuple[Value, ...]]:
    for order in orders:
        shared = _order_cells(order, words)
        if not order.rows:
            blank: tuple[Value, ...] = (None, None, order.description, None, None, None, None, None)
            yield (*shared, *blank, None, None) if prices else (*shared, *blank)
        for row in order.rows:
            yield (*shared, *_row_cells(row, words, prices=prices))


def _order_cells(order: ReportOrder, words: Words) -> tuple[Value, ...]:
    return (
        order.number,
        _word(words.types, order.type),
        _word(words.states, order.state),
        order.site.label if order.site else None,
        f"{order.package.code} {order.package.name}" if order.package else None,
    )


def _row_cells(row: ReportRow, words: Words, *, prices: bool) -> tuple[Value, ...]:
    cells: tuple[Value, ...] = (
        row.work_date,
        row.product_code,
        row.description,
        row.worked,
        row.quantity,
        row.unit,
        _word(words.chargeabilities, row.chargeability),
        words.yes if row.billed else words.no,
    )
    return (*cells, row.unit_price, row.net if row.charged else None) if prices else cells


def _word(words: Mapping[str, str], code: str) -> str:
    return words.get(code, code)
