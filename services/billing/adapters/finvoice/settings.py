"""The settings of a Finvoice connection."""

from marshmallow import fields, validate

from services.billing.adapters.einvoice.settings import EinvoiceSettings


class FinvoiceSettings(EinvoiceSettings):
    """What Finvoice needs besides what every e-invoice needs."""

    operator = fields.String(
        required=True,
        validate=validate.Regexp(r"^[A-Z0-9]{2,35}$"),
        metadata={"description": "Id of the firm's own e-invoice operator", "example": "003723327487"},
    )
    encoding = fields.String(
        load_default="ISO-8859-15",
        validate=validate.OneOf(("ISO-8859-15", "UTF-8")),
        metadata={"description": "Characters: ISO-8859-15 for banks, UTF-8 where the operator takes it"},
    )
