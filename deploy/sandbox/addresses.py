"""Under which address a client called. It is part of the Netvisor MAC, so every plausible form is offered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from .config import SandboxConfig


def called_urls(environ: Mapping[str, Any], config: SandboxConfig) -> list[str]:
    """Full addresses (percent-encoded as on the wire) that the client may have called, likeliest first.

    The configured public address, then the forwarded one if trusted, then the Host header.
    """
    wire = _wire_path(environ)
    script = quote(environ.get("SCRIPT_NAME", ""), safe="/")
    below = wire.removeprefix(script)
    urls = []
    if config.public_url:
        urls.append(config.public_url.rstrip("/") + below)
    scheme, host = environ.get("wsgi.url_scheme", "http"), environ.get("HTTP_HOST", "")
    forwarded_host = _first(environ, "HTTP_X_FORWARDED_HOST")
    forwarded_scheme = _first(environ, "HTTP_X_FORWARDED_PROTO")
    if config.trust_forwarded and (forwarded_host or forwarded_scheme):
        origin = f"{forwarded_scheme or scheme}://{forwarded_host or host}"
        prefix = _first(environ, "HTTP_X_FORWARDED_PREFIX").rstrip("/")
        urls += [f"{origin}{prefix}{wire}", f"{origin}{wire}"]
    urls.append(f"{scheme}://{host}{wire}")
    return list(dict.fromkeys(urls))


def resource_base(url: str) -> str:
    """The address without the last path segment and the query."""
    return url.split("?", 1)[0].rsplit("/", 1)[0]


def _wire_path(environ: Mapping[str, Any]) -> str:
    """Path and query exactly as sent, if the server tells; otherwise rebuilt."""
    raw = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if raw:
        if raw.startswith("/"):
            return str(raw)
        parts = urlsplit(raw)
        return parts.path + (f"?{parts.query}" if parts.query else "")
    path = quote(
        (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1"), safe="/:@!$&'()*+,;=~"
    )
    query = environ.get("QUERY_STRING", "")
    return path + (f"?{query}" if query else "")


def _first(environ: Mapping[str, Any], name: str) -> str:
    return str(environ.get(name, "")).split(",")[0].strip()
