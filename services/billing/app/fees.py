"""Fees of documents: the rules and products that they are made of, and how they stand in the ledger."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from services.billing.domain import ledger
from services.billing.domain.fees import FeeBook, FeeProduct
from services.billing.domain.rows import ApprovedRow
from services.billing.models import statements
from services.billing.models.ledger import balance_columns
from shared.charging import ChargingRule, InvalidChargingRule, InvoiceFee, rule_from_data
from shared.telemetry import get_logger

log = get_logger("billing.fees")

NO_FEES = FeeBook()

_OF_ORDER = (
    "tenant_id",
    "order_id",
    "workorder_id",
    "workorder_number",
    "billing_round",
    "customer_id",
    "payer_id",
    "currency",
)
"""What a fee's ledger row has from a row of the same order."""


def load_fees(session: Session, tenant_id: str, day: date) -> FeeBook:
    """The rules with an invoice fee and their products, as documents of `day` need them.

    One query if there are no such rules, else two. A rule that this release cannot read, or whose product or price is
    not known here, is logged: billing does not stop for a fee.
    """
    stored = session.connection().execute(statements.INVOICE_FEE_RULES, {"tenant": tenant_id}).all()
    if not stored:
        return NO_FEES
    rules = [rule for row in stored if (rule := _read(row.id, row.rule)) is not None and rule.holds_on(day)]
    fees = [(rule, effect) for rule in rules for effect in rule.effects if isinstance(effect, InvoiceFee)]
    wanted = {"tenant": tenant_id, "wanted": sorted({effect.product_id for _, effect in fees})}
    found = session.connection().execute(statements.FEE_PRODUCTS, wanted)
    products = {row.id: _product(row, day) for row in found}
    for rule, effect in fees:
        product = products.get(effect.product_id)
        if product is None or (effect.unit_price is None and product.list_price is None):
            log.error("invoice_fee.not_known", rule_id=rule.id, product_id=effect.product_id, known=product is not None)
    return FeeBook(tuple(rules), products)


def ledger_columns(fee: ApprovedRow, of_order: Mapping[str, Any], document_id: str) -> dict[str, Any]:
    """The ledger row of a fee, born reserved by its document. of_order: a ledger row of the order it belongs to."""
    return {
        **{name: of_order[name] for name in _OF_ORDER},
        "id": fee.ledger_id,
        "row_id": fee.row_id,
        "position": fee.position,
        "product_id": fee.product_id,
        "product_code": fee.product_code,
        "product_kind": fee.product_kind,
        "description": fee.description,
        "unit": fee.unit,
        "work_date": fee.work_date,
        "unit_price": fee.unit_price,
        "discount_percent": fee.discount_percent,
        "vat_class": fee.vat_class,
        "vat_rate_percent": fee.vat_rate_percent,
        "construction_service": fee.construction_service,
        "chargeability": "charge",
        "closed_reason": None,
        "document_id": document_id,
        "fee_rule_id": fee.fee_rule_id,
        **balance_columns(ledger.reserve(ledger.opened(fee.quantity))),
    }


def _read(rule_id: str, data: Mapping[str, Any]) -> ChargingRule | None:
    try:
        return rule_from_data(data)
    except InvalidChargingRule as error:
        log.error("charging_rule.unreadable", rule_id=rule_id, errors=[one.code for one in error.errors])
        return None


def _product(row: Row[Any], day: date) -> FeeProduct:
    return FeeProduct(
        id=row.id,
        code=row.code,
        kind=row.kind,
        unit=row.unit,
        vat_class=row.vat_class,
        target_codes=row.target_codes or {},
        list_price=_price_on(row.list_prices or (), day),
    )


def _price_on(list_prices: Iterable[Mapping[str, Any]], day: date) -> Decimal | None:
    """list_prices: as in `product.changed.v1`; no two hold on one day."""
    today = day.isoformat()
    for one in list_prices:
        if one["valid_from"] <= today and (one["valid_to"] is None or today <= one["valid_to"]):
            return Decimal(one["price"])
    return None
