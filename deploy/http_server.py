"""An HTTP server in a thread, for the one-box and for the small gateway."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask

from shared.config import BadConfiguration

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of a request that the server takes in at all; services have lower limits of their own."""

_STOP_WITHIN_S = 10.0
_CODES = {413: "too_large", 431: "headers_too_large", 500: "internal_error"}


class _ProblemTask(ErrorTask):
    """What waitress itself refuses, before any application sees it, is a problem document like everything else."""

    def execute(self) -> None:
        """Write the answer and close the connection: the rest of the request is not read."""
        error = self.request.error
        body = {
            "type": f"urn:urakka:problem:{_CODES.get(error.code, 'malformed')}",
            "title": error.reason,
            "status": error.code,
            "detail": str(error.body),
            "code": _CODES.get(error.code, "malformed"),
            "errors": [],
        }
        content = json.dumps(body).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/problem+json"))
        self.set_close_on_finish()
        self.content_length = len(content)
        self.write(content)


class _Channel(HTTPChannel):
    error_task_class = _ProblemTask


class HttpServer:
    """Serves one WSGI application; binds its port when it is made, answers when it is started."""

    def __init__(self, app: WsgiApp, *, host: str, port: int, threads: int = 16) -> None:
        """Port 0 takes a free one; raises BadConfiguration if the address cannot be had."""
        self._host = host
        try:
            self._server: Any = create_server(
                app,
                host=host,
                port=port,
                threads=threads,
                ident="urakka",
                max_request_body_size=LARGEST_BODY,
                clear_untrusted_proxy_headers=True,
            )
        except OSError as error:
            raise BadConfiguration(f"cannot listen on {host}:{port}: {error.strerror}; give another --port") from None
        self._server.channel_class = _Channel
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="http")

    @property
    def base_url(self) -> str:
        """The address that it answers at."""
        return f"http://{self._host}:{self._server.effective_port}"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self._server.run()
        except OSError:
            if not self._stopping:  # closing the port under the loop's feet is how it is stopped
                raise

    def stop(self) -> None:
        """Let running requests end, drop idle connections, close the port.

        waitress' loop ends only when its last connection is gone, and clients keep theirs: so they are closed here.
        """
        self._stopping = True
        self._server.task_dispatcher.shutdown()
        for channel in list(self._server.active_channels.values()):
            channel.will_close = True
            channel.handle_close()
        self._server.close()
        if self._thread.is_alive():
            self._thread.join(_STOP_WITHIN_S)
