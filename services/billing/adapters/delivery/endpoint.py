"""An HTTP end point that takes files: an operator's own interface, or the firm's."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.billing.adapters.deadline import time_limit
from services.billing.adapters.delivery.parcel import Parcel, file_name
from services.billing.adapters.faults import Busy, Fault, Refused, Unreadable, connection_problem, outcome_of_write
from services.billing.adapters.secret import Secret, without_secrets
from services.billing.adapters.transport import Answer, Transport
from services.billing.domain.outcomes import Absent, Accepted, CannotAsk, Finding, Found, NotSent, Rejected, Unclear
from services.billing.domain.target import ConnectionProblem

_TAKEN = frozenset({200, 201, 202, 204})
_REFUSED = {
    400: "The end point did not accept the file",
    401: "The end point did not accept the connection's credentials",
    403: "The end point does not allow this to the connection's credentials",
    404: "There is nothing at the end point's address",
    405: "The end point's address does not take files",
    413: "The file is too large for the end point",
    415: "The end point does not take this kind of file",
    422: "The end point did not accept the content of the file",
}
"""Refusals that mean, in HTTP, that nothing was taken. A 409 is none of them: the file may be there already."""
_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """Where and how.

    url      files are POSTed here.
    headers  sent along with every call; token goes into `token_header` after `token_scheme`, nowhere if it is empty.
    looks_up the end point answers GET url/KEY with 200 or 404; else it cannot be asked.
    """

    url: str
    token: Secret
    token_header: str = "Authorization"  # noqa: S105 - the header's name
    token_scheme: str = "Bearer"  # noqa: S105 - the scheme's name
    headers: Mapping[str, str] = field(default_factory=dict)
    looks_up: bool = False


class EndpointDelivery:
    """Implements `Delivery` over HTTP. One request for a file, never two: what is not certain is Unclear."""

    def __init__(self, settings: EndpointSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport

    def deliver(self, parcel: Parcel) -> Accepted | Rejected | NotSent | Unclear:
        """POST the file. Its key goes along as Idempotency-Key and as the file's name."""
        headers = {
            **self._headers(),
            "Content-Type": parcel.content_type,
            "Content-Disposition": f'attachment; filename="{parcel.file_name}"',
            "Idempotency-Key": parcel.key,
        }
        try:
            with time_limit(self._transport.longest_s):
                answer = self._transport.call("POST", self._settings.url, headers, parcel.payload)
            self._judge(answer)
        except Fault as fault:
            return outcome_of_write(fault)
        return Accepted(_id_in(answer) or parcel.key)

    def find(self, document_key: str) -> Finding:
        """GET by key, if the end point can be asked."""
        if not self._settings.looks_up:
            return CannotAsk("This end point cannot be asked what it has; look there or ask its keeper.")
        url = f"{self._settings.url.rstrip('/')}/{file_name(document_key).removesuffix('.xml')}"
        try:
            with time_limit(self._transport.longest_s):
                answer = self._transport.call("GET", url, self._headers())
        except Fault as fault:
            return CannotAsk(fault.reason)
        if answer.status == 200:
            return Found(_id_in(answer) or document_key)
        if answer.status == 404:
            return Absent()
        return CannotAsk(f"The end point answered the look-up with status {answer.status}")

    def check(self) -> None:
        """Ask for a document that there cannot be, or for the address itself; 401, 403 and 5xx are problems."""
        url = self._settings.url.rstrip("/") + ("/connection-test" if self._settings.looks_up else "")
        try:
            with time_limit(self._transport.longest_s):
                answer = self._transport.call("GET", url, self._headers())
        except Fault as fault:
            raise connection_problem(fault) from None
        if answer.status in (401, 403):
            detail = f"{_REFUSED[answer.status]} (status {answer.status})."
            raise ConnectionProblem(detail, reason="connection.credentials")
        if answer.status >= 500:
            detail = f"The end point is out of order (status {answer.status})."
            raise ConnectionProblem(detail, reason="connection.strange_answer")
        if self._settings.looks_up and answer.status not in (200, 404):
            detail = f"The end point does not answer look-ups: status {answer.status}."
            raise ConnectionProblem(detail, reason="connection.strange_answer")

    def _headers(self) -> dict[str, str]:
        headers = dict(self._settings.headers)
        token = self._settings.token.reveal()
        if token:
            headers[self._settings.token_header] = f"{self._settings.token_scheme} {token}".strip()
        return headers

    def _judge(self, answer: Answer) -> None:
        """Return for a file that was taken, raise the Fault for anything else."""
        if answer.status in _TAKEN:
            return
        if answer.status == 429:
            raise Busy("The end point asks to send more slowly", _seconds(answer.headers.get("retry-after", "")))
        if answer.status in _REFUSED:
            said = self._said(answer)
            told = f"{_REFUSED[answer.status]} (status {answer.status})."
            raise Refused("einvoice.endpoint_refused", f"{told} It says: {said}" if said else told)
        raise Unreadable(f"The end point answered with status {answer.status}")

    def _said(self, answer: Answer) -> str:
        """The beginning of a plain or JSON explanation, on one line, without our secret."""
        kind = answer.headers.get("content-type", "")
        if not re.match(r"(text/plain|application/(problem\+)?json)\b", kind):
            return ""
        text = " ".join(answer.body.decode("utf-8", "replace").split())
        return without_secrets(text, self._settings.token)[:_LONGEST_TEXT]


def _id_in(answer: Answer) -> str | None:
    """The member `id` of a JSON object, if it is one and has one."""
    if "json" not in answer.headers.get("content-type", ""):
        return None
    try:
        told = json.loads(answer.body)
    except ValueError:
        return None
    given = told.get("id") if isinstance(told, dict) else None
    return str(given)[:200] if isinstance(given, (str, int)) and str(given) else None


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None
