"""Processes and ports of the development servers: looked after by process id, never by name."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

POLL_S = 0.1


class NotStarted(RuntimeError):
    """A development server did not come up or is not installed; the text has the end of its log."""


def free_ports(count: int) -> list[int]:
    """TCP ports of 127.0.0.1 that nobody listens on, all different.

    They are held together before they are let go, so one call never gives a port twice; another process may
    still take one before it is used, which the server's start then reports.
    """
    holders = [socket.socket() for _ in range(count)]
    try:
        for holder in holders:
            holder.bind(("127.0.0.1", 0))
        return [int(holder.getsockname()[1]) for holder in holders]
    finally:
        for holder in holders:
            holder.close()


def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Poll until the condition holds; False when it did not within the time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_S)
    return True


def command_line(pid: int) -> str:
    """The command of a living process, "" for one that is gone or a zombie.

    Process ids are used again, so whoever signals a process that an earlier run started looks here first.
    """
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            return (proc / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    found = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def read_pid(path: Path) -> int | None:
    """The process id on the first line of a file, None when there is none (yet)."""
    try:
        return int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def signal_if(pid: int | None, mark: str, number: signal.Signals) -> bool:
    """Send the signal if that process lives and its command line has the mark; whether it was sent."""
    if pid is None or mark not in command_line(pid):
        return False
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def reap(child: "subprocess.Popen[bytes] | None") -> None:
    """Collect a child that ended, so that no zombie stays; waits at most ten seconds."""
    if child is not None:
        child.wait(timeout=10)


def tail(path: Path, lines: int = 15) -> str:
    """The end of a log file, or a note that there is none."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return f"(no log at {path})"
