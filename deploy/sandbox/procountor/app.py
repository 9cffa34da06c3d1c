"""The interface's entrance: version paths, tokens, routing, error bodies."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request

from ..faults import TOKEN, answer_with
from ..store import to_json
from . import (
    attachments,
    dimensions,
    invoice_life,
    invoices,
    ledger,
    lists,
    oauth,
    registers,
    surroundings,
    webhooks,
)
from .call import Call
from .checking import Refused, refused
from .company import Company, Json
from .simulator import ProcountorSimulator

VERSION = "26.4.0"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_BASE = re.compile(r"(?:(?:latest|supported|v\d{4})/)?api/(.*)")

Resource = Callable[[Call], Any]

# HTTP method, path below the base ("*" is a variable part), what answers it; None as answer means 204. The first fits.
ROUTES: tuple[tuple[str, str, Resource], ...] = (
    ("GET", "sessioninfo", surroundings.session),
    ("GET", "company", surroundings.company_info),
    ("GET", "vats/default", surroundings.vat_defaults),
    ("GET", "vats/country", surroundings.vat_of_country),
    ("GET", "bankaccounts", surroundings.bank_accounts),
    ("GET", "coa", lists.chart_of_accounts),
    ("GET", "currencies", lists.currencies),
    ("GET", "currencies/company", lists.company_currency),
    ("GET", "currencies/exchangerate", lists.exchange_rate),
    ("GET", "currencies/latest", lists.latest_rates),
    ("GET", "fiscalyears", lists.fiscal_years),
    ("GET", "users", lists.users),
    ("GET", "users/otp", lists.one_time_password),
    ("GET", "users/profiles/*", lists.user_profile),
    ("PUT", "users/*/confirm", lists.unknown),
    ("GET", "bankstatements", lists.bank_statements),
    ("PUT", "bankstatements/*/events/*/products", lists.unknown),
    ("DELETE", "bankstatements/*/events/*/products", lists.unknown),
    ("GET", "referencepayments", lists.reference_payments),
    ("GET", "payments", lists.payments),
    ("POST", "payments", lists.needs_confirmation),
    ("GET", "payments/errormessages", lists.payment_errors),
    ("POST", "payments/directbanktransfers", lists.needs_confirmation),
    ("GET", "payments/*", lists.payment),
    ("DELETE", "payments/*", lists.needs_confirmation),
    ("PUT", "payments/*/cancel", lists.needs_confirmation),
    ("PUT", "payments/*/confirm", lists.needs_confirmation),
    ("GET", "dimensions", dimensions.list_all),
    ("POST", "dimensions", dimensions.create),
    ("GET", "dimensions/*", dimensions.get),
    ("POST", "dimensions/*/items", dimensions.create_item),
    ("PUT", "dimensions/*/items", dimensions.change_item),
    ("POST", "ledgerreceipts", ledger.create),
    ("GET", "ledgerreceipts", ledger.search),
    ("GET", "ledgerreceipts/*", ledger.get),
    ("PUT", "ledgerreceipts/*", ledger.change),
    ("POST", "attachments", attachments.create),
    ("GET", "attachments", attachments.search),
    ("GET", "attachments/*", attachments.get),
    ("PATCH", "attachments/*", attachments.rename),
    ("DELETE", "attachments/*", attachments.delete),
    ("POST", "webhooks", webhooks.create),
    ("GET", "webhooks", webhooks.search),
    ("GET", "webhooks/*", webhooks.get),
    ("PUT", "webhooks/*", webhooks.change),
    ("DELETE", "webhooks/*", webhooks.delete),
    ("POST", "invoices", invoices.create),
    ("GET", "invoices", invoices.search),
    ("PUT", "invoices/pay", lists.needs_confirmation),
    ("GET", "invoices/*", invoices.get),
    ("PUT", "invoices/*", invoices.change),
    ("PUT", "invoices/*/approve", invoice_life.approve),
    ("PUT", "invoices/*/send", invoice_life.send),
    ("PUT", "invoices/*/unfinished", invoice_life.unfinish),
    ("PUT", "invoices/*/invalidate", invoice_life.invalidate),
    ("PUT", "invoices/*/verify", invoice_life.purchases_only),
    ("PUT", "invoices/*/sendToCirculation", invoice_life.purchases_only),
    ("PUT", "invoices/*/confirm", lists.needs_confirmation),
    ("PUT", "invoices/*/notes", invoice_life.set_notes),
    ("POST", "invoices/*/comments", lists.comment),
    ("GET", "invoices/*/comments", surroundings.invoice_comments),
    ("PUT", "invoices/*/paymentevents/markpaid", invoice_life.mark_paid),
    ("GET", "invoices/*/paymentevents", invoice_life.list_payments),
    ("GET", "invoices/*/paymentevents/*", invoice_life.get_payment),
    ("DELETE", "invoices/*/paymentevents/*", invoice_life.delete_payment),
    ("POST", "businesspartners", registers.create_partner),
    ("GET", "businesspartners", registers.search_partners),
    ("GET", "businesspartners/personaldetails", lists.personal_details),
    ("GET", "businesspartners/*", registers.get_partner),
    ("PUT", "businesspartners/*", registers.replace_partner),
    ("PATCH", "businesspartners/*", registers.patch_partner),
    ("POST", "products", registers.create_product),
    ("GET", "products", registers.search_products),
    ("GET", "products/groups", lists.product_groups),
    ("GET", "products/*", registers.get_product),
    ("PUT", "products/*", registers.replace_product),
    ("DELETE", "products/*", registers.delete_product),
)
_ROUTES = [
    (method, re.compile(re.escape(path).replace(r"\*", "([^/]+)")), path, resource) for method, path, resource in ROUTES
]


class ProcountorDialect:
    """Faults that Procountor words itself."""

    def __init__(self, forget_token: Callable[[], None]) -> None:
        self._forget_token = forget_token

    def maintenance(self) -> Response:
        """503 with an error body."""
        return _errors(refused(503, "SERVICE_UNAVAILABLE maintenance"))

    def rate_limited(self, retry_after_s: int | None) -> Response:
        """429; body and headers of the real one are not public."""
        return _rate_limited(retry_after_s)

    def expired_token(self) -> Response:
        """401, and the token is gone for good."""
        self._forget_token()
        return _errors(refused(401, "INVALID_TOKEN the access token is missing, expired or invalid"))

    def validation_error(self) -> Response:
        """400."""
        return _errors(refused(400, "INVALID_VALUE refused on request of the sandbox", "invoiceRows"))

    def without_id(self, answer: Response) -> Response:
        """The object without its id and number."""
        body = answer.get_json(silent=True)
        if isinstance(body, dict):
            body = {name: value for name, value in body.items() if name not in ("id", "invoiceNumber")}
        return _json(body, answer.status_code)


def procountor_blueprint(simulator: ProcountorSimulator) -> Blueprint:
    """Routes under /api, /latest/api, /supported/api, /vNNNN/api and /logout; other version paths are 404."""
    blueprint = Blueprint("procountor", __name__)

    @blueprint.route("/<path:path>", methods=list(METHODS))
    def serve(path: str) -> Response:
        now = datetime.now(UTC)
        try:
            if path.strip("/") == "logout" and request.method == "POST":
                return _log_out(simulator)
            base = _BASE.fullmatch(path)
            if base is None:
                raise refused(404, "NOT_FOUND")
            below = base.group(1).strip("/")
            if below == "oauth/token" and request.method == "POST":
                return _issue_token(simulator, now)
            if below == "status" and request.method == "GET":
                return _json(
                    {"name": "Procountor API", "version": VERSION, "status": "OK", "procountorVersion": VERSION}
                )
            if below == "logout" and request.method == "POST":
                return _log_out(simulator)
            return _serve(simulator, below, now)
        except Refused as refusal:
            return _errors(refusal)

    return blueprint


def _issue_token(simulator: ProcountorSimulator, now: datetime) -> Response:
    company = oauth.company_for(request.form, request.args, request.content_type or "", simulator.find)
    company.count("POST oauth/token")

    def act() -> Response:
        token = simulator.tokens.issue(company, now)
        return _json(
            {
                "access_token": token.value,
                "token_type": "bearer",
                "expires_in": company.settings.token_lifetime_s,
            }
        )

    fault = company.faults.draw(TOKEN, "oauth/token")
    if fault is None:
        return act()
    company.count(f"fault {fault.kind}")
    return answer_with(fault, act, request.environ, ProcountorDialect(lambda: None))


def _log_out(simulator: ProcountorSimulator) -> Response:
    simulator.tokens.revoke(request.headers.get("Authorization", ""))
    return _json({})


def _serve(simulator: ProcountorSimulator, below: str, now: datetime) -> Response:
    authorization = request.headers.get("Authorization", "")
    company = simulator.tokens.company_of(authorization, now)
    settings = company.settings
    if simulator.rate_limit.is_exceeded(company.credentials.client_id, settings.rate_limit_per_s, now):
        company.count("rate_limited")
        return _rate_limited(1 if settings.retry_after else None)
    resource, path, ids = _resource(request.method, below)
    call = Call(company, request.args, request.headers, request.get_data(), now, ids)
    method = request.method

    def act() -> Response:
        return _act(call, resource, f"{method} {path}")

    fault = company.faults.draw(method, below)
    if fault is None:
        return act()
    company.count(f"fault {fault.kind}")
    dialect = ProcountorDialect(lambda: simulator.tokens.revoke(authorization))
    return answer_with(fault, act, request.environ, dialect)


def _resource(method: str, below: str) -> tuple[Resource, str, tuple[str, ...]]:
    """The route of a path. Raises Refused: 404, or 405 if only the method is wrong."""
    methods = set()
    for route_method, pattern, path, resource in _ROUTES:
        match = pattern.fullmatch(below)
        if match:
            if route_method == method:
                return resource, path, match.groups()
            methods.add(route_method)
    if methods:
        raise refused(405, "METHOD_NOT_ALLOWED")
    raise refused(404, "NOT_FOUND")


def _act(call: Call, resource: Resource, name: str) -> Response:
    company: Company = call.company
    company.count(name)
    if company.settings.latency_s:
        time.sleep(company.settings.latency_s)
    try:
        with company.guarded():
            answer = resource(replace(call, now=datetime.now(UTC)))
            if isinstance(answer, Response):
                return answer
            return Response(status=204) if answer is None else _json(answer)
    except Refused as refusal:
        company.count(f"refused {refusal.status}")
        return _errors(refusal)


def _rate_limited(retry_after_s: int | None) -> Response:
    answer = _errors(refused(429, "TOO_MANY_REQUESTS"))
    if retry_after_s is not None:
        answer.headers["Retry-After"] = str(retry_after_s)
    return answer


def _errors(refusal: Refused) -> Response:
    return _json({"errors": refusal.errors}, refusal.status)


def _json(value: Json | list[Json] | None, status: int = 200) -> Response:
    text = json.dumps(value, default=to_json, ensure_ascii=False)
    return Response(text, status=status, content_type="application/json;charset=utf-8")
