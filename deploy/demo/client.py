"""A client of Urakka's public HTTP API, as another program would write it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import requests

T = TypeVar("T")

TIMEOUT_S = (5.0, 60.0)
_NOT_LOGGED_IN = 401
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Refused(Exception):
    """The API answered with a problem document."""

    def __init__(self, method: str, path: str, status: int, problem: dict[str, Any]) -> None:
        detail = problem.get("detail", "")
        fields = "; ".join(f"{e.get('pointer')}: {e.get('detail')}" for e in problem.get("errors", []))
        super().__init__(f"{method} {path} → {status} {problem.get('code')}: {detail} {fields}".rstrip())
        self.status = status
        self.code = str(problem.get("code", ""))
        self.errors: list[dict[str, Any]] = list(problem.get("errors", []))
        self.sentence = str(detail)
        self.detail = " ".join(part for part in (detail, fields) if part)


class TooLate(Exception):
    """Something that should have happened by now has not."""


class ApiClient:
    """One caller: keeps its token, sends and reads JSON, turns problem documents into `Refused`."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._session = requests.Session()
        self._login: tuple[str, dict[str, str]] | None = None

    def log_in(self, email: str, password: str) -> ApiClient:
        """Log in as a person; returns this client."""
        return self._log_in("/api/identity/v1/tokens", {"email": email, "password": password})

    def log_in_with_key(self, api_key: str) -> ApiClient:
        """Log in as a system; returns this client."""
        return self._log_in("/api/identity/v1/tokens/api-key", {"api_key": api_key})

    def _log_in(self, path: str, credentials: dict[str, str]) -> ApiClient:
        tokens = self.post(path, credentials)
        self._session.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        self._login = path, credentials
        return self

    def get(self, path: str, **query: Any) -> Any:
        """GET and return the JSON; when the token is no longer good, with another one."""
        try:
            return self._send("GET", path, params=query)[0]
        except Refused as error:
            if error.status != _NOT_LOGGED_IN or self._login is None:
                raise
        self._log_in(*self._login)
        return self._send("GET", path, params=query)[0]

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """POST JSON and return the JSON."""
        return self._send("POST", path, json={} if body is None else body, headers=headers)[0]

    def put(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        """PUT JSON and return the JSON."""
        return self._send("PUT", path, json=body, headers=headers)[0]

    def change(self, path: str, changes: dict[str, Any]) -> Any:
        """Read the record for its version, then PATCH it."""
        _, etag = self._send("GET", path)
        return self._send("PATCH", path, json=changes, headers={"If-Match": etag})[0]

    def upload(
        self,
        path: str,
        file: Path,
        *,
        form: Mapping[str, str] | None = None,
        timeout: tuple[float, float] = TIMEOUT_S,
        **query: Any,
    ) -> Any:
        """POST a workbook, with more fields of the form if given, and return the JSON."""
        with file.open("rb") as stream:
            files = {"file": (file.name, stream, XLSX)}
            return self._send("POST", path, params=query, files=files, data=form, timeout=timeout)[0]

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield all items of a list."""
        cursor = None
        while True:
            page = self.get(path, **query, **({"after": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def _send(self, method: str, path: str, **arguments: Any) -> tuple[Any, str]:
        answer = self._session.request(method, self.base_url + path, **{"timeout": TIMEOUT_S, **arguments})
        body = answer.json() if answer.content and "json" in answer.headers.get("Content-Type", "") else {}
        if answer.status_code >= 400:
            raise Refused(method, path, answer.status_code, body)
        return body, answer.headers.get("ETag", "")


def wait_until(ask: Callable[[], T | None], *, within_s: float, what: str, pause_s: float = 0.1) -> T:
    """Ask until there is an answer; raises TooLate after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while True:
        found = ask()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise TooLate(f"{what}: not within {within_s:.0f} s")
        time.sleep(pause_s)
