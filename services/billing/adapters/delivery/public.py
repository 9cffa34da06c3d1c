"""A transport that speaks only to public addresses.

Who may set up a connection chooses its address; without this it could make the server call what only the server
can reach. The name is resolved once and the connection goes to the very address that was judged: a second answer of
the name server changes nothing.
"""

import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

from services.billing.adapters import transport
from services.billing.adapters.faults import NothingSent
from services.billing.adapters.transport import Transport
from shared.webhooks import NotPublic, address_of


def public_address(host: str, port: int) -> str:
    """The first address of `host`, if all of its addresses are public. Raises NothingSent."""
    try:
        return address_of(host, port, private_too=False)
    except NotPublic as error:
        raise NothingSent(str(error)) from None


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
