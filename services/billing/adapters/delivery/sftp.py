"""A directory on an SFTP server, as banks and operators offer it."""

import contextlib
import errno
import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import paramiko

from services.billing.adapters.delivery.files import StoreFault
from services.billing.adapters.delivery.public import public_address
from services.billing.adapters.faults import NothingSent
from services.billing.adapters.secret import Secret

_LONGEST_S = 100.0
_RSA = ("rsa-sha2-512", "rsa-sha2-256")
_KEY_TYPES = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


@dataclass(frozen=True, slots=True)
class SftpSettings:
    """Where and as whom. host_key: "ssh-ed25519 AAAA…", the only key that the server may show.

    password or private_key (PEM or OpenSSH): one of them holds something; the key wins.
    public_only: refuse servers in private networks. timeout_s: for connecting, and for each step after that.
    """

    host: str
    port: int
    user: str
    folder: str
    host_key: str
    password: Secret
    private_key: Secret
    timeout_s: float
    public_only: bool


def sftp_opener(settings: SftpSettings) -> Callable[[], "SftpStore"]:
    """A connection for each call: they are rare, and servers drop idle ones."""

    def open_store() -> SftpStore:
        with _told("The SFTP server could not be reached"):
            connected = socket.create_connection(_address(settings), settings.timeout_s)
            transport = paramiko.Transport(connected)
        try:
            _log_in(transport, settings)
            with _told("The SFTP server offers no file transfer"):
                client = paramiko.SFTPClient.from_transport(transport)
        except StoreFault:
            transport.close()
            raise
        if client is None:
            transport.close()
            raise StoreFault("The SFTP server offers no file transfer")
        return SftpStore(transport, client, settings)

    return open_store


class SftpStore:
    """Implements `FileStore`; closes itself after 100 s, whatever the server does."""

    def __init__(self, transport: paramiko.Transport, client: paramiko.SFTPClient, settings: SftpSettings) -> None:
        self._transport = transport
        self._client = client
        self._root = settings.folder.rstrip("/") or "/"
        channel = client.get_channel()
        if channel is not None:
            channel.settimeout(settings.timeout_s)
        self._watch = threading.Timer(_LONGEST_S, transport.close)
        self._watch.daemon = True
        self._watch.start()

    def make_directory(self, path: str) -> None:
        """Make it, if it is not there."""
        if not self.exists(path):
            with _told("The directory on the SFTP server cannot be written to"):
                self._client.mkdir(self._path(path), 0o750)

    def write(self, path: str, payload: bytes) -> None:
        """Upload and compare the size; the server's disk is the server's business."""
        with _told("The file could not be uploaded"):
            self._client.putfo(io.BytesIO(payload), self._path(path), len(payload), confirm=True)

    def rename(self, old: str, new: str) -> None:
        """At one moment where the server can (OpenSSH's extension), else by removing the old file first."""
        with _told("The file could not be put into its place"):
            try:
                self._client.posix_rename(self._path(old), self._path(new))
            except OSError as error:
                if error.errno is not None:
                    raise
                with contextlib.suppress(FileNotFoundError):
                    self._client.remove(self._path(new))
                self._client.rename(self._path(old), self._path(new))

    def read(self, path: str) -> bytes | None:
        """The content."""
        with _told("The SFTP server could not be asked"):
            into = io.BytesIO()
            try:
                self._client.getfo(self._path(path), into)
            except FileNotFoundError:
                return None
            return into.getvalue()

    def exists(self, path: str) -> bool:
        """Whether it is there."""
        with _told("The SFTP server could not be asked"):
            try:
                self._client.stat(self._path(path))
            except FileNotFoundError:
                return False
            return True

    def remove(self, path: str) -> None:
        """Remove it."""
        with _told("The file could not be removed"):
            self._client.remove(self._path(path))

    def close(self) -> None:
        """Hang up."""
        self._watch.cancel()
        self._transport.close()

    def _path(self, path: str) -> str:
        return f"{self._root}/{path}"


def _address(settings: SftpSettings) -> tuple[str, int]:
    if not settings.public_only:
        return settings.host, settings.port
    try:
        return public_address(settings.host, settings.port), settings.port
    except NothingSent as fault:
        raise StoreFault(fault.reason) from None


def _log_in(transport: paramiko.Transport, settings: SftpSettings) -> None:
    transport.banner_timeout = transport.auth_timeout = settings.timeout_s
    expected = settings.host_key.split()[:2]
    with _told("No secure connection to the SFTP server could be made"):
        # A server may have keys of several types: ask for the one that is known.
        transport.get_security_options().key_types = _RSA if expected[0] == "ssh-rsa" else (expected[0],)
        transport.start_client(timeout=settings.timeout_s)
        shown = transport.get_remote_server_key()
    if [shown.get_name(), shown.get_base64()] != expected:
        raise StoreFault("The SFTP server shows another host key than the connection's settings say")
    key = _private_key(settings.private_key)
    with _told("The SFTP server did not accept the connection's credentials"):
        if key is not None:
            transport.auth_publickey(settings.user, key)
        else:
            transport.auth_password(settings.user, settings.password.reveal(), fallback=False)


def _private_key(secret: Secret) -> paramiko.PKey | None:
    if not secret.reveal():
        return None
    for kind in _KEY_TYPES:
        with contextlib.suppress(paramiko.SSHException, ValueError):
            return kind.from_private_key(io.StringIO(secret.reveal()))
    raise StoreFault("The private key of the connection cannot be read: give it without a pass phrase")


@contextmanager
def _told(reason: str) -> Iterator[None]:
    """Turn what the library raises into StoreFault, without its text: that may hold paths, names and more."""
    try:
        yield
    except (OSError, EOFError, ValueError, paramiko.SSHException) as error:
        known = errno.errorcode.get(getattr(error, "errno", None) or 0, type(error).__name__)
        raise StoreFault(f"{reason} ({known})") from None
