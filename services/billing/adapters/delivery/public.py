"""A transport that speaks only to public addresses.

Who may set up a connection chooses its address; without this it could make the server call what only the server
can reach. The name is resolved once and the connection goes to the very address that was judged: a second answer of
the name server changes nothing.
"""

import socket

from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

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


class _ToPublic(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        """Connect to the judged address; the name stays for TLS and the Host header."""
        name = self._dns_host
        self._dns_host = public_address(name, self.port)
        try:
            return super()._new_conn()
        finally:
            self._dns_host = name


class _Plain(_ToPublic, transport._Plain):
    pass


class _Tls(_ToPublic, transport._Tls):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


class PublicTransport(Transport):
    """As `Transport`; calls to private, loopback, link-local and other non-public addresses raise NothingSent."""

    pools = {"http": _PlainPool, "https": _TlsPool}
