"""A client that sends the same request again until it is answered, as a careful program does."""

from __future__ import annotations

import threading
import time
from typing import Any

import requests

from deploy.demo.client import ApiClient, Refused

_PAUSE_S = 0.2
_pause = threading.Event()


class PatientClient(ApiClient):
    """Sends a request again after connection errors, time-outs and 5xx, at most for `patience_s` seconds.

    Only right for requests that may be repeated. `repeated` counts how often one had to be.
    """

    def __init__(self, base_url: str, *, patience_s: float = 60.0) -> None:
        super().__init__(base_url)
        self._patience_s = patience_s
        self.repeated = 0

    def _send(self, method: str, path: str, **arguments: Any) -> tuple[Any, str]:
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                return super()._send(method, path, **arguments)
            except requests.RequestException:
                if time.monotonic() > deadline:
                    raise
            except Refused as refused:
                if refused.status < 500 or time.monotonic() > deadline:
                    raise
            self.repeated += 1
            _pause.wait(_PAUSE_S)
