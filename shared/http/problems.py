"""Errors as problem documents (RFC 9457), all wrong fields at once, each with a JSON pointer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, json, request
from marshmallow import INCLUDE, Schema, fields
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from shared import errors
from shared.context import current_context
from shared.db.database import is_in_the_way
from shared.telemetry import get_logger

log = get_logger("http")

CONTENT_TYPE = "application/problem+json"

STATUS: dict[type[errors.UrakkaError], int] = {
    errors.Malformed: 400,
    errors.NotAuthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.VersionMismatch: 412,
    errors.TooLarge: 413,
    errors.RuleBroken: 422,
    errors.PreconditionRequired: 428,
    errors.TooManyRequests: 429,
    errors.TemporarilyUnavailable: 503,
}


class FieldProblemOut(Schema):
    """One wrong field."""

    pointer = fields.String(required=True, metadata={"description": "JSON pointer into the request; empty: the whole"})
    code = fields.String(required=True, metadata={"description": "Stable, for programs"})
    detail = fields.String(required=True, metadata={"description": "For people"})


class ProblemOut(Schema):
    """RFC 9457 problem document. Some problems have further members, such as `current_version`."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True, metadata={"example": "urn:urakka:problem:version_mismatch"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(metadata={"description": "Path of the request"})
    code = fields.String(required=True, metadata={"description": "Stable, for programs"})
    trace_id = fields.String(metadata={"description": "Name it when you ask for help"})
    errors = fields.List(fields.Nested(FieldProblemOut), required=True)


def status_of(error: errors.UrakkaError) -> int:
    """Return the HTTP status of the nearest known class of `error`; 422 if there is none."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.UNPROCESSABLE_ENTITY


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    field_errors: tuple[errors.FieldError, ...] = (),
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Make the answer. `facts` are added as members unless they would hide a standard one."""
    context = current_context()
    body: dict[str, Any] = {
        **(facts or {}),
        "type": f"urn:urakka:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "code": code,
        "trace_id": context.trace_id if context else "",
        "errors": [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in field_errors],
    }
    # A client's own words come back in pointers; half a surrogate pair among them has no UTF-8 form.
    content = json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "replace")
    answer = Response(content, status=status, content_type=CONTENT_TYPE)
    answer.headers.extend(headers or {})
    return answer


def field_errors(messages: Any, pointer: str = "") -> Iterator[errors.FieldError]:
    """Flatten marshmallow's error messages into field errors.

    messages  nested mappings of field name or list index → list of texts, as `ValidationError.messages` has them
    """
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            step = "" if key == "_schema" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from field_errors(inner, pointer + step)
    elif isinstance(messages, list):
        for inner in messages:
            yield from field_errors(inner, pointer)
    else:
        yield errors.FieldError(pointer, "invalid", str(messages))


def register_error_handlers(app: Flask) -> None:
    """Let every error of `app` come out as a problem document."""
    app.register_error_handler(errors.UrakkaError, answer_to)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(IntegrityError, _integrity)
    app.register_error_handler(OperationalError, _database_down)
    app.register_error_handler(PoolTimeout, _database_down)
    app.register_error_handler(DBAPIError, _unknown)
    app.register_error_handler(Exception, _unknown)


def answer_to(error: errors.UrakkaError, **further: Any) -> Response:
    """Make the answer to a refusal. further: members besides the facts that the error has."""
    headers = {}
    if isinstance(error, (errors.TemporarilyUnavailable, errors.TooManyRequests)):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, errors.NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return problem(
        status_of(error),
        error.code,
        error.title,
        error.detail,
        field_errors=error.errors,
        facts={**error.facts, **further},
        headers=headers,
    )


def _too_large(_error: RequestEntityTooLarge) -> Response:
    return answer_to(errors.TooLarge("The request is larger than this address accepts."))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    code = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Location", "Retry-After")}
    return problem(status, code, HTTPStatus(status).phrase, error.description or "", headers=headers)


def _stale(_error: StaleDataError) -> Response:
    return answer_to(errors.VersionMismatch("Somebody else changed the record at the same moment."))


def _integrity(error: IntegrityError) -> Response:
    if not is_in_the_way(error):
        return _unknown(error)
    return answer_to(errors.Conflict("Another record stands in the way."))


def _database_down(error: Exception) -> Response:
    log.error("http.database_unavailable", error=type(error).__name__)
    return answer_to(errors.TemporarilyUnavailable("The database does not answer. Try again in a moment."))


def _unknown(error: Exception) -> Response:
    log.error("http.unhandled", path=request.path, exc_info=error)
    return problem(500, "internal_error", "Internal error", "Something went wrong on our side; nothing was changed.")
