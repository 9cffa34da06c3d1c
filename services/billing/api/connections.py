"""Connections to accounting systems over HTTP. Secrets go in and never come out."""

from typing import Any

from services.billing.api.schemas import (
    CheckOut,
    ConnectionChangeIn,
    ConnectionIn,
    ConnectionOut,
    TargetKindsOut,
)
from services.billing.app import connections as use_cases
from services.billing.models import Connection
from shared.db.paging import Page
from shared.http import (
    Blueprint,
    PageQuery,
    app_runtime,
    begin,
    creation_request,
    expected_version,
    page_schema,
    read,
    requires,
    with_etag,
)

blp = Blueprint("connections", __name__, url_prefix="/connections", description="Accounting systems of the firm")


@blp.get("")
@requires("connections.manage", "billing.read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_schema(ConnectionOut))
def list_connections(query: dict[str, Any]) -> Page[Connection]:
    """List connections"""
    return use_cases.list_connections(read(), limit=query["limit"], after=query["after"])


@blp.post("")
@requires("connections.manage")
@blp.arguments(ConnectionIn)
@blp.response(201, ConnectionOut)
def create_connection(body: dict[str, Any]) -> Connection:
    """Make a connection; the first one becomes the default"""
    creation = creation_request("connection", body)
    return with_etag(use_cases.create_connection(begin(), _vault(), creation, body["target"], _wish(body)))


@blp.get("/targets")
@requires("connections.manage", "billing.read")
@blp.response(200, TargetKindsOut)
def list_targets() -> dict[str, Any]:
    """List the kinds of accounting systems and what each needs to be told"""
    vault = _vault()
    return {"items": [_kind(kind) for kind in vault.targets.values()], "unusable": vault.unusable}


@blp.get("/<connection_id>")
@requires("connections.manage", "billing.read")
@blp.response(200, ConnectionOut)
def show_connection(connection_id: str) -> Connection:
    """Show a connection"""
    return with_etag(use_cases.get_connection(read(), connection_id))


@blp.put("/<connection_id>")
@requires("connections.manage")
@blp.arguments(ConnectionChangeIn)
@blp.response(200, ConnectionOut)
def change_connection(body: dict[str, Any], connection_id: str) -> Connection:
    """Change a connection"""
    version = expected_version()
    return with_etag(use_cases.change_connection(begin(), _vault(), connection_id, version, _wish(body)))


@blp.delete("/<connection_id>")
@requires("connections.manage")
@blp.response(200, ConnectionOut)
def remove_connection(connection_id: str) -> Connection:
    """Stop using a connection; its history stays"""
    return with_etag(use_cases.remove_connection(begin(), connection_id, expected_version()))


@blp.post("/<connection_id>/test")
@requires("connections.manage")
@blp.response(200, CheckOut)
def check_connection(connection_id: str) -> dict[str, bool]:
    """Ask the accounting system whether the connection works"""
    use_cases.check_connection(read(), _vault(), connection_id)
    return {"ok": True}


def _vault() -> use_cases.Vault:
    vault: use_cases.Vault = app_runtime().own
    return vault


def _wish(body: dict[str, Any]) -> use_cases.ConnectionWish:
    return use_cases.ConnectionWish(body["name"], body["settings"], body["secrets"], body["is_default"], body["active"])


def _kind(kind: use_cases.TargetKind) -> dict[str, Any]:
    return {
        "target": kind.name,
        "settings": [
            {"name": name, "required": field.required, "description": str(field.metadata.get("description", ""))}
            for name, field in kind.settings().fields.items()
        ],
        "secrets": list(kind.secrets),
        "optional_secrets": list(kind.optional_secrets),
    }
