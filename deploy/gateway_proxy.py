"""A small gateway for `urakka up --production` on a machine without nginx: passes requests on, nothing more.

Containers use nginx (`deploy/gateway/`); the addresses are the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

import urllib3

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding",
     "upgrade", "content-length", "host", "server", "date"}
)  # fmt: skip
_TIMEOUT = urllib3.Timeout(connect=2.0, read=60.0)


class ProxyGateway:
    """Passes `/api/<service>/…` and the key set on to the services' own addresses."""

    def __init__(self, services: Mapping[str, str]) -> None:
        """Take each service's base address, e.g. `http://127.0.0.1:8101`."""
        self._services = dict(services)
        self._pool = urllib3.PoolManager(num_pools=10, maxsize=32, block=False, retries=False, timeout=_TIMEOUT)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        path = environ.get("PATH_INFO", "/")
        target = self._target(path)
        if target is None:
            return _problem(start_response, 404, "not_found", "No service has this address.", path)
        try:
            answer = self._pool.request(
                environ["REQUEST_METHOD"],
                target + _raw_path(environ),
                body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
                headers=_request_headers(environ),
                redirect=False,
            )
        except urllib3.exceptions.HTTPError:
            return _problem(start_response, 503, "temporarily_unavailable", "The service does not answer.", path)
        headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP]
        start_response(f"{answer.status} {answer.reason or 'Answer'}", headers)
        return [answer.data]

    def _target(self, path: str) -> str | None:
        parts = path.split("/")
        if "." in parts or ".." in parts:  # urllib3 would resolve them, and so reach the service's internal addresses
            return None
        if len(parts) > 3 and parts[1] == "api":
            return self._services.get(parts[2])
        return self._services.get("identity") if path == "/.well-known/jwks.json" else None


def _raw_path(environ: Mapping[str, Any]) -> str:
    path = quote(environ.get("PATH_INFO", "/").encode("latin-1"), safe="/:@!$&'()*+,;=~-._")
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


def _request_headers(environ: Mapping[str, Any]) -> dict[str, str]:
    headers = {
        name[5:].replace("_", "-"): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_") and name[5:].replace("_", "-").lower() not in _HOP_BY_HOP
    }
    if environ.get("CONTENT_TYPE"):
        headers["Content-Type"] = environ["CONTENT_TYPE"]
    return headers


def _problem(start_response: Callable[..., Any], status: int, code: str, detail: str, path: str) -> Iterable[bytes]:
    body = {
        "type": f"urn:urakka:problem:{code}",
        "title": detail,
        "status": status,
        "detail": detail,
        "instance": path,
        "code": code,
        "errors": [],
    }
    headers = [("Content-Type", "application/problem+json")]
    if status == 503:
        headers.append(("Retry-After", "5"))
    start_response(f"{status} Problem", headers)
    return [json.dumps(body).encode()]
