"""Failures on request: what goes wrong, how often, on which calls, and how it looks on the wire.

The kinds, and whether the call's effect is in the books afterwards:

| kind | effect saved | the client sees |
|---|---|---|
| timeout_before_save, timeout_after_save | no / yes | nothing for `delay_s`, then a cut connection |
| reset_before_save, reset_after_save | no / yes | a connection closed without an answer |
| error_500_after_save | yes | HTTP 500 with a page that is not of the protocol |
| garbage, truncated, ok_without_id | yes | rubbish; half of the answer; success without the new id |
| unavailable_503, maintenance, rate_429 | no | HTTP 503 page; the protocol's own maintenance answer; 429 |
| expired_token, validation_error | no | refused authentication; refused data |

A hanging call sleeps on an event outside the company's turn: it costs a thread but no processor time, and a
client that gave up can look its document up at once.
"""

from __future__ import annotations

import contextlib
import fnmatch
import random
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Response

SAVED_FIRST = (
    "timeout_after_save",
    "reset_after_save",
    "error_500_after_save",
    "garbage",
    "truncated",
    "ok_without_id",
)
NOT_SAVED = (
    "timeout_before_save",
    "reset_before_save",
    "unavailable_503",
    "maintenance",
    "rate_429",
    "expired_token",
    "validation_error",
)
KINDS = SAVED_FIRST + NOT_SAVED
WRITING_METHODS = ("POST", "PUT", "PATCH", "DELETE")
TOKEN = "TOKEN"  # noqa: S105 - stands for the method of a token request
MAX_DELAY_S = 60.0
GARBAGE = b"<html><body>\x00\xff\xfe gateway hiccup \xc3\x28 <p>"
ERROR_PAGE = b"<html><head><title>500</title></head><body>Internal Server Error</body></html>"
UNAVAILABLE_PAGE = b"<html><head><title>503</title></head><body>Service Unavailable</body></html>"


class BadFault(ValueError):
    """The description of a fault makes no sense."""


class Dialect(Protocol):
    """How a protocol words the faults that are part of it."""

    def maintenance(self) -> Response:
        """The answer during a service break."""

    def rate_limited(self, retry_after_s: int | None) -> Response:
        """The answer to too many calls."""

    def expired_token(self) -> Response:
        """The answer to authentication that has lapsed; may also forget the token."""

    def validation_error(self) -> Response:
        """The answer to bad data."""

    def without_id(self, answer: Response) -> Response:
        """A successful answer with the new identifier taken out."""


@dataclass(slots=True)
class Fault:
    """One rule: this goes wrong on matching calls, `times` times or with a probability.

    kind            one of KINDS.
    times           how many calls are left to spoil; None is without limit.
    probability     chance per matching call; None is always.
    seed            of the dice, so that a run can be repeated.
    resource        glob on the resource ("salesinvoice.nv", "invoices", "invoices/*/approve"); None matches all.
    methods         HTTP methods; None is all, or only writing ones for faults that need something saved.
    delay_s         how long a time-out hangs, at most 60.
    retry_after_s   Retry-After of rate_429 and unavailable_503; None sends none.
    """

    kind: str
    times: int | None = 1
    probability: float | None = None
    seed: int = 0
    resource: str | None = None
    methods: tuple[str, ...] | None = None
    delay_s: float = 2.0
    retry_after_s: int | None = 1
    spoiled: int = 0
    _dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - repeatable dice, not a secret

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Fault:
        """A fault from its admin description. Raises BadFault."""
        unknown = set(body) - {
            "kind", "times", "probability", "seed", "resource", "methods", "delay_s", "retry_after_s",
        }  # fmt: skip
        if unknown:
            raise BadFault(f"unknown fields: {', '.join(sorted(unknown))}")
        if body.get("kind") not in KINDS:
            raise BadFault(f"kind must be one of {', '.join(KINDS)}")
        probability = body.get("probability")
        times = body.get("times", None if probability is not None else 1)
        methods = body.get("methods")
        try:
            fault = cls(
                kind=str(body["kind"]),
                times=None if times is None else int(times),
                probability=None if probability is None else float(probability),
                seed=int(body.get("seed", 0)),
                resource=body.get("resource"),
                methods=None if methods is None else tuple(str(method).upper() for method in methods),
                delay_s=float(body.get("delay_s", 2.0)),
                retry_after_s=None if body.get("retry_after_s", 1) is None else int(body.get("retry_after_s", 1)),
            )
        except (TypeError, ValueError) as error:
            raise BadFault(f"a number or list is malformed: {error}") from error
        if not 0 <= fault.delay_s <= MAX_DELAY_S:
            raise BadFault(f"delay_s must be 0-{MAX_DELAY_S:.0f}")
        if fault.probability is not None and not 0 <= fault.probability <= 1:
            raise BadFault("probability must be 0-1")
        return fault

    def to_json(self) -> dict[str, Any]:
        """The rule as it stands, with the calls it spoiled so far."""
        names = ("kind", "times", "probability", "seed", "resource", "methods", "delay_s", "spoiled")
        return {name: getattr(self, name) for name in names}

    def matches(self, method: str, resource: str) -> bool:
        """Whether the rule is about this call. Asking for a token (method TOKEN) must be named by `resource`."""
        if method == TOKEN:
            return self.resource is not None and fnmatch.fnmatch(resource, self.resource.lower())
        if self.methods is not None:
            if method not in self.methods:
                return False
        elif self.kind in SAVED_FIRST and method not in WRITING_METHODS:
            return False
        return self.resource is None or fnmatch.fnmatch(resource.lower(), self.resource.lower())

    def strikes(self) -> bool:
        """Throw the dice and count; to be called under the plan's lock."""
        if self.times is not None and self.times <= 0:
            return False
        if self.probability is not None and self._dice.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        self.spoiled += 1
        return True


