"""What the PyPI client `netvisor-api-client` does to a company, and what it understands of the answers.

Input: {"url", "credentials"}. Output: one entry for each call. Runs in the clients' environment.
"""

import json
import sys
from datetime import date
from decimal import Decimal

from netvisor_api_client import Netvisor
from netvisor_api_client.exc import NetvisorError
from netvisor_api_client.responsemodels.base import Response


def told_error(call):
    """Class and text of the error that a call gives; None if it gives none."""
    try:
        call()
    except NetvisorError as error:
        return [type(error).__name__, str(error)]
    return None


def a_line(product, quantity="2.5"):
    """2,5 hours at 68,00 and 25,5 % of a product by its Netvisor key."""
    return {
        "identifier": {"identifier": str(product), "type": "netvisor"},
        "name": "Asennustyö",
        "unit_price": {"amount": Decimal("68.00"), "type": "net"},
        "vat_percentage": {"percentage": Decimal("25.5"), "code": "KOMY"},
        "quantity": Decimal(quantity),
        "free_text": "Kellarin putket",
        "dimension": [{"dimension_name": "Kustannuspaikka", "dimension_item": "100 Huolto"}],
    }


def an_invoice(customer, product, **changes):
    """An invoice with everything that the client can say."""
    invoice = {
        "date": date(2026, 3, 2),
        "delivery_date": date(2026, 2, 27),
        "due_date": date(2026, 3, 16),
        "amount": Decimal("213.35"),
        "currency": "EUR",
        "status": "unsent",
        "free_text_before_lines": "Ennen",
        "free_text_after_lines": "Jälkeen",
        "our_reference": "1001",
        "your_reference": "PO-77",
        "private_comment": "URK-1",
        "invoicing_customer_identifier": str(customer),
        "invoicing_customer_name": "Testi Oy",
        "invoicing_customer_address_line": "Testikatu 1",
        "invoicing_customer_post_number": "00100",
        "invoicing_customer_town": "Helsinki",
        "invoicing_customer_country_code": "FI",
        "delivery_address_name": "Kohde",
        "delivery_address_line": "Kohdetie 2",
        "delivery_address_post_number": "00200",
        "delivery_address_town": "Espoo",
        "delivery_address_country_code": "FI",
        "payment_term_net_days": 14,
        "invoice_lines": [a_line(product)],
        "attachments": [
            {
                "mime_type": "application/pdf",
                "description": "Raportti",
                "filename": "raportti.pdf",
                "data": "JVBERi0xLjQK",
                "type": "pdf",
            }
        ],
    }
    return {**invoice, **changes}


def match(netvisor, credit, invoice):
    """Match a credit to its invoice; returns the statuses of the answer.

    The client signs and sends, the body is ours: its own `match_credit_note` of 0.9.6 takes a response class for the
    schema of the request and fails before it sends anything.
    """
    body = (
        "<root><matchcreditnote>"
        f"<CreditNoteNetvisorKey>{credit}</CreditNoteNetvisorKey><InvoiceNetvisorKey>{invoice}</InvoiceNetvisorKey>"
        "</matchcreditnote></root>"
    )
    answer = netvisor._client.request("POST", "matchcreditnote.nv", data=body)
    statuses = Response(answer).statuses
    return [statuses] if isinstance(statuses, str) else statuses


def registers(netvisor):
    """Customers, products and dimensions: made, changed, read, listed."""
    base = {"internal_identifier": "1001", "external_identifier": "9000159-1", "name": "Testi Oy", "is_active": True}
    address = {"street_address": "Testikatu 1", "city": "Helsinki", "post_number": "00100", "country": "FI"}
    customer = {
        "customer_base_information": {**base, **address},
        "customer_finvoice_details": {"finvoice_address": "003790001591", "finvoice_router_code": "003721291126"},
        "customer_contact_details": {"contact_person": "Matti"},
        "customer_additional_information": {"comment": "Huom"},
    }
    made = netvisor.customers.create(customer)
    other = netvisor.customers.create({"customer_base_information": {"name": "Toinen"}})
    netvisor.customers.update(made, {"customer_base_information": {"city": "Espoo"}})
    product = {
        "product_base_information": {
            "product_code": "TYO",
            "product_group": "Työ",
            "name": "Asennustyö",
            "unit_price": {"amount": Decimal("68.00"), "type": "net"},
            "unit": "h",
            "is_active": True,
            "is_sales_product": True,
        },
        "product_bookkeeping_details": {"default_vat_percentage": Decimal("25.5")},
    }
    code = netvisor.products.create(product)
    changed = {"product_base_information": {"name": "Huoltotyö"}}
    netvisor.products.update(code, changed)
    dimension = netvisor.dimensions.create({"name": "Kustannuspaikka", "item": "100 Huolto"})
    return {
        "customer": made,
        "customer_read": netvisor.customers.get(made),
        "customers_read": netvisor.customers.detail_list([made, other]),
        "customers_listed": netvisor.customers.list("1001"),
        "customers_listed_none": netvisor.customers.list("nobody"),
        "customer_unknown": told_error(lambda: netvisor.customers.get(1)),
        "customer_again": told_error(lambda: netvisor.customers.create(customer)),
        "product": code,
        "product_read": netvisor.products.get(code),
        "products_listed": netvisor.products.list(),
        "product_unknown": told_error(lambda: netvisor.products.get(1)),
        "dimension": dimension,
        "dimensions_listed": netvisor.dimensions.list(),
    }


