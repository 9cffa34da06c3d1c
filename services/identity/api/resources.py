"""Identity over HTTP."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from flask import Blueprint as PlainBlueprint
from flask import Response, jsonify, request

from services.identity.api import schemas
from services.identity.app import sessions, tenants, users
from services.identity.domain.roles import PERMISSIONS, ROLES
from shared.clock import utc_now
from shared.context import current_context
from shared.db import UnitOfWork
from shared.http import (
    Blueprint,
    PageQuery,
    app_runtime,
    begin,
    creation_request,
    expected_version,
    page_schema,
    public,
    read,
    requires,
    with_etag,
)

tenant_blueprint = Blueprint("tenants", __name__, url_prefix="/tenants", description="Firms that use Urakka")
token_blueprint = Blueprint("tokens", __name__, url_prefix="/tokens", description="Logging in and out")
user_blueprint = Blueprint(
    "users", __name__, url_prefix="/users", description="People who log in", for_whole_tenant=True
)
key_blueprint = Blueprint(
    "api-keys", __name__, url_prefix="/api-keys", description="Keys of other systems", for_whole_tenant=True
)
key_set_blueprint = PlainBlueprint("key-set", __name__)

_TENANT_KEYS = uuid.UUID("b6e1a1de-5c0e-5d0b-9a53-2f4d6c1a7e90")


def _of_tenant(tenant_id: str) -> UnitOfWork:
    context = current_context()
    assert context is not None
    return app_runtime().database.begin(context.for_tenant(tenant_id))


@tenant_blueprint.post("")
@public
@tenant_blueprint.arguments(schemas.TenantIn)
@tenant_blueprint.response(201, schemas.TenantOut)
def found_tenant(body: dict[str, Any]) -> Any:
    """Create a tenant and its first administrator

    Only for the operator: send the provisioning key in the header X-Provisioning-Key.
    """
    expected = app_runtime().config.provisioning_key
    tenants.check_provisioning_key(expected, request.headers.get("X-Provisioning-Key", ""))
    creation = creation_request("tenant", body)
    if creation.key and "id" not in body:  # a tenant is not inside another: its own id must follow from the key
        creation = replace(creation, id=str(uuid.uuid5(_TENANT_KEYS, creation.key)))
    command = tenants.FoundTenant(**{name: value for name, value in body.items() if name != "id"})
    tenant, _admin = tenants.found_tenant(_of_tenant, creation, command)
    return with_etag(tenant)


@tenant_blueprint.get("/own")
@requires("tenant.manage", "users.manage", "customers.read", "workorders.read", "workorders.read_own", "billing.read")
@tenant_blueprint.response(200, schemas.TenantOut)
def own_tenant() -> Any:
    """Get the caller's own tenant"""
    return with_etag(tenants.get_tenant(read()))


@token_blueprint.post("")
@public
@token_blueprint.arguments(schemas.PasswordLoginIn)
@token_blueprint.response(200, schemas.TokensOut)
def log_in(body: dict[str, Any]) -> Any:
    """Log in with e-mail address and password"""
    return sessions.log_in(_of_tenant, app_runtime().own.signer, now=utc_now(), **body)


@token_blueprint.post("/refresh")
@public
@token_blueprint.arguments(schemas.RefreshIn)
@token_blueprint.response(200, schemas.TokensOut)
def refresh(body: dict[str, Any]) -> Any:
    """Exchange a refresh token for new tokens

    Each refresh token is good once; using one again ends the session.
    """
    return sessions.refresh(_of_tenant, app_runtime().own.signer, now=utc_now(), **body)


@token_blueprint.post("/revoke")
@public
@token_blueprint.arguments(schemas.RefreshIn)
@token_blueprint.response(204)
def log_out(body: dict[str, Any]) -> None:
    """Log out: end the session of a refresh token"""
    sessions.log_out(_of_tenant, now=utc_now(), **body)


@token_blueprint.post("/api-key")
@public
@token_blueprint.arguments(schemas.KeyLoginIn)
@token_blueprint.response(200, schemas.TokensOut)
def log_in_with_key(body: dict[str, Any]) -> Any:
    """Exchange an API key for an access token"""
    return sessions.log_in_with_key(_of_tenant, app_runtime().own.signer, now=utc_now(), **body)


@user_blueprint.get("")
@requires("users.manage")
@user_blueprint.arguments(PageQuery, location="query")
@user_blueprint.response(200, page_schema(schemas.UserOut))
def list_users(query: dict[str, Any]) -> Any:
    """List users"""
    return users.list_users(read(), **query)


@user_blueprint.post("")
@requires("users.manage")
@user_blueprint.arguments(schemas.UserIn)
@user_blueprint.response(201, schemas.UserOut)
def create_user(body: dict[str, Any]) -> Any:
    """Create a user"""
    return with_etag(users.create_user(begin(), creation_request("user", body), body))


@user_blueprint.get("/<user_id>")
@requires("users.manage")
@user_blueprint.response(200, schemas.UserOut)
def get_user(user_id: str) -> Any:
    """Get a user"""
    return with_etag(users.get_user(read(), user_id))


@user_blueprint.patch("/<user_id>")
@requires("users.manage")
@user_blueprint.arguments(schemas.UserChange)
@user_blueprint.response(200, schemas.UserOut)
def change_user(body: dict[str, Any], user_id: str) -> Any:
    """Change a user

    Needs If-Match with the version that was read.
    """
    expected = expected_version(required=True)
    return with_etag(users.change_user(begin(), user_id, body, expected=expected, now=utc_now()))


@user_blueprint.get("/roles")
@requires("users.manage")
@user_blueprint.response(200, schemas.RolesOut)
def list_roles() -> Any:
    """List the roles and what each allows"""
    return {
        "roles": [{"name": name, "permissions": sorted(allowed)} for name, allowed in ROLES.items()],
        "permissions": sorted(PERMISSIONS),
    }


@key_blueprint.get("")
@requires("users.manage")
@key_blueprint.arguments(PageQuery, location="query")
@key_blueprint.response(200, page_schema(schemas.ApiKeyOut))
def list_api_keys(query: dict[str, Any]) -> Any:
    """List API keys"""
    return users.list_api_keys(read(), **query)


@key_blueprint.post("")
@requires("users.manage")
@key_blueprint.arguments(schemas.ApiKeyIn)
@key_blueprint.response(201, schemas.NewApiKeyOut)
@key_blueprint.doc(**{"x-once-only": True})
def create_api_key(body: dict[str, Any]) -> Any:
    """Make an API key; the key is shown only in this answer"""
    record, secret = users.create_api_key(begin(), **body)
    return {**schemas.ApiKeyOut().dump(record), "api_key": secret}


@key_blueprint.delete("/<key_id>")
@requires("users.manage")
@key_blueprint.response(204)
def revoke_api_key(key_id: str) -> None:
    """Revoke an API key"""
    users.revoke_api_key(begin(), key_id)


@key_set_blueprint.get("/.well-known/jwks.json")
@public
def key_set() -> Response:
    """Give the public keys with which tokens are verified."""
    answer = jsonify(app_runtime().own.signer.key_set())
    answer.headers["Cache-Control"] = "public, max-age=60"
    return answer