class FaultPlan:
    """The faults in force for one company. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force, after those already there."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Everything works again."""
        with self._lock:
            self._faults.clear()

    def draw(self, method: str, resource: str) -> Fault | None:
        """The first fault that strikes this call, or None."""
        if not self._faults:
            return None
        with self._lock:
            return next((fault for fault in self._faults if fault.matches(method, resource) and fault.strikes()), None)

    def to_json(self) -> list[dict[str, Any]]:
        """The rules in order."""
        with self._lock:
            return [fault.to_json() for fault in self._faults]


def answer_with(fault: Fault, act: Callable[[], Response], environ: Mapping[str, Any], dialect: Dialect) -> Response:
    """Answer a call as the fault wants. `act` does the real work; it runs only for the kinds in SAVED_FIRST.

    A refusal stays a refusal under ok_without_id; the other kinds hide it as they hide a success.
    """
    if fault.kind in SAVED_FIRST:
        return _spoil(fault, act(), environ, dialect)
    match fault.kind:
        case "timeout_before_save":
            return _cut(environ, delay_s=fault.delay_s)
        case "reset_before_save":
            return _cut(environ)
        case "unavailable_503":
            answer = Response(UNAVAILABLE_PAGE, status=503, content_type="text/html")
            if fault.retry_after_s is not None:
                answer.headers["Retry-After"] = str(fault.retry_after_s)
            return answer
        case "maintenance":
            return dialect.maintenance()
        case "rate_429":
            return dialect.rate_limited(fault.retry_after_s)
        case "expired_token":
            return dialect.expired_token()
        case _:
            return dialect.validation_error()


def _spoil(fault: Fault, answer: Response, environ: Mapping[str, Any], dialect: Dialect) -> Response:
    match fault.kind:
        case "timeout_after_save":
            return _cut(environ, delay_s=fault.delay_s)
        case "reset_after_save":
            return _cut(environ)
        case "error_500_after_save":
            return Response(ERROR_PAGE, status=500, content_type="text/html")
        case "garbage":
            return Response(GARBAGE, status=200, content_type=answer.content_type)
        case "truncated":
            return _cut(environ, answer=answer)
        case _:
            return dialect.without_id(answer)


def _cut(environ: Mapping[str, Any], *, delay_s: float = 0.0, answer: Response | None = None) -> Response:
    """An answer that hangs, sends the first half of `answer` if there is one, and ends the connection."""
    body = answer.get_data() if answer else b""
    cut = Response(_until_cut(environ, delay_s, body[: len(body) // 2]), direct_passthrough=True)
    if answer:
        cut.status_code = answer.status_code
        cut.headers["Content-Type"] = answer.headers["Content-Type"]
        cut.headers["Content-Length"] = str(len(body))
    return cut


def _until_cut(environ: Mapping[str, Any], delay_s: float, half: bytes) -> Iterator[bytes]:
    if delay_s:
        threading.Event().wait(delay_s)
    if half:
        yield half
    connection = _socket_of(environ)
    if connection is not None:
        # Without this the server would keep the connection open for a next request.
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    # Servers treat this as a client that went away and close; Flask's test client raises it in the caller.
    raise ConnectionResetError("cut by a fault of the sandbox")


def _socket_of(environ: Mapping[str, Any]) -> socket.socket | None:
    names: Sequence[str] = ("werkzeug.socket", "gunicorn.socket")
    return next((environ[name] for name in names if environ.get(name) is not None), None)
