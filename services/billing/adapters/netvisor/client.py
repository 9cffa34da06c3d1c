"""Calls to Netvisor: signing, the envelope of answers, error codes.

Raises only the faults of `adapters.faults`.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from lxml import etree

from services.billing.adapters.faults import NothingSent, Unreadable
from services.billing.adapters.netvisor.errors import fault_of
from services.billing.adapters.netvisor.mac import Signed, mac, timestamp
from services.billing.adapters.secret import Secret, without_secrets
from services.billing.adapters.transport import Answer, Transport
from shared.clock import utc_now


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who calls, for which company. The two keys are never sent."""

    sender: str
    customer_id: str
    partner_id: str
    organisation_id: str
    language: str
    algorithm: str
    customer_key: Secret
    partner_key: Secret


class Node:
    """An element of an answer, read without regard to letter case (sheet §5.

    The service's own case varies).
    """

    def __init__(self, element: etree._Element) -> None:
        self._element = element

    @property
    def name(self) -> str:
        """Local name in lower case."""
        return _local_name(self._element)

    def children(self, name: str | None = None) -> list["Node"]:
        """Child elements, all or those of a name, in order."""
        nodes = [Node(child) for child in self._element if isinstance(child.tag, str)]
        return nodes if name is None else [node for node in nodes if node.name == name]

    def all(self, *names: str) -> list["Node"]:
        """Elements of these names at any depth, in document order; all elements if no name is given."""
        return list(self._found(names))

    def first(self, *names: str) -> "Node | None":
        """The first of `all`."""
        return next(self._found(names), None)

    def _found(self, names: tuple[str, ...]) -> Iterator["Node"]:
        found = self._element.iterdescendants("*")
        return (Node(each) for each in found if not names or _local_name(each) in names)

    def text(self, name: str | None = None) -> str:
        """Own text, or that of the first descendant of the name; stripped, "" if there is none."""
        if name is None:
            return (self._element.text or "").strip()
        found = self.first(name)
        return "" if found is None else found.text()

    def attribute(self, name: str) -> str:
        """Value of an attribute, its name in any letter case; stripped, "" if there is none."""
        for key, value in self._element.attrib.items():
            if str(key).rpartition("}")[2].lower() == name:
                return str(value).strip()
        return ""


def _local_name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


class NetvisorClient:
    """One connection to one company. Calls run one at a time, as Netvisor demands (sheet §6)."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        transport: Transport,
        *,
        now: Callable[[], datetime] = utc_now,
        new_transaction_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._transport = transport
        self._now = now
        self.longest_s = transport.longest_s
        self._new_transaction_id = new_transaction_id

    def get(self, resource: str, parameters: Mapping[str, str]) -> Node:
        """Read; returns the root of the answer."""
        return self._envelope(self._call("GET", resource, parameters, None))

    def post(self, resource: str, parameters: Mapping[str, str], body: bytes) -> str:
        """Create something; returns the new Netvisor key. One request, never repeated.

        Raises Unreadable if the answer is OK but names no key.
        """
        root = self._envelope(self._call("POST", resource, parameters, body))
        key = root.text("inserteddataidentifier")
        if not key:
            raise Unreadable("Netvisor answered OK but did not tell what it created")
        return key

    def change(self, resource: str, parameters: Mapping[str, str], body: bytes) -> None:
        """Change something that is there; the answer names no key. One request, never repeated."""
        self._envelope(self._call("POST", resource, parameters, body))

    def _call(self, method: str, resource: str, parameters: Mapping[str, str], body: bytes | None) -> Answer:
        query = urlencode(parameters, quote_via=quote)
        url = self._transport.wire_url(f"{self._base_url}/{resource}" + (f"?{query}" if query else ""))
        headers = self._headers(url)
        if body is not None:
            headers["Content-Type"] = "text/xml; charset=utf-8"
        return self._transport.call(method, url, headers, body)

    def _headers(self, url: str) -> dict[str, str]:
        who, moment = self._credentials, self._now()
        signed = Signed(
            url=url,
            sender=who.sender,
            customer_id=who.customer_id,
            timestamp=timestamp(moment),
            language=who.language,
            organisation_id=who.organisation_id,
            transaction_id=self._new_transaction_id(),
            timestamp_unix=str(int(moment.timestamp())),
        )
        try:
            digest = mac(signed, who.customer_key.reveal(), who.partner_key.reveal(), who.algorithm)
        except UnicodeEncodeError:
            raise NothingSent("the keys of the connection hold characters that Netvisor's keys never have") from None
        headers = {
            "X-Netvisor-Authentication-Sender": signed.sender,
            "X-Netvisor-Authentication-CustomerId": signed.customer_id,
            "X-Netvisor-Authentication-PartnerId": who.partner_id,
            "X-Netvisor-Authentication-Timestamp": signed.timestamp,
            "X-Netvisor-Authentication-TransactionId": signed.transaction_id,
            "X-Netvisor-Interface-Language": signed.language,
            "X-Netvisor-Organisation-ID": signed.organisation_id,
            "X-Netvisor-Authentication-MAC": digest,
            "X-Netvisor-Authentication-MACHashCalculationAlgorithm": who.algorithm,
        }
        if who.algorithm == "HMACSHA256":
            headers["X-Netvisor-Authentication-TimestampUnix"] = signed.timestamp_unix
        return headers

    def _envelope(self, answer: Answer) -> Node:
        """The root of an OK answer. Content type and HTTP status of failures are not relied on (sheet §5)."""
        if answer.status >= 500:
            raise Unreadable(f"the server answered with HTTP status {answer.status}")
        root = _parse(answer.body)
        status = root.first("responsestatus")
        words = [] if status is None else [node.text() for node in status.children("status")]
        if words and words[0].upper() == "FAILED":
            code, _, text = " ".join(words[1:]).partition("::")
            who = self._credentials
            raise fault_of(code, without_secrets(text, who.customer_key, who.partner_key))
        if not words or words[0].upper() != "OK" or answer.status != 200:
            raise Unreadable(f"the answer (HTTP status {answer.status}) is not in Netvisor's form")
        return root


def _parse(body: bytes) -> Node:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        element = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable("the answer is not whole XML") from None
    root = Node(element)
    if root.name != "root":
        raise Unreadable("the answer is not in Netvisor's form")
    return root
