"""The snapshot pages from which another service first fills its copies (messaging.md 9)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

from flask import Blueprint, Response, jsonify, request

from shared.context import system_context
from shared.errors import FieldError, Malformed, NotAuthenticated, NotFound
from shared.http.request import app_runtime
from shared.ids import is_id
from shared.service import SnapshotReader

LARGEST_PAGE = 500

_NUMBER = re.compile("[0-9]{1,9}")


def snapshot_blueprint(readers: Mapping[str, SnapshotReader]) -> Blueprint:
    """Return `/internal/v1/snapshot/<aggregate>?after=<id>&limit=`; only for holders of the service token."""
    blueprint = Blueprint("snapshot", __name__)

    @blueprint.get("/internal/v1/snapshot/<aggregate>")
    def page(aggregate: str) -> Response:
        runtime = app_runtime()
        expected = f"Bearer {runtime.config.service_token}"
        given = request.headers.get("Authorization", "")
        if runtime.config.service_token is None or not hmac.compare_digest(given.encode(), expected.encode()):
            raise NotAuthenticated("This address is for Urakka's own services.")
        if aggregate not in readers:
            raise NotFound(f"There is no snapshot of {aggregate}.")
        after = request.args.get("after") or None
        limit = request.args.get("limit", str(LARGEST_PAGE))
        if (
            (after is not None and not is_id(after))
            or not _NUMBER.fullmatch(limit)
            or not 1 <= int(limit) <= LARGEST_PAGE
        ):
            raise Malformed(errors=[FieldError("/after", "page", f"after is an id, limit is 1–{LARGEST_PAGE}")])
        with runtime.database.read(system_context("snapshot")) as uow:
            items = list(readers[aggregate](uow, after, int(limit)))
        shown = [
            {"id": i.id, "tenant_id": i.tenant_id, "version": i.version, "time": i.time, "data": dict(i.data)}
            for i in items
        ]
        return jsonify(items=shown, next=items[-1].id if len(items) == int(limit) else None)

    return blueprint
