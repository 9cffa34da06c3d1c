"""Customers and products. Source: netvisor sheet 8, 9."""

from __future__ import annotations

from flask import Flask

from deploy.sandbox.tests.conftest import netvisor_company
from deploy.sandbox.tests.netvisor_client import NetvisorClient


def customer(*base: str) -> str:
    """A customer document with these base elements."""
    return f"<root><customer><customerbaseinformation>{''.join(base)}</customerbaseinformation></customer></root>"


def test_a_name_is_enough_for_a_customer(netvisor: NetvisorClient) -> None:
    key = netvisor.call("customer.nv?method=add", customer("<name>Meikäläinen</name>")).inserted
    reply = netvisor.call(f"getcustomer.nv?id={key}")
    assert reply.text("Customer/CustomerBaseInformation/Name") == "Meikäläinen"
    assert netvisor.call("customer.nv?method=add", customer("<city>Turku</city>")).code == "INVALID_DATA"


def test_a_taken_customer_number_is_refused_also_on_edit(netvisor: NetvisorClient) -> None:
    number = "<internalidentifier>1001</internalidentifier>"
    assert netvisor.call("customer.nv?method=add", customer(number, "<name>B</name>")).code == "DUPLICATE_DATA"
    other = netvisor.add_customer("1002")
    assert netvisor.call(f"customer.nv?method=edit&id={other}", customer(number)).code == "DUPLICATE_DATA"


def test_an_edit_keeps_what_it_leaves_out_and_clears_what_is_empty(netvisor: NetvisorClient) -> None:
    key = netvisor.add_customer("1002", "<streetaddress>Katu 1</streetaddress><city>Turku</city>")
    assert netvisor.call(f"customer.nv?method=edit&id={key}", customer("<city/>")).code == "OK"
    reply = netvisor.call(f"getcustomer.nv?id={key}")
    base = "Customer/CustomerBaseInformation"
    assert reply.text(f"{base}/StreetAddress") == "Katu 1"
    assert reply.text(f"{base}/City") == ""
    assert reply.text(f"{base}/InternalIdentifier") == "1002"


def test_a_changed_customer_number_frees_the_old_one(netvisor: NetvisorClient) -> None:
    key = netvisor.add_customer("1002")
    netvisor.call(f"customer.nv?method=edit&id={key}", customer("<internalidentifier>1003</internalidentifier>"))
    assert netvisor.add_customer("1002") != key


def test_numbers_can_be_automatic(netvisor: NetvisorClient) -> None:
    body = customer('<internalidentifier type="automatic"></internalidentifier>', "<name>C</name>")
    key = netvisor.call("customer.nv?method=add", body).inserted
    assert netvisor.call(f"getcustomer.nv?id={key}").text("Customer/CustomerBaseInformation/InternalIdentifier")


def test_the_order_of_customer_elements_is_strict(netvisor: NetvisorClient) -> None:
    wrong = customer("<city>Turku</city>", "<name>D</name>")
    assert "misplaced" in netvisor.call("customer.nv?method=add", wrong).statuses[1]


def test_the_customer_list_finds_by_code_keyword_and_time(netvisor: NetvisorClient) -> None:
    def codes(query: str) -> list[str | None]:
        return [row.findtext("Code") for row in netvisor.call(f"customerlist.nv?{query}").root.iter("Customer")]

    netvisor.add_customer("1002")
    assert codes("customercodelist=1002,404") == ["1002"]
    assert codes("keyword=testi") == ["1001", "1002"]
    assert codes("keyword=nobody") == []
    assert codes("changedsince=2099-01-01T00:00:00") == []


def test_only_known_operators_are_taken_when_the_company_lists_them(sandbox: Flask) -> None:
    client = netvisor_company(sandbox, settings={"known_router_codes": ["NDEAFIHH"]})

    def add(router: str) -> str:
        details = f"<finvoiceaddress>003712345671</finvoiceaddress><finvoiceroutercode>{router}</finvoiceroutercode>"
        body = customer("<name>E</name>").replace(
            "</customer>", f"<customerfinvoicedetails>{details}</customerfinvoicedetails></customer>"
        )
        return client.call("customer.nv?method=add", body).code

    assert add("NDEAFIHH") == "OK"
    assert add("NOBANK") == "INVALID_DATA"


def test_products_are_found_by_key_and_code_and_unknown_ones_are_empty(netvisor: NetvisorClient) -> None:
    key = netvisor.add_product("OSA")
    name = "Product/ProductBaseInformation/ProductCode"
    assert netvisor.call(f"getproduct.nv?id={key}").text(name) == "OSA"
    assert netvisor.call("getproduct.nv?code=osa").text(name) == "OSA"
    unknown = netvisor.call("getproduct.nv?id=1")
    assert unknown.code == "OK"
    assert unknown.text(name) == ""
    assert [row.findtext("ProductCode") for row in netvisor.call("productlist.nv").root.iter("Product")] == [
        "TYO",
        "OSA",
    ]


def test_a_product_needs_its_minimum_and_a_free_code(netvisor: NetvisorClient) -> None:
    body = (
        "<root><product><productbaseinformation><productcode>TYO</productcode><productgroup>G</productgroup>"
        '<name>N</name><unitprice type="net">1</unitprice><isactive>1</isactive><issalesproduct>1</issalesproduct>'
        "</productbaseinformation></product></root>"
    )
    assert netvisor.call("product.nv?method=add", body).code == "DUPLICATE_DATA"
    without_group = body.replace("<productgroup>G</productgroup>", "").replace("TYO", "X")
    assert netvisor.call("product.nv?method=add", without_group).code == "INVALID_DATA"
