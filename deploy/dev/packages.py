"""The servers' programs as Debian packages them: where they are, and how they get there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

POSTGRES_PACKAGE = "postgresql"
RABBITMQ_PACKAGE = "rabbitmq-server"
_INSTALL_TIMEOUT_S = 900

# No service may start by itself during the installation: the tests run clusters and nodes of their own, on
# ports of their own. `policy-rc.d` is Debian's switch for that; a policy of the machine's owner stays.
INSTALL_SCRIPT = """
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\\nexit 101\\n' > $policy
    chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y --no-install-recommends "$@"; }
install "$@" || { apt-get update; install "$@"; }
"""


def found_or_installed(find: Callable[[], Path | None], package: str) -> Path | None:
    """The folder that `find` returns, after installing the package if it is missing and we may."""
    programs = find()
    if programs is None and may_install():
        print(f"installing {package} from Debian's packages", file=sys.stderr)
        programs = find() if install(package) else None
    return programs


def postgres_programs() -> Path | None:
    """The folder with `initdb`, `pg_ctl` and `postgres`, of the newest version that is installed."""
    packaged = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: _number(path.parent.name), reverse=True
    )
    on_path = shutil.which("initdb")
    candidates = [*packaged, *([Path(on_path).resolve().parent] if on_path else [])]
    return next(
        (path for path in candidates if all((path / name).exists() for name in ("initdb", "pg_ctl", "postgres"))),
        None,
    )


def rabbitmq_programs() -> Path | None:
    """The folder with RabbitMQ's own scripts.

    Debian's commands in /usr/sbin are wrappers that become the user `rabbitmq` and its one node: they are
    passed over.
    """
    if not (shutil.which("erl") and shutil.which("epmd")):
        return None
    on_path = shutil.which("rabbitmq-server")
    candidates = [Path("/usr/lib/rabbitmq/bin"), *([Path(on_path).resolve().parent] if on_path else [])]
    return next(
        (path for path in candidates if (path / "rabbitmq-server").exists() and (path / "rabbitmqctl").exists()),
        None,
    )


def may_install() -> bool:
    """Whether this is a Debian or its kin, and we are root or become it without a password."""
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        return False
    if os.geteuid() == 0:
        return True
    sudo = shutil.which("sudo")
    return sudo is not None and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0


def install(*names: str) -> bool:
    """Install Debian packages without starting their services; whether that worked."""
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    command = [*as_root, "sh", "-c", INSTALL_SCRIPT, "install", *names]
    # What apt-get says is for a person; stdout is for the addresses.
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=_INSTALL_TIMEOUT_S, check=False)
    return done.returncode == 0


def _number(version: str) -> float:
    try:
        return float(version)
    except ValueError:
        return 0.0
