"""`python -m tests.support.mortal SERVICE COMMAND…`: a service whose processes die where a test wants it, once.

A process that reaches a fail point for which a token lies in the folder `URAKKA_TEST_TOKENS` takes the token away and
ends without a word (SIGKILL). Whoever keeps the processes running starts it again; the new one finds no token.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from shared.bus.failpoints import AFTER_COMMIT, AFTER_PUBLISH, BEFORE_COMMIT, armed
from shared.runtime import main

FOLDER = "URAKKA_TEST_TOKENS"
AFTER_RECORD = "dispatch.after_record"
AFTER_SEND = "dispatch.after_send"
POINTS = (AFTER_PUBLISH, AFTER_COMMIT, BEFORE_COMMIT, AFTER_RECORD, AFTER_SEND)


def lay_token(folder: Path, service: str, point: str) -> Path:
    """Let the next process of `service` that reaches `point` die there; the file is gone when it did."""
    token = folder / f"{service}.{point}"
    token.touch()
    return token


def _die_if_told(token: Path) -> None:
    try:
        token.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _run(service: str) -> None:
    folder = Path(os.environ[FOLDER])
    with ExitStack() as stack:
        for point in POINTS:
            stack.enter_context(armed(point, partial(_die_if_told, folder / f"{service}.{point}")))
        main(importlib.import_module(f"services.{service}.bootstrap").SERVICE)


if __name__ == "__main__":
    _run(sys.argv.pop(1))
