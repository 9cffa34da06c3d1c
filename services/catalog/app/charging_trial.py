"""Trying charging rules on rows that nobody recorded: for whoever writes the rules. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from services.catalog.app.charging_rules import rule_of, rules_in_use
from services.catalog.app.price_facts import explain_price
from services.catalog.app.whose_prices import whose_prices
from services.catalog.domain.errors import InvalidTrial
from services.catalog.models import Product
from shared.charging import (
    UNMET,
    ChargedRow,
    ChargingRule,
    DerivedRow,
    DocumentFacts,
    Finding,
    InvalidChargingRule,
    InvoiceFeeRow,
    OrderFacts,
    PriceFrom,
    RecordedRow,
    examine,
    invoice_fee,
)
from shared.db import UnitOfWork
from shared.errors import FieldError
from shared.ids import new_id
from shared.money import line_net, round_quantity
from shared.prices import Question
from shared.vat import NoVatRate, VatClass, rate_on


@dataclass(frozen=True, slots=True)
class Trial:
    """What the order would be charged. Rows are named by their place: "0" is the first.

    rows, derived  as `shared.charging` gives them, with the code, name and unit of the product
    findings       for each rule (by priority) and row, with texts
    worked_net     what the rows would cost without any rule
    """

    rows: Sequence[Mapping[str, Any]]
    derived: Sequence[Mapping[str, Any]]
    findings: Sequence[Mapping[str, Any]]
    included_used: Mapping[str, int]
    invoice_fee: InvoiceFeeRow | None
    worked_net: Decimal
    charged_net: Decimal


def try_rules(uow: UnitOfWork, given: Mapping[str, Any]) -> Trial:
    """Charge rows with the saved rules and those given, and say of each rule what it did or why it did nothing.

    given  order, rows, rules, with_saved and document, as `api.charging_schemas.TrialIn` reads them
    Raises InvalidTrial if a row names no product, InvalidChargingRule for the rules: each with everything wrong.
    """
    order = _order_facts(uow, given["order"])
    rules = _rules(uow, given["rules"], with_saved=given["with_saved"])
    prices = _Prices(uow, order)
    rows = _recorded(uow, prices, given["rows"])
    examined = examine(order, rows, rules)
    derived = [_priced(prices, row) for row in examined.result.derived]
    document = given["document"]
    nets = [*(row.net for row in examined.result.rows), *(row.net for row in derived)]
    return Trial(
        rows=[
            {**_fields(charged), "product_code": prices.products[row.product_id].code, "unit": row.unit}
            for row, charged in zip(rows, examined.result.rows, strict=True)
        ],
        derived=[_with_product(prices, row) for row in derived],
        findings=_findings(examined.findings, rules),
        included_used=examined.result.included_used,
        invoice_fee=None if document is None else _invoice_fee(prices, order, document, rules),
        worked_net=_sum(_worked_net(row) for row in rows if row.chargeable),
        charged_net=_sum(nets),
    )


class _Prices:
    """Products and what they cost for the customer of the trial."""

    def __init__(self, uow: UnitOfWork, order: OrderFacts) -> None:
        self._uow = uow
        self._order = order
        self.products: dict[str, Product] = {}

    def product(self, product_id: str) -> Product | None:
        """Return the product, or None."""
        if product_id not in self.products:
            found = self._uow.session.scalar(select(Product).where(Product.id == product_id))
            if found is None:
                return None
            self.products[product_id] = found
        return self.products[product_id]

    def price(self, product_id: str, quantity: Decimal, day: date) -> Decimal | None:
        """Return what one unit costs for this order on this day, None if nothing says it."""
        order = self._order
        question = Question(day, quantity, order.customer_id, order.price_group, order.site_path)
        return explain_price(self._uow, product_id, question).unit_price


def _order_facts(uow: UnitOfWork, given: Mapping[str, Any]) -> OrderFacts:
    whose = whose_prices(uow, given["customer_id"], given["price_group"], given["site_path"])
    return OrderFacts(
        id=new_id(),
        customer_id=given["customer_id"],
        price_group=whose.price_group,
        site_path=whose.site_path,
        order_type=given["order_type"],
        urgent=given["urgent"],
        included_used=given["included_used"],
        earlier_hours={(one["worker"], one["work_date"]): one["hours"] for one in given["earlier_hours"]},
    )


def _rules(uow: UnitOfWork, given: Sequence[Mapping[str, Any]], *, with_saved: bool) -> list[ChargingRule]:
    """The saved rules, those given in place of saved ones with their ids, and those that are new."""
    saved = {stored.id: stored.value() for stored in rules_in_use(uow)} if with_saved else {}
    errors: list[FieldError] = []
    for index, fields in enumerate(given):
        rule_id = fields.get("id") or new_id()
        try:
            saved[rule_id] = rule_of(uow, {"priority": index, **fields, "id": rule_id})
        except InvalidChargingRule as wrong:
            errors += [FieldError(f"/rules/{index}{one.pointer}", one.code, one.detail) for one in wrong.errors]
    if errors:
        raise InvalidChargingRule(errors=errors)
    return sorted(saved.values(), key=lambda rule: (rule.priority, rule.id))


def _recorded(uow: UnitOfWork, prices: _Prices, given: Sequence[Mapping[str, Any]]) -> list[RecordedRow]:
    errors: list[FieldError] = []
    found: list[RecordedRow] = []
    for index, row in enumerate(given):
        product = prices.product(row["product_id"])
        if product is None:
            errors.append(FieldError(f"/rows/{index}/product_id", "unknown_product", "There is no such product."))
        else:
            found.append(_row(prices, product, index, row))
    if errors:
        raise InvalidTrial(errors=errors)
    return found


def _row(prices: _Prices, product: Product, index: int, given: Mapping[str, Any]) -> RecordedRow:
    price = given["unit_price"]
    if price is None:
        price = prices.price(product.id, given["quantity"], given["work_date"])
    same = ("quantity", "work_date", "worker", "discount_percent", "started_at", "ended_at", "visit")
    return RecordedRow(
        id=str(index),
        product_id=product.id,
        product_kind=product.kind,
        unit=product.unit,
        unit_price=price,
        marks=frozenset(given["marks"]),
        correction=given["correction"],
        chargeable=given["chargeable"],
        vat_rate_percent=_vat_rate(product, given["work_date"]),
        **{name: given[name] for name in same},
    )


def _vat_rate(product: Product, day: date) -> Decimal:
    """The rate of the day; before the table of rates begins all rows of a class have the same one anyway."""
    try:
        return rate_on(VatClass(product.vat_class), day)
    except NoVatRate:
        return Decimal(0)


def _priced(prices: _Prices, row: DerivedRow) -> DerivedRow:
    if row.price_from is not PriceFrom.PRODUCT:
        return row
    price = prices.price(row.product_id, row.quantity, row.work_date)
    net = None if price is None else line_net(row.quantity, price, row.discount_percent)
    return replace(row, unit_price=price, net=net)


def _with_product(prices: _Prices, row: DerivedRow) -> dict[str, Any]:
    product = prices.product(row.product_id)
    named = {"product_code": product.code, "product_name": product.name} if product is not None else {}
    return {**_fields(row), **named}


def _findings(findings: Sequence[Finding], rules: Sequence[ChargingRule]) -> list[dict[str, Any]]:
    names = {rule.id: rule.name for rule in rules}
    return [
        {
            "rule_id": one.rule_id,
            "rule_name": names[one.rule_id],
            "row_id": one.row_id,
            "verdict": one.verdict.value,
            "unmet": [{"condition": name, "text": UNMET[name]} for name in one.unmet],
            "stronger": one.stronger,
        }
        for one in findings
    ]


def _invoice_fee(
    prices: _Prices, order: OrderFacts, given: Mapping[str, Any], rules: Sequence[ChargingRule]
) -> InvoiceFeeRow | None:
    facts = DocumentFacts(given["day"], given["channel"], order.customer_id, order.price_group)
    fee = invoice_fee(facts, rules)
    if fee is None or fee.unit_price is not None:
        return fee
    return replace(fee, unit_price=prices.price(fee.product_id, fee.quantity, given["day"]))


def _fields(row: ChargedRow | DerivedRow) -> dict[str, Any]:
    """All fields of a row; quantities have their 3 decimals, however many the caller wrote."""
    found = {name: getattr(row, name) for name in type(row).__dataclass_fields__}
    return {name: round_quantity(value) if name.endswith("quantity") else value for name, value in found.items()}


def _worked_net(row: RecordedRow) -> Decimal | None:
    return None if row.unit_price is None else line_net(row.quantity, row.unit_price, row.discount_percent)


def _sum(amounts: Any) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal("0.00"))
