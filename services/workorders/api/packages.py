"""Work packages over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from services.workorders.api.answers import patiently
from services.workorders.app import packages as use_cases
from services.workorders.domain.values import PackageKind
from services.workorders.models import WorkPackage
from shared.clock import utc_now
from shared.db import get_or_404
from shared.db.paging import Page, fetch_page
from shared.http import (
    Blueprint,
    IdString,
    PageQuery,
    Schema,
    Text,
    begin,
    creation_request,
    expected_version,
    page_schema,
    read,
    requires,
    with_etag,
)

blp = Blueprint(
    "work_packages",
    __name__,
    url_prefix="/work-packages",
    description="Projects, contracts and campaigns of a customer",
)

_CODE = {"description": "The firm's own code, unique whatever the case", "example": "P-2026-14"}


class PackageIn(Schema):
    """A new work package."""

    id = IdString(metadata={"description": "The client's own id; makes the creation repeatable"})
    code = Text(60, min_length=1, required=True, metadata=_CODE)
    name = Text(200, min_length=1, required=True, metadata={"example": "Linjasaneeraus, Haapatie 4"})
    kind = fields.Enum(PackageKind, by_value=True, load_default=PackageKind.PROJECT)
    customer_id = IdString(required=True, metadata={"description": "Whose it is; its orders are this customer's"})
    starts_on = fields.Date(allow_none=True, load_default=None)
    ends_on = fields.Date(allow_none=True, load_default=None)


class PackageChangeIn(Schema):
    """Fields to change; absent ones stay."""

    code = Text(60, min_length=1, metadata=_CODE)
    name = Text(200, min_length=1)
    kind = fields.Enum(PackageKind, by_value=True)
    starts_on = fields.Date(allow_none=True)
    ends_on = fields.Date(allow_none=True)


class PackageOut(Schema):
    """A work package."""

    id = fields.String(required=True)
    version = fields.Integer(required=True, metadata={"description": "Also the ETag"})
    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": [kind.value for kind in PackageKind]})
    customer_id = fields.String(required=True)
    starts_on = fields.Date(required=True, allow_none=True)
    ends_on = fields.Date(required=True, allow_none=True)
    closed = fields.Boolean(required=True, metadata={"description": "Takes no new orders"})


class PackageQuery(PageQuery):
    """Which packages to list."""

    customer_id = IdString()
    code = Text(60, min_length=1)
    closed = fields.Boolean()


@blp.get("")
@requires("workorders.read")
@blp.arguments(PackageQuery, location="query")
@blp.response(200, page_schema(PackageOut))
def list_packages(query: dict[str, Any]) -> Page[WorkPackage]:
    """List work packages, oldest first"""
    with read() as uow:
        statement = use_cases.packages_matching(query)
        return fetch_page(uow.session, statement, WorkPackage.id, limit=query["limit"], after=query["after"])


@blp.post("")
@requires("workorders.plan")
@blp.arguments(PackageIn, rules_too=True)
@blp.response(201, PackageOut)
def make_package(body: dict[str, Any]) -> WorkPackage:
    """Make a work package

    Repeatable with an own `id` or an `Idempotency-Key`. A customer made a moment ago is waited for.
    """
    creation = creation_request("work_package", body)
    given = {name: value for name, value in body.items() if name != "id"}
    given["kind"] = given["kind"].value
    return with_etag(patiently(lambda: use_cases.make_package(begin(), creation, given)))


@blp.get("/<package_id>")
@requires("workorders.read")
@blp.response(200, PackageOut)
def show_package(package_id: str) -> WorkPackage:
    """Show a work package"""
    with read() as uow:
        return with_etag(get_or_404(uow.session, WorkPackage, package_id))


@blp.patch("/<package_id>")
@requires("workorders.plan")
@blp.arguments(PackageChangeIn, rules_too=True)
@blp.response(200, PackageOut)
def change_package(body: dict[str, Any], package_id: str) -> WorkPackage:
    """Change a work package; send If-Match"""
    if "kind" in body:
        body["kind"] = body["kind"].value
    expected = expected_version(required=True)
    return with_etag(use_cases.change_package(begin(), package_id, body, expected=expected))


@blp.post("/<package_id>/close")
@requires("workorders.plan")
@blp.response(200, PackageOut)
def close_package(package_id: str) -> WorkPackage:
    """Close a work package to new orders"""
    return with_etag(use_cases.set_closed(begin(), package_id, closed=True, now=utc_now()))


@blp.post("/<package_id>/open")
@requires("workorders.plan")
@blp.response(200, PackageOut)
def open_package(package_id: str) -> WorkPackage:
    """Open a closed work package again"""
    return with_etag(use_cases.set_closed(begin(), package_id, closed=False, now=utc_now()))
