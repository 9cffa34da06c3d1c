"""Which rows make one document."""

import random
from dataclasses import replace

from services.billing.domain.document import Delivery
from services.billing.domain.grouping import GroupingPolicy, InvoiceGrouping, MixedVat, common_references, group_rows
from services.billing.domain.rows import ApprovedRow
from services.billing.tests.unit.builders import a_row


def rows_of_three_orders() -> list[ApprovedRow]:
    return [
        a_row(
            row_id=f"{number}-{n}",
            position=n,
            workorder_id=f"order-{number}",
            workorder_number=f"{number}",
            payer_id=payer,
            customer_id=payer,
        )
        for number, payer in ((1001, "a"), (1002, "b"), (1003, "a"))
        for n in (1, 2)
    ]


def ids(groups: dict) -> list[list[str]]:  # type: ignore[type-arg]
    return [[row.row_id for row in rows] for rows in groups.values()]


def test_a_month_of_a_payer_is_one_document() -> None:
    groups = group_rows(rows_of_three_orders(), {}, {})
    assert ids(groups) == [["1001-1", "1001-2", "1003-1", "1003-2"], ["1002-1", "1002-2"]]


def test_immediate_billing_makes_a_document_of_each_order() -> None:
    groups = group_rows(rows_of_three_orders(), {"a": GroupingPolicy(InvoiceGrouping.PER_ORDER)}, {})
    assert ids(groups) == [["1001-1", "1001-2"], ["1002-1", "1002-2"], ["1003-1", "1003-2"]]


def test_orders_that_differ_in_a_required_reference_are_not_on_one_document() -> None:
    policy = {"a": GroupingPolicy(references=frozenset({"work_number"}))}
    references = {"order-1001": {"work_number": "7"}, "order-1003": {"work_number": "8"}}
    assert len(group_rows(rows_of_three_orders(), policy, references)) == 3
    references["order-1003"]["work_number"] = "7"
    assert len(group_rows(rows_of_three_orders(), policy, references)) == 2


def test_a_payer_may_want_an_invoice_for_each_site() -> None:
    site = Delivery("A-talo", None)
    rows = [replace(row, site=None if row.workorder_id == "order-1003" else site) for row in rows_of_three_orders()]
    groups = group_rows(rows, {"a": GroupingPolicy(InvoiceGrouping.PER_SITE)}, {})
    assert ids(groups) == [["1001-1", "1001-2"], ["1002-1", "1002-2"], ["1003-1", "1003-2"]]
    same = [replace(row, site=site) for row in rows]
    assert len(group_rows(same, {"a": GroupingPolicy(InvoiceGrouping.PER_SITE)}, {})) == 2


def test_a_payer_may_want_an_invoice_for_each_reference_but_not_for_each_orderer() -> None:
    policy = {"a": GroupingPolicy(InvoiceGrouping.PER_REFERENCE)}
    references = {"order-1001": {"order_number": "7"}, "order-1003": {"order_number": "8"}}
    assert len(group_rows(rows_of_three_orders(), policy, references)) == 3
    references = {"order-1001": {"orderer": "Maija"}, "order-1003": {"orderer": "Pekka"}}
    assert len(group_rows(rows_of_three_orders(), policy, references)) == 2


def test_currencies_are_never_mixed() -> None:
    rows = [a_row(), a_row(row_id="r2", position=2, currency="SEK")]
    assert len(group_rows(rows, {}, {})) == 2


def test_vat_treatments_are_groups_of_one_document_or_documents_by_policy() -> None:
    rows = [
        a_row(),
        a_row(row_id="r2", position=2, construction_service=True, buyer_is_construction_seller=True),
    ]
    assert len(group_rows(rows, {}, {})) == 1
    split = {"customer-1": GroupingPolicy(mixed_vat=MixedVat.SPLIT)}
    assert ids(group_rows(rows, split, {})) == [["row-1"], ["r2"]]


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = rows_of_three_orders()
    expected = group_rows(rows, {}, {})
    rng = random.Random(11)
    for _ in range(20):
        groups = group_rows(rng.sample(rows, len(rows)), {}, {})
        assert list(groups.items()) == list(expected.items())


def test_only_references_that_all_orders_share_stand_on_the_document() -> None:
    assert common_references([{"contract": "C1", "orderer": "Maija"}, {"contract": "C1", "orderer": ""}]) == {
        "contract": "C1"
    }
    assert common_references([{"orderer": "Maija", "contract": ""}]) == {"orderer": "Maija"}
    assert common_references([]) == {}
