"""HTTP: application factory, problems, authentication, paging, ETags and idempotent creation."""

from shared.http.app import create_app
from shared.http.blueprint import Blueprint, public, requires, whole_tenant
from shared.http.etags import expected_version, with_etag
from shared.http.fields import DecimalString, IdString, Moment, Schema, Text
from shared.http.idempotency import creation_request
from shared.http.paging import PageQuery, page_schema
from shared.http.request import app_runtime, begin, caller, is_rehearsal, read

__all__ = [
    "Blueprint",
    "DecimalString",
    "IdString",
    "Moment",
    "PageQuery",
    "Schema",
    "Text",
    "app_runtime",
    "begin",
    "caller",
    "create_app",
    "creation_request",
    "expected_version",
    "is_rehearsal",
    "page_schema",
    "public",
    "read",
    "requires",
    "whole_tenant",
    "with_etag",
]
