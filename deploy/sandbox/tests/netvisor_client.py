"""A small Netvisor client for the tests: signs requests itself, independent of the simulator's own code."""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lxml import etree
from werkzeug.test import Client, TestResponse

BASE = "http://localhost/netvisor"


def signed_headers(credentials: Mapping[str, str], url: str, **changes: Any) -> dict[str, str]:
    """Headers of a request to `url`, signed with `algorithm` (HMACSHA256 unless changed).

    changes   replace parts before signing: sender, timestamp, unix, language, transaction_id, algorithm,
              organisation_id; `mac` replaces the code itself.
    """
    now = datetime.now(UTC)
    parts: dict[str, str] = {
        "sender": "Urakka tests",
        "timestamp": f"{now:%Y-%m-%d %H:%M:%S}.000",
        "unix": str(int(time.time())),
        "language": "EN",
        "transaction_id": uuid.uuid4().hex,
        "algorithm": "HMACSHA256",
        "organisation_id": credentials["organisation_id"],
        **changes,
    }
    signed = [url, parts["sender"], credentials["customer_id"], parts["timestamp"], parts["language"]]
    signed += [parts["organisation_id"], parts["transaction_id"]]
    keys = [credentials["customer_key"], credentials["partner_key"]]
    if parts["algorithm"] == "HMACSHA256":
        text = "&".join([*signed, parts["unix"], *keys])
        code = hmac.new("&".join(keys).encode(), text.encode("latin-1"), hashlib.sha256).hexdigest()
    else:
        code = hashlib.new(parts["algorithm"].lower(), "&".join([*signed, *keys]).encode("latin-1")).hexdigest()
    headers = {
        "X-Netvisor-Authentication-Sender": parts["sender"],
        "X-Netvisor-Authentication-CustomerId": credentials["customer_id"],
        "X-Netvisor-Authentication-PartnerId": credentials["partner_id"],
        "X-Netvisor-Authentication-Timestamp": parts["timestamp"],
        "X-Netvisor-Authentication-TransactionId": parts["transaction_id"],
        "X-Netvisor-Interface-Language": parts["language"],
        "X-Netvisor-Organisation-ID": parts["organisation_id"],
        "X-Netvisor-Authentication-MAC": parts.get("mac", code),
        "X-Netvisor-Authentication-MACHashCalculationAlgorithm": parts["algorithm"],
    }
    if parts["algorithm"] == "HMACSHA256":
        headers["X-Netvisor-Authentication-TimestampUnix"] = parts["unix"]
    return headers


class Reply:
    """An envelope as read by a client."""

    def __init__(self, response: TestResponse) -> None:
        self.http_status = response.status_code
        self.content_type = response.headers["Content-Type"]
        self.root = etree.fromstring(response.get_data())

    @property
    def statuses(self) -> list[str]:
        """Texts of the Status elements."""
        return [element.text or "" for element in self.root.findall("ResponseStatus/Status")]

    @property
    def code(self) -> str:
        """OK, or the error code."""
        return "OK" if self.statuses == ["OK"] else self.statuses[1].split(" :: ")[0]

    @property
    def inserted(self) -> int:
        """Key of what was created."""
        return int(self.text("Replies/InsertedDataIdentifier"))

    def text(self, path: str) -> str:
        """Text of an element, "" if it is not there."""
        return self.root.findtext(path) or ""


class NetvisorClient:
    """Calls one company through the WSGI application."""

    def __init__(self, http: Client, company: Mapping[str, Any]) -> None:
        self._http = http
        self.credentials: Mapping[str, str] = company["credentials"]
        self.admin = f"/sandbox/netvisor/companies/{company['id']}"

    def call(self, path: str, body: str | None = None, *, http_status: bool = False, **changes: Any) -> Reply:
        """GET, or POST if there is a body; `changes` as in `signed_headers`."""
        return Reply(self.raw(path, body, http_status=http_status, **changes))

    def raw(self, path: str, body: str | None = None, *, http_status: bool = False, **changes: Any) -> TestResponse:
        """The same, but the bare response."""
        headers = signed_headers(self.credentials, f"{BASE}/{path}", **changes)
        if http_status:
            headers["X-Netvisor-Authentication-UseHTTPResponseStatusCodes"] = "1"
        method = "GET" if body is None else "POST"
        return self._http.open(
            f"/netvisor/{path}", base_url="http://localhost", method=method, data=body or "", headers=headers
        )

    def add_customer(self, code: str = "1001", extra: str = "") -> int:
        """Make a customer and return its key."""
        body = f"<customerbaseinformation><internalidentifier>{code}</internalidentifier><name>Testi Oy</name>{extra}"
        reply = self.call(
            "customer.nv?method=add", f"<root><customer>{body}</customerbaseinformation></customer></root>"
        )
        return reply.inserted

    def add_product(self, code: str = "TYO") -> int:
        """Make a product and return its key."""
        reply = self.call(
            "product.nv?method=add",
            "<root><product><productbaseinformation>"
            f"<productcode>{code}</productcode><productgroup>Työt</productgroup><name>Asennustyö</name>"
            '<unitprice type="net">68,00</unitprice><isactive>1</isactive><issalesproduct>1</issalesproduct>'
            "</productbaseinformation></product></root>",
        )
        return reply.inserted

    def books(self) -> dict[str, Any]:
        """What an auditor sees."""
        books: dict[str, Any] = self._http.get(f"{self.admin}/books").json
        return books

    def fault(self, **fault: Any) -> None:
        """Put a fault in force."""
        response = self._http.post(f"{self.admin}/faults", json=fault)
        assert response.status_code == 201, response.text