def invoices(netvisor, customer, product):
    """An invoice and a credit of all of it: made, read, listed, matched, paid."""
    made = netvisor.sales_invoices.create(an_invoice(customer, product))
    credit = netvisor.sales_invoices.create(
        an_invoice(
            customer,
            product,
            amount=Decimal("-213.35"),
            invoice_lines=[a_line(product, "-2.5")],
            private_comment="URK-2",
            attachments=[],
        )
    )
    paid = netvisor.sales_invoices.create(an_invoice(customer, product, private_comment="URK-3", status="open"))
    matched = match(netvisor, credit, made)
    payment = netvisor.sales_payments.create(
        {
            "sum": {"value": Decimal("100.00"), "currency": "EUR"},
            "payment_date": "2026-03-05",
            "target_identifier": {"type": "netvisor", "targettype": "invoice", "target": str(paid)},
            "source_name": "Pankki",
            "payment_method": {"type": "alternative", "method": "Käteinen"},
        }
    )
    netvisor.sales_invoices.update_status(paid, "creditloss")
    unknown = an_invoice(customer, product)
    unknown["invoice_lines"][0]["vat_percentage"]["code"] = "KOMX"
    return {
        "invoice": made,
        "credit": credit,
        "paid": paid,
        "matched": matched,
        "invoice_read": netvisor.sales_invoices.get(made),
        "invoices_read": netvisor.sales_invoices.detail_list([made, credit]),
        "invoices_listed": netvisor.sales_invoices.list(start_date=date(2026, 3, 1), end_date=date(2026, 3, 31)),
        "invoices_open": netvisor.sales_invoices.list(status="creditloss"),
        "invoices_above": netvisor.sales_invoices.list(above_id=made),
        "payment": payment,
        "payments_listed": netvisor.sales_payments.list({"invoicenetvisorkey": paid}),
        "unknown_vat_code": told_error(lambda: netvisor.sales_invoices.create(unknown)),
        "unknown_customer": told_error(lambda: netvisor.sales_invoices.create(an_invoice(1, product))),
    }


def surroundings(netvisor, business_id):
    """What the client reads beside sales."""
    voucher = {
        "mode": "net",
        "date": date(2026, 3, 31),
        "description": "Jaksotus",
        "class": "PK Muistiotosite",
        "voucher_line": [
            {
                "line_sum": {"type": "net", "sum": Decimal("100.00")},
                "description": "Jaksotus",
                "account_number": 3000,
                "vat_percent": {"percentage": Decimal("0"), "code": "NONE"},
            },
            {
                "line_sum": {"type": "net", "sum": Decimal("-100.00")},
                "description": "Jaksotus",
                "account_number": 1701,
                "vat_percent": {"percentage": Decimal("0"), "code": "NONE"},
            },
        ],
    }
    written = netvisor.accounting.create(voucher)
    # Only this one: the client reads whole percentages, so 25,5 of the invoices' vouchers is beyond it.
    ledger = netvisor.accounting.ledger(date(2026, 3, 1), date(2026, 3, 31), netvisor_key_list=[written])
    return {
        "accounts": netvisor.accounting.account_list(),
        "periods": netvisor.accounting.period_list(),
        "voucher": written,
        "ledger": ledger,
        "company": netvisor.companies.get(business_id),
        "companies": netvisor.companies.list(business_id),
        "purchases": netvisor.purchase_invoices.list(),
        "purchase_unknown": told_error(lambda: netvisor.purchase_invoices.get(1)),
    }


def main():
    """Run everything and print it."""
    told = json.load(sys.stdin)
    given = told["credentials"]
    names = ("partner_id", "partner_key", "customer_id", "customer_key")
    common = {"sender": "Urakan testi", "language": "EN", **{name: given[name] for name in names}}
    netvisor = Netvisor(told["url"], organization_id=given["organisation_id"], **common)
    stranger = Netvisor(told["url"], organization_id=given["organisation_id"], **{**common, "partner_key": "wrong"})
    found = registers(netvisor)
    found |= invoices(netvisor, found["customer"], found["product"])
    found |= surroundings(netvisor, given["organisation_id"])
    found["stranger"] = told_error(lambda: stranger.customers.list("x"))
    json.dump(found, sys.stdout, default=str)


if __name__ == "__main__":
    main()
