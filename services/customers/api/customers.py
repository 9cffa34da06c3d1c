"""Customers over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, after_this_request
from sqlalchemy import ColumnElement, Select, or_, select

from services.customers.adapters.layouts import CUSTOMERS, with_own_fields
from services.customers.api.extra_filter import extra_mark, with_extra
from services.customers.api.schemas import (
    CustomerChangeIn,
    CustomerExportQuery,
    CustomerIn,
    CustomerOut,
    CustomerQuery,
    DuplicateQuery,
    PossibleDuplicatesOut,
)
from services.customers.app import customers as use_cases
from services.customers.app.duplicates import identifying_fields, possible_duplicates
from services.customers.app.exports import customer_rows
from services.customers.app.extra_fields import fields_in_use
from services.customers.app.lookup import ids_by_number
from services.customers.domain.customer import MINIMAL_FIELDS, fold
from services.customers.domain.extra_fields import ExtraRegister
from services.customers.models import CUSTOMER_SEARCH, Customer
from shared.clock import utc_now
from shared.db import UnitOfWork, get_or_404
from shared.db.paging import Page, fetch_page
from shared.errors import FieldError, Forbidden
from shared.http import (
    Blueprint,
    begin,
    caller,
    creation_request,
    expected_version,
    page_schema,
    read,
    requires,
    whole_tenant,
    with_etag,
)
from shared.imports.http import XLSX, export_answer

blp = Blueprint("customers", __name__, url_prefix="/customers", description="Those who pay")

_IS_MERGED = Customer.merged_into > ""  # unlike IS NOT NULL, SQLite answers this from the index
_MOST_SURVIVORS = 500
_POSSIBLE_DUPLICATES = {
    "Possible-Duplicates": {
        "description": "Ids of customers that may be the same, separated by commas; absent if there are none",
        "schema": {"type": "string"},
    }
}


@blp.get("")
@requires("customers.read")
@blp.arguments(CustomerQuery, location="query")
@blp.response(200, page_schema(CustomerOut))
def list_customers(query: dict[str, Any]) -> Page[Customer]:
    """List customers, oldest first"""
    with read() as uow:
        page = {name: query[name] for name in ("limit", "after")}
        part = fold(query.get("q", ""))
        survivors = _survivors_named_by(uow, part) if part else []
        statement = _filtered(uow, query, survivors)
        if text := part or extra_mark(uow, query, ExtraRegister.CUSTOMERS):
            return CUSTOMER_SEARCH.find(uow, statement, text, also=survivors, **page)
        return fetch_page(uow.session, statement, Customer.id, **page)


@blp.get("/export")
@requires("customers.read")
@blp.arguments(CustomerExportQuery, location="query")
@blp.response(200, content_type=XLSX, description="A workbook that can be imported back")
def export_customers(query: dict[str, Any]) -> Response:
    """Get all customers that the filters let through as a workbook"""
    with read() as uow:
        own = fields_in_use(uow, ExtraRegister.CUSTOMERS)
        part = fold(query.get("q", ""))
        rows = customer_rows(uow, _filtered(uow, query, _survivors_named_by(uow, part) if part else []), own)
        return export_answer(with_own_fields(CUSTOMERS, own), rows, query["lang"])


@blp.get("/duplicates")
@requires("customers.read")
@blp.arguments(DuplicateQuery, location="query")
@blp.response(200, PossibleDuplicatesOut)
def list_possible_duplicates(query: dict[str, Any]) -> dict[str, Any]:
    """List customers that may be the one described: ask before making a new one

    Names are compared without case, accents and company forms, together with the postal code.
    """
    with read() as uow:
        return {"items": possible_duplicates(uow, query)}


def _filtered(uow: UnitOfWork, query: dict[str, Any], survivors: Sequence[str]) -> Select[Any]:
    """survivors  of merges, whom `q` finds by those that were merged into them"""
    statement = select(Customer)
    for name in ("business_id", "merged_into", "kind"):
        if name in query:
            statement = statement.where(getattr(Customer, name) == query[name])
    if "number" in query:
        statement = statement.where(Customer.id.in_(ids_by_number(uow, query["number"])))
    if part := fold(query.get("q", "")):
        found = _has(part)
        statement = statement.where(or_(found, Customer.id.in_(survivors)) if survivors else found)
    statement = with_extra(uow, statement, query, ExtraRegister.CUSTOMERS, Customer.extra)
    return statement.where(Customer.archived_at.is_not(None) if query["archived"] else Customer.archived_at.is_(None))


def _has(part: str) -> ColumnElement[bool]:
    """The customer has this part (folded) in its name, number, business ID or city."""
    return Customer.search_text.contains(part, autoescape=True)


def _survivors_named_by(uow: UnitOfWork, part: str) -> Sequence[str]:
    """Return into whom customers with this part (folded) were merged.

    They are asked first, by their index: as a part of the list's own query they would double its time.
    """
    found = select(Customer.merged_into).where(_IS_MERGED, _has(part)).limit(_MOST_SURVIVORS)
    return [survivor for survivor in uow.session.scalars(found) if survivor is not None]


@blp.post("")
@requires("customers.write", "customers.create_minimal")
@whole_tenant
@blp.arguments(CustomerIn)
@blp.response(201, CustomerOut, headers=_POSSIBLE_DUPLICATES)
def create_customer(body: dict[str, Any]) -> Customer:
    """Make a customer

    With the permission customers.create_minimal alone only id, name, kind, phone and billing_address may be sent.
    Who may read customers is told in the header Possible-Duplicates which others may be the same.
    """
    if not caller().may("customers.write"):
        beyond = sorted(set(body) - MINIMAL_FIELDS)
        if beyond:
            raise Forbidden(
                errors=[FieldError(f"/{name}", "forbidden", "You may not fill in this.") for name in beyond]
            )
    customer = use_cases.create_customer(begin(), creation_request("customer", body), body)
    if caller().may("customers.read"):
        _warn_of_duplicates(customer)
    return with_etag(customer)


def _warn_of_duplicates(customer: Customer) -> None:
    with read() as uow:
        ids = [one.id for one in possible_duplicates(uow, identifying_fields(customer), customer.id)]

    @after_this_request
    def set_header(response: Response) -> Response:
        if ids:
            response.headers["Possible-Duplicates"] = ", ".join(ids)
        return response


@blp.get("/<customer_id>")
@requires("customers.read")
@blp.response(200, CustomerOut)
def show_customer(customer_id: str) -> Customer:
    """Show a customer"""
    with read() as uow:
        return with_etag(get_or_404(uow.session, Customer, customer_id))


@blp.patch("/<customer_id>")
@requires("customers.write")
@blp.arguments(CustomerChangeIn)
@blp.response(200, CustomerOut)
def change_customer(body: dict[str, Any], customer_id: str) -> Customer:
    """Change a customer; send If-Match"""
    version = expected_version(required=True)
    return with_etag(use_cases.change_customer(begin(), customer_id, body, expected_version=version))


@blp.post("/<customer_id>/archive")
@requires("customers.write")
@blp.response(200, CustomerOut)
def archive_customer(customer_id: str) -> Customer:
    """Take a customer out of use; its history stays"""
    return _set_archived(customer_id, archived=True)


@blp.post("/<customer_id>/restore")
@requires("customers.write")
@blp.response(200, CustomerOut)
def restore_customer(customer_id: str) -> Customer:
    """Take an archived customer into use again"""
    return _set_archived(customer_id, archived=False)


def _set_archived(customer_id: str, *, archived: bool) -> Customer:
    version = expected_version()
    return with_etag(
        use_cases.archive_customer(begin(), customer_id, archived=archived, expected_version=version, now=utc_now())
    )
