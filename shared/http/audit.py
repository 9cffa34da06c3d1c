"""The audit log over HTTP: who changed what, when, from what to what."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select

from shared.db.tables import audit_log
from shared.http.blueprint import Blueprint, requires
from shared.http.fields import Schema, Text
from shared.http.request import caller, read


class AuditQuery(Schema):
    """Filters of the audit log."""

    entity = Text(60, metadata={"description": "Table, e.g. customers"})
    entity_id = Text(80, metadata={"description": "Id of the record"})
    before = fields.Integer(
        validate=validate.Range(1, 2**62), metadata={"description": "Only entries older than this number"}
    )
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class AuditEntryOut(Schema):
    """One change."""

    id = fields.Integer(required=True, metadata={"description": "Grows with time"})
    at = fields.DateTime(required=True)
    actor = fields.String(required=True, metadata={"description": "User id, apikey:<id> or system:<name>"})
    action = fields.String(required=True, metadata={"description": "created, changed or deleted"})
    entity = fields.String(required=True)
    entity_id = fields.String(required=True)
    changes = fields.Dict(required=True, metadata={"description": "field → {from, to}"})
    correlation_id = fields.String(required=True)


class AuditPageOut(Schema):
    """Entries, newest first."""

    items = fields.List(fields.Nested(AuditEntryOut), required=True)


def audit_blueprint() -> Blueprint:
    """Return the list of changes, newest first, of the caller's tenant."""
    blueprint = Blueprint("audit", __name__, description="Who changed what", for_whole_tenant=True)

    @blueprint.get("")
    @requires("audit.read")
    @blueprint.arguments(AuditQuery, location="query")
    @blueprint.response(200, AuditPageOut)
    def list_changes(query: dict[str, Any]) -> dict[str, Any]:
        """List changes, newest first"""
        statement = select(audit_log).where(audit_log.c.tenant_id == caller().tenant_id)
        for name in ("entity", "entity_id"):
            if name in query:
                statement = statement.where(audit_log.c[name] == query[name])
        if "before" in query:
            statement = statement.where(audit_log.c.id < query["before"])
        with read() as uow:
            rows = uow.session.execute(statement.order_by(audit_log.c.id.desc()).limit(query["limit"]))
            return {"items": [dict(row._mapping) for row in rows]}

    return blueprint
