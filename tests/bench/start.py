"""How long a person waits: for the one-box to answer, and for the demo to end."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_START_WITHIN_S = 60.0
_STOP_WITHIN_S = 30.0
_DEMO_WITHIN_S = 600.0
_LOOK_EVERY_S = 0.01

_pause = threading.Event()


class NotStarted(Exception):
    """The one-box did not answer; the text is what it printed."""


class DemoFailed(Exception):
    """The demo did not end with status 0; the text is the end of what it printed."""


def measure_start(folder: Path) -> float:
    """Return the seconds from starting the interpreter with `python -m deploy up` until `/` is answered with 200.

    folder  the suite's data: empty for a first start, that of an earlier start for a second one. Raises NotStarted.
    """
    port = _free_port()
    command = [sys.executable, "-m", "deploy", "up", "--port", str(port), "--folder", str(folder)]
    output = folder.with_suffix(".out")
    with output.open("wb") as file:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - began > _START_WITHIN_S:
                    raise NotStarted(output.read_text(encoding="utf-8")[-2000:])
                _pause.wait(_LOOK_EVERY_S)
            return time.perf_counter() - began
        finally:
            process.terminate()
            process.wait(_STOP_WITHIN_S)


def measure_demo(folder: Path) -> float:
    """Return the seconds that `python -m deploy demo` takes, from nothing to its end. Raises DemoFailed."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "deploy", "demo", "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_DEMO_WITHIN_S, check=False)
    took_s = time.perf_counter() - began
    if done.returncode != 0:
        raise DemoFailed((done.stdout + done.stderr)[-2000:])
    return took_s


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
