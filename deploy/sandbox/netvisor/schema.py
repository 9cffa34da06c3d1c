"""The element tables: order, what is mandatory, lengths, enumerations. Source: netvisor sheet 8, 9, 10.

Only limits that a public source states are enforced. `anywhere` marks elements about whose place the sources
disagree.
"""

from __future__ import annotations

from typing import Any

from .reader import Element, Kind

VAT_CODES = (
    "none", "komy", "komy0", "eumy", "euum", "eupm309", "eupm312", "muul", "ramy", "100", "euuo",
    "koos", "euos", "eupo", "raos", "evro", "evto", "evpo", "evkv", "kave", "maal", "evma",
)  # fmt: skip
TAX_HANDLING = ("countrygroup", "forcedomestic", "domesticconstructionservice", "notaxhandling")
INVOICE_TYPES = ("invoice", "order", "invoicedraft")
INVOICE_STATUSES = ("open", "unsent", "delivered", "undelivered")
# Key of a payment term -> days net; what paymenttermlist.nv shows.
PAYMENT_TERM_DAYS = {1: 7, 2: 14, 3: 21, 4: 30}
_NUMBERED = {"type": ("netvisor", "customer")}


def _text(name: str, max_length: int | None = None, **options: Any) -> Element:
    return Element(name, Kind.TEXT, max_length=max_length, **options)


def _texts(*names: str) -> tuple[Element, ...]:
    return tuple(Element(name) for name in names)


def _decimal(name: str, **options: Any) -> Element:
    return Element(name, Kind.DECIMAL, **options)


def _integer(name: str, **options: Any) -> Element:
    return Element(name, Kind.INTEGER, **options)


def _date(name: str, **options: Any) -> Element:
    return Element(name, Kind.DATE, **options)


def _flag(name: str, **options: Any) -> Element:
    return Element(name, Kind.BOOLEAN, **options)


def _choice(name: str, choices: tuple[str, ...], **options: Any) -> Element:
    return Element(name, Kind.CHOICE, choices=choices, **options)


def _group(name: str, *children: Element, **options: Any) -> Element:
    return Element(name, Kind.GROUP, children=children, **options)


DIMENSION = _group(
    "dimension",
    _text("dimensionname", required=True, may_be_empty=False),
    _text("dimensionitem", required=True, may_be_empty=False),
    many=True,
)

CUSTOMER = _group(
    "customer",
    _group(
        "customerbaseinformation",
        *_texts("internalidentifier", "externalidentifier", "organizationunitnumber"),
        _text("name", may_be_empty=False),
        *_texts("nameextension", "streetaddress", "additionaladdressline", "city", "postnumber", "country"),
        *_texts("customergroupname", "phonenumber", "faxnumber", "email", "homepageuri"),
        _flag("isactive"),
        _flag("isprivatecustomer"),
        _text("emailinvoicingaddress"),
    ),
    _group("customerfinvoicedetails", *_texts("finvoiceaddress", "finvoiceroutercode")),
    _group(
        "customerdeliverydetails",
        *_texts("deliveryname", "deliverystreetaddress", "deliverycity", "deliverypostnumber", "deliverycountry"),
    ),
    _group(
        "customercontactdetails",
        *_texts("contactname", "contactperson", "contactpersonemail", "contactpersonphone"),
    ),
    _group(
        "customeradditionalinformation",
        *_texts("comment", "customeragreementidentifier", "customerreferencenumber", "directdebitbankaccount"),
        _choice("invoicinglanguage", ("fi", "se", "sv", "en")),
        _choice("invoiceprintchannelformat", ("1", "2"), attributes={"type": ("netvisor",)}),
        *_texts("yourdefaultreference", "defaulttextbeforeinvoicelines", "defaulttextafterinvoicelines"),
        *_texts("defaultpaymentterm", "defaultsecondname"),
        _decimal("paymentinterest"),
        _decimal("balancelimit"),
        *_texts("receivablesmanagementautomationrule", "factoringaccount"),
        _choice("taxhandlingtype", TAX_HANDLING),
        _flag("eustandardfinvoice"),
        _group("defaultsalesperson", _text("salespersonid")),
    ),
    _group("customerdimensiondetails", DIMENSION),
)

_EAN = {"type": ("any", "ean8", "ean13", "code128")}

PRODUCT = _group(
    "product",
    _group(
        "productbaseinformation",
        _text("productcode", 50),
        _text("productgroup"),
        _text("name", 200, may_be_empty=False),
        _text("description"),
        _decimal("unitprice", attributes={"type": ("net", "gross")}),
        _text("unit", 50),
        _decimal("unitweight", anywhere=True),
        _decimal("purchaseprice"),
        _text("tariffheading"),
        _decimal("comissionpercentage"),
        _flag("isactive", anywhere=True),
        _flag("issalesproduct"),
        _flag("inventoryenabled"),
        _choice("inventorybatchlinkingmode", tuple("12345678")),
        _text("countryoforigin"),
        _text("primaryeancode", attributes=_EAN),
        _text("secondaryeancode", attributes=_EAN),
        _decimal("inventoryalertlimit"),
    ),
    _group(
        "productbookkeepingdetails",
        _decimal("defaultvatpercentage"),
        *_texts("defaultdomesticaccountnumber", "defaulteuaccountnumber", "defaultoutsideeuaccountnumber"),
    ),
    _group(
        "productadditionalinformation",
        _decimal("productnetweight"),
        _decimal("productgrossweight"),
        _choice("productweightunit", ("g", "kg", "tn")),
        Element("dimension", Kind.GROUP, many=True, anywhere=True, children=DIMENSION.children),
        _group(
            "productpackageinformation",
            _decimal("packagewidth"),
            _decimal("packageheight"),
            _decimal("packagelength"),
            anywhere=True,
        ),
    ),
    _group("productcustomtags", _group("tag", *_texts("tagname", "tagvalue"), many=True)),
)

