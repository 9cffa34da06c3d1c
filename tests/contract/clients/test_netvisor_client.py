"""The simulated Netvisor, as the PyPI client `netvisor-api-client` sees it: every endpoint that the client has."""

from __future__ import annotations

import ast
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from deploy.sandbox.netvisor.app import RESOURCES
from tests.contract.clients.running import PYTHON, run_session


@pytest.fixture(scope="module")
def session(sandbox: tuple[Any, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the client got, and the books afterwards."""
    app, url = sandbox
    simulator = app.extensions["sandbox"]["netvisor"]
    company = simulator.create({"name": "Testi Oy"})
    found = run_session("netvisor_session.py", {"url": f"{url}/netvisor", "credentials": company["credentials"]})
    return found, simulator.books(company["id"])


@pytest.fixture(scope="module")
def found(session: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    """What the client got."""
    return session[0]


@pytest.fixture(scope="module")
def books(session: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    """What stands in the company's books."""
    return session[1]


def test_the_simulator_has_every_resource_of_the_client() -> None:
    (models,) = (PYTHON.parents[1] / "lib").glob("python3*/site-packages/netvisor_api_client/requestmodels")
    asked = {
        node.value.value.lower()
        for path in Path(models).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "uri"
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }
    assert len(asked) >= 20
    assert asked - RESOURCES.keys() == set()


def test_a_customer_is_made_changed_and_read(found: dict[str, Any]) -> None:
    read = found["customer_read"]
    base = read["customer_base_information"]
    assert base["netvisor_key"] == found["customer"]
    wanted = ("internal_identifier", "external_identifier", "name", "street_address", "post_number", "country")
    assert [base[name] for name in wanted] == ["1001", "9000159-1", "Testi Oy", "Testikatu 1", "00100", "FI"]
    assert base["city"] == "Espoo", "an edit changes what it says and keeps the rest"
    assert read["customer_finvoice_details"]["finvoice_router_code"] == "003721291126"
    assert [each["customer_base_information"]["name"] for each in found["customers_read"]] == ["Testi Oy", "Toinen"]
    assert [each["netvisor_key"] for each in found["customers_listed"]] == [found["customer"]]
    assert found["customers_listed_none"] == []


def test_refusals_are_the_errors_that_the_client_knows(found: dict[str, Any]) -> None:
    names = (
        "customer_unknown",
        "customer_again",
        "product_unknown",
        "unknown_vat_code",
        "unknown_customer",
        "purchase_unknown",
        "stranger",
    )
    assert [found[name][0] for name in names] == [
        "InvalidData",
        "DuplicateData",
        "InvalidData",
        "InvalidData",
        "InvalidData",
        "InvalidData",
        "AuthenticationFailed",
    ]


def test_a_product_and_a_dimension_are_made_and_listed(found: dict[str, Any]) -> None:
    base = found["product_read"]["product_base_information"]
    assert (base["name"], base["product_code"], base["unit"]) == ("Huoltotyö", "TYO", "h")
    assert Decimal(base["unit_price"]["amount"]) == 68
    assert Decimal(found["product_read"]["product_bookkeeping_details"]["default_vat_percent"]) == Decimal("25.5")
    assert [each["netvisor_key"] for each in found["products_listed"]] == [found["product"]]
    (dimension,) = found["dimensions_listed"]
    assert (dimension["name"], [each["name"] for each in dimension["dimension_details"]]) == (
        "Kustannuspaikka",
        ["100 Huolto"],
    )


def test_an_invoice_is_read_as_it_was_made(found: dict[str, Any], books: dict[str, Any]) -> None:
    read = found["invoice_read"]
    wanted = ("number", "date", "delivery_date", "due_date", "our_reference", "your_reference", "private_comment")
    assert [read[name] for name in wanted] == [1, "2026-03-02", "2026-02-27", "2026-03-16", "1001", "PO-77", "URK-1"]
    assert (Decimal(read["amount"]), read["delivery_address_line"]) == (Decimal("213.35"), "Kohdetie 2")
    (line,) = read["invoice_lines"]
    assert [Decimal(line[name]) for name in ("quantity", "unit_price", "vat_sum", "sum")] == [
        Decimal("2.5"),
        Decimal(68),
        Decimal("43.35"),
        Decimal("213.35"),
    ]
    assert line["vat_percentage"] == {"code": "KOMY", "percentage": "25.5"}
    assert [each["private_comment"] for each in found["invoices_read"]] == ["URK-1", "URK-2"]
    invoice, credit, _ = books["invoices"]
    assert (invoice["net"], invoice["vat"], invoice["gross"]) == ("170.00", "43.35", "213.35")
    assert invoice["lines"][0]["dimensions"] == [["Kustannuspaikka", "100 Huolto"]]
    assert credit["amount"] == "-213.35"


def test_matching_and_payment_show_in_the_lists(found: dict[str, Any]) -> None:
    assert found["matched"] == ["OK"]
    listed = {each["netvisor_key"]: each for each in found["invoices_listed"]}
    keys = [found[name] for name in ("invoice", "credit", "paid")]
    assert list(listed) == keys
    assert [Decimal(listed[key]["open_sum"]) for key in keys] == [0, 0, Decimal("113.35")]
    assert [each["netvisor_key"] for each in found["invoices_above"]] == keys[1:]
    assert [each["netvisor_key"] for each in found["invoices_open"]] == keys[2:]
    (payment,) = found["payments_listed"]
    assert (payment["netvisor_key"], payment["date"], Decimal(payment["sum"])) == (found["payment"], "2026-03-05", 100)


def test_what_is_beside_sales_is_readable(found: dict[str, Any]) -> None:
    assert {3010, 1701} <= {account["number"] for account in found["accounts"]["accounts"]}
    assert found["accounts"]["company_default_accounts"]["sales_receivables"] == 1702
    assert len(found["periods"]["periods"]) == 4
    (voucher,) = found["ledger"]
    assert (voucher["key"], [Decimal(line["line_sum"]) for line in voucher["lines"]]) == (found["voucher"], [100, -100])
    assert found["company"]["name"] == "Testi Oy"
    assert [each["name"] for each in found["companies"]] == ["Testi Oy"]
    assert found["purchases"] == []
