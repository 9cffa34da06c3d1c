"""Events that billing consumes: what each type does, in two tables."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from services.billing.app.orders import Approval, ApprovedWorkRow, register_approved_order, reopen_order
from services.billing.models import ChargingRuleCopy, CustomerCopy, ProductCopy
from shared.bus.consumer import Consumer, CopySource
from shared.bus.copies import apply_copy
from shared.bus.envelope import Event
from shared.charging import EffectKind
from shared.clock import utc_now
from shared.db import UnitOfWork

_CUSTOMER_FIELDS = (
    "number",
    "name",
    "kind",
    "business_id",
    "vat_number",
    "billing_address",
    "email",
    "language",
    "payment_term_days",
    "invoice_channel",
    "einvoice_address",
    "einvoice_operator",
    "billing_rhythm",
    "payer_id",
    "required_references",
    "price_group",
    "on_hold",
    "archived",
)
_PRODUCT_FIELDS = (
    "code",
    "name",
    "kind",
    "unit",
    "vat_class",
    "revenue_account",
    "invoice_text",
    "target_codes",
    "archived",
)


def on_customer_changed(uow: UnitOfWork, event: Event) -> None:
    """Keep the copy of a customer."""
    seller_from = event.data["construction_seller_from"]
    values = {name: event.data[name] for name in _CUSTOMER_FIELDS}
    values["invoice_grouping"] = event.data.get("invoice_grouping")
    values["merged_into"] = event.data.get("merged_into")
    percent = event.data.get("late_interest_percent")
    values["late_interest_percent"] = Decimal(percent) if percent is not None else None
    values["construction_seller_from"] = date.fromisoformat(seller_from) if seller_from else None
    seller_to = event.data.get("construction_seller_to")
    values["construction_seller_to"] = date.fromisoformat(seller_to) if seller_to else None
    apply_copy(uow, CustomerCopy, event, values)


def on_product_changed(uow: UnitOfWork, event: Event) -> None:
    """Keep the copy of a product."""
    values = {name: event.data[name] for name in _PRODUCT_FIELDS}
    values["list_prices"] = event.data.get("list_prices")
    apply_copy(uow, ProductCopy, event, values)


def on_charging_rule_changed(uow: UnitOfWork, event: Event) -> None:
    """Keep the copy of a charging rule."""
    kinds = {effect["kind"] for effect in event.data["effects"]}
    values = {"rule": dict(event.data), "has_invoice_fee": EffectKind.INVOICE_FEE in kinds}
    apply_copy(uow, ChargingRuleCopy, event, values)


def on_order_approved(uow: UnitOfWork, event: Event) -> None:
    """Rows into the ledger; a document at once if the customer is billed so."""
    register_approved_order(uow, approval_of(event.data), now=utc_now())


def on_order_reopened(uow: UnitOfWork, event: Event) -> None:
    """Take back what is not transferred."""
    data = event.data
    reopen_order(uow, data["id"], data["billing_round"], data["reason"], now=utc_now())


COPIES = Consumer(
    name="billing.copies",
    handlers={
        "customer.changed.v1": on_customer_changed,
        "product.changed.v1": on_product_changed,
        "charging_rule.changed.v1": on_charging_rule_changed,
    },
    copies=(
        CopySource("customers", "customer", "customer.changed.v1"),
        CopySource("catalog", "product", "product.changed.v1"),
        CopySource("catalog", "charging_rule", "charging_rule.changed.v1"),
    ),
)

WORKORDERS = Consumer(
    name="billing.workorders",
    handlers={
        "workorder.approved.v1": on_order_approved,
        "workorder.reopened.v1": on_order_reopened,
    },
)


def approval_of(data: Mapping[str, Any]) -> Approval:
    """Read the data of `workorder.approved.v1`; its form was checked by the catalogue."""
    return Approval(
        workorder_id=data["id"],
        number=data["number"],
        billing_round=data["billing_round"],
        customer_id=data["customer_id"],
        type=data["type"],
        description=data["description"],
        references={name: value for name, value in data["references"].items() if value},
        site_name=data["site_name"],
        site_address=data["site_address"],
        approved_at=datetime.fromisoformat(data["approved_at"]),
        rows=[_row(row) for row in data["rows"]],
    )


def _row(row: Mapping[str, Any]) -> ApprovedWorkRow:
    return ApprovedWorkRow(
        id=row["id"],
        product_id=row["product_id"],
        product_code=row["product_code"],
        product_kind=row["product_kind"],
        description=row["description"],
        quantity=Decimal(row["quantity"]),
        unit=row["unit"],
        work_date=date.fromisoformat(row["work_date"]),
        unit_price=Decimal(row["unit_price"]),
        discount_percent=Decimal(row["discount_percent"]),
        vat_class=row["vat_class"],
        vat_rate_percent=Decimal(row["vat_rate_percent"]),
        chargeability=row["chargeability"],
        construction_service=row["construction_service"],
    )
