"""The settings of a Peppol connection."""

from marshmallow import fields

from services.billing.adapters.einvoice.settings import EinvoiceSettings


class PeppolSettings(EinvoiceSettings):
    """What Peppol needs besides what every e-invoice needs."""

    customer_number_as_reference = fields.Boolean(
        load_default=False,
        metadata={"description": "Use our customer number where the buyer gave neither reference nor order number"},
    )
