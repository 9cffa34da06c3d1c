"""Shapes of what identity's API takes and gives."""

from __future__ import annotations

from marshmallow import fields, validate

from services.identity.domain.passwords import LONGEST
from services.identity.domain.roles import PERMISSIONS, ROLES
from shared.http import IdString, Schema, Text

MOST_SITES = 50
"""Sites that one user can be limited to: they travel in every token."""


class EmailField(fields.Email):
    """An e-mail address of at most 254 characters (RFC 5321)."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(validate=validate.Length(max=254), **kwargs)  # type: ignore[arg-type]  # passed through


def _password(**kwargs: object) -> fields.String:
    return fields.String(
        load_only=True,
        validate=validate.Length(min=1, max=LONGEST),
        metadata={"description": "10–200 characters", "format": "password"},
        **kwargs,  # type: ignore[arg-type]  # passed through
    )


def _names(names: object, description: str, **kwargs: object) -> fields.List:
    return fields.List(
        fields.String(validate=validate.OneOf(sorted(names))),  # type: ignore[call-overload]  # a set of names
        validate=validate.Length(max=40),
        metadata={"description": description},
        **kwargs,  # type: ignore[arg-type]  # passed through
    )


def _site_ids() -> fields.List:
    return fields.List(
        IdString(),
        validate=validate.Length(max=MOST_SITES),
        metadata={"description": "Sites that the user is limited to, with all below them; empty: no limit"},
    )


class TenantIn(Schema):
    """A new tenant and its first administrator."""

    id = IdString(metadata={"description": "Own id of the client, makes the call repeatable"})
    name = Text(120, min_length=1, required=True, metadata={"description": "Name of the firm"})
    business_id = Text(9, load_default=None, allow_none=True, metadata={"example": "9000011-8"})
    admin_name = Text(120, min_length=1, required=True)
    admin_email = EmailField(required=True)
    admin_password = _password(required=True)


class TenantOut(Schema):
    """A tenant."""

    id = IdString(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    business_id = fields.String(required=True, allow_none=True)
    archived = fields.Boolean(required=True)


class PasswordLoginIn(Schema):
    """Log-in of a person."""

    email = EmailField(required=True)
    password = _password(required=True)


class RefreshIn(Schema):
    """A refresh token."""

    refresh_token = fields.String(required=True, validate=validate.Length(min=10, max=200))


class KeyLoginIn(Schema):
    """An API key."""

    api_key = fields.String(required=True, validate=validate.Length(min=10, max=200))


class TokensOut(Schema):
    """What a log-in gives."""

    access_token = fields.String(required=True, metadata={"description": "Send it as Authorization: Bearer …"})
    token_type = fields.Constant("Bearer")
    expires_in = fields.Integer(required=True, attribute="expires_in_s", metadata={"description": "Seconds"})
    refresh_token = fields.String(required=True, allow_none=True, metadata={"description": "Good once, for 30 days"})
    tenant_id = IdString(required=True)
    subject = fields.String(required=True)
    permissions = fields.List(fields.String(), required=True)
    site_ids = fields.List(
        fields.String(), required=True, metadata={"description": "Sites that the user is limited to; empty: no limit"}
    )


class UserIn(Schema):
    """A new user."""

    id = IdString(metadata={"description": "Own id of the client, makes the call repeatable"})
    name = Text(120, min_length=1, required=True)
    email = EmailField(required=True)
    password = _password(required=True)
    roles = _names(ROLES, "Names of roles", required=True)
    granted = _names(PERMISSIONS, "Single permissions beside the roles", load_default=list)
    site_ids = _site_ids()


class UserChange(Schema):
    """Changes to a user; what is left out stays."""

    name = Text(120, min_length=1)
    email = EmailField()
    password = _password()
    roles = _names(ROLES, "Names of roles")
    granted = _names(PERMISSIONS, "Single permissions beside the roles")
    site_ids = _site_ids()
    active = fields.Boolean()


class UserOut(Schema):
    """A user."""

    id = IdString(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    granted = fields.List(fields.String(), required=True)
    site_ids = fields.List(fields.String(), required=True)
    active = fields.Boolean(required=True)


class RoleOut(Schema):
    """A role and what it allows."""

    name = fields.String(required=True)
    permissions = fields.List(fields.String(), required=True)


class RolesOut(Schema):
    """All roles and all permissions."""

    roles = fields.List(fields.Nested(RoleOut), required=True)
    permissions = fields.List(fields.String(), required=True)


class ApiKeyIn(Schema):
    """A new API key."""

    name = Text(120, min_length=1, required=True, metadata={"description": "Which system uses it"})
    roles = _names(ROLES, "Names of roles", load_default=list)
    granted = _names(PERMISSIONS, "Single permissions", load_default=list)


class ApiKeyOut(Schema):
    """An API key without the key."""

    id = IdString(required=True)
    name = fields.String(required=True)
    hint = fields.String(required=True, metadata={"description": "The key's first characters"})
    roles = fields.List(fields.String(), required=True)
    granted = fields.List(fields.String(), required=True)
    revoked = fields.Boolean(required=True)


class NewApiKeyOut(ApiKeyOut):
    """An API key with the key itself, shown only once."""

    api_key = fields.String(required=True)
