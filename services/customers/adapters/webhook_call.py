"""One signed call to a webhook: one attempt, no redirects, a deadline for the whole, to public addresses only."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from shared.call_limit import CallLimit
from shared.webhooks import NotPublic, address_of

CONNECT_S: Final = 5.0
LONGEST_S: Final = 15.0


class Undelivered(Exception):
    """Nobody answered; the text says why, without the address."""


@dataclass(frozen=True, slots=True)
class WebhookCaller:
    """Makes the calls. private_too  whether addresses in private networks may be called"""

    private_too: bool

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Return the status of the answer; its content is nobody's business. Raises Undelivered."""
        parts = urlsplit(url)
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            address = address_of(parts.hostname or "", port, private_too=self.private_too)
        except (NotPublic, ValueError) as error:
            raise Undelivered(str(error)) from None
        connection = _connection(parts.scheme, address, port, parts.hostname or "")
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        try:
            with CallLimit(LONGEST_S) as limit:
                connection.connect()
                limit.attach(connection.sock)
                connection.request("POST", target, body=body, headers={"Host": parts.netloc, **headers})
                status = int(connection.getresponse().status)
        except (TimeoutError, HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise Undelivered(f"no whole answer came ({type(error).__name__})") from None
        finally:
            connection.close()
        if limit.has_expired:
            raise Undelivered("no whole answer came in time")
        return status


def _connection(scheme: str, address: str, port: int, name: str) -> HTTPConnection:
    """Connect to the judged address; the name stays for TLS."""
    if scheme == "https":
        return HTTPSConnection(address, port, timeout=CONNECT_S, server_hostname=name, assert_hostname=name)
    return HTTPConnection(address, port, timeout=CONNECT_S)
