"""The settings of a Procountor connection, as a person gives them."""

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate
from stdnum import iban as iban_number

from services.billing.adapters.procountor.names import CHANNELS, LANGUAGES
from services.billing.adapters.procountor.rules import DEFAULT_VAT_STATUSES, DimensionRule, Rules
from services.billing.adapters.settings import TargetSettings, seconds
from services.billing.domain.document import DIMENSIONS

SECRETS = ("client_id", "client_secret", "api_key")


def _iban(value: str) -> None:
    if not iban_number.is_valid(value):
        raise ValidationError("Not a valid IBAN.")


def _switch(default: bool, description: str) -> fields.Boolean:
    return fields.Boolean(load_default=default, metadata={"description": description})


class DimensionSettings(Schema):
    """Where one of our dimensions stands in Procountor."""

    class Meta:
        """A misspelt setting must not be ignored."""

        unknown = RAISE

    dimension = fields.String(
        required=True,
        validate=validate.Length(min=1, max=80),
        metadata={"description": "Name or id of the dimension in Procountor", "example": "Kustannuspaikka"},
    )
    items = fields.Dict(
        keys=fields.String(validate=validate.Length(min=1, max=70)),
        values=fields.String(validate=validate.Length(min=1, max=80)),
        load_default=dict,
        metadata={"description": "Our value to the item's code there, where they differ", "example": {"4711": "100"}},
    )


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
    check_vat = _switch(True, "Read which VAT percentages and statuses the company uses, and refuse others beforehand")
    update_registers = _switch(True, "Partners and products follow what changes on our side")
    negative_credits = _switch(
        False,
        "Send credits as invoices with negative rows. No public source confirms that Procountor takes them so; "
        "without this, credits are refused with that reason",
    )
    approve = _switch(False, "Approve each accepted invoice")
    send = _switch(False, "Approve and send each accepted invoice")
    attach_to_invoice = _switch(
        True, "Attachments go to the buyer with the invoice, instead of only being kept with it"
    )
    dimensions = fields.Dict(
        keys=fields.String(validate=validate.OneOf(DIMENSIONS)),
        values=fields.Nested(DimensionSettings),
        load_default=dict,
        metadata={
            "description": "Our dimension to Procountor's; written on the ledger receipt after everything else",
            "example": {"cost_centre": {"dimension": "Kustannuspaikka", "items": {}}},
        },
    )
    create_dimension_items = _switch(False, "Make dimension items that are missing in Procountor")
    requests_per_second = fields.Integer(
        load_default=10,
        validate=validate.Range(min=1, max=60),
        metadata={"description": "At most so many calls a second"},
    )
    connect_timeout_s = seconds("Time to connect", 10, 10)
    read_timeout_s = seconds("Time to wait for an answer", 120, 120)


def rules_of(settings: Mapping[str, Any]) -> Rules:
    """The rules in settings as loaded by the schema."""
    same = (
        "vat_statuses", "units", "invoice_channel", "language", "accounting_by_row", "update_registers",
        "negative_credits", "approve", "send", "attach_to_invoice", "check_vat",
    )  # fmt: skip
    return Rules(
        iban=settings["iban"].replace(" ", ""),
        dimensions={
            name: DimensionRule(rule["dimension"], dict(rule["items"])) for name, rule in settings["dimensions"].items()
        },
        create_items=settings["create_dimension_items"],
        **{name: settings[name] for name in same},
    )
