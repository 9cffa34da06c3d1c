"""Blueprints that check permissions, refuse unknown input and document their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NoReturn, TypeVar, cast

import marshmallow as ma
from flask import Request
from flask_smorest import Blueprint as SmorestBlueprint
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from shared.db.database import RehearsalOver
from shared.errors import Malformed, RuleBroken, UrakkaError
from shared.http.problems import CONTENT_TYPE, ProblemOut, field_errors
from shared.http.request import rehearsal
from shared.http.stand_ins import NoStandIn, beside, with_stand_ins
from shared.telemetry import get_logger

log = get_logger("http")

F = TypeVar("F", bound=Callable[..., Any])

PERMISSIONS = "_urakka_permissions"
PUBLIC = "_urakka_public"
WHOLE_TENANT = "_urakka_whole_tenant"


def requires(*permissions: str) -> Callable[[F], F]:
    """Let the endpoint be called only by who holds at least one of `permissions`."""

    def mark(view: F) -> F:
        setattr(view, PERMISSIONS, permissions)
        return view

    return mark


def public(view: F) -> F:
    """Let the endpoint be called by anybody, without a token."""
    setattr(view, PUBLIC, True)
    return view


def whole_tenant(view: F) -> F:
    """Refuse callers who are limited to some sites: the endpoint is about the whole firm."""
    setattr(view, WHOLE_TENANT, True)
    return view


class _WrongForm(Malformed):
    """A body that does not fit its schema."""

    def __init__(self, schema: ma.Schema, valid: Any, by_location: Mapping[str, Any]) -> None:
        found = [entry for inner in by_location.values() for entry in field_errors(inner)]
        super().__init__("Some fields are missing or have a wrong form.", errors=found)
        self._schema, self._valid, self._messages = schema, valid, by_location.get("json")

    def add_rules(self, judge: Callable[[Mapping[str, Any]], Any]) -> None:
        """Add what rules say of the parts that are well formed. judge  raises what the rules refuse"""
        try:
            with rehearsal():
                judge(with_stand_ins(self._schema, self._valid, self._messages))
        except RuleBroken as broken:
            self.errors += beside(broken.errors, self.errors)
        except (UrakkaError, NoStandIn, RehearsalOver):
            # Nothing to add: no rule is broken, or something else comes before the rules, such as the record's state.
            return
        except Exception:  # a rule may never have met what stands in: that must not hide what is malformed
            log.exception("http.rules_not_judged")


class _Parser(FlaskParser):
    """Reads the request with our rules: unknown fields are refused everywhere, errors are problem documents."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = {
        "json": None,
        "form": None,
        "json_or_form": None,
        "querystring": ma.RAISE,
        "query": ma.RAISE,
        "headers": ma.EXCLUDE,
        "cookies": ma.EXCLUDE,
        "files": ma.RAISE,
    }

    def handle_error(
        self,
        error: ma.ValidationError,
        req: Request,
        schema: ma.Schema,
        *,
        error_status_code: int | None,
        error_headers: Any,
    ) -> NoReturn:
        """Turn marshmallow's messages, which stand under the location's name, into field errors."""
        by_location: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]  # marshmallow's own
        raise _WrongForm(schema, error.valid_data, by_location) from error

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        """Read the body; one that is nested deeper than Python can follow is as malformed as any other.

        A body of another kind is refused (415): read as an empty one it would lead to a misleading answer.
        """
        if not req.is_json and req.get_data():
            raise UnsupportedMediaType("Send the body as application/json.")
        try:
            return super().load_json(req, schema)
        except RecursionError as error:
            raise Malformed("The body is nested too deeply.") from error
        except ValueError as error:  # a whole number with more digits than Python converts
            raise Malformed("The body holds a number with too many digits.") from error

    def _handle_invalid_json_error(self, error: Any, req: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise Malformed("The body is not valid JSON.") from error


class Blueprint(SmorestBlueprint):
    """A group of endpoints of one resource. Every endpoint must be marked `@requires(…)` or `@public`.

    for_whole_tenant  every endpoint refuses callers who are limited to some sites, see `whole_tenant`
    """

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, *args: Any, for_whole_tenant: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._for_whole_tenant = for_whole_tenant
        self._prepare_doc_cbks.append(_document_form_with_files)
        self._prepare_doc_cbks.append(_document_access_and_problems)

    def arguments(self, schema: Any, *, rules_too: bool = False, **options: Any) -> Callable[[F], F]:
        """Parse the request by `schema` into the endpoint's first argument.

        rules_too  what is malformed does not hide what rules say of the rest: the endpoint then runs in a rehearsal
                   with stand-ins for the malformed fields, and the answer (400) names both. Only for endpoints that do
                   nothing but through `begin()` and `read()`.
        """
        parse: Callable[[F], F] = super().arguments(schema, **options)
        if not rules_too:
            return parse

        def decorate(view: F) -> F:
            parsed = parse(view)

            @wraps(parsed)
            def with_rules(*args: Any, **kwargs: Any) -> Any:
                try:
                    return parsed(*args, **kwargs)
                except _WrongForm as malformed:
                    malformed.add_rules(lambda body: view(body, *args, **kwargs))
                    raise

            return cast(F, with_rules)

        return decorate

    def add_url_rule(
        self, rule: str, endpoint: str | None = None, view_func: Any = None, *args: Any, **options: Any
    ) -> None:
        """Register the endpoint; raises TypeError if nobody said who may call it."""
        if view_func is not None and not hasattr(view_func, PERMISSIONS) and not hasattr(view_func, PUBLIC):
            raise TypeError(f"{view_func.__name__} is neither @requires(…) nor @public")
        apidoc = dict(getattr(view_func, "_apidoc", {}))
        apidoc["access"] = getattr(view_func, PERMISSIONS, ())
        if self._for_whole_tenant and view_func is not None:
            whole_tenant(view_func)
        apidoc["whole_tenant"] = getattr(view_func, WHOLE_TENANT, False)
        view_func._apidoc = apidoc
        super().add_url_rule(rule, endpoint, view_func, *args, **options)


_IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$', "example": '"3"'},
    "description": "ETag of the version that was read; another version answers 412",
}
_IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "maxLength": 190},
    "description": "Makes the creation repeatable: same key and body, same record; other body, 409",
}


