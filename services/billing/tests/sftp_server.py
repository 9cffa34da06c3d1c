"""An SFTP server on loopback for tests, over a directory, that can be told to fail."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

USER, PASSWORD = "urakka", "PLANTED-password"


@dataclass
class SftpServer:
    """fails: names of operations ("open", "posix_rename", "rename", "stat") that answer with a failure."""

    port: int
    host_key: str
    user_key: paramiko.PKey
    root: Path
    fails: set[str] = field(default_factory=set)
    has_posix_rename: bool = True


class _Doorman(paramiko.ServerInterface):
    def __init__(self, server: SftpServer) -> None:
        self._server = server

    def check_auth_password(self, username: str, password: str) -> int:
        return self._judged((username, password) == (USER, PASSWORD))

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return self._judged(username == USER and key == self._server.user_key)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    @staticmethod
    def _judged(is_right: bool) -> int:
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED


class _Handle(paramiko.SFTPHandle):
    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, _doorman: _Doorman, server: SftpServer) -> None:
        self._server = server

    def _path(self, path: str) -> Path:
        return self._server.root / path.lstrip("/")

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        if "open" in self._server.fails:
            return paramiko.SFTP_FAILURE
        try:
            descriptor = os.open(self._path(path), flags, 0o600)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        handle = _Handle(flags)
        file = os.fdopen(descriptor, "wb+" if flags & os.O_TRUNC else "rb")
        handle.filename, handle.readfile, handle.writefile = path, file, file
        return handle

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        if "stat" in self._server.fails:
            return paramiko.SFTP_FAILURE
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        return self._done(lambda: self._path(path).mkdir())

    def remove(self, path: str) -> int:
        return self._done(lambda: self._path(path).unlink())

    def rename(self, oldpath: str, newpath: str) -> int:
        if "rename" in self._server.fails or self._path(newpath).exists():
            return paramiko.SFTP_FAILURE
        return self._done(lambda: self._path(oldpath).rename(self._path(newpath)))

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        if not self._server.has_posix_rename:
            return paramiko.SFTP_OP_UNSUPPORTED
        if "posix_rename" in self._server.fails:
            return paramiko.SFTP_FAILURE
        return self._done(lambda: self._path(oldpath).replace(self._path(newpath)))

    @staticmethod
    def _done(act: object) -> int:
        try:
            act()  # type: ignore[operator]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return paramiko.SFTP_OK


@contextlib.contextmanager
def sftp_server(root: Path) -> Iterator[SftpServer]:
    """Serve `root` for the block, one connection after the other."""
    host_key, user_key = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
        server = SftpServer(port, f"{host_key.get_name()} {host_key.get_base64()}", user_key, root)
        thread = threading.Thread(target=_serve, args=(listener, host_key, server), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)


def _serve(listener: socket.socket, host_key: paramiko.PKey, server: SftpServer) -> None:
    while True:
        try:
            connected, _ = listener.accept()
        except OSError:
            return
        transport = paramiko.Transport(connected)
        transport.add_server_key(host_key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, server)
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            # With an event it does not wait for the handshake, which a client may break off.
            transport.start_server(event=threading.Event(), server=_Doorman(server))
