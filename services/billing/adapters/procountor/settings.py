"""The settings of a Procountor connection, as a person gives them."""

from marshmallow import ValidationError, fields, validate
from stdnum import iban as iban_number

from services.billing.adapters.procountor.mapping import DEFAULT_VAT_STATUSES
from services.billing.adapters.procountor.names import CHANNELS, LANGUAGES
from services.billing.adapters.settings import TargetSettings, seconds

SECRETS = ("client_id", "client_secret", "api_key")


def _iban(value: str) -> None:
    if not iban_number.is_valid(value):
        raise ValidationError("Not a valid IBAN.")


class ProcountorSettings(TargetSettings):
    """Address of the interface and the company's choices."""

    iban = fields.String(
        required=True,
        validate=[validate.Length(max=42), _iban],
        metadata={"description": "The company's bank account that invoices are paid to"},
    )
    vat_statuses = fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"^[A-Z]{1,3}(/\d{1,2}(\.\d{1,2})?)?$")),
        values=fields.Integer(strict=True, validate=validate.Range(min=0, max=999)),
        load_default=lambda: dict(DEFAULT_VAT_STATUSES),
        metadata={
            "description": "VAT category, or category/rate, to Procountor's VAT status number of the company",
            "example": DEFAULT_VAT_STATUSES,
        },
    )
    units = fields.Dict(
        keys=fields.String(validate=validate.Length(min=1, max=20)),
        values=fields.String(validate=validate.Regexp(r"^[A-Z_]{2,40}$")),
        load_default=dict,
        metadata={
            "description": "Units that the general table lacks or names otherwise",
            "example": {"käynti": "PIECE"},
        },
    )
    invoice_channel = fields.String(
        load_default="none",
        validate=validate.OneOf(tuple(CHANNELS)),
        metadata={"description": "Channel of invoices whose payer has none"},
    )
    language = fields.String(
        load_default="fi",
        validate=validate.OneOf(tuple(LANGUAGES)),
        metadata={"description": "Language of invoices whose payer has none"},
    )
    accounting_by_row = fields.Boolean(
        load_default=True,
        metadata={"description": "Post each row to its product's account"},
    )
    requests_per_second = fields.Integer(
        load_default=10,
        validate=validate.Range(min=1, max=60),
        metadata={"description": "At most so many calls a second"},
    )
    connect_timeout_s = seconds("Time to connect", 10, 10)
    read_timeout_s = seconds("Time to wait for an answer", 120, 120)
