"""Ask a PostgreSQL or a RabbitMQ at an address whether it lets us in.

Both speak just enough of the wire protocol for a log-in without encryption, so that nothing needs to be
installed. They answer with `None` for "no server there" and for "not with these credentials" alike: either
way the server is of no use to the tests. Sources: PostgreSQL 15 documentation, 55.2 "Message Flow" and 55.7
"Message Formats"; AMQP 0-9-1, chapters 2.2.4 and 4.2.
"""

import socket
import struct
from dataclasses import dataclass

TIMEOUT_S = 3.0
"""Longest wait for one answer. Servers on this machine answer in milliseconds."""

_AMQP_FRAME_END = 0xCE
_CONNECTION_START = (10, 10)
_CONNECTION_START_OK = (10, 11)
_CONNECTION_TUNE = (10, 30)
_CONNECTION_TUNE_OK = (10, 31)
_CONNECTION_OPEN = (10, 40)
_CONNECTION_OPEN_OK = (10, 41)


@dataclass(frozen=True, slots=True)
class PostgresAnswer:
    """What a PostgreSQL said after a log-in."""

    version: str
    may_create: bool
    """Whether the role may create databases and roles: the tests make their own of both."""


def postgres(address: tuple[str, int] | str, user: str, database: str = "postgres") -> PostgresAnswer | None:
    """Log in without a password (trust, or peer on a socket) and ask what the role may do.

    address  (host, port), or the path of a Unix socket.
    """
    try:
        with _connect(address) as link:
            return _postgres_session(link, user, database)
    except (OSError, ValueError, struct.error):
        return None


def rabbitmq(host: str, port: int, user: str, password: str, vhost: str = "/") -> bool:
    """Whether a RabbitMQ lets this user open this virtual host."""
    try:
        with _connect((host, port)) as link:
            return _amqp_session(link, user, password, vhost)
    except (OSError, ValueError, struct.error):
        return False


def _connect(address: tuple[str, int] | str) -> socket.socket:
    if not isinstance(address, str):
        return socket.create_connection(address, timeout=TIMEOUT_S)
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(TIMEOUT_S)
    try:
        link.connect(address)
    except OSError:
        link.close()
        raise
    return link


def _read(link: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = link.recv(size - len(parts))
        if not part:
            raise ValueError("the server closed the connection")
        parts += part
    return bytes(parts)


# PostgreSQL


def _postgres_session(link: socket.socket, user: str, database: str) -> PostgresAnswer | None:
    names = b"".join(part.encode() + b"\0" for part in ("user", user, "database", database))
    startup = struct.pack("!i", 3 << 16) + names + b"\0"
    link.sendall(struct.pack("!i", len(startup) + 4) + startup)
    version = ""
    for kind, body in _postgres_until_ready(link):
        if kind == b"R" and struct.unpack("!i", body[:4])[0] != 0:
            return None  # wants a password
        if kind == b"S" and body.startswith(b"server_version\0"):
            version = body.split(b"\0")[1].decode()
    query = b"SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user\0"
    link.sendall(b"Q" + struct.pack("!i", len(query) + 4) + query)
    rows = [body for kind, body in _postgres_until_ready(link) if kind == b"D"]
    link.sendall(b"X" + struct.pack("!i", 4))
    return PostgresAnswer(version=version, may_create=bool(rows) and rows[0].endswith(b"t"))


def _postgres_until_ready(link: socket.socket) -> list[tuple[bytes, bytes]]:
    """Messages up to ReadyForQuery, or up to a request for a password."""
    messages: list[tuple[bytes, bytes]] = []
    while True:
        kind, size = struct.unpack("!ci", _read(link, 5))
        body = _read(link, size - 4)
        if kind == b"E":
            raise ValueError("the server answered with an error")
        messages.append((kind, body))
        if kind == b"Z" or (kind == b"R" and struct.unpack("!i", body[:4])[0] != 0):
            return messages


# AMQP 0-9-1


def _amqp_session(link: socket.socket, user: str, password: str, vhost: str) -> bool:
    link.sendall(b"AMQP\x00\x00\x09\x01")
    start = _amqp_method(link)
    if start[:1] != (_CONNECTION_START,) or b"RabbitMQ" not in start[1]:
        return False
    response = f"\0{user}\0{password}".encode()
    no_properties = struct.pack("!I", 0)
    _amqp_send(
        link,
        _CONNECTION_START_OK,
        no_properties + _short("PLAIN") + struct.pack("!I", len(response)) + response + _short("en_US"),
    )
    tune = _amqp_method(link)
    if tune[0] != _CONNECTION_TUNE:
        return False
    channels, frame_size, _heartbeat_s = struct.unpack("!HIH", tune[1][:8])
    _amqp_send(link, _CONNECTION_TUNE_OK, struct.pack("!HIH", channels, frame_size, 0))
    _amqp_send(link, _CONNECTION_OPEN, _short(vhost) + _short("") + b"\0")
    return _amqp_method(link)[0] == _CONNECTION_OPEN_OK


def _short(text: str) -> bytes:
    return bytes([len(text.encode())]) + text.encode()


def _amqp_send(link: socket.socket, method: tuple[int, int], arguments: bytes) -> None:
    payload = struct.pack("!HH", *method) + arguments
    link.sendall(struct.pack("!BHI", 1, 0, len(payload)) + payload + bytes([_AMQP_FRAME_END]))


def _amqp_method(link: socket.socket) -> tuple[tuple[int, int], bytes]:
    kind, _channel, size = struct.unpack("!BHI", _read(link, 7))
    payload = _read(link, size)
    if kind != 1 or _read(link, 1)[0] != _AMQP_FRAME_END:
        raise ValueError("not an AMQP method frame")
    class_id, method_id = struct.unpack("!HH", payload[:4])
    return (class_id, method_id), payload[4:]
