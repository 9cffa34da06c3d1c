"""Small request documents of our own for the tests."""

from __future__ import annotations

from typing import Any


def line(
    *,
    product: str = "TYO",
    price: str = "68,00",
    quantity: str = "2,5",
    vat: str = "25,5",
    code: str | None = "KOMY",
    kind: str = "net",
    after: str = "",
) -> str:
    """One product line; `after` follows the quantity."""
    vatcode = f' vatcode="{code}"' if code else ""
    return (
        "<invoiceline><salesinvoiceproductline>"
        f'<productidentifier type="customer">{product}</productidentifier><productname></productname>'
        f'<productunitprice type="{kind}">{price}</productunitprice>'
        f"<productvatpercentage{vatcode}>{vat}</productvatpercentage>"
        f"<salesinvoiceproductlinequantity>{quantity}</salesinvoiceproductlinequantity>{after}"
        "</salesinvoiceproductline></invoiceline>"
    )


def invoice(
    *lines: str,
    head: str = "",
    amount: str = "",
    day: str = "2026-03-02",
    status: str = "unsent",
    kind: str = "",
    comment: str = "",
    customer: str = "1001",
    due: str = "<paymenttermnetdays>14</paymenttermnetdays>",
    tail: str = "",
) -> str:
    """A sales invoice document; `head` stands before the date, `tail` after the lines."""
    return (
        f'<root><salesinvoice>{head}<salesinvoicedate format="ansi">{day}</salesinvoicedate>'
        f'<salesinvoiceamount iso4217currencycode="EUR">{amount}</salesinvoiceamount>'
        + (f"<invoicetype>{kind}</invoicetype>" if kind else "")
        + f'<salesinvoicestatus type="netvisor">{status}</salesinvoicestatus>'
        + (f"<salesinvoiceprivatecomment>{comment}</salesinvoiceprivatecomment>" if comment else "")
        + f'<invoicingcustomeridentifier type="customer">{customer}</invoicingcustomeridentifier>{due}'
        f"<invoicelines>{''.join(lines or (line(),))}</invoicelines>{tail}</salesinvoice></root>"
    )


def procountor_row(**changes: Any) -> dict[str, Any]:
    """A row that is valid."""
    row = {
        "product": "Asennustyö",
        "quantity": 2.5,
        "unit": "HOUR",
        "unitPrice": 68,
        "discountPercent": 0,
        "vatPercent": 25.5,
    }
    return {**row, **changes}


def procountor_invoice(**changes: Any) -> dict[str, Any]:
    """An invoice body that is valid."""
    body: dict[str, Any] = {
        "type": "SALES_INVOICE",
        "date": "2026-03-02",
        "counterParty": {
            "email": "laskut@example.com",
            "counterPartyAddress": {
                "name": "Testi Oy",
                "street": "Testikatu 1",
                "zip": "00100",
                "city": "Helsinki",
                "country": "FINLAND",
            },
        },
        "paymentInfo": {
            "paymentMethod": "BANK_TRANSFER",
            "currency": "EUR",
            "dueDate": "2026-03-16",
            "currencyRate": 1,
            "bankReferenceCode": "",
            "bankAccount": {"accountNumber": "FI2112345600000785"},
        },
        "extraInfo": {"accountingByRow": True, "unitPricesIncludeVat": False},
        "discountPercent": 0,
        "vatStatus": 1,
        "invoiceChannel": "EMAIL",
        "language": "FINNISH",
        "invoiceRows": [procountor_row()],
    }
    return {**body, **changes}
