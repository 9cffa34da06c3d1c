"""The customer's report over HTTP."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any, BinaryIO

from flask import Response, send_file
from marshmallow import ValidationError, fields, validate, validates_schema

from services.workorders.adapters.report_pdf import write_report_pdf
from services.workorders.adapters.report_words import LANGUAGES, WORDS, Words
from services.workorders.adapters.report_workbook import write_report_workbook
from services.workorders.app.reports import ReportWish, customer_report
from services.workorders.app.visibility import sees_prices
from services.workorders.domain.lifecycle import State
from services.workorders.domain.report import Group, Report, ReportOrder, ReportRow, Totals
from services.workorders.domain.values import OrderType
from shared.http import Blueprint, DecimalString, IdString, Schema, caller, read, requires

blp = Blueprint("reports", __name__, url_prefix="/reports", description="What was done, and what of it is billed")

_IN_MEMORY = 1_000_000
_LONGEST = timedelta(days=3 * 366)
_MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


class ReportQuery(Schema):
    """Which work of the customer, and how it is shown."""

    first = fields.Date(required=True, data_key="from", metadata={"description": "First work date"})
    last = fields.Date(required=True, data_key="to", metadata={"description": "Last work date, included"})
    site_id = IdString(metadata={"description": "This site and all below it"})
    work_package_id = IdString()
    state = fields.List(fields.Enum(State, by_value=True), load_default=list, metadata={"description": "Any of them"})
    type = fields.List(
        fields.Enum(OrderType, by_value=True), load_default=list, metadata={"description": "Any of them"}
    )
    billed = fields.Boolean(metadata={"description": "true: only billed rows; false: only rows still to be billed"})
    format = fields.String(load_default="json", validate=validate.OneOf(["json", "xlsx", "pdf"]))
    lang = fields.String(load_default="fi", validate=validate.OneOf(LANGUAGES), metadata={"description": "Of the file"})

    @validates_schema
    def _check_period(self, data: dict[str, Any], **_: Any) -> None:
        if data["last"] < data["first"]:
            raise ValidationError("The period ends before it begins.", "to")
        if data["last"] - data["first"] > _LONGEST:
            raise ValidationError("At most three years at once.", "to")


def _money(description: str) -> DecimalString:
    text = f"{description}, EUR without VAT; only with prices.read"
    return DecimalString(2, digits=16, metadata={"description": text})


def _quantity(description: str) -> DecimalString:
    return DecimalString(3, digits=16, required=True, metadata={"description": description})


class UnitSumOut(Schema):
    """How much of one unit."""

    unit = fields.String(required=True)
    worked = _quantity("Recorded")
    charged = _quantity("Charged")


class TotalsOut(Schema):
    """Sums. What is not charged counts as work, not as money."""

    orders = fields.Integer(required=True)
    rows = fields.Integer(required=True)
    hours = _quantity("Recorded hours")
    charged_hours = _quantity("Charged hours")
    units = fields.List(fields.Nested(UnitSumOut), required=True)
    net = _money("Charged")
    billed = _money("On accepted documents")
    unbilled = _money("Not on any accepted document")
    unpriced = fields.Integer(metadata={"description": "Charged rows without a price; only with prices.read"})


class GroupOut(Schema):
    """Orders that share a site, a work package or a type."""

    key = fields.String(required=True, allow_none=True, metadata={"description": "Id or code; null: those without"})
    label = fields.String(required=True)
    totals = fields.Nested(TotalsOut, required=True)


class ReportRowOut(Schema):
    """A recorded row."""

    id = fields.String(required=True)
    work_date = fields.Date(required=True)
    product_code = fields.String(required=True)
    description = fields.String(required=True)
    quantity = _quantity("Charged, in the unit")
    worked = _quantity("Recorded, in the unit")
    unit = fields.String(required=True)
    chargeability = fields.String(required=True)
    billed = fields.Boolean(required=True, metadata={"description": "An accepted document holds it"})
    unit_price = DecimalString(4, digits=14, allow_none=True, metadata={"description": "Only with prices.read"})
    net = DecimalString(
        2, digits=14, allow_none=True, metadata={"description": "null if nothing is charged; only with prices.read"}
    )


class ReportPlaceOut(Schema):
    """A site."""

    id = fields.String(required=True)
    label = fields.String(required=True, metadata={"example": "Haapapiha / Haapatie 4"})


class ReportPackageOut(Schema):
    """A work package."""

    id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)


class ReportOrderOut(Schema):
    """A work order with its rows of the period."""

    id = fields.String(required=True)
    number = fields.String(required=True)
    type = fields.String(required=True)
    state = fields.String(required=True)
    description = fields.String(required=True)
    site = fields.Nested(ReportPlaceOut, required=True, allow_none=True)
    package = fields.Nested(ReportPackageOut, required=True, allow_none=True)
    rows = fields.List(fields.Nested(ReportRowOut), required=True)


class ReportCustomerOut(Schema):
    """Whose report it is."""

    id = fields.String(required=True)
    number = fields.String(required=True)
    name = fields.String(required=True)


class ReportOut(Schema):
    """The customer's report."""

    customer = fields.Nested(ReportCustomerOut, required=True)
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    totals = fields.Nested(TotalsOut, required=True)
    by_site = fields.List(fields.Nested(GroupOut), required=True)
    by_package = fields.List(fields.Nested(GroupOut), required=True)
    by_type = fields.List(fields.Nested(GroupOut), required=True)
    orders = fields.List(fields.Nested(ReportOrderOut), required=True)


