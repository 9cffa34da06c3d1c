"""What a tenant defines for its registers, over HTTP: own fields, e-invoice operators, the number series."""

from __future__ import annotations

from typing import Any

from services.customers.api.own_list_schemas import (
    ExtraFieldChangeIn,
    ExtraFieldIn,
    ExtraFieldOut,
    ExtraFieldQuery,
    ExtraFieldsOut,
    NumberSettingsIn,
    NumberSettingsOut,
    OperatorIn,
    OperatorOut,
    OperatorsOut,
)
from services.customers.app import extra_fields as use_cases
from services.customers.app.operators import Operator, operators, put_operator, remove_operator
from services.customers.app.settings import NumberSettings, change_number_settings, number_settings
from services.customers.models import ExtraFieldDefinition
from shared.clock import utc_now
from shared.db import get_or_404
from shared.http import Blueprint, begin, creation_request, expected_version, read, requires, whole_tenant, with_etag

extra_fields = Blueprint("extra_fields", __name__, url_prefix="/extra-fields", description="Fields of your own")
einvoice_operators = Blueprint(
    "einvoice_operators", __name__, url_prefix="/einvoice-operators", description="Who carries e-invoices"
)
settings = Blueprint("settings", __name__, url_prefix="/settings", description="How customers are numbered")


@extra_fields.get("")
@requires("customers.read")
@extra_fields.arguments(ExtraFieldQuery, location="query")
@extra_fields.response(200, ExtraFieldsOut)
def list_extra_fields(query: dict[str, Any]) -> dict[str, Any]:
    """List the fields that the tenant defined for customers and sites, oldest first"""
    with read() as uow:
        return {"items": use_cases.definitions(uow, query.get("register"), archived=query.get("archived"))}


@extra_fields.post("")
@requires("tenant.manage")
@whole_tenant
@extra_fields.arguments(ExtraFieldIn)
@extra_fields.response(201, ExtraFieldOut)
def create_extra_field(body: dict[str, Any]) -> ExtraFieldDefinition:
    """Define a field of your own; its key and type stay for good"""
    return with_etag(use_cases.create_definition(begin(), creation_request("extra_field", body), body))


@extra_fields.get("/<field_id>")
@requires("customers.read")
@extra_fields.response(200, ExtraFieldOut)
def show_extra_field(field_id: str) -> ExtraFieldDefinition:
    """Show a field of your own"""
    with read() as uow:
        return with_etag(get_or_404(uow.session, ExtraFieldDefinition, field_id))


@extra_fields.patch("/<field_id>")
@requires("tenant.manage")
@whole_tenant
@extra_fields.arguments(ExtraFieldChangeIn)
@extra_fields.response(200, ExtraFieldOut)
def change_extra_field(body: dict[str, Any], field_id: str) -> ExtraFieldDefinition:
    """Change the name or the choices of a field; send If-Match"""
    version = expected_version(required=True)
    return with_etag(use_cases.change_definition(begin(), field_id, body, expected_version=version))


@extra_fields.post("/<field_id>/archive")
@requires("tenant.manage")
@whole_tenant
@extra_fields.response(200, ExtraFieldOut)
def archive_extra_field(field_id: str) -> ExtraFieldDefinition:
    """Take a field out of use; the values stay"""
    return _set_archived(field_id, archived=True)


@extra_fields.post("/<field_id>/restore")
@requires("tenant.manage")
@whole_tenant
@extra_fields.response(200, ExtraFieldOut)
def restore_extra_field(field_id: str) -> ExtraFieldDefinition:
    """Take an archived field into use again"""
    return _set_archived(field_id, archived=False)


def _set_archived(field_id: str, *, archived: bool) -> ExtraFieldDefinition:
    version = expected_version()
    return with_etag(
        use_cases.archive_definition(begin(), field_id, archived=archived, expected_version=version, now=utc_now())
    )


@einvoice_operators.get("")
@requires("customers.read")
@einvoice_operators.response(200, OperatorsOut)
def list_operators() -> dict[str, Any]:
    """List the e-invoice operators that a customer may have, by name"""
    with read() as uow:
        return {"items": operators(uow)}


@einvoice_operators.put("/<code>")
@requires("tenant.manage")
@whole_tenant
@einvoice_operators.arguments(OperatorIn)
@einvoice_operators.response(200, OperatorOut)
def put_own_operator(body: dict[str, Any], code: str) -> Operator:
    """Add an operator that the list lacks, or name one anew"""
    return put_operator(begin(), code, body["name"])


@einvoice_operators.delete("/<code>")
@requires("tenant.manage")
@whole_tenant
@einvoice_operators.response(204)
def delete_own_operator(code: str) -> None:
    """Take an operator of your own out of the list, while no customer has it"""
    remove_operator(begin(), code)


@settings.get("")
@requires("customers.read")
@settings.response(200, NumberSettingsOut)
def show_settings() -> NumberSettings:
    """Show how new customers are numbered"""
    with read() as uow:
        return with_etag(number_settings(uow))


@settings.put("")
@requires("tenant.manage")
@whole_tenant
@settings.arguments(NumberSettingsIn)
@settings.response(200, NumberSettingsOut)
def change_settings(body: dict[str, Any]) -> NumberSettings:
    """Set the prefix and the next number of the series of customer numbers"""
    changed = change_number_settings(
        begin(),
        prefix=body["number_prefix"],
        next_number=body.get("next_number"),
        expected_version=expected_version(),
    )
    return with_etag(changed)
