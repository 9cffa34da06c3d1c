"""The settings of a Netvisor connection, as a person gives them."""

from marshmallow import fields, validate

from services.billing.adapters.netvisor.mac import ALGORITHMS
from services.billing.adapters.netvisor.rules import (
    DEFAULT_VAT_CODES,
    DIMENSION_SOURCES,
    STATUS_OF_TYPE,
    TAX_HANDLING,
    VAT_CODES,
)
from services.billing.adapters.settings import TargetSettings, seconds, short_text

SECRETS = ("customer_key", "partner_key")


class NetvisorSettings(TargetSettings):
    """Address and identity of the company in Netvisor, and its choices."""

    sender = short_text("Name of the calling software, shown in Netvisor", load_default="Urakka")
    customer_id = short_text("API identifier of the Netvisor user", required=True)
    partner_id = short_text("Identifier of the integration partner", required=True)
    organisation_id = fields.String(
        required=True,
        validate=validate.Regexp(r"^\d{7}-\d$"),
        metadata={"description": "Business ID of the company whose books are used", "example": "1234567-8"},
    )
    language = fields.String(
        load_default="FI",
        validate=validate.OneOf(("FI", "SE", "EN")),
        metadata={"description": "Language of Netvisor's error texts"},
    )
    algorithm = fields.String(
        load_default=ALGORITHMS[0],
        validate=validate.OneOf(ALGORITHMS),
        metadata={"description": "How calls are signed; new integrations must use HMACSHA256"},
    )
    invoice_type = fields.String(
        load_default="invoice",
        validate=validate.OneOf(tuple(STATUS_OF_TYPE)),
        metadata={"description": "What is created: an invoice to be sent, an order, or a draft of an invoice"},
    )
    vat_codes = fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"^[A-Z]{1,3}(/\d{1,2}(\.\d{1,2})?)?$")),
        values=fields.String(validate=validate.OneOf(VAT_CODES)),
        load_default=lambda: dict(DEFAULT_VAT_CODES),
        metadata={
            "description": "VAT category, or category/rate, to Netvisor's VAT code",
            "example": DEFAULT_VAT_CODES,
        },
    )
    product_group = fields.String(
        load_default="Urakka",
        validate=validate.Length(min=1, max=50),
        metadata={"description": "Product group of products that we create"},
    )
    product_name_limit = fields.Integer(
        load_default=50,
        validate=validate.Range(min=10, max=200),
        metadata={"description": "Longest name of a line; what is longer is repeated in full below it"},
    )
    dimensions = fields.Dict(
        keys=fields.String(validate=validate.OneOf(DIMENSION_SOURCES)),
        values=fields.String(validate=validate.Length(min=1, max=100)),
        load_default=dict,
        metadata={
            "description": "Reference of the work, or its site, to the name of a dimension in Netvisor",
            "example": {"cost_centre": "Kustannuspaikka", "work_number": "Projekti"},
        },
    )
    only_existing_dimensions = fields.Boolean(
        load_default=False,
        metadata={"description": "Refuse invoices with a dimension item that Netvisor lacks, instead of making it"},
    )
    sales_accounts = fields.Dict(
        keys=fields.String(validate=validate.Length(min=1, max=40)),
        values=fields.String(validate=validate.Regexp(r"^\d{1,10}$")),
        load_default=dict,
        metadata={
            "description": "Kind of product to the number of its revenue account; others take that of Netvisor",
            "example": {"labour": "3010", "material": "3020"},
        },
    )
    tax_handling = fields.String(
        load_default="",
        validate=validate.OneOf(("", *TAX_HANDLING)),
        metadata={"description": "Tax handling of invoices without reverse charge; empty leaves it to Netvisor"},
    )
    newer_elements = fields.Boolean(
        load_default=True,
        metadata={
            "description": "Send agreed late interest, order number, buyer's cost centre and day of each line in "
            "elements that only one public source knows; switch it off if Netvisor refuses them"
        },
    )
    print_attachments = fields.Boolean(
        load_default=True, metadata={"description": "Attachments go to the buyer with the invoice"}
    )
    update_customers = fields.Boolean(
        load_default=True,
        metadata={"description": "Tell Netvisor when a customer's name, address or e-invoice address changed here"},
    )
    update_products = fields.Boolean(
        load_default=True, metadata={"description": "Tell Netvisor when a product's unit, VAT rate or account changed"}
    )
    read_back = fields.Boolean(
        load_default=True,
        metadata={"description": "Read each new invoice back, for its number and totals"},
    )
    connect_timeout_s = seconds("Time to connect", 10, 10)
    read_timeout_s = seconds("Time to wait for an answer; Netvisor asks for at least 120", 120, 120)
