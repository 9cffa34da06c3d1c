"""What the PyPI client `Procountor` does to a company, and what it understands of the answers.

Input: {"host", "version", "credentials", "whole", "partner", "product", "invoice", "file"}; the client asks for
`{host}/{version}/api/…`. "whole": every method of the client is called, in the order of a firm's work; else a few.
Output: one entry for each call, `{"status", "content" | "message"}`. Runs in the clients' environment.
"""

import base64
import json
import sys

from procountor.client import Client


class Session:
    """One client whose answers are kept by name."""

    def __init__(self, told):
        self.told = told
        Client._endpoints["hosts"]["test"] = told["host"]
        self.client = self.connect(told["credentials"])
        self.found = {}

    def connect(self, given):
        """A client that has logged in."""
        names = ("api_key", "client_id", "client_secret")
        return Client(
            redirect_uri="http://127.0.0.1",
            test_mode=True,
            api_version=self.told["version"],
            **{name: given[name] for name in names},
        )

    def keep(self, name, answer):
        """Keep an answer; what is not JSON becomes base64."""
        content = answer.get("content")
        if isinstance(content, bytes):
            answer = {**answer, "content": base64.b64encode(content).decode()}
        self.found[name] = answer
        return answer.get("content")

    def call(self, method, /, *args, **kwargs):
        """Call a method of the client by its name."""
        return self.keep(method, getattr(self.client, method)(*args, **kwargs))

    def make(self, path, body):
        """POST to a register that the client has no method for, by its own `request`."""
        return self.keep(path, self.client.request("POST", path, **body))

    def log_in(self):
        """Wrong credentials, a token that has lapsed, a good one."""
        try:
            self.connect({**self.told["credentials"], "api_key": "wrong"})
            self.found["stranger"] = None
        except RuntimeError as error:
            self.found["stranger"] = str(error)
        self.client.access_token = "lapsed"
        self.keep("lapsed", self.client.get_company())
        self.call("get_company")

    def read_lists(self):
        """Everything that is only read."""
        for name in ("get_coa", "get_currencies", "get_currency", "get_fiscal_years", "get_session_info", "get_vats"):
            self.call(name)
        self.call("get_vats_country", countryCode="FI")
        day = {"baseCurrency": "DKK", "currency": "EUR", "day": "2026-03-02"}
        self.call("get_exchange_rate", rateType="PROCOUNTOR_ACCOUNTING_EXCHANGE_RATE", **day)
        self.call("get_latest_currency_rate", rateType=1)
        self.call("get_bank_accounts", size=10)
        self.keep("no_bank_accounts", self.client.get_bank_accounts(size=0))
        self.call("get_bank_statements", startDate="2026-01-01", endDate="2026-02-01")
        self.keep("no_bank_statements", self.client.get_bank_statements(startDate="aa", endDate="bb"))
        self.call("get_reference_payments")
        self.call("payments_error_messages")
        self.call("get_business_partner_details")
        self.call("get_product_groups", productType="SALES")
        user = self.call("get_users")
        self.call("get_user_profile", user["userId"])
        self.call("send_one_time_pass")
        self.keep("second_password", self.client.send_one_time_pass())
        for name in ("user_transaction_confirm", "confirm_invoice", "confirm_payment"):
            self.call(name, 1)
        self.call("delete_products_from_bank_statement", 1, 2)
        self.call("put_products_to_bank_statement", 1, 2, products=[])

    def bill(self):
        """Partner, product, invoice, and what happens to it."""
        partner = self.make("businesspartners", self.told["partner"])
        product = self.make("products", self.told["product"])
        self.call("get_business_partners", customerNumber=self.told["partner"]["invoicingInfo"]["customerNumber"])
        self.call("get_business_partner", partner["id"])
        self.call("get_products", code=self.told["product"]["code"])
        self.call("get_product", product["id"])
        body = {**self.told["invoice"], "partnerId": partner["id"]}
        body["invoiceRows"] = [{**row, "productId": product["id"]} for row in body["invoiceRows"]]
        invoice = self.call("post_invoice", **body)
        self.keep("refused", self.client.post_invoice(**{**body, "colour": "red"}))
        self.call("get_invoices", startDate="2026-01-01", endDate="2026-12-31")
        self.call("get_invoice", invoice["id"])
        self.attach(invoice)
        self.allocate(invoice)
        self.call("post_invoice_comment", invoice["id"], comment="Hei")
        self.call("get_invoice_comment", invoice["id"])
        for name in ("verify_invoice", "send_invoice_to_circulation"):
            self.call(name, invoice["id"])
        self.keep("sent_too_early", self.client.send_invoice(invoice["id"]))
        self.call("approve_invoice", invoice["id"])
        self.call("send_invoice", invoice["id"])
        self.keep("sent", self.client.get_invoice(invoice["id"]))
        self.pay(invoice)

    def attach(self, invoice):
        """A file, there and back."""
        meta = {"name": "liite.txt", "referenceType": "INVOICE", "referenceId": invoice["id"]}
        attachment = self.call("post_attachment", meta, self.told["file"])
        self.call("get_attachment", attachment["id"])
        spare = self.client.post_attachment({**meta, "name": "turha.txt"}, self.told["file"])["content"]
        self.call("delete_attachment", spare["id"])

    def allocate(self, invoice):
        """Dimensions on the receipt; a journal."""
        dimension = self.call("get_dimensions")[0]
        self.call("get_dimension", dimension["id"])
        receipt = self.call("get_ledger_receipt", invoice["ledgerReceiptId"])
        for row in receipt["transactions"]:
            if row["transactionType"] == "ENTRY":
                item = {"dimensionId": dimension["id"], "itemId": dimension["items"][0]["id"]}
                row["dimensionItemValues"] = [{**item, "value": row["accountingValue"]}]
        self.call("update_ledger_receipt", receipt["id"], **receipt)
        self.call("get_ledger_receipts", types="SALES_INVOICE", orderById="asc")
        row = {"transactionType": "ENTRY", "vatPercent": 0, "vatType": "SALES", "vatStatus": 1}
        rows = [{**row, "account": "3000", "accountingValue": -10}, {**row, "account": "1910", "accountingValue": 10}]
        head = {"type": "JOURNAL", "name": "Korjaus", "receiptDate": "2026-03-02", "vatType": "SALES", "vatStatus": 1}
        self.call("post_ledger_receipt", transactions=rows, **head)

    def pay(self, invoice):
        """Half of it, and what needs a second factor."""
        event = self.call("markpaid_invoice", invoice["id"], paymentDate="2026-03-10", amount=100, currency="EUR")
        self.call("get_invoice_paymentevents", invoice["id"])
        self.call("get_payments")
        self.call("get_payment", event["id"])
        self.call("delete_invoice_paymentevent", invoice["id"], event["id"])
        self.call("pay_invoice", paymentData=[{"invoiceId": invoice["id"], "payDate": "2026-03-10"}])
        self.call("cancel_payment", event["id"])
        self.call("delete_payment", event["id"])

    def misuse(self):
        """Methods that send their data as headers and so without a token: what is left of them is the address."""
        for name, *ids in (
            ("update_business_partner", 1),
            ("update_dimension",),
            ("create_dimension_item", 1),
            ("update_dimension_item", 1),
            ("update_company",),
            ("post_payment",),
            ("payments_direct_bank_transfers",),
            ("update_user",),
        ):
            self.call(name, *ids, name="x")

    def log_out(self):
        """The token ends; the client fetches another by itself."""
        old = self.client.access_token
        self.call("invalidate_token")
        self.keep("logged_out", self.client.get_company())
        self.keep("after_logout", self.client.get_company())
        self.found["token_renewed"] = self.client.access_token != old


def main():
    """Do it and print what came."""
    session = Session(json.load(sys.stdin))
    session.log_in()
    if session.told["whole"]:
        session.read_lists()
        session.bill()
        session.misuse()
    session.log_out()
    json.dump(session.found, sys.stdout)


if __name__ == "__main__":
    main()
