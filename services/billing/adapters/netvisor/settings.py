"""The settings of a Netvisor connection, as a person gives them."""

from marshmallow import fields, validate

from services.billing.adapters.netvisor.mac import ALGORITHMS
from services.billing.adapters.netvisor.mapping import DEFAULT_VAT_CODES, STATUS_OF_TYPE
from services.billing.adapters.settings import TargetSettings, header_text, seconds, short_text

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
        values=fields.String(validate=[validate.Length(min=1, max=10), header_text]),
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
    read_back = fields.Boolean(
        load_default=True,
        metadata={"description": "Read each new invoice back, for its number and totals"},
    )
    connect_timeout_s = seconds("Time to connect", 10, 10)
    read_timeout_s = seconds("Time to wait for an answer; Netvisor asks for at least 120", 120, 120)
