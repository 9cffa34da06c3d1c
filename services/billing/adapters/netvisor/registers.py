"""Our customers and products as Netvisor's XML, for making them and for telling what changed on our side.

Source: netvisor interface sheet §7–§9. An edit says only what it changes: what is empty with us stays in Netvisor as it
is there, and so does everything that we do not keep.
"""

from lxml import etree

from services.billing.adapters import texts
from services.billing.adapters.netvisor.rules import Rules, product_code
from services.billing.adapters.netvisor.xml import add, always, body, plain
from services.billing.domain.document import PRIVATE, DocumentLine, Party

LONGEST_NAME, LONGEST_CODE, LONGEST_PRODUCT_NAME = 250, 50, 200
"""Characters. The last two from the sheet, the first our own caution."""

_LANGUAGES = {"fi": "FI", "sv": "SE", "en": "EN"}


def customer_xml(payer: Party, *, new: bool = True) -> bytes:
    """The body of customer.nv. new: for `method=add`; otherwise for `method=edit`, with only what we own."""
    root = etree.Element("root")
    customer = etree.SubElement(root, "customer")
    base = etree.SubElement(customer, "customerbaseinformation")
    if new:
        always(base, "internalidentifier", payer.number.strip())
    add(base, "externalidentifier", texts.clean(payer.business_id or ""))
    always(base, "name", texts.cut(payer.name, LONGEST_NAME))
    add(base, "streetaddress", texts.cut(payer.address.street, LONGEST_NAME))
    add(base, "city", texts.cut(payer.address.city, LONGEST_NAME))
    add(base, "postnumber", texts.clean(payer.address.postal_code))
    add(base, "country", payer.address.country.upper(), type="ISO-3166")
    add(base, "email", texts.clean(payer.email or ""))
    if new:
        add(base, "isactive", "1")
        add(base, "isprivatecustomer", "1" if payer.kind == PRIVATE else "0")
    if payer.invoice_channel == "email":
        add(base, "emailinvoicingaddress", texts.clean(payer.email or ""))
    if payer.einvoice_address and payer.einvoice_operator:
        finvoice = etree.SubElement(customer, "customerfinvoicedetails")
        add(finvoice, "finvoiceaddress", texts.clean(payer.einvoice_address))
        add(finvoice, "finvoiceroutercode", texts.clean(payer.einvoice_operator))
    more = etree.Element("customeradditionalinformation")
    add(more, "invoicinglanguage", _LANGUAGES.get(payer.language, ""))
    if payer.late_interest_percent is not None:
        always(more, "paymentinterest", plain(payer.late_interest_percent))
    if len(more):
        customer.append(more)
    return body(root)


def product_xml(line: DocumentLine, rules: Rules) -> bytes:
    """The body of product.nv?method=add, for the product of a line (its text, unit, price and VAT rate)."""
    root = etree.Element("root")
    product = etree.SubElement(root, "product")
    base = etree.SubElement(product, "productbaseinformation")
    code = product_code(line)
    always(base, "productcode", code)
    always(base, "productgroup", rules.product_group)
    always(base, "name", texts.cut(line.text.split("\n")[0], LONGEST_PRODUCT_NAME) or code)
    always(base, "unitprice", plain(line.unit_price, places=2), type="net")
    add(base, "unit", texts.cut(line.unit, LONGEST_CODE))
    always(base, "isactive", "1")
    always(base, "issalesproduct", "1")
    _bookkeeping(product, line, rules)
    return body(root)


def product_edit_xml(line: DocumentLine, rules: Rules) -> bytes:
    """The body of product.nv?method=edit: unit, VAT and account.

    Name and price are those of a line, which differ from document to document: they were given once, at the beginning.
    """
    root = etree.Element("root")
    product = etree.SubElement(root, "product")
    if unit := texts.cut(line.unit, LONGEST_CODE):
        always(etree.SubElement(product, "productbaseinformation"), "unit", unit)
    _bookkeeping(product, line, rules)
    return body(root)


def same_business(ours: str, theirs: str) -> bool:
    """Compare two business IDs, written as `1234567-8`, `12345678` or `FI12345678`."""
    return _bare(ours) == _bare(theirs)


def _bare(business_id: str) -> str:
    return "".join(sign for sign in business_id.upper() if sign.isalnum()).removeprefix("FI")


def _bookkeeping(product: etree._Element, line: DocumentLine, rules: Rules) -> None:
    details = etree.SubElement(product, "productbookkeepingdetails")
    always(details, "defaultvatpercentage", plain(line.vat_rate_percent))
    add(details, "defaultdomesticaccountnumber", rules.sales_accounts.get(line.product_kind, ""))