def _document_form_with_files(doc: dict[str, Any], _doc_info: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Describe fields and files of one form as one body; flask-smorest makes a parameter of the fields, which
    OpenAPI 3 does not know."""
    parameters = doc.get("parameters", [])
    forms = [parameter for parameter in parameters if parameter.get("in") == "form"]
    if forms:
        content = doc["requestBody"]["content"]["multipart/form-data"]
        parts = [content["schema"], *(form["schema"] for form in forms)]
        kinds = tuple(part if isinstance(part, type) else type(part) for part in parts)
        content["schema"] = type("And".join(kind.__name__ for kind in kinds), kinds, {})
        doc["parameters"] = [parameter for parameter in parameters if parameter not in forms]
    return doc


def _document_access_and_problems(
    doc: dict[str, Any], doc_info: dict[str, Any], *, method: str, **_: Any
) -> dict[str, Any]:
    answers = doc.setdefault("responses", {})
    if method in ("patch", "put"):
        doc.setdefault("parameters", []).append({**_IF_MATCH, "required": method == "patch"})
    once_only = doc_info.get("manual_doc", {}).get("x-once-only", False)
    if method == "post" and ("201" in answers or 201 in answers) and not once_only:
        doc.setdefault("parameters", []).append(dict(_IDEMPOTENCY_KEY))
    # flask-smorest documents a validation error of its own shape; ours is the problem document.
    answers.pop(400, None)
    answers.pop("400", None)
    problem_answer = {"content": {CONTENT_TYPE: {"schema": ProblemOut}}}
    named = {"400": "The request is not well formed"}
    permissions = doc_info.get("access") or ()
    if permissions:
        named |= {"401": "No valid token", "403": "The permission is missing"}
        doc["security"] = [{"bearer": []}]
        doc["x-permissions"] = list(permissions)
        if doc_info.get("whole_tenant"):
            doc["x-whole-tenant"] = True
            named["403"] += ", or the caller is limited to some sites"
    for status, description in named.items():
        answers.setdefault(status, {"description": description, **problem_answer})
    answers["default"] = {"description": "Any other problem", **problem_answer}
    return doc
