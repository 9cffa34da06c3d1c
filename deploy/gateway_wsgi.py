"""The gateway of the one-box mode: the same addresses as nginx gives in production, inside one process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Urakka</title><style>
body{{font:16px/1.6 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1c2430}}
code{{background:#eef2f6;padding:0 .25rem}}</style></head><body><h1>Urakka</h1>
<p>Billable field work: from the work done to the invoice in the accounting system.</p>
<ul>{items}</ul><p>Each service also answers <code>/healthz</code>, <code>/readyz</code> and <code>/metrics</code>
below <code>/status/&lt;service&gt;</code>.</p></body></html>"""


_STATUS_PAGES = ("healthz", "readyz", "metrics")


class Gateway:
    """Sends each request to the service that its path names; keeps internal addresses inside."""

    def __init__(self, services: Mapping[str, WsgiApp]) -> None:
        self._services = dict(services)
        self._sandbox: WsgiApp | None = None

    def mount_sandbox(self, sandbox: WsgiApp) -> None:
        """Serve the simulated accounting systems below `/netvisor`, `/procountor` and `/sandbox`."""
        self._sandbox = sandbox

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        path = environ.get("PATH_INFO", "/")
        parts = path.split("/", 3)
        if {".", ".."} & set(path.split("/")):
            return self._nothing_here(path, start_response)
        if len(parts) > 3 and parts[1] == "api" and parts[2] in self._services:
            return self._services[parts[2]](environ, start_response)
        if path.startswith("/.well-known/"):
            return self._services["identity"](environ, start_response)
        if len(parts) == 4 and parts[1] == "status" and parts[2] in self._services and parts[3] in _STATUS_PAGES:
            return self._services[parts[2]]({**environ, "PATH_INFO": f"/{parts[3]}"}, start_response)
        if self._sandbox is not None and parts[1] in ("netvisor", "procountor", "sandbox"):
            return self._sandbox(environ, start_response)
        if path == "/":
            return self._front_page(start_response)
        return self._nothing_here(path, start_response)

    def _front_page(self, start_response: Callable[..., Any]) -> Iterable[bytes]:
        items = "".join(f'<li><a href="/api/{name}/v1/docs">{name}</a></li>' for name in self._services)
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [_PAGE.format(items=items).encode()]

    def _nothing_here(self, path: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = {
            "type": "urn:urakka:problem:not_found",
            "title": "Not Found",
            "status": 404,
            "detail": "No service has this address. The list of services is at /.",
            "instance": path,
            "code": "not_found",
            "errors": [],
        }
        start_response("404 Not Found", [("Content-Type", "application/problem+json")])
        return [json.dumps(body).encode()]
