"""HTTP to an accounting system: one request, one attempt, and certainty about whether it went out.

`requests` alone cannot tell a failed connection from a connection that broke after the request, because it
wraps both (a TLS error even in the same type). So the connection classes of urllib3 are replaced by ones
that say so: whatever fails inside `connect()` is `NothingSent`, whatever fails later is `NoAnswer`.

Each request has a connection of its own (`Connection: close`): a kept connection may be closed by the
server in the very moment of reuse, which would make a harmless event look unclear. Redirects, cookies,
proxies and netrc of the environment and automatic retries are off.
"""

import contextlib
import http.client
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError

from services.billing.adapters.deadline import remaining_s
from services.billing.adapters.faults import Fault, NoAnswer, NothingSent
from services.billing.adapters.redaction import exchange_of
from services.billing.domain.exchanges import is_collecting, note
from shared.call_limit import CallLimit

MAX_ANSWER_BYTES = 32 * 1024 * 1024
TURN_S = 5.0
_LEAST_S = 0.05
_LEAST_FOR_A_WRITE_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Current(threading.local):
    limit: CallLimit | None = None


_CURRENT = _Current()


@contextlib.contextmanager
def _limited(limit_s: float) -> Iterator[CallLimit]:
    """Limit the call that this thread makes: its connection is made where nobody could hand the limit over."""
    with CallLimit(limit_s) as limit:
        _CURRENT.limit = limit
        try:
            yield limit
        finally:
            _CURRENT.limit = None


def _connect(connection: HTTPConnection, connect: Callable[[], None]) -> None:
    try:
        connect()
    except NameResolutionError:
        raise NothingSent("the server's name could not be resolved") from None
    except (ConnectTimeoutError, TimeoutError):
        raise NothingSent("the server did not answer the attempt to connect") from None
    except (OSError, HTTPError, http.client.HTTPException, UnicodeError, ValueError) as error:
        kind = "no secure connection could be made" if "SSL" in type(error).__name__ else "no connection could be made"
        raise NothingSent(kind) from None
    if _CURRENT.limit is not None and connection.sock is not None:
        _CURRENT.limit.attach(connection.sock)


class _Plain(HTTPConnection):
    def connect(self) -> None:
        _connect(self, super().connect)


class _Tls(HTTPSConnection):
    def connect(self) -> None:
        _connect(self, super().connect)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


Pools = Mapping[str, type[HTTPConnectionPool]]
"""Scheme of an address → how its connections are made."""


class _SingleAttempt(HTTPAdapter):
    """No retries (the default of 0 is stated so that nobody has to look it up) and our connection classes."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = dict(self._pools)


def _prepare(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> requests.PreparedRequest:
    sent_headers = {"User-Agent": "Urakka", "Accept-Encoding": "identity", "Connection": "close", **headers}
    if not all(value.isascii() and value.isprintable() for value in sent_headers.values()):
        raise NothingSent("a header would hold characters that are not allowed there")
    try:
        return requests.Request(method, url, data=body, headers=sent_headers).prepare()
    except (requests.RequestException, ValueError):
        raise NothingSent("the address is not a valid one") from None


class Transport:
    """Sends requests one at a time; safe to share between threads.

    connect_timeout_s  for name, connection and TLS handshake
    read_timeout_s     for the whole answer after that
    longest_s          of a single call, with waiting for its turn: also a fair limit for an operation of several
    """

    pools: ClassVar[Pools] = {"http": _PlainPool, "https": _TlsPool}

    def __init__(self, connect_timeout_s: float, read_timeout_s: float) -> None:
        self._timeout_s = (connect_timeout_s, read_timeout_s)
        self.longest_s = connect_timeout_s + read_timeout_s + TURN_S
        self._turn = threading.Lock()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.mount("https://", _SingleAttempt(self.pools))
        self._session.mount("http://", _SingleAttempt(self.pools))

    @staticmethod
    def wire_url(url: str) -> str:
        """The URL exactly as it will go out. Raises NothingSent if it is none."""
        request = requests.PreparedRequest()
        try:
            request.prepare_url(url, None)
        except (requests.RequestException, ValueError):
            raise NothingSent("the address is not a valid one") from None
        return str(request.url)

    def call(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """One request, within its time-outs and within the `time_limit` of the caller.

        Raises NothingSent or NoAnswer; the status of the answer is not judged here.
        """
        if not self._turn.acquire(timeout=min(TURN_S, remaining_s())):
            raise NothingSent("earlier calls to the same company have not ended yet")
        try:
            connect_s, read_s = self._timeout_s
            left_s = remaining_s()
            # A write that is given too little time would only become unclear.
            if left_s < (min(connect_s + read_s, _LEAST_FOR_A_WRITE_S) if body is not None else _LEAST_S):
                raise NothingSent("earlier calls took all the time there was; it goes on from there next time")
            with _limited(min(connect_s + read_s, left_s)) as limit:
                answer = self._noted(method, url, headers, body, (min(connect_s, left_s), min(read_s, left_s)))
            if limit.has_expired:
                # http.client takes the end of the stream for the end of the headers.
                raise NoAnswer("no whole answer came in time")
            return answer
        finally:
            self._turn.release()

    def _noted(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout_s: tuple[float, float],
    ) -> Answer:
        """As `_call`, noted for whoever wants to see what was said, without credentials."""
        started = time.monotonic()
        told: dict[str, Any] = {}
        try:
            answer = self._call(method, url, headers, body, timeout_s)
            told = {"status": answer.status, "answer_headers": answer.headers, "answer": answer.body}
            return answer
        except Fault as fault:
            told = {"fault": fault.reason}
            raise
        finally:
            if is_collecting():
                note(exchange_of(method, url, headers, body, ms=(time.monotonic() - started) * 1000, **told))

    def _call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout_s: tuple[float, float],
    ) -> Answer:
        request = _prepare(method, url, headers, body)
        try:
            response = self._session.send(request, timeout=timeout_s, allow_redirects=False, stream=True)
            with response:
                content = response.raw.read(MAX_ANSWER_BYTES + 1, decode_content=True)
        except (requests.Timeout, TimeoutError):
            raise NoAnswer("no answer came in time") from None
        except (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError):
            raise NoAnswer("the connection broke before the whole answer had come") from None
        finally:
            self._session.cookies.clear()
        if len(content) > MAX_ANSWER_BYTES:
            raise NoAnswer("the answer was larger than can be read")
        return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, content)

    def __repr__(self) -> str:
        return "Transport()"
