"""What a receiver's answer means. Narrow: what docs/adapters.md does not promise receivers to mean is unclear."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from services.billing.adapters.faults import Busy, NoAnswer, Refused, Unreadable
from services.billing.adapters.transport import Answer
from services.billing.domain.outcomes import Absent, Accepted, Finding, Found

ECHO: Final = "echo"
ANY_2XX: Final = "any_2xx"
_LONGEST_DETAIL = 400
_LONGEST_ID = 100

_REFUSALS = {
    400: ("not_accepted", "The receiver did not accept the content"),
    401: ("not_authenticated", "The receiver did not accept the signature. Check the connection's secret"),
    403: ("not_authenticated", "The receiver did not accept the signature. Check the connection's secret"),
    404: ("wrong_address", "There is no receiver at the connection's address"),
    405: ("wrong_address", "The connection's address does not take documents"),
    410: ("wrong_address", "The receiver at the connection's address has been closed"),
    413: ("too_large", "The document is larger than the receiver takes"),
    415: ("not_accepted", "The receiver does not take JSON"),
    422: ("not_accepted", "The receiver did not accept the content"),
}
"""Statuses by which a receiver says that it has stored nothing and never will."""


def accepted(answer: Answer, key: str, acceptance: str) -> Accepted:
    """The acceptance that the answer to a POST means.

    acceptance  ECHO wants a 2xx whose JSON repeats the key; ANY_2XX takes every 2xx that names no other key
    A 409 that repeats the key means "have it already", which is as good.
    Raises Busy, Refused, or Unreadable for everything else, redirects and 5xx included.
    """
    told = _object(answer.body)
    same_key = told.get("key") == key
    if 200 <= answer.status < 300 and (same_key or (acceptance == ANY_2XX and "key" not in told)):
        return _accepted(told, key)
    if answer.status == 409 and same_key:
        return _accepted(told, key)
    if answer.status == 429:
        raise Busy("the receiver asks for a pause", _seconds(answer.headers.get("retry-after", "")))
    if answer.status in _REFUSALS:
        code, sentence = _REFUSALS[answer.status]
        raise Refused(f"webhook.{code}", _detail(sentence, told), _pointer(told))
    if 200 <= answer.status < 300:
        raise Unreadable("the receiver answered without repeating the document's key")
    raise Unreadable(f"the receiver answered with HTTP status {answer.status}")


def finding(answer: Answer, key: str) -> Finding:
    """What the answer to a look-up means. Raises Unreadable unless it is about exactly this key.

    "Not there" must be said by the receiver itself: a bare 404 may come from whatever else stands at the address.
    """
    told = _object(answer.body)
    if told.get("key") != key:
        raise Unreadable(f"the receiver's answer (HTTP status {answer.status}) is not about this document")
    if answer.status in (200, 404) and told.get("found") is False:
        return Absent()
    if answer.status == 200 and told.get("found", True) is True:
        taken = _accepted(told, key)
        return Found(taken.target_id, taken.target_number, taken.gross)
    raise Unreadable(f"the receiver's answer (HTTP status {answer.status}) does not say whether it has the document")


def _accepted(told: dict[str, Any], key: str) -> Accepted:
    return Accepted(
        target_id=_text(told.get("id")) or key,
        target_number=_text(told.get("number")),
        net=_amount(told.get("net")),
        vat=_amount(told.get("vat")),
        gross=_amount(told.get("gross")),
    )


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object of the body, empty if it is none. Raises NoAnswer if it is only the beginning of one."""
    try:
        told = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        if body.lstrip()[:1] == b"{":
            raise NoAnswer("the receiver's answer is not whole JSON") from None
        return {}
    return told if isinstance(told, dict) else {}


def _detail(sentence: str, told: dict[str, Any]) -> str:
    text = " ".join(told["detail"].split()) if isinstance(told.get("detail"), str) else ""
    return f"{sentence}: {text}"[:_LONGEST_DETAIL] if text else f"{sentence}."


def _pointer(told: dict[str, Any]) -> str | None:
    pointer = told.get("pointer")
    return pointer[:200] if isinstance(pointer, str) and pointer.startswith("/") else None


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip()[:_LONGEST_ID] or None


def _amount(value: Any) -> Decimal | None:
    """An amount that the receiver computed, as text; None if it tells none (or something senseless)."""
    try:
        amount = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return amount if amount is not None and amount.is_finite() else None


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None
