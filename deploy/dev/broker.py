"""A RabbitMQ node of one's own: own name, ports, data, log and port mapper; killed and restarted at will.

For the tests that break things, and for machines where no broker runs. The node shares nothing with another
one on this machine, not even Erlang's port mapper (`epmd`), so that neither can be hurt by the other.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from deploy.dev import probes
from deploy.dev.packages import RABBITMQ_PACKAGE, found_or_installed, rabbitmq_programs
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

START_TIMEOUT_S = 120.0
"""A first start takes 5 to 15 s on two cores, a start after SIGKILL 12 to 30 s; the double of that on a
busy machine.
"""
STOP_TIMEOUT_S = 40.0
SETTLE_AFTER_DECLARING_S = 2.0
"""How old a quorum queue must be before its node is killed: RabbitMQ 3.10.8 loses younger ones
(messaging.md §12).
"""

_LOOPBACK_ONLY = "-kernel inet_dist_use_interface {127,0,0,1}"


class OwnBroker:
    """A RabbitMQ node that lives in one folder.

    with OwnBroker(tmp_path / "broker") as broker:
        connect(broker.url)
        broker.kill()       # SIGKILL: no goodbye
        broker.start()      # same name, ports and data; returns when it lets clients in

    As a context manager it starts on entering, and on leaving it stops and deletes its folder. Without
    `with`, the node outlives this process, and another `OwnBroker` of the same folder takes it over.
    """

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        """Take over the folder's node or prepare a new one; starts nothing.

        folder  made where missing; everything of the node is in it.
        port    TCP port on 127.0.0.1; a free one by default. A node keeps its port for life.
        RabbitMQ is installed if it is missing and we may. Raises NotStarted if it is not to be had.
        """
        programs = found_or_installed(rabbitmq_programs, RABBITMQ_PACKAGE)
        if programs is None:
            raise NotStarted(f"RabbitMQ's programs are not installed (Debian: {RABBITMQ_PACKAGE})")
        self._programs = programs
        self.folder = folder.resolve()
        self._identity = self._load_or_create(port)
        self._node: subprocess.Popen[bytes] | None = None
        self._port_mapper: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """The port for AMQP on 127.0.0.1."""
        return int(self._identity["port"])

    @property
    def url(self) -> str:
        """The address with user and password, virtual host `/`."""
        return f"amqp://urakka:{quote(str(self._identity['password']))}@127.0.0.1:{self.port}/"

    @property
    def pid(self) -> int | None:
        """The node's process id, None when it does not run."""
        pid = read_pid(self.folder / "node.pid")
        return pid if pid is not None and self._mark in command_line(pid) else None

    def answers(self) -> bool:
        """Whether the node lets a client in right now."""
        return probes.rabbitmq("127.0.0.1", self.port, "urakka", str(self._identity["password"]))

    def start(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Start the node and return when a client can log in; nothing happens if one can already.

        Raises NotStarted with the end of the node's log when it does not answer in time.
        """
        if self.pid is not None and self.answers():
            return
        self._start_port_mapper()
        (self.folder / "node.pid").unlink(missing_ok=True)
        log = self.folder / "log" / "start.log"
        with log.open("ab") as output:
            self._node = subprocess.Popen(
                [str(self._programs / "rabbitmq-server")],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                start_new_session=True,
            )
        node = self._node
        wait_until(lambda: self.answers() or node.poll() is not None, timeout_s)
        if not self.answers():
            self.kill()
            raise NotStarted(f"RabbitMQ did not start within {timeout_s:.0f} s; {log} ends with:\n{tail(log)}")

    def kill(self) -> None:
        """SIGKILL the node; returns when it is gone. Its data stays as it was at that moment."""
        pid = self.pid
        signal_if(pid, self._mark, signal.SIGKILL)
        if self._node is not None and self._node.poll() is None:
            self._node.kill()  # the shell around a node that has not got so far as to write its process id
        self._gone(pid, STOP_TIMEOUT_S)

    def stop(self) -> None:
        """Stop the node in good order, then its port mapper; SIGKILL if it takes too long."""
        pid = self.pid
        if signal_if(pid, self._mark, signal.SIGTERM) and not self._gone(pid, STOP_TIMEOUT_S):
            self.kill()
        mapper = read_pid(self.folder / "epmd.pid")
        if signal_if(mapper, self._mapper_mark, signal.SIGTERM):
            reap(self._port_mapper)
        (self.folder / "epmd.pid").unlink(missing_ok=True)

    def delete(self) -> None:
        """Stop the node and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def control(self, *arguments: str, timeout_s: float = 60.0) -> str:
        """Run `rabbitmqctl` on this node and return what it printed.

        Raises subprocess.CalledProcessError or subprocess.TimeoutExpired.
        """
        done = subprocess.run(
            [str(self._programs / "rabbitmqctl"), "--quiet", *arguments],
            env=self._environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=True,
        )
        return done.stdout

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

    @property
    def _mark(self) -> str:
        return f"urakka_node {self._identity['name']} "

    @property
    def _mapper_mark(self) -> str:
        return f"-port {self._identity['epmd_port']} "

    def _gone(self, pid: int | None, timeout_s: float) -> bool:
        gone = wait_until(lambda: pid is None or self._mark not in command_line(pid), timeout_s)
        if gone:
            reap(self._node)
            self._node = None
        return gone

    def _load_or_create(self, port: int | None) -> dict[str, str | int]:
        path = self.folder / "identity.json"
        if path.exists():
            found: dict[str, str | int] = json.loads(path.read_text())
            return found
        for part in ("data", "log"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        amqp, distribution, mapper = free_ports(3)
        identity: dict[str, str | int] = {
            "name": f"urakka-{secrets.token_hex(4)}@localhost",
            "port": port or amqp,
            "distribution_port": distribution,
            "epmd_port": mapper,
            "password": secrets.token_urlsafe(18),
        }
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.local = 127.0.0.1:{identity['port']}\n"
            f"default_user = urakka\ndefault_pass = {identity['password']}\n"
            "disk_free_limit.absolute = 100MB\n"
        )
        (self.folder / "enabled_plugins").write_text("[].\n")
        (self.folder / "environment.conf").touch()
        path.write_text(json.dumps(identity))
        for secret in (path, self.folder / "rabbitmq.conf"):
            secret.chmod(0o600)
        return identity

    def _environment(self) -> dict[str, str]:
        """The machine's environment without its own RabbitMQ settings, with ours."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
        return kept | {
            "HOME": str(self.folder),  # Erlang's cookie is there
            "RABBITMQ_NODENAME": str(self._identity["name"]),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "environment.conf"),  # instead of the one in /etc
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "node.pid"),
            "RABBITMQ_DIST_PORT": str(self._identity["distribution_port"]),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{_LOOPBACK_ONLY} -{self._mark}",
            "RABBITMQ_CTL_ERL_ARGS": _LOOPBACK_ONLY,
            "ERL_EPMD_PORT": str(self._identity["epmd_port"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def _start_port_mapper(self) -> None:
        path = self.folder / "epmd.pid"
        if self._mapper_mark in command_line(read_pid(path) or 0):
            return
        program = shutil.which("epmd") or "epmd"
        self._port_mapper = subprocess.Popen(
            [program, "-port", str(self._identity["epmd_port"]), "-address", "127.0.0.1"],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            start_new_session=True,
        )
        path.write_text(str(self._port_mapper.pid))
