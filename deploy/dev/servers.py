"""PostgreSQL and RabbitMQ for the tests: `python -m deploy.dev up|stop|status` or `run COMMAND…`.

`up` looks, for each of the two, in this order and takes the first that works:

1. the address in URAKKA_TEST_DATABASE_URL, URAKKA_TEST_AMQP_URL;
2. a server that an earlier `up` started;
3. a server that listens on this machine and lets us in with its usual credentials;
4. Debian's packages, installed first if we may: a cluster and a node of our own on free ports, in var/dev/;
5. containers, with `docker compose`.

It prints `export URAKKA_TEST_…='…'` lines for a shell to take over and keeps them in var/dev/servers.env
(readable by its owner only); what it does goes to stderr. Exit status 2 with advice if no way works. `stop`
ends only what `up` started. `run` is `up`, then the command with both addresses in its environment, then
`stop` of what had to be started for it.
"""

import argparse
import fcntl
import getpass
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path

from deploy.dev import packages, probes
from deploy.dev.broker import OwnBroker
from deploy.dev.postgres import OwnPostgres
from deploy.dev.processes import NotStarted

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = "URAKKA_TEST_DATABASE_URL"
RABBITMQ = "URAKKA_TEST_AMQP_URL"

_COMPOSE_FILE = ROOT / "deploy" / "dev" / "compose.yml"
_COMPOSE_TIMEOUT_S = 600
_ADVICE = """\
No {what} for the tests. One of these helps:
  - set {variable} to the address of one where the tests may create databases, roles and virtual hosts,
    for example {example}
  - start one on this machine on its usual port ({port})
  - on Debian or Ubuntu: apt-get install {package}
  - start Docker with the compose plugin
Then run the command again."""

OWN_PARTS: frozenset[str] = frozenset({"postgres", "rabbitmq", "containers"})
"""What `up` may have started: each is a folder, or a mark, in the folder of the development servers."""
Attempt = Callable[[], str | None]
"""One way to get a server: its address, or None if the way is not open here."""


class NoServer(RuntimeError):
    """No way leads to one of the servers; the text is advice for a person."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one subcommand; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    servers = DevServers(chosen.folder)
    try:
        if chosen.subcommand == "up":
            with servers.locked():
                print(servers.keep(servers.up(own=chosen.own)), end="")
        elif chosen.subcommand == "run":
            return servers.run(chosen.command, own=chosen.own)
        elif chosen.subcommand == "status":
            print(servers.kept() or "no servers were started or found yet\n", end="")
        else:
            with servers.locked():
                servers.stop()
    except NoServer as advice:
        print(advice, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.dev", description="PostgreSQL and RabbitMQ for tests")
    where = argparse.ArgumentParser(add_help=False)
    default = ROOT / "var" / "dev"
    where.add_argument("--folder", type=Path, default=default, help="where our own servers live (default: var/dev)")
    own = argparse.ArgumentParser(add_help=False)
    own.add_argument("--own", action="store_true", help="servers of our own even where others are given or listen")
    subcommands = parser.add_subparsers(dest="subcommand", required=True)
    subcommands.add_parser("up", parents=[where, own], help="find or start both, print their addresses")
    subcommands.add_parser("stop", parents=[where], help="end what was started")
    subcommands.add_parser("status", parents=[where], help="print the addresses again")
    run = subcommands.add_parser("run", parents=[where, own], help="up, then a command, then stop what it started")
    run.add_argument("command", nargs=argparse.REMAINDER, help="the command and its arguments, after --")
    return parser


class DevServers:
    """The development servers of one folder."""

    def __init__(self, folder: Path) -> None:
        """Use this folder; it is made where missing."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One `up` or `stop` at a time: two test runs that start together get the same servers."""
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def up(self, *, own: bool = False) -> dict[str, str]:
        """Find or start both servers; returns variable → address.

        own  start servers of our own even where others are given or listen.
        Raises NoServer.
        """
        return {
            POSTGRES: self._first(self._postgres_attempts(own), _advice_postgres()),
            RABBITMQ: self._first(self._rabbitmq_attempts(own), _advice_rabbitmq()),
        }

    def run(self, command: Sequence[str], *, own: bool = False) -> int:
        """Run a command between `up` and the stop of what that started; returns the command's exit status.

        What an earlier `up` started stays. Raises NoServer.
        """
        command = command[1:] if command[:1] == ["--"] else command
        before = self._started()
        try:
            with self.locked():
                environment = os.environ | self.up(own=own)
            return _in_foreground(command, environment)
        finally:
            with self.locked():
                self.stop(self._started() - before)

    def keep(self, found: Mapping[str, str]) -> str:
        """Write the addresses as `export` lines to servers.env, for its owner only; returns the lines."""
        lines = "".join(f"export {name}={shlex.quote(url)}\n" for name, url in found.items())
        file = self._folder / "servers.env"
        file.touch(mode=0o600)
        file.write_text(lines)
        return lines

    def kept(self) -> str | None:
        """The lines that `keep` wrote last."""
        file = self._folder / "servers.env"
        return file.read_text() if file.exists() else None

    def stop(self, parts: AbstractSet[str] = OWN_PARTS) -> None:
        """End what `up` started here, and delete its data.

        parts  which of "postgres", "rabbitmq", "containers".
        """
        parts = parts & self._started()
        if "postgres" in parts:
            OwnPostgres(self._folder / "postgres").delete()
            shutil.rmtree(self._folder / "postgres", ignore_errors=True)
        if "rabbitmq" in parts:
            OwnBroker(self._folder / "rabbitmq").delete()
        if "containers" in parts:
            _compose("down", "--volumes")
            (self._folder / "containers").unlink()
        for part in sorted(parts):
            _say(f"stopped our {part}")
        if parts:
            (self._folder / "servers.env").unlink(missing_ok=True)

    def _started(self) -> frozenset[str]:
        return frozenset(part for part in OWN_PARTS if (self._folder / part).exists())

    def _first(self, attempts: Sequence[Attempt], advice: str) -> str:
        for attempt in attempts:
            try:
                url = attempt()
            except NotStarted as error:
                _say(str(error))
                continue
            if url is not None:
                return url
        raise NoServer(advice)

    def _postgres_attempts(self, own: bool) -> list[Attempt]:
        given: list[Attempt] = [lambda: _given(POSTGRES), self._own_postgres_again, _listening_postgres]
        return [*([] if own else given), self._own_postgres, lambda: self._container("postgres")]

    def _rabbitmq_attempts(self, own: bool) -> list[Attempt]:
        given: list[Attempt] = [lambda: _given(RABBITMQ), self._own_rabbitmq_again, _listening_rabbitmq]
        return [*([] if own else given), self._own_rabbitmq, lambda: self._container("rabbitmq")]

    def _own_postgres_again(self) -> str | None:
        if (self._folder / "postgres").exists():
            return self._own_postgres()
        return self._container("postgres") if (self._folder / "containers").exists() else None

    def _own_rabbitmq_again(self) -> str | None:
        if (self._folder / "rabbitmq").exists():
            return self._own_rabbitmq()
        return self._container("rabbitmq") if (self._folder / "containers").exists() else None

    def _own_postgres(self) -> str | None:
        server = OwnPostgres(self._folder / "postgres")
        server.start()
        _say(f"PostgreSQL: our own on port {server.port}, in {server.folder}")
        return server.url

    def _own_rabbitmq(self) -> str | None:
        server = OwnBroker(self._folder / "rabbitmq")
        server.start()
        _say(f"RabbitMQ: our own on port {server.port}, in {server.folder}")
        return server.url

    def _container(self, name: str) -> str | None:
        if not _compose_works():
            return None
        (self._folder / "containers").touch()
        _say(f"starting a container with {name}")
        if not _compose("up", "--detach", "--wait", name):
            return None
        port = os.environ.get(f"URAKKA_DEV_{name.upper()}_PORT")
        if name == "postgres":
            return f"postgresql+psycopg://postgres@127.0.0.1:{port or 55432}/postgres"
        return f"amqp://guest:guest@127.0.0.1:{port or 55672}/"


