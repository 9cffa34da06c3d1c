"""/webhooks: subscriptions are kept, nothing is pushed: how pushes are signed is not public. Source: sheet 9."""

from __future__ import annotations

import secrets

from . import enums
from .call import Call, page
from .checking import Fields, Problems, check_characters, refused
from .company import Json


def create(call: Call) -> Json:
    """POST /webhooks."""
    webhook = {"id": call.company.next_id("webhook"), "uuid": secrets.token_hex(16), **_checked(call.json())}
    call.company.save("webhook", webhook)
    return webhook


def search(call: Call) -> Json:
    """GET /webhooks."""
    return page(call, _living(call))


def get(call: Call) -> Json:
    """GET /webhooks/{id}."""
    return _found(call)


def change(call: Call) -> Json:
    """PUT /webhooks/{id}: replaces everything."""
    known = _found(call)
    webhook = {"id": known["id"], "uuid": known["uuid"], **_checked(call.json())}
    call.company.save("webhook", webhook)
    return webhook


def delete(call: Call) -> None:
    """DELETE /webhooks/{id}: 204."""
    call.company.save("webhook", _found(call), {"gone": True})


def _living(call: Call) -> list[Json]:
    company = call.company
    every = company.registers["webhook"].values()
    return [one for one in every if not company.notes.get(("webhook", one["id"]), {}).get("gone")]


def _found(call: Call) -> Json:
    key = call.key()
    found = next((one for one in _living(call) if one["id"] == key), None)
    if found is None:
        raise refused(404, "NOT_FOUND")
    return found


def _checked(body: Json) -> Json:
    problems = Problems()
    check_characters(body, "", problems)
    fields = Fields(body, "", problems)
    url = fields.text("url", required=True, max_length=2048)
    if url is not None and not url.startswith("https://"):
        fields.problem("url", "INVALID_URL https is expected")
    fields.choice("authenticationType", frozenset(("HMAC", "NONE")), required=True)
    subscriptions = body.get("subscriptions")
    fields.ignore("subscriptions", "authenticationMeta", "id", "uuid")
    if not isinstance(subscriptions, list) or not subscriptions:
        fields.problem("subscriptions", "MISSING_VALUE at least one is needed")
    elif unknown := [one for one in subscriptions if one not in enums.WEBHOOK_EVENTS]:
        fields.problem("subscriptions", f"INVALID_ENUM_VALUE {unknown[0]}")
    fields.finish()
    problems.refuse_if_any()
    # what is a secret in it is not shown again
    return {name: body[name] for name in ("url", "authenticationType", "subscriptions")}
