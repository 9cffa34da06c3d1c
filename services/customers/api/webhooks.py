"""Webhooks over HTTP: addresses that are told about changes of customers and sites, and the journal of calls."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate
from sqlalchemy import select

from services.customers.api.secrets import secret_box
from services.customers.app import webhooks as use_cases
from services.customers.domain.webhooks import DeliveryState, Told
from services.customers.models import Webhook, WebhookDelivery
from shared.clock import utc_now
from shared.db import get_or_404
from shared.db.paging import Page, fetch_page
from shared.http import (
    Blueprint,
    PageQuery,
    Schema,
    Text,
    begin,
    expected_version,
    page_schema,
    read,
    requires,
    with_etag,
)

blp = Blueprint(
    "webhooks",
    __name__,
    url_prefix="/webhooks",
    description="Who is told when customers and sites change",
    for_whole_tenant=True,
)

MANAGER = "tenant.manage"


def _web_address(text: str) -> None:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and not parts.username and not parts.fragment
        usable = bool(usable) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or not (text.isascii() and text.isprintable() and " " not in text):
        raise ValidationError("Expected a web address such as https://example.fi/urakka, without user and fragment.")


def _registers(**kwargs: Any) -> fields.List:
    one = fields.Enum(Told, by_value=True)
    return fields.List(one, validate=validate.Length(min=1, max=len(Told)), **kwargs)


_SECRET = {"description": "Signs every call; made for you if left out"}


class WebhookIn(Schema):
    """A new webhook."""

    url = Text(500, required=True, validate=_web_address, metadata={"example": "https://example.fi/urakka"})
    registers = _registers(load_default=lambda: list(Told))
    secret = Text(200, min_length=32, metadata=_SECRET)


class WebhookChangeIn(Schema):
    """Fields to change; those left out stay."""

    url = Text(500, validate=_web_address)
    registers = _registers()
    active = fields.Boolean(truthy={True}, falsy={False}, metadata={"description": "false: what changes is not told"})


class WebhookSecretIn(Schema):
    """Another secret."""

    secret = Text(200, min_length=32, metadata=_SECRET)


class WebhookOut(Schema):
    """A webhook, without its secret."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
    url = fields.String(required=True)
    registers = fields.List(fields.String(), required=True)
    active = fields.Boolean(required=True)


class NewWebhookOut(WebhookOut):
    """A webhook with its secret, which is shown only now."""

    secret = fields.String(required=True)


class DeliveryQuery(PageQuery):
    """Which calls to list."""

    state = fields.Enum(DeliveryState, by_value=True)


class DeliveryOut(Schema):
    """A call that was made or will be."""

    id = fields.String(required=True, metadata={"description": "Also the header Urakka-Delivery"})
    type = fields.String(required=True, metadata={"example": "customer.changed.v1"})
    record_id = fields.String(required=True)
    state = fields.Enum(DeliveryState, by_value=True, required=True)
    attempts = fields.Integer(required=True)
    due_at = fields.DateTime(required=True, allow_none=True, metadata={"description": "When it is tried again"})
    created_at = fields.DateTime(required=True)
    delivered_at = fields.DateTime(required=True, allow_none=True)
    last_status = fields.Integer(required=True, allow_none=True, metadata={"description": "HTTP status of the answer"})
    last_error = fields.String(required=True, allow_none=True)
    body = fields.String(required=True, metadata={"description": "What was sent, byte for byte"})


@blp.get("")
@requires(MANAGER)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_schema(WebhookOut))
def list_webhooks(query: dict[str, Any]) -> Page[Webhook]:
    """List webhooks, oldest first"""
    with read() as uow:
        return fetch_page(uow.session, select(Webhook), Webhook.id, limit=query["limit"], after=query["after"])


@blp.post("")
@requires(MANAGER)
@blp.arguments(WebhookIn)
@blp.response(201, NewWebhookOut)
def make_webhook(body: dict[str, Any]) -> dict[str, Any]:
    """Make a webhook

    Every change of a customer or site is then sent there by a signed POST, at least once, in no order: keep the largest
    `version` of each `id`. A call is delivered by an answer 2xx; else it is made again for a day.
    """
    secret = body.get("secret") or use_cases.new_secret()
    registers = _named(body["registers"])
    return _with_secret(use_cases.make_webhook(begin(), secret_box(), body["url"], registers, secret), secret)


@blp.get("/<webhook_id>")
@requires(MANAGER)
@blp.response(200, WebhookOut)
def show_webhook(webhook_id: str) -> Webhook:
    """Show a webhook"""
    with read() as uow:
        return with_etag(get_or_404(uow.session, Webhook, webhook_id))


@blp.patch("/<webhook_id>")
@requires(MANAGER)
@blp.arguments(WebhookChangeIn)
@blp.response(200, WebhookOut)
def change_webhook(body: dict[str, Any], webhook_id: str) -> Webhook:
    """Change a webhook; send If-Match"""
    if "registers" in body:
        body["registers"] = _named(body["registers"])
    version = expected_version(required=True)
    return with_etag(use_cases.change_webhook(begin(), webhook_id, body, expected_version=version))


@blp.put("/<webhook_id>/secret")
@requires(MANAGER)
@blp.arguments(WebhookSecretIn)
@blp.response(200, NewWebhookOut)
def change_secret(body: dict[str, Any], webhook_id: str) -> dict[str, Any]:
    """Sign with another secret from now on"""
    secret = body.get("secret") or use_cases.new_secret()
    return _with_secret(use_cases.change_secret(begin(), secret_box(), webhook_id, secret), secret)


@blp.delete("/<webhook_id>")
@requires(MANAGER)
@blp.response(204)
def remove_webhook(webhook_id: str) -> None:
    """Remove a webhook with its journal"""
    use_cases.remove_webhook(begin(), webhook_id)


@blp.get("/<webhook_id>/deliveries")
@requires(MANAGER)
@blp.arguments(DeliveryQuery, location="query")
@blp.response(200, page_schema(DeliveryOut))
def list_deliveries(query: dict[str, Any], webhook_id: str) -> Page[WebhookDelivery]:
    """List the calls to a webhook, newest first"""
    with read() as uow:
        state = query["state"].value if "state" in query else None
        statement = use_cases.journal_of(uow, webhook_id, state)
        page: Page[WebhookDelivery] = fetch_page(
            uow.session, statement, WebhookDelivery.id, limit=query["limit"], after=query["after"], newest_first=True
        )
        return Page([_shown(delivery) for delivery in page.items], page.next)  # type: ignore[misc]


@blp.post("/<webhook_id>/deliveries/<delivery_id>/replay")
@requires(MANAGER)
@blp.response(200, DeliveryOut)
def replay(webhook_id: str, delivery_id: str) -> dict[str, Any]:
    """Make a call again"""
    return _shown(use_cases.replay(begin(), webhook_id, delivery_id, now=utc_now()))


def _shown(delivery: WebhookDelivery) -> dict[str, Any]:
    names = DeliveryOut().fields.keys() - {"state"}
    return {**{name: getattr(delivery, name) for name in names}, "state": DeliveryState(delivery.state)}


def _with_secret(webhook: Webhook, secret: str) -> dict[str, Any]:
    with_etag(webhook)
    return {**{name: getattr(webhook, name) for name in WebhookOut().fields}, "secret": secret}


def _named(registers: list[Told]) -> list[str]:
    return sorted({register.value for register in registers})
