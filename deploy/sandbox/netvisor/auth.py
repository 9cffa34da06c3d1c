"""Who calls: headers, code, clock and replay. Source: netvisor sheet 2, 3, 4."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from werkzeug.datastructures import Headers

from . import mac
from .company import Company
from .envelope import AUTHENTICATION_FAILED, REQUEST_NOT_UNIQUE, Refused

LANGUAGES = ("FI", "SE", "EN")
_PREFIX = "X-Netvisor-Authentication-"
_REMEMBERED_IDS = 200_000
_NEEDED = ("Sender", "CustomerId", "PartnerId", "Timestamp", "TransactionId", "MAC")

_TEXTS = {
    "partner": {
        "FI": "Integraatiokumppania ei löydy, katso dokumentaatio",
        "SE": "Integrationspartnern hittades inte, se dokumentationen",
        "EN": "Integration partner not found, see documentation",
    },
    "keys": {
        "FI": "Integraatioavaimet eivät ole voimassa",
        "SE": "Integrationsnycklarna är inte giltiga",
        "EN": "Integration keys are not valid",
    },
    "company": {
        "FI": "Yritystä ei löydy annetulla Y-tunnuksella",
        "SE": "Företaget hittades inte med FO-numret",
        "EN": "Company not found with the organisation identifier",
    },
    "replay": {
        "FI": "Pyyntö ei ole yksilöllinen",
        "SE": "Begäran är inte unik",
        "EN": "Request is not unique",
    },
}


class TransactionIds:
    """Remembers the transaction ids of each partner (sheet 4: the check spans the partner's customers)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()

    def is_new(self, partner_id: str, transaction_id: str) -> bool:
        """Remember an id; False if it was there. The oldest are forgotten after 200 000."""
        with self._lock:
            if (partner_id, transaction_id) in self._seen:
                return False
            self._seen[(partner_id, transaction_id)] = None
            if len(self._seen) > _REMEMBERED_IDS:
                self._seen.popitem(last=False)
            return True


def language_of(headers: Headers) -> str:
    """The language of error texts, FI if the header makes no sense."""
    language = headers.get("X-Netvisor-Interface-Language", "").upper()
    return language if language in LANGUAGES else "FI"


def authenticate(
    headers: Headers,
    urls: Iterable[str],
    companies: Iterable[Company],
    transaction_ids: TransactionIds,
    now: datetime,
) -> Company:
    """The company that a call is for.

    headers   case-insensitive; values as the raw bytes read as ISO 8859-1 (the WSGI rule).
    urls      the addresses the client may have called, likeliest first.
    Raises Refused: AUTHENTICATION_FAILED, or REQUEST_NOT_UNIQUE for a used transaction id.
    """
    given = {name: headers.get(_PREFIX + name, "").strip() for name in _NEEDED}
    missing = [_PREFIX + name for name, value in given.items() if not value]
    missing += [] if headers.get("X-Netvisor-Interface-Language") else ["X-Netvisor-Interface-Language"]
    missing += [] if headers.get("X-Netvisor-Organisation-ID") else ["X-Netvisor-Organisation-ID"]
    if missing:
        raise Refused(AUTHENTICATION_FAILED, f"Missing headers: {', '.join(missing)}")
    language = language_of(headers)
    if headers["X-Netvisor-Interface-Language"].upper() not in LANGUAGES:
        raise Refused(AUTHENTICATION_FAILED, "X-Netvisor-Interface-Language must be FI, SE or EN")
    company = _company(given, headers["X-Netvisor-Organisation-ID"].strip(), list(companies), language)
    algorithm = _algorithm(headers, company)
    _check_clock(given["Timestamp"], headers.get(_PREFIX + "TimestampUnix", ""), algorithm, company, now)
    _check_mac(given, headers, urls, algorithm, company)
    if not transaction_ids.is_new(given["PartnerId"], given["TransactionId"]):
        raise Refused(REQUEST_NOT_UNIQUE, _TEXTS["replay"][language])
    return company


def _company(given: Mapping[str, str], organisation_id: str, companies: list[Company], language: str) -> Company:
    partners = [one for one in companies if one.credentials.partner_id == given["PartnerId"]]
    if not partners:
        raise Refused(AUTHENTICATION_FAILED, _TEXTS["partner"][language])
    users = [one for one in partners if one.credentials.customer_id == given["CustomerId"]]
    if not users:
        raise Refused(AUTHENTICATION_FAILED, _TEXTS["keys"][language])
    for company in users:
        if company.credentials.organisation_id == organisation_id:
            return company
    raise Refused(AUTHENTICATION_FAILED, _TEXTS["company"][language])


def _algorithm(headers: Headers, company: Company) -> str:
    name = headers.get(_PREFIX + "MACHashCalculationAlgorithm", "").strip().upper() or mac.MD5
    if name not in mac.ALGORITHMS:
        raise Refused(AUTHENTICATION_FAILED, f"Unknown MAC algorithm {name}")
    settings = company.settings
    if (name == mac.MD5 and not settings.allow_md5) or (name == mac.SHA256 and not settings.allow_sha256):
        raise Refused(AUTHENTICATION_FAILED, f"MAC algorithm {name} is no longer supported, use HMACSHA256")
    return name


def _check_clock(timestamp: str, unix: str, algorithm: str, company: Company, now: datetime) -> None:
    if algorithm == mac.HMACSHA256 and not unix.strip().isdecimal():
        raise Refused(AUTHENTICATION_FAILED, f"{_PREFIX}TimestampUnix must be whole seconds")
    limit = company.settings.max_skew_s
    if not limit:
        return
    moments = [_moment(timestamp)]
    if algorithm == mac.HMACSHA256:
        moments.append(float(unix))
    if any(moment is None or abs(moment - now.timestamp()) > limit for moment in moments):
        raise Refused(AUTHENTICATION_FAILED, "The timestamp is too far from the time of the server")


def _moment(text: str) -> float | None:
    """Seconds since 1970 of a timestamp header; text without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _check_mac(
    given: Mapping[str, str],
    headers: Headers,
    urls: Iterable[str],
    algorithm: str,
    company: Company,
) -> None:
    names = [given["Sender"], given["CustomerId"], given["Timestamp"]]
    names += [headers["X-Netvisor-Interface-Language"], headers["X-Netvisor-Organisation-ID"]]
    names += [given["TransactionId"]]
    if algorithm == mac.HMACSHA256:
        names.append(headers[_PREFIX + "TimestampUnix"])
    rest = [name.encode("iso-8859-1", "replace") for name in names]
    credentials = company.credentials
    forms = list(mac.url_forms(urls))
    for url in forms:
        if mac.matches(given["MAC"], algorithm, [url, *rest], credentials.customer_key, credentials.partner_key):
            return
    raise Refused(AUTHENTICATION_FAILED, _mac_text(algorithm, [forms[0], *rest], company))


def _mac_text(algorithm: str, parts: list[bytes], company: Company) -> str:
    """What the real service says too: the text it used, keys masked, and the digest it expected."""
    credentials = company.credentials
    expected = mac.digest(
        algorithm, parts, credentials.customer_key.encode("utf-8"), credentials.partner_key.encode("utf-8")
    )
    text = b"&".join(parts).decode("iso-8859-1")
    return f"MAC does not match. Text used: {text}&***&***, expected {expected.upper()}"
