"""The fee of a document: which rule decides, what it costs, and where it stands on the document."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.billing.domain.compile import MergePolicy, compile_lines
from services.billing.domain.document import Delivery
from services.billing.domain.fees import FeeBook, FeeProduct, UnknownFee, fee_row
from services.billing.domain.preflight import Severity
from services.billing.domain.rows import ApprovedRow
from services.billing.tests.unit.builders import a_document, a_party, a_row
from shared.charging import ChargingRule, Conditions, InvoiceFee

D = Decimal
PRODUCT = FeeProduct("product-fee", "LASKLIS", "fee", "kpl", "standard", {"procountor": "77"}, None)


def a_rule(rule_id: str = "rule-1", price: str | None = "5.00", priority: int = 10, **changes: Any) -> ChargingRule:
    channels = changes.pop("channels", ("einvoice",))
    effect = InvoiceFee("product-fee", None if price is None else D(price), frozenset(channels))
    return ChargingRule(rule_id, "Laskutuslisä", priority, (effect,), **changes)


def fee_asked_for(
    *rules: ChargingRule,
    rows: tuple[ApprovedRow, ...] = (a_row(),),
    product: FeeProduct | None = PRODUCT,
    price_group: str | None = None,
    **payer: Any,
) -> ApprovedRow | UnknownFee | None:
    book = FeeBook(rules, {product.id: product} if product else {})
    party = a_party(**{"invoice_channel": "letter", **payer})
    return fee_row(book, a_document(*rows, payer=party), rows, price_group)


def a_fee(*rules: ChargingRule, **facts: Any) -> ApprovedRow | None:
    found = fee_asked_for(*rules, **facts)
    assert not isinstance(found, UnknownFee)
    return found


@pytest.mark.parametrize(
    ("rule", "facts", "price"),
    [
        pytest.param(a_rule(), {}, "5.00", id="letter"),
        pytest.param(a_rule(), {"invoice_channel": "email"}, "5.00", id="e-mail"),
        pytest.param(a_rule(), {"invoice_channel": "einvoice"}, None, id="e-invoice"),
        pytest.param(a_rule(channels=()), {"invoice_channel": "einvoice"}, "5.00", id="every channel"),
        pytest.param(a_rule(price="0"), {}, None, id="nothing"),
        pytest.param(a_rule(price=None), {"product": replace(PRODUCT, list_price=D(7))}, "7", id="list price"),
        pytest.param(a_rule(valid_from=date(2026, 11, 21)), {}, None, id="later than the document"),
        pytest.param(a_rule(valid_from=date(2026, 11, 20)), {}, "5.00", id="from the document's day"),
        pytest.param(
            a_rule(conditions=Conditions(customer_ids=frozenset({"customer-1"}))), {}, "5.00", id="this payer"
        ),
        pytest.param(a_rule(conditions=Conditions(customer_ids=frozenset({"other"}))), {}, None, id="another payer"),
        pytest.param(
            a_rule(conditions=Conditions(price_groups=frozenset({"A"}))), {"price_group": "A"}, "5.00", id="price group"
        ),
        pytest.param(
            a_rule(conditions=Conditions(price_groups=frozenset({"A"}))),
            {"price_group": "B"},
            None,
            id="other price group",
        ),
        pytest.param(a_rule(), {"rows": (a_row(quantity="-1"),)}, None, id="money back"),
        pytest.param(a_rule(), {"rows": (a_row(unit_price="0"),)}, None, id="nothing to pay"),
    ],
)
def test_when_there_is_a_fee(rule: ChargingRule, facts: dict[str, Any], price: str | None) -> None:
    fee = a_fee(rule, **facts)
    assert (None if fee is None else fee.unit_price) == (None if price is None else D(price))


@pytest.mark.parametrize(("price", "product"), [(None, PRODUCT), ("5.00", None), (None, None)])
def test_a_fee_without_product_or_price_is_told_of(price: str | None, product: FeeProduct | None) -> None:
    found = fee_asked_for(a_rule(price=price), product=product)
    assert isinstance(found, UnknownFee)
    assert (found.problem.code, found.problem.severity) == ("billing.fee_not_known", Severity.WARNING)


def test_the_first_rule_by_priority_decides_also_against_a_fee() -> None:
    strong = a_rule("rule-2", "3.00", priority=5, conditions=Conditions(customer_ids=frozenset({"customer-1"})))
    fee = a_fee(a_rule(), strong)
    assert fee is not None
    assert (fee.fee_rule_id, fee.unit_price) == ("rule-2", D("3.00"))
    free = a_rule("rule-3", priority=1, channels=("letter",))
    assert a_fee(a_rule(), strong, free) is None


def test_the_fee_belongs_to_the_last_order_and_to_the_days_of_the_work() -> None:
    site = Delivery("A-talo", None)
    rows = (
        a_row(site=site, dimensions={"cost_centre": "1"}),
        a_row(row_id="row-2", workorder_id="order-2", workorder_number="1002", work_date=date(2026, 10, 1), site=site),
    )
    fee = a_fee(a_rule(text={"sv": "Faktureringsavgift"}), rows=rows)
    assert fee is not None
    assert (fee.workorder_id, fee.work_date, fee.site) == ("order-2", date(2026, 11, 3), site)
    assert (fee.description, fee.target_codes) == ("Laskutuslisä", {"procountor": "77"})
    swedish = a_fee(a_rule(text={"sv": "Faktureringsavgift"}), language="sv")
    assert swedish is not None
    assert swedish.description == "Faktureringsavgift"


def test_the_vat_is_that_of_the_product_on_the_day_of_the_work() -> None:
    reduced = replace(PRODUCT, vat_class="reduced")
    for day, rate in ((date(2025, 12, 31), "14"), (date(2026, 1, 1), "13.5")):
        fee = a_fee(a_rule(), rows=(a_row(work_date=day),), product=reduced)
        assert fee is not None
        assert (fee.vat_category, fee.vat_rate_percent) == ("S", D(rate))


def test_the_fee_follows_work_that_is_under_reverse_charge_altogether() -> None:
    construction = a_row(construction_service=True, buyer_is_construction_seller=True)
    whole = a_fee(a_rule(), rows=(construction,))
    mixed = a_fee(a_rule(), rows=(construction, a_row(row_id="row-2")))
    assert whole is not None
    assert mixed is not None
    assert (whole.vat_category, whole.charged_vat_percent) == ("AE", D(0))
    assert (mixed.vat_category, mixed.charged_vat_percent) == ("S", D("25.5"))


@pytest.mark.parametrize("merge", [True, False])
def test_the_fee_has_the_last_line_to_itself_under_its_own_name(merge: bool) -> None:
    own = a_row(row_id="row-9", workorder_number="999", product_id="product-fee", unit="kpl", unit_price="5.00")
    fee = a_fee(a_rule())
    assert fee is not None
    policy = MergePolicy(merge, across_orders=True, texts={"product-fee": "Lisä", "x": "y"}, name_orders=True)
    lines = compile_lines([fee, own, a_row()], policy)
    assert [line.text for line in lines] == ["1001 Kiinteistönhoitaja, työaika", "999 Lisä", "Laskutuslisä"]
    assert [(each.row_id, each.ledger_id) for each in lines[-1].holdings] == [(fee.row_id, fee.ledger_id)]


def test_work_that_looks_like_the_fee_stays_on_a_line_of_its_own() -> None:
    fee = a_fee(a_rule())
    assert fee is not None
    alike = replace(fee, row_id="row-9", ledger_id="ledger-9", fee_rule_id=None)
    assert [line.quantity for line in compile_lines([fee, alike], MergePolicy())] == [D(1), D(1)]


def test_a_document_and_a_rule_have_one_fee_and_another_document_another() -> None:
    rows = (a_row(),)
    book = FeeBook((a_rule(),), {PRODUCT.id: PRODUCT})
    document = a_document(*rows, payer=a_party(invoice_channel="letter"))
    first, again = fee_row(book, document, rows, None), fee_row(book, document, rows, None)
    other = fee_row(book, replace(document, key="URK-2"), rows, None)
    assert isinstance(first, ApprovedRow)
    assert isinstance(other, ApprovedRow)
    assert first == again
    assert len({first.row_id, first.ledger_id, other.row_id, other.ledger_id}) == 4
