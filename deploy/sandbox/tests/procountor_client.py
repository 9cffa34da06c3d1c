"""A small Procountor client for the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.test import Client, TestResponse


class ProcountorClient:
    """Calls one company through the WSGI application."""

    def __init__(self, http: Client, company: Mapping[str, Any], base: str = "/procountor/api") -> None:
        self._http = http
        self.credentials: Mapping[str, str] = company["credentials"]
        self.admin = f"/sandbox/procountor/companies/{company['id']}"
        self.base = base
        self.token = ""

    def fetch_token(self, slash: str = "", **changes: Any) -> TestResponse:
        """Ask for a token and keep it; `changes` replace form fields."""
        form = {"grant_type": "client_credentials", **self.credentials, **changes}
        response = self._http.post(f"{self.base}/oauth/token{slash}", data=form)
        if response.status_code == 200:
            self.token = response.json["access_token"]
        return response

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> TestResponse:
        """A call with the bearer token (fetched when there is none yet)."""
        if not self.token:
            assert self.fetch_token().status_code == 200
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return self._http.open(f"{self.base}/{path}", method=method, json=body, headers=sent)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> TestResponse:
        """GET."""
        return self.call("GET", path, headers=headers)

    def post(self, path: str, body: Any) -> TestResponse:
        """POST."""
        return self.call("POST", path, body)

    def put(self, path: str, body: Any = None) -> TestResponse:
        """PUT."""
        return self.call("PUT", path, body)

    def books(self) -> dict[str, Any]:
        """What an auditor sees."""
        books: dict[str, Any] = self._http.get(f"{self.admin}/books").json
        return books

    def fault(self, **fault: Any) -> None:
        """Put a fault in force."""
        response = self._http.post(f"{self.admin}/faults", json=fault)
        assert response.status_code == 201, response.text
