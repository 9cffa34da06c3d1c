"""Matching a credit to the invoice that it takes back. Source: netvisor interface sheet §10.3 and §10.5.

Matching twice would settle twice, and an answer may be lost; so it is looked first. That a matched credit shows a
smaller open sum in salesinvoicelist is inferred, and so are the names of the elements that `replyoption=48` adds: both
are asked.
"""

from typing import Final

from lxml import etree

from services.billing.adapters.faults import Fault, Refused
from services.billing.adapters.netvisor.client import NetvisorClient, Node
from services.billing.adapters.netvisor.xml import always, body, read_decimal
from services.billing.domain.document import OriginalDocument

MATCH: Final = "match_credit"
_ABOUT_THE_CREDIT: Final = ("netvisor.invalid_data", "netvisor.duplicate_data")
_MATCHED_INVOICES: Final = "48"
"""replyoption: 16 the credited invoice and 32 the matched ones."""


def match(client: NetvisorClient, credit_id: str, original: OriginalDocument) -> None:
    """Match, unless Netvisor shows that it is done. Raises Fault; Refused has our own words and Netvisor's."""
    if not _is_key(credit_id) or not _is_key(original.target_id):
        raise Refused(
            "netvisor.credit_not_matched",
            f"The credit ({credit_id}) or its invoice ({original.target_id}) is not known by a Netvisor key.",
        )
    if is_matched(client, credit_id, original.target_id):
        return
    try:
        client.change("matchcreditnote.nv", {}, match_xml(credit_id, original.target_id))
    except Refused as refusal:
        if refusal.code not in _ABOUT_THE_CREDIT:
            raise
        named = original.target_number or original.target_id
        raise Refused(
            "netvisor.credit_not_matched",
            f"The credit is in Netvisor but could not be matched to invoice {named}: {refusal.reason}",
        ) from None


def match_xml(credit_id: str, invoice_id: str) -> bytes:
    """The body of matchcreditnote.nv."""
    root = etree.Element("root")
    element = etree.SubElement(root, "matchcreditnote")
    always(element, "creditnotenetvisorkey", credit_id)
    always(element, "invoicenetvisorkey", invoice_id)
    return body(root)


def is_matched(client: NetvisorClient, credit_id: str, invoice_id: str) -> bool:
    """Say whether Netvisor shows the credit as matched. Raises Fault, also if it does not show the credit at all."""
    parameters = {"netvisorkey": credit_id, "pdfimage": "nopdf", "replyoption": _MATCHED_INVOICES}
    credit = client.get("getsalesinvoice.nv", parameters)
    number = credit.text("salesinvoicenumber")
    if not number:
        raise Refused("netvisor.credit_not_matched", f"Netvisor shows no credit with the key {credit_id}.")
    if invoice_id in _matched_keys(credit):
        return True
    above = {"invoicenumber": number, "invoicesabovenetvisorkey": str(int(credit_id) - 1)}
    for row in client.get("salesinvoicelist.nv", above).all("salesinvoice"):
        if row.text("netvisorkey") == credit_id:
            return _is_settled(row)
    raise Fault("the list of invoices does not show the credit")


def _is_settled(row: Node) -> bool:
    total, still_open = read_decimal(row.text("invoicesum")), read_decimal(row.text("opensum"))
    if total is None or still_open is None:
        raise Fault("the list of invoices does not show what is open of the credit")
    return abs(still_open) < abs(total)


def _matched_keys(credit: Node) -> set[str]:
    """Keys that stand in an element about matched or credited invoices, whatever it is called."""
    told = [node for node in credit.all() if "matched" in node.name or "credited" in node.name]
    return {text for node in told for text in (node.text(), *(inner.text() for inner in node.all("netvisorkey")))}


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit()
