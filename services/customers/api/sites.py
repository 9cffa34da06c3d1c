"""Sites over HTTP: the tree, and which customer a site belongs to on which day."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import Select, select

from services.customers.adapters.layouts import SITES, with_own_fields
from services.customers.api.extra_filter import extra_mark, with_extra
from services.customers.api.schemas import (
    AT_THE_TOP,
    AttachmentEndIn,
    AttachmentIn,
    AttachmentOut,
    AttachmentsOut,
    DayQuery,
    DoorCodeIn,
    DoorCodeOut,
    SiteChangeIn,
    SiteCustomerOut,
    SiteExportQuery,
    SiteIn,
    SiteMoveIn,
    SiteOut,
    SitePathOut,
    SiteQuery,
)
from services.customers.api.secrets import secret_box
from services.customers.app import door_codes
from services.customers.app import sites as use_cases
from services.customers.app.exports import site_rows
from services.customers.app.extra_fields import fields_in_use
from services.customers.domain.customer import fold
from services.customers.domain.extra_fields import ExtraRegister
from services.customers.models import SITE_SEARCH, Site, SiteAttachment
from services.customers.models.site import in_subtree
from shared.clock import business_day, utc_now
from shared.db import UnitOfWork, get_or_404
from shared.db.paging import Page, fetch_page
from shared.http import (
    Blueprint,
    begin,
    creation_request,
    expected_version,
    page_schema,
    read,
    requires,
    with_etag,
)
from shared.imports.http import XLSX, export_answer

blp = Blueprint("sites", __name__, url_prefix="/sites", description="Where work is done")


@blp.get("")
@requires("customers.read")
@blp.arguments(SiteQuery, location="query")
@blp.response(200, page_schema(SiteOut))
def list_sites(query: dict[str, Any]) -> Page[Site]:
    """List sites, oldest first"""
    with read() as uow:
        page = {name: query[name] for name in ("limit", "after")}
        if part := fold(query.get("q", "")) or extra_mark(uow, query, ExtraRegister.SITES):
            return SITE_SEARCH.find(uow, _filtered(uow, query), part, **page)
        return fetch_page(uow.session, _filtered(uow, query), Site.id, **page)


@blp.get("/export")
@requires("customers.read")
@blp.arguments(SiteExportQuery, location="query")
@blp.response(200, content_type=XLSX, description="A workbook that can be imported back")
def export_sites(query: dict[str, Any]) -> Response:
    """Get all sites that the filters let through as a workbook, parents before those below them"""
    with read() as uow:
        own = fields_in_use(uow, ExtraRegister.SITES)
        rows = site_rows(uow, _filtered(uow, query), business_day(utc_now()), own)
        return export_answer(with_own_fields(SITES, own), rows, query["lang"])


def _filtered(uow: UnitOfWork, query: dict[str, Any]) -> Select[Any]:
    statement = select(Site).where(Site.archived_at.is_not(None) if query["archived"] else Site.archived_at.is_(None))
    for name, column in (("customer", Site.customer_id), ("code", Site.code), ("tag", Site.tag)):
        if name in query:
            statement = statement.where(column == query[name])
    statement = with_extra(uow, statement, query, ExtraRegister.SITES, Site.extra)
    if "parent" in query:
        top = query["parent"] == AT_THE_TOP
        statement = statement.where(Site.parent_id.is_(None) if top else Site.parent_id == query["parent"])
    if query.get("q"):
        statement = statement.where(Site.search_text.contains(fold(query["q"]), autoescape=True))
    if "subtree" in query:
        root = get_or_404(uow.session, Site, query["subtree"])
        statement = statement.where(in_subtree(uow.session, root.path))
    return statement


@blp.post("")
@requires("customers.write")
@blp.arguments(SiteIn)
@blp.response(201, SiteOut)
def create_site(body: dict[str, Any]) -> Site:
    """Make a site, maybe below another and attached to a customer from today"""
    return with_etag(use_cases.create_site(begin(), creation_request("site", body), body, now=utc_now()))


@blp.get("/<site_id>")
@requires("customers.read")
@blp.response(200, SiteOut)
def show_site(site_id: str) -> Site:
    """Show a site"""
    with read() as uow:
        return with_etag(get_or_404(uow.session, Site, site_id))


@blp.get("/<site_id>/path")
@requires("customers.read")
@blp.response(200, SitePathOut)
def show_path(site_id: str) -> dict[str, Any]:
    """List the sites that it lies in, from the top, the site itself last"""
    with read() as uow:
        return {"items": use_cases.path_to(uow, site_id)}


@blp.patch("/<site_id>")
@requires("customers.write")
@blp.arguments(SiteChangeIn)
@blp.response(200, SiteOut)
def change_site(body: dict[str, Any], site_id: str) -> Site:
    """Change a site; send If-Match"""
    version = expected_version(required=True)
    return with_etag(use_cases.change_site(begin(), site_id, body, expected_version=version))


@blp.post("/<site_id>/move")
@requires("customers.write")
@blp.arguments(SiteMoveIn)
@blp.response(200, SiteOut)
def move_site(body: dict[str, Any], site_id: str) -> Site:
    """Move a site, with everything below it, under another or to the top"""
    version = expected_version()
    return with_etag(use_cases.move_site(begin(), site_id, body["parent_id"], expected_version=version, now=utc_now()))


@blp.post("/<site_id>/archive")
@requires("customers.write")
@blp.response(200, SiteOut)
def archive_site(site_id: str) -> Site:
    """Take a site out of use"""
    return _set_archived(site_id, archived=True)


@blp.post("/<site_id>/restore")
@requires("customers.write")
@blp.response(200, SiteOut)
def restore_site(site_id: str) -> Site:
    """Take an archived site into use again"""
    return _set_archived(site_id, archived=False)


@blp.put("/<site_id>/door-code")
@requires("customers.write")
@blp.arguments(DoorCodeIn)
@blp.response(200, SiteOut)
def set_door_code(body: dict[str, Any], site_id: str) -> Site:
    """Store the door code of a site, sealed; null forgets it"""
    version = expected_version()
    return with_etag(
        door_codes.set_door_code(begin(), secret_box(), site_id, body["door_code"], expected_version=version)
    )


@blp.get("/<site_id>/door-code")
@requires("sites.secrets.read")
@blp.response(200, DoorCodeOut)
def read_door_code(site_id: str) -> dict[str, Any]:
    """Read the door code of a site; every reading is in the audit log"""
    return {"door_code": door_codes.read_door_code(begin(), secret_box(), site_id, now=utc_now())}


@blp.get("/<site_id>/attachments")
@requires("customers.read")
@blp.response(200, AttachmentsOut)
def list_attachments(site_id: str) -> dict[str, Any]:
    """List the customers that were, are and will be attached to the site itself"""
    with read() as uow:
        site = get_or_404(uow.session, Site, site_id)
        return {"items": use_cases.attachments_of(uow, [site.id])}


@blp.post("/<site_id>/attachments")
@requires("customers.write")
@blp.arguments(AttachmentIn)
@blp.response(201, AttachmentOut)
def attach_customer(body: dict[str, Any], site_id: str) -> SiteAttachment:
    """Let the site, and what lies below it, belong to a customer for a period

    An open attachment that began earlier ends the day before.
    """
    return use_cases.attach_customer(
        begin(),
        creation_request(f"site_attachment:{site_id}"[:60], body),
        site_id,
        body["customer_id"],
        valid_from=body["valid_from"],
        valid_to=body["valid_to"],
        now=utc_now(),
    )


@blp.patch("/<site_id>/attachments/<attachment_id>")
@requires("customers.write")
@blp.arguments(AttachmentEndIn)
@blp.response(200, AttachmentOut)
def end_attachment(body: dict[str, Any], site_id: str, attachment_id: str) -> SiteAttachment:
    """Set the last day of an attachment"""
    return use_cases.end_attachment(begin(), site_id, attachment_id, valid_to=body["valid_to"], now=utc_now())


@blp.get("/<site_id>/customer")
@requires("customers.read")
@blp.arguments(DayQuery, location="query")
@blp.response(200, SiteCustomerOut)
def show_customer_on(query: dict[str, Any], site_id: str) -> dict[str, Any]:
    """Show whom the site belongs to on a day: the nearest attached customer"""
    day = query["on"] or business_day(utc_now())
    with read() as uow:
        return {"on": day, "customer": use_cases.customer_on(uow, site_id, day)}


def _set_archived(site_id: str, *, archived: bool) -> Site:
    version = expected_version()
    return with_etag(
        use_cases.archive_site(begin(), site_id, archived=archived, expected_version=version, now=utc_now())
    )
