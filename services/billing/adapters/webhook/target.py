"""A receiver of webhooks as an accounting target."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from services.billing.adapters.deadline import time_limit
from services.billing.adapters.delivery.public import PublicTransport
from services.billing.adapters.faults import Fault, NothingSent, Refused, connection_problem, outcome_of_write
from services.billing.adapters.kind import Site, TargetKind
from services.billing.adapters.secret import Secret, without_secrets
from services.billing.adapters.transport import Answer, Transport
from services.billing.adapters.webhook import answers
from services.billing.adapters.webhook.body import document_body, ping_body
from services.billing.adapters.webhook.settings import KEY_PLACE, OPTIONAL_SECRETS, SECRETS, WebhookSettings
from services.billing.adapters.webhook.signing import signing_headers
from services.billing.domain.document import Document
from services.billing.domain.outcomes import Absent, Accepted, CannotAsk, Finding, NotSent, Rejected, Unclear
from services.billing.domain.preflight import Problem, blocks
from services.billing.domain.target import ConnectionProblem, LinkStore, Prepared
from shared.clock import utc_now


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where calls go, what an answer must be, and the secrets that sign, the present one first."""

    url: str
    status_url: str | None
    acceptance: str
    secrets: Sequence[Secret]


class WebhookTarget:
    """Implements `AccountingTarget` (see there for what each call promises)."""

    name = "webhook"

    def __init__(self, receiver: Receiver, transport: Transport, *, now: Callable[[], datetime] = utc_now) -> None:
        self._receiver = receiver
        self._transport = transport
        self._now = now

    def preflight(self, document: Document) -> Sequence[Problem]:
        """The little that no receiver could use; see `services.billing.domain.target.ForeseesProblems`."""
        return blocks(_objections(document))

    def prepare(self, document: Document, links: LinkStore) -> Prepared | Rejected | NotSent | Unclear:
        """Only the JSON: the receiver keeps its own registers."""
        refusal = next(_objections(document), None)
        return refusal or Prepared(document_body(document), document.key)

    def send(self, prepared: Prepared) -> Accepted | Rejected | NotSent | Unclear:
        """One signed POST. The signature is made now: an old timestamp would be refused."""
        key = prepared.document_key
        try:
            answer = self._post(key, prepared.payload)
            return answers.accepted(answer, key, self._receiver.acceptance)
        except Refused as fault:
            reason = without_secrets(fault.reason, *self._receiver.secrets)
            return Rejected(fault.code, reason, fault.pointer)
        except Fault as fault:
            return outcome_of_write(fault)

    def find(self, document_key: str, document: Document) -> Finding:
        """One signed GET, if the connection has an address to ask."""
        if self._receiver.status_url is None:
            return CannotAsk("The connection has no address to ask. Look in the receiver whether it has the document.")
        try:
            return answers.finding(self._get(self._receiver.status_url, document_key), document_key)
        except Fault as fault:
            return CannotAsk(fault.reason)

    def check(self) -> None:
        """Look a document up that there cannot be; or send a ping; or, to a receiver that takes everything, a GET.

        Such a receiver might take a ping for a document.
        """
        key = f"URK-{uuid.uuid4()}"
        try:
            if self._receiver.status_url is not None:
                if not isinstance(answers.finding(self._get(self._receiver.status_url, key), key), Absent):
                    detail = "The receiver says that it has a document that was never sent to it."
                    raise ConnectionProblem(detail, reason="connection.strange_answer")
            elif self._receiver.acceptance == answers.ECHO:
                answers.accepted(self._post(key, ping_body(key)), key, answers.ECHO)
            elif self._get(self._receiver.url, key).status >= 500:
                raise ConnectionProblem("The receiver is out of order.", reason="connection.strange_answer")
        except Fault as fault:
            raise connection_problem(fault, *self._receiver.secrets) from None

    def _post(self, key: str, body: bytes) -> Answer:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, "Urakka-Key": key}
        return self._call("POST", self._receiver.url, headers, body, signed=body)

    def _get(self, url: str, key: str) -> Answer:
        address = url.replace(KEY_PLACE, quote(key, safe=""))
        return self._call("GET", address, {"Urakka-Key": key}, None, signed=key.encode())

    def _call(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, signed: bytes) -> Answer:
        if not all(secret.reveal() for secret in self._receiver.secrets):
            raise NothingSent("the connection has no secret to sign with")
        made = signing_headers(self._receiver.secrets, self._now(), signed)
        with time_limit(self._transport.longest_s):
            return self._transport.call(method, url, {**headers, **made, "Accept": "application/json"}, body)

    def __repr__(self) -> str:
        return "WebhookTarget()"


def _objections(document: Document) -> Iterator[Rejected]:
    if not document.lines:
        yield Rejected("webhook.no_lines", "The document has no lines.", "/lines")


def webhook_kind(site: Site) -> TargetKind:
    """The target "webhook"; to private addresses only if the operator allows it."""
    make_transport = Transport if site.private_webhooks else PublicTransport

    def build(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> WebhookTarget:
        active = [Secret(secrets["signing_secret"])]
        if settings["sign_with_previous"] and secrets.get("previous_secret"):
            active.append(Secret(secrets["previous_secret"]))
        receiver = Receiver(settings["url"], settings["status_url"], settings["acceptance"], tuple(active))
        return WebhookTarget(receiver, make_transport(settings["connect_timeout_s"], settings["read_timeout_s"]))

    return TargetKind("webhook", WebhookSettings, SECRETS, build, OPTIONAL_SECRETS, repeatable=True)
