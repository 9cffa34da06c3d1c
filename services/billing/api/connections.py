"""Connections to accounting systems over HTTP. Secrets go in and never come out."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any

from services.billing.api.schemas.connections import (
    CheckOut,
    ConnectionChangeIn,
    ConnectionIn,
    ConnectionOut,
    ForgottenLinkIn,
    LinkQuery,
    LinksOut,
    NumbersOut,
    NumbersQuery,
    TargetKindsOut,
)
from services.billing.api.settings_schema import settings_schema
from services.billing.api.telling import wanted_language
from services.billing.app import connections as use_cases
from services.billing.app import links, numbers, pausing, sending
from services.billing.app.folders import refuse_foreign_folder
from services.billing.domain import reasons
from services.billing.models import Connection, ConnectionRun
from shared.clock import utc_now
from shared.db.paging import Page
from shared.http import (
    Blueprint,
    PageQuery,
    app_runtime,
    begin,
    caller,
    creation_request,
    expected_version,
    page_schema,
    read,
    requires,
    with_etag,
)
from shared.ids import new_id

blp = Blueprint(
    "connections",
    __name__,
    url_prefix="/connections",
    description="Accounting systems of the firm",
    for_whole_tenant=True,
)


@blp.get("")
@requires("connections.manage", "billing.read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_schema(ConnectionOut))
def list_connections(query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List connections"""
    page = use_cases.list_connections(read(), limit=query["limit"], after=query["after"])
    return Page(_told(page.items), page.next)


@blp.post("")
@requires("connections.manage")
@blp.arguments(ConnectionIn)
@blp.response(201, ConnectionOut)
def create_connection(body: dict[str, Any]) -> dict[str, Any]:
    """Make a connection; the first one becomes the default"""
    creation = creation_request("connection", body)
    refuse_foreign_folder(app_runtime().database, caller().tenant_id, body["target"], body["settings"])
    return _shown(use_cases.create_connection(begin(), _vault(), creation, body["target"], _wish(body)))


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
def show_connection(connection_id: str) -> dict[str, Any]:
    """Show a connection"""
    return _shown(use_cases.get_connection(read(), connection_id))


@blp.put("/<connection_id>")
@requires("connections.manage")
@blp.arguments(ConnectionChangeIn)
@blp.response(200, ConnectionOut)
def change_connection(body: dict[str, Any], connection_id: str) -> dict[str, Any]:
    """Change a connection, and try it again if it was paused"""
    version = expected_version()
    wish = _wish(body)
    target = use_cases.get_connection(read(), connection_id).target
    refuse_foreign_folder(app_runtime().database, caller().tenant_id, target, wish.settings)
    return _shown(use_cases.change_connection(begin(), _vault(), connection_id, version, wish, now=utc_now()))


@blp.delete("/<connection_id>")
@requires("connections.manage")
@blp.response(200, ConnectionOut)
def remove_connection(connection_id: str) -> dict[str, Any]:
    """Stop using a connection; its history stays"""
    return _shown(use_cases.remove_connection(begin(), connection_id, expected_version()))


@blp.post("/<connection_id>/resume")
@requires("connections.manage", "billing.write")
@blp.response(200, ConnectionOut)
def resume_connection(connection_id: str) -> dict[str, Any]:
    """Try again over a connection that was paused or rests; what waits for it is sent at once"""
    return _shown(pausing.resume_connection(begin(), connection_id, expected_version(), now=utc_now()))


@blp.get("/<connection_id>/numbers")
@requires("billing.read")
@blp.arguments(NumbersQuery, location="query")
@blp.response(200, NumbersOut)
def list_numbers(query: dict[str, Any], connection_id: str) -> dict[str, Any]:
    """List the invoice numbers that the connection gave out, with what became of each"""
    use_cases.get_connection(read(), connection_id)
    found = numbers.list_numbers(read(), connection_id, after=query["after"], limit=query["limit"] + 1)
    items = found[: query["limit"]]
    return {"items": items, "next": items[-1].number if len(found) > len(items) else None}


@blp.get("/<connection_id>/links")
@requires("connections.manage", "billing.read")
@blp.arguments(LinkQuery, location="query")
@blp.response(200, LinksOut)
def list_links(query: dict[str, Any], connection_id: str) -> dict[str, Any]:
    """List which customer or product of the accounting system is which of ours, and by what it was matched"""
    limit = query.pop("limit")
    found = links.list_links(read(), connection_id, **query, limit=limit + 1)
    items = found[:limit]
    return {"items": items, "next": items[-1].our_key if len(found) > len(items) else None}


@blp.post("/<connection_id>/links/forget")
@requires("connections.manage")
@blp.arguments(ForgottenLinkIn)
@blp.response(204)
def forget_link(body: dict[str, Any], connection_id: str) -> None:
    """Forget a link, as when its customer is gone there: the next document looks it up by number or code anew"""
    links.forget_link(begin(), connection_id, body["kind"], body["our_key"], now=utc_now())


@blp.post("/<connection_id>/test")
@requires("connections.manage")
@blp.response(200, CheckOut)
def check_connection(connection_id: str) -> dict[str, bool]:
    """Ask the accounting system whether the connection works"""
    uow, vault = read(), _vault()

    def turn(of: str) -> AbstractContextManager[None]:
        return sending.turn(app_runtime().database, uow.context, of, f"check/{new_id()}", vault.books_of)

    use_cases.check_connection(uow, vault, connection_id, turn)
    return {"ok": True}


def _shown(connection: Connection) -> dict[str, Any]:
    with_etag(connection)
    return _told([connection])[0]


def _told(connections: Sequence[Connection]) -> list[dict[str, Any]]:
    """The fields of `ConnectionOut` of each."""
    pauses = pausing.pauses_of(read(), [connection.id for connection in connections])
    names = [name for name in ConnectionOut().fields if name != "paused"]
    return [
        {
            **{name: getattr(connection, name) for name in names},
            "paused": _told_pause(pauses.get(connection.id)),
        }
        for connection in connections
    ]


def _told_pause(run: ConnectionRun | None) -> dict[str, Any] | None:
    if run is None:
        return None
    explanation = asdict(reasons.explain(run.paused_code or "connection.paused", wanted_language()))
    return {**explanation, "since": run.paused_at, "detail": run.paused_detail}


def _vault() -> use_cases.Vault:
    vault: use_cases.Vault = app_runtime().own
    return vault


def _wish(body: dict[str, Any]) -> use_cases.ConnectionWish:
    return use_cases.ConnectionWish(body["name"], body["settings"], body["secrets"], body["is_default"], body["active"])


def _kind(kind: use_cases.TargetKind) -> dict[str, Any]:
    return {
        "target": kind.name,
        "settings": settings_schema(kind.settings),
        "secrets": [
            *({"name": name, "required": True} for name in kind.secrets),
            *({"name": name, "required": False} for name in kind.optional_secrets),
        ],
    }
