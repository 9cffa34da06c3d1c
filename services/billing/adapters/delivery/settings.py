"""The settings of every way of delivery, and how one is built from them."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.billing.adapters.delivery.endpoint import EndpointDelivery, EndpointSettings
from services.billing.adapters.delivery.files import FileDelivery
from services.billing.adapters.delivery.folder import folder_opener
from services.billing.adapters.delivery.parcel import Delivery
from services.billing.adapters.delivery.public import PublicTransport
from services.billing.adapters.delivery.sftp import SftpSettings, sftp_opener
from services.billing.adapters.kind import Site
from services.billing.adapters.secret import Secret
from services.billing.adapters.settings import header_text, seconds
from services.billing.adapters.transport import Transport

SECRETS: Final = ("token", "password", "private_key")
"""All may be left out: which are needed depends on the way and on the other side."""

_NEEDED: Final = {"folder": ("folder",), "http": ("http_url",), "sftp": ("sftp_host", "sftp_user", "sftp_host_key")}
_HEADER_NAME: Final = validate.Regexp(r"^[A-Za-z0-9-]{1,60}\Z")
_OWN_HEADERS: Final = frozenset({"content-type", "content-length", "content-disposition", "idempotency-key", "host"})


def _end_point(value: str) -> None:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValidationError("Not a web address.") from None
    if parts.scheme not in ("https", "http") or not host or parts.fragment or parts.query:
        raise ValidationError("Give an address such as https://invoices.example.fi/in, without ? and #.")
    if parts.username or parts.password:
        raise ValidationError("Give no user name or password in the address.")


def _relative(value: str) -> None:
    if not all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}", part) for part in value.split("/")):
        raise ValidationError("Give names of letters, digits, - and _, separated by /: finvoice/out.")


def _host_key(value: str) -> None:
    if not re.fullmatch(r"(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+={0,2}( .*)?", value):
        raise ValidationError("Give the server's public key: ssh-ed25519 AAAA…")


def _text(description: str, limit: int = 200, **kwargs: Any) -> fields.String:
    length = validate.Length(min=1, max=limit)
    return fields.String(validate=[length, header_text], metadata={"description": description}, **kwargs)


class DeliverySettings(Schema):
    """How finished files leave the house."""

    NEEDED_FOR = ("delivery", _NEEDED)
    """A setting, and what must be there for each of its choices."""

    delivery = fields.String(
        required=True,
        validate=validate.OneOf(tuple(_NEEDED)),
        metadata={"description": "How files are handed over: folder, http or sftp"},
    )
    folder = fields.String(
        validate=[validate.Length(max=300), _relative],
        metadata={"description": "Directory, below the one that the operator set", "example": "finvoice/out"},
    )
    http_url = fields.String(
        validate=[validate.Length(max=300), _end_point],
        metadata={"description": "Files are sent here by POST; https outside private networks"},
    )
    http_token_header = fields.String(
        load_default="Authorization",
        validate=_HEADER_NAME,
        metadata={"description": "Header that carries the secret token"},
    )
    http_token_scheme = fields.String(
        load_default="Bearer",
        validate=validate.Regexp(r"^[A-Za-z0-9_-]{0,30}$"),
        metadata={"description": "Word before the token; empty for the token alone"},
    )
    http_headers = fields.Dict(
        keys=fields.String(validate=_HEADER_NAME),
        values=fields.String(validate=[validate.Length(min=1, max=200), header_text]),
        load_default=dict,
        metadata={"description": "Further headers of every call; nothing secret"},
    )
    http_looks_up = fields.Boolean(
        load_default=False,
        metadata={"description": "The end point answers GET address/KEY with 200 or 404"},
    )
    sftp_host = fields.String(
        validate=validate.Regexp(r"^[A-Za-z0-9.:-]{1,253}$"), metadata={"description": "Name of the SFTP server"}
    )
    sftp_port = fields.Integer(
        load_default=22, validate=validate.Range(min=1, max=65535), metadata={"description": "Its port"}
    )
    sftp_user = _text("User on the SFTP server", 100)
    sftp_folder = fields.String(
        load_default=".", validate=validate.Length(min=1, max=300), metadata={"description": "Directory there"}
    )
    sftp_host_key = fields.String(
        validate=[validate.Length(max=2000), _host_key],
        metadata={"description": "Public key of the server, as ssh-keyscan shows it", "example": "ssh-ed25519 AAAA…"},
    )
    connect_timeout_s = seconds("Time to connect", 10, 10)
    read_timeout_s = seconds("Time to wait for an answer of the end point", 60, 120)

    @validates_schema
    def _complete(self, loaded: Mapping[str, Any], **_: Any) -> None:
        missing = [name for name in _NEEDED.get(loaded.get("delivery", ""), ()) if not loaded.get(name)]
        if missing:
            raise ValidationError({name: ["Needed for this way of delivery."] for name in missing})
        if _OWN_HEADERS & {name.lower() for name in loaded.get("http_headers", ())}:
            raise ValidationError({"http_headers": ["These headers are set for you."]})


def build_delivery(settings: Mapping[str, Any], secrets: Mapping[str, str], site: Site) -> Delivery:
    """The way out that the settings (as loaded) say. Calls nobody.

    site  where directories may be, and whether end points and SFTP servers may be in private networks.
    """
    token, password, private_key = (Secret(secrets.get(name, "")) for name in SECRETS)
    if settings["delivery"] == "folder":
        return FileDelivery(folder_opener(site.export_root, settings["folder"]))
    if settings["delivery"] == "sftp":
        sftp = SftpSettings(
            host=settings["sftp_host"],
            port=settings["sftp_port"],
            user=settings["sftp_user"],
            folder=settings["sftp_folder"],
            host_key=settings["sftp_host_key"],
            password=password,
            private_key=private_key,
            timeout_s=float(settings["connect_timeout_s"]),
            public_only=not site.private_webhooks,
        )
        return FileDelivery(sftp_opener(sftp))
    kind = Transport if site.private_webhooks else PublicTransport
    endpoint = EndpointSettings(
        url=settings["http_url"],
        token=token,
        token_header=settings["http_token_header"],
        token_scheme=settings["http_token_scheme"],
        headers=dict(settings["http_headers"]),
        looks_up=settings["http_looks_up"],
    )
    return EndpointDelivery(endpoint, kind(settings["connect_timeout_s"], settings["read_timeout_s"]))
