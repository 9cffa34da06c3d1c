"""The protocol's entrance: finds the company, runs the resource, wraps the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from flask import Blueprint, Response, request

from ..addresses import called_urls, resource_base
from ..config import SandboxConfig
from ..faults import answer_with
from . import auth, customers, dimensions, invoice_actions, invoice_reads, invoices, ledger, products, surroundings
from .call import Call
from .company import Company
from .envelope import (
    AUTHENTICATION_FAILED,
    INVALID_DATA,
    SYSTEM_MAINTENANCE,
    TECHNICAL_ERROR,
    Refused,
    failed,
    invalid_xml,
    without_replies,
)
from .simulator import NetvisorSimulator

Resource = Callable[[Call], Response]
GET, POST = "GET", "POST"

# resource -> (allowed HTTP methods, what answers it)
RESOURCES: Mapping[str, tuple[tuple[str, ...], Resource]] = {
    "customer.nv": ((POST,), customers.write),
    "getcustomer.nv": ((GET,), customers.get),
    "customerlist.nv": ((GET,), customers.list_customers),
    "product.nv": ((POST,), products.write),
    "getproduct.nv": ((GET,), products.get),
    "productlist.nv": ((GET,), products.list_products),
    "salesinvoice.nv": ((POST,), invoices.write),
    "getsalesinvoice.nv": ((GET,), invoice_reads.get_invoice),
    "getorder.nv": ((GET,), invoice_reads.get_order),
    "salesinvoicelist.nv": ((GET,), invoice_reads.list_invoices),
    "deletesalesinvoice.nv": ((GET, POST), invoice_actions.delete),
    "updatesalesinvoicestatus.nv": ((POST,), invoice_actions.update_status),
    "matchcreditnote.nv": ((POST,), invoice_actions.match_credit_note),
    "salespayment.nv": ((POST,), invoice_actions.pay),
    "salespaymentlist.nv": ((GET,), invoice_actions.list_payments),
    "dimensionlist.nv": ((GET,), dimensions.list_dimensions),
    "dimensionitem.nv": ((POST,), dimensions.write_item),
    "paymenttermlist.nv": ((GET,), dimensions.list_payment_terms),
    "accounting.nv": ((POST,), ledger.write),
    "accountingledger.nv": ((GET,), ledger.show),
    "accountlist.nv": ((GET,), ledger.list_accounts),
    "accountingperiodlist.nv": ((GET,), ledger.list_periods),
    "companylist.nv": ((GET,), surroundings.list_companies),
    "getcompanyinformation.nv": ((GET,), surroundings.get_company),
    "purchaseinvoicelist.nv": ((GET,), surroundings.list_purchases),
    "getpurchaseinvoice.nv": ((GET,), surroundings.get_purchase),
}


class NetvisorDialect:
    """Faults that Netvisor words itself."""

    def __init__(self, now: datetime, *, use_http_status: bool) -> None:
        self._now = now
        self._use_http_status = use_http_status

    def maintenance(self) -> Response:
        """SYSTEM_MAINTENANCE."""
        return self._failed(SYSTEM_MAINTENANCE, "Netvisor is under maintenance, try again later")

    def rate_limited(self, retry_after_s: int | None) -> Response:
        """TECHNICAL_ERROR with HTTP 429; no public source knows a rate limit of Netvisor."""
        answer = self._failed(TECHNICAL_ERROR, "Too many requests")
        answer.status_code = 429
        if retry_after_s is not None:
            answer.headers["Retry-After"] = str(retry_after_s)
        return answer

    def expired_token(self) -> Response:
        """AUTHENTICATION_FAILED, as when the user behind the keys lost the right."""
        return self._failed(AUTHENTICATION_FAILED, "Integration keys are not valid")

    def validation_error(self) -> Response:
        """INVALID_DATA."""
        refusal = invalid_xml("refused on request of the sandbox")
        return self._failed(refusal.code, refusal.text)

    def without_id(self, answer: Response) -> Response:
        """The envelope without Replies."""
        return without_replies(answer)

    def _failed(self, code: str, text: str) -> Response:
        return failed(Refused(code, text), self._now, use_http_status=self._use_http_status)


def netvisor_blueprint(simulator: NetvisorSimulator, config: SandboxConfig) -> Blueprint:
    """Routes `<name>.nv`, any letter case; an unknown resource is HTTP 404."""
    blueprint = Blueprint("netvisor", __name__)

    @blueprint.route("/<resource>", methods=[GET, POST])
    def serve(resource: str) -> Response:
        name = resource.lower()
        if name not in RESOURCES:
            return Response("Not found", status=404, content_type="text/html; charset=utf-8")
        return _serve(simulator, config, name)

    return blueprint


def _serve(simulator: NetvisorSimulator, config: SandboxConfig, name: str) -> Response:
    now = datetime.now(UTC)
    use_http_status = request.headers.get("X-Netvisor-Authentication-UseHTTPResponseStatusCodes") == "1"
    body = request.get_data()
    urls = called_urls(request.environ, config)
    try:
        company = simulator.authenticate(request.headers, urls, now)
    except Refused as refusal:
        return failed(refusal, now, use_http_status=use_http_status)
    call = Call(
        company=company,
        params={key.lower(): value for key, value in request.args.items()},
        body=body,
        language=auth.language_of(request.headers),
        base_url=resource_base(urls[0]),
        now=now,
    )
    environ = request.environ
    method = request.method

    def act() -> Response:
        return _act(call, name, method, use_http_status=use_http_status)

    fault = company.faults.draw(method, name)
    if fault is None:
        return act()
    company.count(f"fault {fault.kind}")
    return answer_with(fault, act, environ, NetvisorDialect(now, use_http_status=use_http_status))


def _act(call: Call, name: str, method: str, *, use_http_status: bool) -> Response:
    methods, resource = RESOURCES[name]
    company: Company = call.company
    company.count(f"{method} {name}")
    try:
        if method not in methods:
            raise Refused(INVALID_DATA, f"{name} is called with {' or '.join(methods)}")
        with company.turn():
            return resource(call)
    except Refused as refusal:
        company.count(f"refused {refusal.code}")
        return failed(refusal, call.now, use_http_status=use_http_status)
