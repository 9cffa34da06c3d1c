"""A transport that speaks only to public addresses.

Who may set up a connection chooses its address; without this it could make the server call what only the server
can reach. The name is resolved once and the connection goes to the very address that was judged: a second answer of
the name server changes nothing.
"""

import ipaddress
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

from services.billing.adapters import transport
from services.billing.adapters.faults import NothingSent
from services.billing.adapters.transport import Transport


def public_address(host: str, port: int) -> str:
    """The first address of `host`, if all of its addresses are public. Raises NothingSent."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NothingSent("the server's name could not be resolved") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(_is_public(address) for address in addresses):
        raise NothingSent("the address is in a private network, which this installation does not allow")
    return addresses[0]


def _is_public(text: str) -> bool:
    """Globally reachable and not a group; an IPv4 address inside an IPv6 one is judged as itself."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return _is_public(str(inner))
    return address.is_global and not address.is_multicast


def _new_connection(connection: HTTPConnection, connect: Any) -> socket.socket:
    """Connect to the judged address; the name stays for TLS and the Host header."""
    name = connection._dns_host
    connection._dns_host = public_address(name, connection.port)
    try:
        connected: socket.socket = connect()
    finally:
        connection._dns_host = name
    return connected


class _Plain(transport._Plain):
    def _new_conn(self) -> socket.socket:
        return _new_connection(self, super()._new_conn)


class _Tls(transport._Tls):
    def _new_conn(self) -> socket.socket:
        return _new_connection(self, super()._new_conn)


class _PlainPool(transport._PlainPool):
    ConnectionCls = _Plain


class _TlsPool(transport._TlsPool):
    ConnectionCls = _Tls


class _PublicOnly(HTTPAdapter):
    def __init__(self) -> None:
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}


class PublicTransport(Transport):
    """As `Transport`; calls to private, loopback, link-local and other non-public addresses raise NothingSent."""

    def __init__(self, connect_timeout_s: float, read_timeout_s: float) -> None:
        super().__init__(connect_timeout_s, read_timeout_s)
        self._session.mount("https://", _PublicOnly())
        self._session.mount("http://", _PublicOnly())
