"""The webhook against the receiver of the documentation, which gets a way to misbehave."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import secrets as random_texts
import socket
import sqlite3
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

from services.billing.adapters.kind import Site
from services.billing.adapters.registry import built_in
from tests.contract.accounting.baskets import line_net, recomputed
from tests.contract.accounting.bench import SAVED, Bench, BookedDocument, Trouble
from tests.contract.accounting.sandboxes import HttpBench

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
_PAUSE = threading.Event()
_REFUSALS = {
    Trouble.UNAVAILABLE_503: 503,
    Trouble.RATE_429: 429,
    Trouble.VALIDATION_ERROR: 422,
    Trouble.EXPIRED_TOKEN: 401,
    Trouble.MAINTENANCE: 503,
}


def example(name: str) -> ModuleType:
    """A module of docs/examples."""
    path = EXAMPLES / f"{name}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def misbehaving(receiver: Any) -> Any:
    """The receiver's class with a trouble that its server holds for the next POST."""

    class Misbehaving(receiver):  # type: ignore[misc]
        trouble: Trouble | None = None

        def do_POST(self) -> None:
            self.trouble, self.server.trouble = self.server.trouble, None
            if self.trouble is None or self.trouble in SAVED:
                super().do_POST()
                return
            self.rfile.read(int(self.headers["Content-Length"]))
            if self.trouble in _REFUSALS:
                super().answer(_REFUSALS[self.trouble], {"detail": "made by the bench"})
            else:
                self._cut(0.8 if self.trouble is Trouble.TIMEOUT_BEFORE_SAVE else 0.0)

        def answer(self, status: int, content: dict[str, Any]) -> None:
            match self.trouble:
                case Trouble.TIMEOUT_AFTER_SAVE:
                    self._cut(0.8)
                case Trouble.RESET_AFTER_SAVE:
                    self._cut(0.0)
                case Trouble.ERROR_500_AFTER_SAVE:
                    super().answer(500, {"detail": "made by the bench"})
                case Trouble.OK_WITHOUT_ID:
                    super().answer(200, {})
                case Trouble.GARBAGE:
                    self._raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\x00\xff <p> \xc3(")
                case Trouble.TRUNCATED:
                    body = json.dumps(content).encode()
                    self._raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[: len(body) // 2])
                case _:
                    super().answer(status, content)

        def _raw(self, answer: bytes) -> None:
            self.connection.sendall(answer)
            self._cut(0.0)

        def _cut(self, delay_s: float) -> None:
            _PAUSE.wait(delay_s)
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

    return Misbehaving


class WebhookBench(HttpBench):
    """The example receiver as the target."""

    checks_login = True

    def __init__(self, server: Any, path: str, secret: str) -> None:
        self.kind = built_in(Site(private_webhooks=True))["webhook"]
        self._server, self._path, self._secret = server, path, secret
        self._url = f"http://127.0.0.1:{server.server_address[1]}"

    @property
    def base_url(self) -> str:
        return self._url

    @property
    def settings(self) -> dict[str, Any]:
        return {"url": f"{self._url}/urakka", "status_url": f"{self._url}/urakka/{{key}}"}

    @property
    def secrets(self) -> dict[str, str]:
        return {"signing_secret": self._secret, "previous_secret": "PLANTED-previous-secret"}

    def books(self) -> list[BookedDocument]:
        with contextlib.closing(sqlite3.connect(self._path)) as store:
            rows = store.execute("SELECT key, body FROM document ORDER BY rowid").fetchall()
        return [_booked(key, json.loads(body)["document"]) for key, body in rows]

    @contextlib.contextmanager
    def trouble(self, trouble: Trouble) -> Iterator[None]:
        self._server.trouble = None if trouble is Trouble.CONNECT_REFUSED else trouble
        try:
            yield
        finally:
            self._server.trouble = None


def _booked(key: str, document: dict[str, Any]) -> BookedDocument:
    """What a receiver computes from the lines that came."""
    lines = []
    for line in document["lines"]:
        numbers = [Decimal(line[name]) for name in ("quantity", "unit_price", "discount_percent")]
        assert line_net(*numbers) == Decimal(line["net"]), "the line does not compute"
        lines.append((Decimal(line["net"]), line["vat_category"], Decimal(line["vat_rate_percent"])))
    net, vat, gross = recomputed(lines)
    assert (net, vat, gross) == tuple(Decimal(document[name]) for name in ("net", "vat", "gross"))
    return BookedDocument(key, key, net, vat, gross, tuple(line[0] for line in lines))


@contextlib.contextmanager
def webhook_bench(folder: Path) -> Iterator[Bench]:
    """The example receiver, running, with a bench around it."""
    module = example("webhook_receiver")
    secret = f"PLANTED-{random_texts.token_hex(12)}"
    path = str(folder / "documents.sqlite")
    server = module.make_server(0, secret, path)
    server.RequestHandlerClass = misbehaving(module.Receiver)
    server.trouble = None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield WebhookBench(server, path, secret)
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()
