"""The real compose file, unmodified, as a project of its own: own name, ports, secrets, volumes and image tags."""

import json
import os
import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.containers import make_env
from deploy.dev.processes import free_ports, wait_until

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("identity", "customers", "catalog", "workorders", "billing")
IMAGES = (*SERVICES, "sandbox")
BUILD_TIMEOUT_S = 900
UP_TIMEOUT_S = 420
HEALTHY_TIMEOUT_S = 180.0
COMMAND_TIMEOUT_S = 120


class StackError(RuntimeError):
    """A docker command failed or took too long; the text has the end of what it printed."""


class Stack:
    """One run of the whole compose project."""

    def __init__(self, folder: Path) -> None:
        """Choose a name, free ports and secrets; starts nothing.

        folder  for the file with the secrets.
        """
        self.name = f"urakka-test-{secrets.token_hex(3)}"
        gateway, sandbox = free_ports(2)
        self.gateway_url = f"http://127.0.0.1:{gateway}"
        self.sandbox_url = f"http://127.0.0.1:{sandbox}"
        self.secrets = make_env.complete({})
        self._env_file = folder / "env"
        make_env.write(self._env_file, self.secrets)
        self._environment = {name: value for name, value in os.environ.items() if name not in self.secrets} | {
            "URAKKA_PORT": str(gateway),
            "URAKKA_SANDBOX_PORT": str(sandbox),
            "URAKKA_PUBLIC_URL": self.gateway_url,
            "URAKKA_VERSION": self.name,
        }

    def build(self, image: str) -> None:
        """Build one image: "identity" … "billing" or "sandbox". One at a time, so that small machines live."""
        self.compose("build", "--quiet", image if image == "sandbox" else f"{image}-api", timeout_s=BUILD_TIMEOUT_S)

    def up(self) -> None:
        """Start everything and wait until all of it is healthy; raises StackError with the logs of what is not."""
        # The migrations are done and gone when all is up; `--wait` counts that as well.
        self.compose("up", "--detach", "--wait", "--wait-timeout", str(UP_TIMEOUT_S), timeout_s=UP_TIMEOUT_S + 60)

    def down(self) -> None:
        """Remove containers, networks, volumes and the images of this run."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "30", timeout_s=300)
        images = [f"urakka-{image}:{self.name}" for image in IMAGES]
        subprocess.run(["docker", "image", "rm", *images], capture_output=True, timeout=COMMAND_TIMEOUT_S, check=False)

    def left_over(self) -> list[str]:
        """Containers and volumes of this run that still exist."""
        label = f"label=com.docker.compose.project={self.name}"
        containers = _docker("ps", "--all", "--quiet", "--filter", label)
        return [*containers.split(), *_docker("volume", "ls", "--quiet", "--filter", label).split()]

    def containers(self) -> dict[str, dict[str, Any]]:
        """What `docker inspect` says of each container that exists, by the compose file's name of it."""
        ids = self.compose("ps", "--all", "--quiet").split()
        found = json.loads(_docker("inspect", *ids)) if ids else []
        return {container["Config"]["Labels"]["com.docker.compose.service"]: container for container in found}

    def execute(self, name: str, *command: str) -> str:
        """Run a command in a running container and return what it printed. Raises StackError if it fails."""
        return self.compose("exec", "--no-TTY", name, *command)

    def is_healthy(self, name: str) -> bool:
        """Whether the container runs and its health check passes."""
        state = self.containers().get(name, {}).get("State", {})
        return bool(state.get("Running")) and state.get("Health", {}).get("Status", "healthy") == "healthy"

    def kill(self, name: str) -> str:
        """SIGKILL the container's first process; returns who starts it again, "the engine" or "we".

        From outside, past the engine, where we may: then its restart policy is what brings the container back.
        `docker kill` counts as a wish of the user's and switches the policy off.
        """
        container = self.containers()[name]
        pid, identifier = int(container["State"]["Pid"]), str(container["Id"])
        try:
            if identifier not in Path(f"/proc/{pid}/cgroup").read_text() and pid not in _engine_pids(identifier):
                raise ProcessLookupError(pid)
            os.kill(pid, 9)
        except OSError:
            _docker("kill", identifier)
            _docker("start", identifier)
            return "we"
        before = container["State"]["StartedAt"]
        if not wait_until(lambda: self.containers()[name]["State"]["StartedAt"] != before, HEALTHY_TIMEOUT_S):
            raise StackError(f"{name} was killed, and the engine did not start it again")
        return "the engine"

    def wait_healthy(self, names: Sequence[str]) -> None:
        """Wait until all of these are healthy; raises StackError with the logs of those that are not."""
        if not wait_until(lambda: all(self.is_healthy(name) for name in names), HEALTHY_TIMEOUT_S):
            sick = [name for name in names if not self.is_healthy(name)]
            raise StackError(f"not healthy within {HEALTHY_TIMEOUT_S:.0f} s: {', '.join(sick)}\n{self.logs(sick)}")

    def logs(self, names: Sequence[str] = (), lines: int = 25) -> str:
        """The end of the logs of these containers, or of those that are not well if none is named."""
        if not names:
            names = [name for name in self.containers() if not self._is_well(name)]
        return self.compose("logs", "--no-color", "--tail", str(lines), *names) if names else ""

    def compose(self, *arguments: str, timeout_s: float = COMMAND_TIMEOUT_S) -> str:
        """Run `docker compose` on the project. Raises StackError with the end of the output."""
        return _run(
            ["docker", "compose", "-p", self.name, "--env-file", str(self._env_file), *arguments],
            timeout_s,
            self._environment,
        )

    def _is_well(self, name: str) -> bool:
        return self.is_healthy(name) or self.containers()[name]["State"].get("ExitCode") == 0


def _engine_pids(identifier: str) -> list[int]:
    lines = _docker("top", identifier, "-o", "pid").split("\n")[1:]
    own = {int(line) for line in lines if line.strip().isdigit()}
    return [pid for pid in own if Path(f"/proc/{pid}").exists()]


def _docker(*arguments: str) -> str:
    return _run(["docker", *arguments], COMMAND_TIMEOUT_S, dict(os.environ))


def _run(command: Sequence[str], timeout_s: float, environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise StackError(f"`{' '.join(command)}` took more than {timeout_s:.0f} s") from None
    if done.returncode != 0:
        end = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
        raise StackError(f"`{' '.join(command)}` failed:\n{end}")
    return done.stdout
