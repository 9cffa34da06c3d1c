"""Exchanges without credentials, in a size that can be stored."""

import re
from collections.abc import Iterable, Mapping

from services.billing.domain.exchanges import Exchange

HIDDEN = "***"
LONGEST_BODY = 65_536
"""Characters of a body that are kept."""

_HARMLESS_HEADERS = frozenset(
    {
        "accept", "accept-encoding", "allow", "cache-control", "connection", "content-encoding", "content-length",
        "content-type", "date", "idempotency-key", "retry-after", "server", "urakka-key", "user-agent",
        "x-netvisor-authentication-timestamp", "x-netvisor-interface-language", "x-netvisor-organisation-id",
        "x-request-id",
    }
)  # fmt: skip
"""All others may hold a credential, a signature or a cookie: what is not known to be harmless is hidden."""

_TOKENS = re.compile(r'("(?:access_token|refresh_token|id_token|api_key|client_secret)"\s*:\s*)"(?:[^"\\]|\\.)*"')
_SHORTEST_CREDENTIAL = 8
_FORM = "application/x-www-form-urlencoded"
_TELLS_SIGNATURE = "AUTHENTICATION_FAILED"
"""Netvisor answers a wrong signature with the string that was signed and the digest it expected (sheet §5)."""


def exchange_of(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    status: int | None = None,
    answer_headers: Mapping[str, str] | None = None,
    answer: bytes | None = None,
    fault: str | None = None,
    ms: float = 0.0,
) -> Exchange:
    """Describe a request and its answer as they may be stored.

    Forms are hidden whole, and so are their answers: tokens are asked for with them. What stood in a hidden header of
    the request is hidden in the bodies too, since some servers say it back.
    """
    used = _credentials(headers)
    is_form = any(name.lower() == "content-type" and _FORM in value for name, value in headers.items())
    return Exchange(
        method=method,
        url=url,
        request_headers=_headers(headers),
        request_body=HIDDEN if is_form else _without(text_of(body), used),
        status=status,
        answer_headers=_headers(answer_headers or {}),
        answer_body=HIDDEN if is_form and answer else _without(text_of(answer), used),
        fault=fault,
        ms=round(ms, 1),
    )


def text_of(body: bytes | None) -> str | None:
    """A body as text: cut, tokens hidden; other than text only by its size."""
    if body is None:
        return None
    try:
        text = body[: 4 * LONGEST_BODY].decode("utf-8", errors="strict" if len(body) <= 4 * LONGEST_BODY else "ignore")
    except UnicodeDecodeError:
        return f"({len(body)} bytes that are no text)"
    if _TELLS_SIGNATURE in text:
        return HIDDEN
    text = _TOKENS.sub(rf'\1"{HIDDEN}"', text).replace("\x00", "")
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}… ({len(body)} bytes)"


def _credentials(headers: Mapping[str, str]) -> list[str]:
    """Values of headers that are hidden, and the part after "Bearer" or the like."""
    values = [value for name, value in headers.items() if name.lower() not in _HARMLESS_HEADERS]
    parts = [part for value in values for part in (value, value.partition(" ")[2])]
    return [part for part in parts if len(part) >= _SHORTEST_CREDENTIAL]


def _without(text: str | None, credentials: Iterable[str]) -> str | None:
    for credential in credentials:
        text = text.replace(credential, HIDDEN) if text else text
    return text


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value if name.lower() in _HARMLESS_HEADERS else HIDDEN for name, value in headers.items()}