@blp.get("/customers/<customer_id>")
@requires("workorders.read")
@blp.arguments(ReportQuery, location="query")
@blp.response(200, ReportOut)
def customer(query: dict[str, Any], customer_id: str) -> dict[str, Any] | Response:
    """Report all work for a customer

    Its sites and work packages, by the work dates of recorded rows, with sums. Work for customers that were merged
    into this one is included. As JSON, or with `format` as a workbook or a PDF. At most 20,000 work orders
    and 50,000 rows, and 5,000 rows in a PDF; 422 `report.too_large` says how many there would be.
    """
    wish = ReportWish(
        customer_id=customer_id,
        first=query["first"],
        last=query["last"],
        site_id=query.get("site_id"),
        work_package_id=query.get("work_package_id"),
        states=tuple(state.value for state in query["state"]),
        types=tuple(kind.value for kind in query["type"]),
        billed=query.get("billed"),
    )
    report = customer_report(read(), wish)
    prices = sees_prices(caller())
    writers = {"xlsx": write_report_workbook, "pdf": write_report_pdf}
    if writer := writers.get(query["format"]):
        return _file(report, query["format"], writer, WORDS[query["lang"]], prices=prices)
    return _shown(report, prices=prices)


def _file(report: Report, kind: str, write: Callable[..., None], words: Words, *, prices: bool) -> Response:
    stream: BinaryIO = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # type: ignore[assignment]  # noqa: SIM115
    write(stream, report, words, prices=prices)
    stream.seek(0)
    name = f"{words.title} {report.customer.number} {report.first} {report.last}.{kind}"
    return send_file(stream, mimetype=_MEDIA_TYPES[kind], as_attachment=True, download_name=name)


def _shown(report: Report, *, prices: bool) -> dict[str, Any]:
    return {
        "customer": report.customer,
        "first": report.first,
        "last": report.last,
        "totals": _totals(report.totals, prices=prices),
        "by_site": [_group(group, prices=prices) for group in report.by_site],
        "by_package": [_group(group, prices=prices) for group in report.by_package],
        "by_type": [_group(group, prices=prices) for group in report.by_type],
        "orders": [_order(order, prices=prices) for order in report.orders],
    }


def _totals(totals: Totals, *, prices: bool) -> dict[str, Any]:
    names = ["orders", "rows", "hours", "charged_hours"]
    names += ["net", "billed", "unbilled", "unpriced"] if prices else []
    return {**{name: getattr(totals, name) for name in names}, "units": totals.units}


def _group(group: Group, *, prices: bool) -> dict[str, Any]:
    return {"key": group.key, "label": group.label, "totals": _totals(group.totals, prices=prices)}


def _order(order: ReportOrder, *, prices: bool) -> dict[str, Any]:
    names = ("id", "number", "type", "state", "description", "site", "package")
    return {
        **{name: getattr(order, name) for name in names},
        "rows": [_row(row, prices=prices) for row in order.rows],
    }


def _row(row: ReportRow, *, prices: bool) -> dict[str, Any]:
    names = ["id", "work_date", "product_code", "description", "quantity", "worked", "unit", "chargeability", "billed"]
    names += ["unit_price", "net"] if prices else []
    return {name: getattr(row, name) for name in names}
