"""A PostgreSQL cluster of one's own, in one folder, on a port of 127.0.0.1."""

import hashlib
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.dev.packages import POSTGRES_PACKAGE, found_or_installed, postgres_programs
from deploy.dev.processes import (
    NotStarted,
    command_line,
    free_ports,
    read_pid,
    reap,
    signal_if,
    tail,
    wait_until,
)

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 40.0

_STATUS_LINE = 7
"""Of postmaster.pid, counted from 0: LOCK_FILE_LINE_PM_STATUS in PostgreSQL's src/include/utils/pidfile.h."""
_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 300
"""


class OwnPostgres:
    """A PostgreSQL cluster that lives in one folder; durable as PostgreSQL is by default.

    Used like `OwnBroker`: as a context manager it is started and in the end deleted; without, it outlives
    this process and another `OwnPostgres` of the same folder takes it over. PostgreSQL refuses to run as
    root, so root's clusters run as `postgres` (or `nobody`), and move to the machine's folder for temporary
    files if that user cannot get to the folder.
    """

    def __init__(self, folder: Path) -> None:
        """Take over the folder's cluster or prepare a new one; starts nothing.

        PostgreSQL is installed if it is missing and we may. Raises NotStarted if it is not to be had.
        """
        programs = found_or_installed(postgres_programs, POSTGRES_PACKAGE)
        if programs is None:
            raise NotStarted(f"PostgreSQL's programs are not installed (Debian: {POSTGRES_PACKAGE})")
        self._programs = programs
        self._user = _unprivileged_user()
        self.folder = _reachable(folder.resolve(), self._user)
        self._data = self.folder / "data"
        self._identity = self._load_or_create()
        self._postmaster: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self._identity["port"])

    @property
    def url(self) -> str:
        """SQLAlchemy's address of the database `postgres` as superuser."""
        return f"postgresql+psycopg://postgres:{self._identity['password']}@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, None when it does not run."""
        pid = read_pid(self._data / "postmaster.pid")
        return pid if pid is not None and str(self._data) in command_line(pid) else None

    def start(self) -> None:
        """Make the cluster if there is none, start it, and return when it accepts connections.

        Raises NotStarted with the end of the log.
        """
        if self._ready():
            return
        if not (self._data / "PG_VERSION").exists():
            self._create()
        log = self.folder / "postgres.log"
        # The postmaster is a child of ours, not of pg_ctl's: after SIGKILL somebody must collect it. Until
        # then its process id lives on, and PostgreSQL refuses to start on the same data.
        self._postmaster = postmaster = self._popen(log, "postgres", "-D", str(self._data))
        wait_until(lambda: self._ready() or postmaster.poll() is not None, START_TIMEOUT_S)
        if not self._ready():
            self.kill()
            raise NotStarted(f"PostgreSQL did not start; {log} ends with:\n{tail(log)}")

    def kill(self) -> None:
        """SIGKILL the postmaster; its children leave by themselves. `start()` recovers the cluster."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop the cluster; open sessions are ended. Nothing happens if it does not run."""
        if not self._end(signal.SIGINT):  # PostgreSQL's "fast shutdown"
            self.kill()

    def delete(self) -> None:
        """Stop the cluster and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except NotStarted:
            self.delete()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.delete()

    def _ready(self) -> bool:
        """Whether the postmaster itself says so, in the place where `pg_ctl --wait` looks too."""
        try:
            lines = (self._data / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        return self.pid is not None and len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"

    def _end(self, number: signal.Signals) -> bool:
        """Signal the postmaster and wait; whether it is gone."""
        pid = self.pid
        signal_if(pid, str(self._data), number)
        gone = wait_until(lambda: pid is None or str(self._data) not in command_line(pid), STOP_TIMEOUT_S)
        if gone:
            reap(self._postmaster)
            self._postmaster = None
        return gone

    def _load_or_create(self) -> dict[str, str | int]:
        path = self.folder / "identity.json"
        if path.exists():
            found: dict[str, str | int] = json.loads(path.read_text())
            return found
        identity: dict[str, str | int] = {"port": free_ports(1)[0], "password": secrets.token_urlsafe(18)}
        path.touch(mode=0o600)
        path.write_text(json.dumps(identity))
        return identity

    def _create(self) -> None:
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(str(self._identity["password"]))
        if self._user is not None:
            os.chown(password, self._user.pw_uid, self._user.pw_gid)
        log = self.folder / "initdb.log"
        arguments = [
            *("-D", str(self._data), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"),
            *("-A", "scram-sha-256", "--pwfile", str(password)),
        ]
        try:
            status = self._popen(log, "initdb", *arguments).wait(START_TIMEOUT_S)
        finally:
            password.unlink()
        if status != 0:
            raise NotStarted(f"initdb failed; {log} ends with:\n{tail(log)}")
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS.format(port=self.port))

    def _popen(self, log: Path, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        user = self._user
        with log.open("ab") as output:
            return subprocess.Popen(
                [str(self._programs / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                start_new_session=True,
                user=user and user.pw_uid,
                group=user and user.pw_gid,
                extra_groups=user and [],
            )


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Whom a cluster of root's runs as; None for everybody else, who run it themselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _reachable(folder: Path, user: pwd.struct_passwd | None) -> Path:
    """The folder, made and owned by the user; one named after its path if the user cannot get there."""
    folder.mkdir(parents=True, exist_ok=True)
    if user is None:
        return folder
    os.chown(folder, user.pw_uid, user.pw_gid)
    reaches = subprocess.run(
        ["test", "-x", str(folder)], user=user.pw_uid, group=user.pw_gid, extra_groups=[], check=False
    )
    if reaches.returncode == 0:
        return folder
    other = Path(tempfile.gettempdir()) / f"urakka-postgres-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    other.mkdir(mode=0o700, exist_ok=True)
    os.chown(other, user.pw_uid, user.pw_gid)
    return other
