"""The settings of a webhook connection."""

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from services.billing.adapters.settings import seconds, web_address
from services.billing.adapters.webhook.answers import ANY_2XX, ECHO

SECRETS = ("signing_secret",)
OPTIONAL_SECRETS = ("previous_secret",)
KEY_PLACE = "{key}"


def _address(value: str) -> None:
    """As `web_address`, and with a query. Raises ValidationError."""
    web_address(value.partition("?")[0])
    if not (value.isascii() and value.isprintable() and " " not in value and "#" not in value):
        raise ValidationError("Not a web address.")


def _look_up_address(value: str) -> None:
    if value.count(KEY_PLACE) != 1:
        raise ValidationError("Say by {key} where the key of the document goes: https://example.fi/documents/{key}")
    _address(value.replace(KEY_PLACE, "key"))


class WebhookSettings(Schema):
    """Where documents are sent, and what an answer means."""

    class Meta:
        """A misspelt setting must not be ignored."""

        unknown = RAISE

    url = fields.String(
        required=True,
        validate=[validate.Length(max=500), _address],
        metadata={"description": "Documents are sent here by POST", "example": "https://example.fi/urakka"},
    )
    status_url = fields.String(
        load_default=None,
        allow_none=True,
        validate=[validate.Length(max=500), _look_up_address],
        metadata={
            "description": "Asked by GET whether a document is there; without it a person decides after a lost answer",
            "example": "https://example.fi/urakka/{key}",
        },
    )
    acceptance = fields.String(
        load_default=ECHO,
        validate=validate.OneOf((ECHO, ANY_2XX)),
        metadata={
            "description": "echo: only an answer that repeats the key means that the document is there; "
            "any_2xx: every success does"
        },
    )
    sign_with_previous = fields.Boolean(
        load_default=True,
        metadata={"description": "Sign with the previous secret too, if there is one: while receivers change over"},
    )
    connect_timeout_s = seconds("Time to connect", 10, 10)
    read_timeout_s = seconds("Time to wait for an answer", 30, 120)
