"""The reply envelope: `Root/ResponseStatus`, refusals with their code, and the XML writer. Source: sheet 5."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Response
from lxml import etree

CONTENT_TYPE = "text/html; charset=utf-8"
HELSINKI = ZoneInfo("Europe/Helsinki")
_DECLARATION = b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n'

AUTHENTICATION_FAILED = "AUTHENTICATION_FAILED"
INVALID_DATA = "INVALID_DATA"
INVALID_DATA_SIZE = "INVALID_DATA_SIZE"
DUPLICATE_DATA = "DUPLICATE_DATA"
REQUEST_NOT_UNIQUE = "REQUEST_NOT_UNIQUE"
PERIOD_LOCK = "PERIOD_LOCK"
SERVICE_ACCESS_ERROR = "SERVICE_ACCESS_ERROR"
SYSTEM_MAINTENANCE = "SYSTEM_MAINTENANCE"
TECHNICAL_ERROR = "TECHNICAL_ERROR"

# Used only when the client asked for HTTP status codes. The real mapping is not public; this one is ours.
HTTP_STATUSES: Mapping[str, int] = {
    AUTHENTICATION_FAILED: 401,
    INVALID_DATA: 400,
    INVALID_DATA_SIZE: 413,
    DUPLICATE_DATA: 409,
    REQUEST_NOT_UNIQUE: 409,
    PERIOD_LOCK: 400,
    SERVICE_ACCESS_ERROR: 403,
    SYSTEM_MAINTENANCE: 503,
    TECHNICAL_ERROR: 500,
}


class Refused(Exception):
    """A call that Netvisor answers with FAILED. `code` is one of the error codes, `text` is for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code} :: {text}")
        self.code = code
        self.text = text


def invalid(text: str) -> Refused:
    """INVALID_DATA with the prefix that Netvisor puts before its texts."""
    return Refused(INVALID_DATA, f"Data form incorrect:. {text}")


def invalid_xml(text: str) -> Refused:
    """INVALID_DATA for a document that breaks the schema."""
    return Refused(INVALID_DATA, f"XML validation failed: {text}")


def timestamp(now: datetime) -> str:
    """Finnish local time without leading zeros in day and month: 7.4.2009 13:46:07."""
    local = now.astimezone(HELSINKI)
    return f"{local.day}.{local.month}.{local.year} {local:%H:%M:%S}"


def child(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    """Append an element with text."""
    element = etree.SubElement(parent, name, attributes)
    if text:
        element.text = text
    return element


def succeeded(now: datetime, body: etree._Element | None = None, *, inserted: int | None = None) -> Response:
    """An OK envelope, with the payload element or the key of what was created."""
    root = _root(["OK"], now)
    if body is not None:
        root.append(body)
    if inserted is not None:
        child(child(root, "Replies"), "InsertedDataIdentifier", str(inserted))
    return _response(root, 200)


def failed(refusal: Refused, now: datetime, *, use_http_status: bool) -> Response:
    """A FAILED envelope: two Status elements, the second `CODE :: text`."""
    root = _root(["FAILED", f"{refusal.code} :: {refusal.text}"], now)
    return _response(root, HTTP_STATUSES[refusal.code] if use_http_status else 200)


def without_replies(answer: Response) -> Response:
    """The same success, but the identifier of what was created is missing."""
    root = etree.fromstring(answer.get_data())
    for replies in root.findall("Replies"):
        root.remove(replies)
    return _response(root, answer.status_code)


def _root(statuses: list[str], now: datetime) -> etree._Element:
    root = etree.Element("Root")
    status = child(root, "ResponseStatus")
    for text in statuses:
        child(status, "Status", text)
    child(status, "TimeStamp", timestamp(now))
    return root


def _response(root: etree._Element, status: int) -> Response:
    body = _DECLARATION + etree.tostring(root, encoding="utf-8", pretty_print=True)
    return Response(body, status=status, content_type=CONTENT_TYPE)
