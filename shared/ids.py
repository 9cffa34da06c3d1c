"""Identifiers: UUID version 7, so that they sort by the time of their making (RFC 9562, 5.7)."""

from __future__ import annotations

import os
import threading
import time
import uuid
from datetime import datetime

_lock = threading.Lock()
_last_ms = 0
_counter = 0


def new_id() -> str:
    """Return a new UUIDv7 as 36 lower-case characters.

    Ids made by one process are strictly increasing: within a millisecond the 12 bits after the version count up
    (RFC 9562, 6.2, method 1), and a clock that steps back does not take the order with it.
    """
    global _last_ms, _counter
    with _lock:
        now_ms = time.time_ns() // 1_000_000
        if now_ms > _last_ms:
            _last_ms, _counter = now_ms, int.from_bytes(os.urandom(1), "big")
        else:
            _counter += 1
            if _counter > 0xFFF:
                _last_ms, _counter = _last_ms + 1, 0
        stamp, counter = _last_ms, _counter
    tail = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    value = (stamp << 80) | (0x7 << 76) | (counter << 64) | (0b10 << 62) | tail
    return str(uuid.UUID(int=value))


def first_id_of(moment: datetime) -> str:
    """Return an id that sorts before all that `new_id` made at `moment` or later, and after all earlier ones."""
    stamp = int(moment.timestamp() * 1000)
    return str(uuid.UUID(int=(stamp << 80) | (0x7 << 76) | (0b10 << 62)))


def is_id(text: str) -> bool:
    """Say whether `text` is a UUID in its canonical 36-character lower-case form, of any version."""
    try:
        return str(uuid.UUID(text)) == text
    except (ValueError, AttributeError, TypeError):
        return False
