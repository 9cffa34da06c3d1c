"""Signed calls to addresses that others choose: who called, that nothing was changed on the way, and when.

    Urakka-Timestamp: 1795280400
    Urakka-Signature: v1=<hex>            or, while the secret is being changed, v1=<hex>,v1=<hex>

Each <hex> is HMAC-SHA256 with one secret over the timestamp, a full stop and the content. A receiver takes the call if
one of them is right and the timestamp is not more than five minutes from its own clock: without that limit, who once
saw a call could repeat it for ever.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Sequence
from datetime import datetime
from typing import Final

TIMESTAMP: Final = "Urakka-Timestamp"
SIGNATURE: Final = "Urakka-Signature"
TOLERANCE_S: Final = 300
"""What receivers are told to allow."""
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
"""An IPv4 address in the last 32 bits, to which the network translates (RFC 6052)."""


class NotPublic(Exception):
    """The address cannot be found, or lies in a private network."""


def signature(secret: str, timestamp: str, content: bytes) -> str:
    """Return the lower-case hex of the HMAC-SHA256 over `timestamp.content`."""
    signed = timestamp.encode("ascii") + b"." + content
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def signing_headers(secrets: Sequence[str], moment: datetime, content: bytes) -> dict[str, str]:
    """Return the two headers for a call at an aware moment; one signature for each secret, in their order."""
    timestamp = str(int(moment.timestamp()))
    made = ",".join(f"v1={signature(secret, timestamp, content)}" for secret in secrets)
    return {TIMESTAMP: timestamp, SIGNATURE: made}


def address_of(host: str, port: int, *, private_too: bool) -> str:
    """Return the first address of `host`; without `private_too` only if all of its addresses are public.

    Who may set up a webhook chooses its address; without this it could make the server call what only the server can
    reach. Call the very address that comes back: a second answer of the name server could be another one.
    Raises NotPublic.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotPublic("the server's name could not be resolved") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not (private_too or all(is_public(address) for address in addresses)):
        raise NotPublic("the address is in a private network, which this installation does not allow")
    return addresses[0]


def is_public(text: str) -> bool:
    """Say whether an IP address is globally reachable and not a group; an IPv4 one inside an IPv6 one counts itself."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local or address.is_reserved:  # which `is_global` takes for reachable
            return False
    return address.is_global and not address.is_multicast