_ACCRUAL = ("startmonth", "startyear", "endmonth", "endyear")

PRODUCT_LINE = _group(
    "salesinvoiceproductline",
    _text(
        "productidentifier",
        required=True,
        may_be_empty=False,
        needs=("type",),
        attributes={"type": ("netvisor", "customer", "primaryeancode", "secondaryeancode")},
    ),
    _text("productname", 200, required=True),
    _decimal("productunitprice", required=True, may_be_empty=False, attributes={"type": ("net", "gross")}),
    _decimal("productunitpurchaseprice", attributes={"type": ("net",)}),
    _decimal("productvatpercentage", required=True, may_be_empty=False, attributes={"vatcode": VAT_CODES}),
    _decimal("salesinvoiceproductlinequantity", required=True, may_be_empty=False),
    _decimal("salesinvoiceproductlinediscountpercentage", attributes={"type": ("netvisor",)}),
    _text("salesinvoiceproductlinefreetext", 500),
    _decimal("salesinvoiceproductlinevatsum"),
    _decimal("salesinvoiceproductlinesum"),
    _text("salesinvoiceproductlineinventoryid"),
    _integer("accountingaccountsuggestion"),
    _flag("skipaccrual"),
    DIMENSION,
    _decimal("provisionpercentage"),
    _group("accrualrule", *(_integer(name) for name in _ACCRUAL)),
    _text("productunitname"),
    _date("deliverydate"),
    *_texts("ordernumber", "proposedaccount", "accountdimensiontext"),
)

_SUB_LINE = _group(
    "salesinvoicesubline",
    _text("sublinearticleidentifier"),
    _text("sublinearticlename", required=True, may_be_empty=False),
    *_texts("sublinedescription", "sublineunitcode"),
    *(
        _decimal(f"subline{name}")
        for name in ("unitprice", "deliveredquantity", "discountpercent", "vatpercent", "sum", "vatsum")
    ),
)

_LINE = _group(
    "invoiceline",
    PRODUCT_LINE,
    _group("salesinvoicecommentline", _text("comment", required=True)),
    _SUB_LINE,
    required=True,
    many=True,
    one_child=True,
)

_VOUCHER_LINE = _group(
    "voucherline",
    _decimal("linesum", required=True, may_be_empty=False, attributes={"type": ("net", "gross")}),
    _text("description"),
    _integer("accountnumber", required=True, may_be_empty=False),
    _decimal("vatpercent", required=True, may_be_empty=False, attributes={"vatcode": VAT_CODES}),
    _flag("skipaccrual"),
    DIMENSION,
    required=True,
    many=True,
)

_ATTACHMENT = _group(
    "salesinvoiceattachment",
    _text("mimetype", required=True, may_be_empty=False),
    _text("attachmentdescription", required=True),
    _text("filename", required=True, may_be_empty=False),
    _text(
        "documentdata",
        required=True,
        may_be_empty=False,
        needs=("type",),
        attributes={"type": ("pdf", "finvoice")},
    ),
    _flag("printbydefault"),
    required=True,
    many=True,
)

_PRINT_CHANNEL = _text("printchannelformat", anywhere=True, attributes=_NUMBERED)

_HEADER_DATES = (
    _text("salesinvoicenumber"),
    _date("salesinvoicedate", required=True, may_be_empty=False),
    _date("salesinvoiceeventdate"),
    _date("salesinvoiceduedate", anywhere=True),
    _date("salesinvoicevaluedate"),
    _date("salesinvoicedeliverydate"),
    Element("salesinvoicedeliverytocustomerdate", Kind.DATE_OR_WEEK, attributes={"type": ("date", "weeknumber")}),
    _text("salesinvoicewaybillidentifier"),
    _decimal("salesinvoiceproductpackagepallet"),
    _text("salesinvoicereferencenumber"),
    _decimal("salesinvoiceamount", required=True, attributes={"pricetype": ("netvisor", "customer")}),
    _text("selleridentifier", attributes=_NUMBERED),
    _text("sellername"),
    _choice("invoicetype", INVOICE_TYPES),
    _choice("salesinvoicestatus", INVOICE_STATUSES, required=True, attributes={"type": ("netvisor",)}),
    *_texts("salesinvoicefreetextbeforelines", "salesinvoicefreetextafterlines"),
    *_texts("salesinvoiceourreference", "salesinvoiceyourreference", "salesinvoiceprivatecomment"),
)