def _given(variable: str) -> str | None:
    url = os.environ.get(variable) or None
    if url is not None:
        _say(f"{variable}: as given")
    return url


def _listening_postgres() -> str | None:
    port = int(os.environ.get("PGPORT", "5432"))
    places: list[tuple[tuple[str, int] | str, str, str]] = [(("127.0.0.1", port), f"127.0.0.1:{port}", "")]
    for folder in ("/var/run/postgresql", "/tmp"):  # noqa: S108 - PostgreSQL's own default folder for its socket
        places.append((f"{folder}/.s.PGSQL.{port}", "", f"?host={folder}&port={port}"))
    for address, host, query in places:
        for user in dict.fromkeys(["postgres", getpass.getuser()]):
            answer = probes.postgres(address, user)
            if answer is not None and answer.may_create:
                _say(f"PostgreSQL {answer.version}: listens at {host or address}")
                return f"postgresql+psycopg://{user}@{host}/postgres{query}"
    return None


def _listening_rabbitmq() -> str | None:
    if not probes.rabbitmq("127.0.0.1", 5672, "guest", "guest"):
        return None
    _say("RabbitMQ: listens at 127.0.0.1:5672")
    return "amqp://guest:guest@127.0.0.1:5672/"


def _in_foreground(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the command as our child and wait for it; signals that would end us go to it first.

    The terminal sends Ctrl-C to both of us, so SIGINT is only survived; SIGTERM comes to us alone.
    """
    with subprocess.Popen(command, env=environment) as child:
        interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
        terminate = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        try:
            status = child.wait()
        finally:
            signal.signal(signal.SIGINT, interrupt)
            signal.signal(signal.SIGTERM, terminate)
    return status if status >= 0 else 128 - status


def _compose_works() -> bool:
    if shutil.which("docker") is None:
        return False
    for command in (["docker", "version"], ["docker", "compose", "version"]):
        if subprocess.run(command, capture_output=True, timeout=30, check=False).returncode != 0:
            return False
    return True


def _compose(*arguments: str) -> bool:
    command = ["docker", "compose", "-f", str(_COMPOSE_FILE), *arguments]
    return subprocess.run(command, stdout=sys.stderr, timeout=_COMPOSE_TIMEOUT_S, check=False).returncode == 0


def _advice_postgres() -> str:
    example = "postgresql+psycopg://USER:PASSWORD@HOST:5432/postgres"
    return _ADVICE.format(
        what="PostgreSQL", variable=POSTGRES, example=example, port=5432, package=packages.POSTGRES_PACKAGE
    )


def _advice_rabbitmq() -> str:
    example = "amqp://USER:PASSWORD@HOST:5672/"
    return _ADVICE.format(
        what="RabbitMQ", variable=RABBITMQ, example=example, port=5672, package=packages.RABBITMQ_PACKAGE
    )


def _say(text: str) -> None:
    print(f"servers: {text}", file=sys.stderr)
