"""Calls to Procountor: token, pace, errors. Raises only the faults of `adapters.faults`.

Source: procountor interface sheet §2–§4.
"""

import email.utils
import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from services.billing.adapters.faults import Busy, Fault, NoAnswer, NothingSent, Refused, Unreadable
from services.billing.adapters.procountor.errors import refusal
from services.billing.adapters.secret import Secret, without_secrets
from services.billing.adapters.transport import Answer, Transport

_TOKEN_MARGIN_S = 60.0
_DEFAULT_TOKEN_LIFE_S = 600.0
AUTHENTICATION_FAILED = "procountor.authentication_failed"
_CREDENTIALS = "Procountor did not accept the credentials of the connection. Check them in its settings."


@dataclass(frozen=True, slots=True)
class Credentials:
    """Machine-to-machine credentials; the API key belongs to one user and one company."""

    client_id: Secret
    client_secret: Secret
    api_key: Secret


@dataclass(frozen=True, slots=True)
class _Token:
    secret: Secret
    good_until: float


class _Pace:
    """Keeps calls at least `gap_s` apart; more than the allowed rate may get the client suspended."""

    def __init__(self, gap_s: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._gap_s, self._clock, self._sleep = gap_s, clock, sleep
        self._lock = threading.Lock()
        self._next = float("-inf")

    def wait(self) -> None:
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._gap_s
        if turn > now:
            self._sleep(turn - now)


class ProcountorClient:
    """One connection to one company.

    base_url           with path, such as https://api.procountor.com/api
    requests_per_second  at most so many calls go out
    clock, sleep       monotonic seconds; replaceable for tests
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        transport: Transport,
        *,
        requests_per_second: int = 10,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._transport = transport
        self._clock = clock
        self.longest_s = transport.longest_s
        self._pace = _Pace(1 / requests_per_second, clock, sleep)
        self._token: _Token | None = None
        self._token_lock = threading.Lock()

    def get(self, path: str, parameters: Mapping[str, str]) -> Any:
        """Read; returns the decoded JSON, numbers with decimals as Decimal."""
        return self._decoded(self._authorised("GET", path, parameters, None))

    def put(self, path: str, body: bytes | None = None) -> None:
        """Change something; the answer is not needed. An empty body goes out as none."""
        self._decoded(self._authorised("PUT", path, {}, body if body is not None else b""))

    def patch(self, path: str, body: bytes) -> None:
        """Change parts of something."""
        self._decoded(self._authorised("PATCH", path, {}, body))

    def upload(self, path: str, meta: bytes, name: str, media_type: str, content: bytes) -> dict[str, Any]:
        """Create something with a file: as `post`, in multipart/form-data with the parts `meta` and `file`.

        name  of the file, only ASCII goes out in the part's head: the true one stands in `meta`.
        """
        plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
        parts = [RequestField("meta", meta), RequestField("file", content, filename=plain)]
        parts[0].make_multipart(content_type="application/json")
        parts[1].make_multipart(content_type=media_type)
        body, content_type = encode_multipart_formdata(parts)
        return _created(self._decoded(self._authorised("POST", path, {}, body, content_type)))

    def post(self, path: str, body: bytes) -> dict[str, Any]:
        """Create something; returns the created object, which surely has an `id`.

        One request, repeated only after a 401, which means that the first one was not carried out. Raises
        Unreadable if the answer is a success without an id.
        """
        return _created(self._decoded(self._authorised("POST", path, {}, body)))

    @property
    def company(self) -> str:
        """A name for the company that the credentials belong to, which does not tell them."""
        who = self._credentials
        parts = (self._base_url, who.client_id.reveal(), who.api_key.reveal())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _authorised(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        body: bytes | None,
        content_type: str = "application/json; charset=utf-8",
    ) -> Answer:
        query = urlencode(parameters, quote_via=quote)
        url = f"{self._base_url}/{path}" + (f"?{query}" if query else "")
        token = self._usable_token()
        answer = self._call(method, url, token, body, content_type)
        if answer.status == 401:
            self._forget(token)
            answer = self._call(method, url, self._usable_token(), body, content_type)
        if answer.status == 401:
            raise Refused(AUTHENTICATION_FAILED, _CREDENTIALS)
        return answer

    def _call(self, method: str, url: str, token: _Token, body: bytes | None, content_type: str) -> Answer:
        headers = {"Authorization": f"Bearer {token.secret.reveal()}", "Accept": "application/json"}
        if body:
            headers["Content-Type"] = content_type
        return self._paced(method, url, headers, body)

    def _paced(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        self._pace.wait()
        answer = self._transport.call(method, url, headers, body)
        if answer.status == 429:
            raise Busy("Procountor asks for a pause", retry_after_s(answer.headers.get("retry-after")))
        return answer

    def _forget(self, token: _Token) -> None:
        with self._token_lock:
            if self._token is token:
                self._token = None

    def _usable_token(self) -> _Token:
        """The kept token, or a new one.

        Asking for a token creates nothing, so every fault but a refusal is NothingSent.
        """
        with self._token_lock:
            if self._token is None or self._clock() >= self._token.good_until:
                try:
                    self._token = self._new_token()
                except (NoAnswer, Unreadable) as fault:
                    raise NothingSent(f"Procountor gave no token: {fault.reason}") from None
            return self._token

    def _new_token(self) -> _Token:
        who = self._credentials
        form = {
            "grant_type": "client_credentials",
            "client_id": who.client_id.reveal(),
            "client_secret": who.client_secret.reveal(),
            "api_key": who.api_key.reveal(),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        asked_at = self._clock()
        answer = self._paced("POST", f"{self._base_url}/oauth/token", headers, urlencode(form).encode("ascii"))
        if answer.status in (400, 401, 403):
            raise Refused(AUTHENTICATION_FAILED, _CREDENTIALS)
        reply = _json(answer.body) if answer.status == 200 else None
        token = reply.get("access_token") if isinstance(reply, dict) else None
        if not isinstance(reply, dict) or not isinstance(token, str) or not token or not token.isascii():
            raise Unreadable(f"the answer (HTTP status {answer.status}) is not in Procountor's form")
        life_s = reply.get("expires_in")
        life_s = float(life_s) if isinstance(life_s, int | Decimal) else _DEFAULT_TOKEN_LIFE_S
        return _Token(Secret(token), asked_at + max(life_s - _TOKEN_MARGIN_S, life_s / 2))

    def _decoded(self, answer: Answer) -> Any:
        if answer.status in (200, 201):
            return _json(answer.body)
        if answer.status == 204:
            return None
        if 400 <= answer.status < 500:
            fault = refusal(answer.status, _json_or_none(answer.body))
            if isinstance(fault, Refused):
                raise self._masked(fault)
            if fault is not None:
                raise fault
        raise Unreadable(f"the server answered with HTTP status {answer.status}")

    def _masked(self, fault: Refused) -> Fault:
        who = self._credentials
        token = self._token
        used = (token.secret,) if token is not None else ()
        reason = without_secrets(fault.reason, who.client_id, who.client_secret, who.api_key, *used)
        return Refused(fault.code, reason, fault.pointer, exists=fault.exists)


def _created(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict) or type(answer.get("id")) is not int or answer["id"] <= 0:
        raise Unreadable("Procountor answered OK but did not tell what it created")
    return answer


def retry_after_s(header: str | None) -> float | None:
    """Seconds from a Retry-After header in either of its forms (RFC 9110 §10.2.3).

    None if absent or senseless.
    """
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(min(int(header.strip()[:9]), 86_400))
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - datetime.now(UTC)).total_seconds(), 0.0), 86_400.0)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unreadable("the answer is not whole JSON") from None


def _json_or_none(body: bytes) -> Any:
    try:
        return _json(body)
    except Unreadable:
        return None


def _no_constant(name: str) -> None:
    raise ValueError(name)
