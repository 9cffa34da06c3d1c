"""A receiver of Urakka's webhooks: checks the signature, keeps each document once, answers look-ups.

SECRET=… python webhook_receiver.py 8100      then: url http://localhost:8100/urakka
                                              status_url http://localhost:8100/urakka/{key}
"""

import hashlib
import hmac
import json
import os
import sqlite3
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_S = 300


def is_genuine(headers, content: bytes, secret: str) -> bool:
    """Whether one of the signatures is right and the timestamp is fresh."""
    timestamp = headers.get("Urakka-Timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_S:
        return False
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + content, hashlib.sha256).hexdigest()
    given = [part.strip().partition("v1=")[2] for part in headers.get("Urakka-Signature", "").split(",")]
    return any(hmac.compare_digest(expected.encode(), each.encode()) for each in given)


class Receiver(BaseHTTPRequestHandler):
    """POST takes a document, GET tells whether it is here."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not is_genuine(self.headers, body, self.server.secret):
            return self.answer(401, {"detail": "signature"})
        message = json.loads(body)
        if message["type"] == "urakka.document.v1":  # the primary key makes a repeat harmless
            with sqlite3.connect(self.server.path) as store:
                store.execute("INSERT OR IGNORE INTO document VALUES (?, ?)", (message["key"], body.decode()))
        return self.answer(200, {"key": message["key"]})

    def do_GET(self):
        key = self.path.rpartition("/")[2]
        if not is_genuine(self.headers, key.encode(), self.server.secret):
            return self.answer(401, {"detail": "signature"})
        with sqlite3.connect(self.server.path) as store:
            found = store.execute("SELECT 1 FROM document WHERE key = ?", (key,)).fetchone()
        return self.answer(200 if found else 404, {"key": key, "found": bool(found)})

    def answer(self, status, content):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_):
        """Nothing: requests hold business data."""


def make_server(port: int, secret: str, path: str) -> ThreadingHTTPServer:
    with sqlite3.connect(path) as store:
        store.execute("CREATE TABLE IF NOT EXISTS document (key TEXT PRIMARY KEY, body TEXT)")
    server = ThreadingHTTPServer(("127.0.0.1", port), Receiver)
    server.secret, server.path = secret, path
    return server


if __name__ == "__main__":
    make_server(int(sys.argv[1]), os.environ["SECRET"], "documents.sqlite").serve_forever()
