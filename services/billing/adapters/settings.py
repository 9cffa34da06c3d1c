"""Schema parts that the settings of all accounting systems share."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from marshmallow import RAISE, Schema, ValidationError, fields, validate


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return "." not in host or host.endswith(".localhost")


def web_address(value: str) -> None:
    """Accept https, or http to a loopback address or a name without dots (a sandbox beside us).

    Raises ValidationError.
    """
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValidationError("Not a web address.") from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ValidationError("Give an address such as https://integration.netvisor.fi, without ? and #.")
    if parts.username or parts.password:
        raise ValidationError("Give no user name or password in the address.")
    if parts.scheme == "http" and not _is_local(host):
        raise ValidationError("Only https is allowed to other machines.")


def header_text(value: str) -> None:
    """Accept printable ASCII: what goes into HTTP headers and signatures without doubt.

    Raises ValidationError.
    """
    if not (value.isascii() and value.isprintable() and value == value.strip()):
        raise ValidationError("Use only printable ASCII characters and no blanks at the ends.")


def short_text(description: str, **kwargs: Any) -> fields.String:
    """A field of 1–100 ASCII characters."""
    return fields.String(
        validate=[validate.Length(min=1, max=100), header_text],
        metadata={"description": description},
        **kwargs,
    )


def seconds(description: str, default: int, maximum: int) -> fields.Integer:
    """A time-out in whole seconds with a default."""
    return fields.Integer(
        load_default=default,
        validate=validate.Range(min=1, max=maximum),
        metadata={"description": f"{description}, seconds"},
    )


class TargetSettings(Schema):
    """What every connection has."""

    class Meta:
        """Unknown fields are errors: a misspelt setting must not be ignored."""

        unknown = RAISE

    url = fields.String(
        required=True,
        validate=[validate.Length(max=300), web_address],
        metadata={"description": "Base address of the interface"},
    )