_HEADER_PARTIES = (
    _text(
        "invoicingcustomeridentifier",
        required=True,
        may_be_empty=False,
        needs=("type",),
        attributes={"type": ("netvisor", "customer", "organizationunitnumber")},
    ),
    *_texts(
        "invoicingcustomername",
        "invoicingcustomernameextension",
        "invoicingcustomeraddressline",
        "invoicingcustomeradditionaladdressline",
        "invoicingcustomerpostnumber",
        "invoicingcustomertown",
        "invoicingcustomercountrycode",
        "officeidentifier",
        "deliveryoffice",
        "deliveryaddressname",
        "deliveryaddressnameextension",
        "deliveryaddressline",
        "deliveryaddresspostnumber",
        "deliveryaddresstown",
        "deliveryaddresscountrycode",
        "deliverymethod",
        "deliveryterm",
    ),
)

_HEADER_TERMS = (
    _choice("salesinvoicetaxhandlingtype", TAX_HANDLING),
    _integer(
        "paymentterm",
        attributes={"type": ("netvisor", "customerdefault", "companydefault", "default", "customer")},
    ),
    _integer("paymenttermnetdays"),
    _integer("paymenttermcashdiscountdays"),
    _decimal("paymenttermcashdiscount", attributes={"type": ("percentage", "sum")}),
    _flag("expectpartialpayments"),
    _text("trydirectdebitlink"),
    _text("overridevouchersalesreceivablesaccountnumber"),
    _text("salesinvoiceagreementidentifier", 35),
    _PRINT_CHANNEL,
    _text("secondname", attributes=_NUMBERED),
    _decimal("overriderateofoverdue"),
    *_texts("ordernumber", "proposedaccount", "accountdimensiontext"),
    _decimal("collectioncost"),
    _flag("isthirdpartysales"),
)

SALES_INVOICE = _group(
    "salesinvoice",
    *_HEADER_DATES,
    *_HEADER_PARTIES,
    *_HEADER_TERMS,
    _group("invoicelines", _LINE, required=True),
    _group("invoicevoucherlines", _VOUCHER_LINE),
    _group("accrualrule", *(_integer(name) for name in _ACCRUAL)),
    _group("salesinvoiceaccrual", *_texts("overridedefaultsalesaccrualaccountnumber", "salesinvoiceaccrualtype")),
    _group("salesinvoiceattachments", _ATTACHMENT),
    _group(
        "customtags",
        _group(
            "tag",
            _text("tagname", required=True, may_be_empty=False),
            _text("tagvalue", required=True, attributes={"datatype": ("float", "date", "text", "enum")}),
            required=True,
            many=True,
        ),
    ),
)

MATCH_CREDIT_NOTE = _group(
    "matchcreditnote",
    _integer("creditnotenetvisorkey", required=True, may_be_empty=False),
    _integer("invoicenetvisorkey", required=True, may_be_empty=False),
)

SALES_PAYMENT = _group(
    "salespayment",
    _decimal("sum", required=True, may_be_empty=False),
    _date("paymentdate", required=True, may_be_empty=False),
    _text(
        "targetidentifier",
        required=True,
        may_be_empty=False,
        attributes={"type": ("netvisor", "reference", "invoicenumber"), "targettype": ("invoice", "order")},
    ),
    _text("sourcename"),
    _text("paymentmethod", required=True, attributes={"type": ("alternative", "bankaccount")}),
    _group(
        "salespaymentvoucherlines",
        _group(
            "voucherline",
            _decimal("linesum", attributes={"type": ("net", "gross")}),
            _text("description"),
            _integer("accountnumber"),
            _decimal("vatpercent", attributes={"vatcode": VAT_CODES}),
            _group("dimension", *_texts("dimensionname", "dimensionitem"), many=True),
            many=True,
        ),
    ),
)

DIMENSION_ITEM = _group(
    "dimensionitem",
    _text("name", required=True, may_be_empty=False),
    _text("item", required=True, may_be_empty=False),
    _text("olditem"),
    _integer("fatherid"),
    _text("fatheritem"),
    _choice("ishidden", ("0", "1", "false", "true")),
)

VOUCHER = _group(
    "voucher",
    _choice("calculationmode", ("net", "gross")),
    _date("voucherdate", required=True, may_be_empty=False),
    _integer("vouchernumber"),
    _text("description"),
    _text("voucherclass", required=True, may_be_empty=False),
    _group(
        "voucherline",
        _decimal("linesum", required=True, may_be_empty=False, attributes={"type": ("net", "gross")}),
        _text("description"),
        _integer("accountnumber", required=True, may_be_empty=False),
        _decimal("vatpercent", required=True, may_be_empty=False, attributes={"vatcode": VAT_CODES}),
        _text("accountdimension"),
        DIMENSION,
        required=True,
        many=True,
    ),
    _group(
        "voucherattachments",
        _group(
            "voucherattachment",
            *(_text(name, required=True) for name in ("mimetype", "attachmentdescription", "filename", "documentdata")),
            many=True,
        ),
    ),
)
