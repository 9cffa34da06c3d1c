"""Accepted documents that are sent again, to receivers that know them by their key."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from services.billing.adapters.kind import Site
from services.billing.adapters.registry import built_in
from services.billing.app.connections import Vault
from services.billing.bootstrap import SERVICE
from services.billing.tests.integration.test_api import Api
from shared.crypto import SecretBox
from shared.testing.service import service_under_test

SECRET = "PLANTED-signing-secret"


@dataclass
class Receiver:
    """Takes documents by their key, and can lose them."""

    bodies: list[bytes] = field(default_factory=list)
    status: int = 200
    url: str = ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.bodies.append(body)
            answer = json.dumps({"key": json.loads(body)["key"], "id": "17"}).encode()
            self.send_response(found.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}/documents"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["sqlite", "postgresql"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Api]:
    vault = Vault(built_in(Site(export_root=tmp_path, private_webhooks=True)), SecretBox(bytes(32)))
    definition = replace(SERVICE, extend=lambda _runtime: vault)
    with service_under_test(definition, request.param, tmp_path) as service:
        service.take_new_tenants()
        yield Api(service, None)  # type: ignore[arg-type]


def _accepted(api: Api, target: str, settings: dict[str, Any], secrets: dict[str, str]) -> Any:
    wish = {"target": target, "name": "Oma", "settings": settings, "secrets": secrets}
    made = api.biller.post("/connections", wish)
    assert made.status_code == 201, made.json
    api.approve("immediate")
    api.dispatch()
    (dispatch,) = api.biller.get("/dispatches").json["items"]
    return dispatch


def test_what_a_receiver_lost_is_sent_again_byte_for_byte(api: Api, receiver: Receiver) -> None:
    dispatch = _accepted(api, "webhook", {"url": receiver.url}, {"signing_secret": SECRET})
    assert dispatch["state"] == "accepted"
    again = api.biller.post(f"/dispatches/{dispatch['id']}/replay")
    assert again.status_code == 200, again.json
    assert receiver.bodies == [receiver.bodies[0]] * 2
    assert (again.json["state"], again.json["version"]) == ("accepted", dispatch["version"])
    assert [(each["kind"], each["outcome"]) for each in again.json["history"]] == [
        ("send", "Accepted"),
        ("replay", "Accepted"),
    ]
    assert len(again.json["history"][1]["exchanges"]) == 1
    assert SECRET not in again.text


def test_a_receiver_that_fails_changes_nothing_and_is_told(api: Api, receiver: Receiver) -> None:
    dispatch = _accepted(api, "webhook", {"url": receiver.url}, {"signing_secret": SECRET})
    receiver.status = 500
    again = api.biller.post(f"/dispatches/{dispatch['id']}/replay").json
    assert (again["state"], again["history"][-1]["outcome"]) == ("accepted", "Unclear")
    assert "500" in again["history"][-1]["detail"]


def test_no_second_document_is_made_where_the_key_is_not_known(api: Api) -> None:
    dispatch = _accepted(api, "excel", {"folder": "oma"}, {})
    refused = api.biller.post(f"/dispatches/{dispatch['id']}/replay")
    assert (refused.status_code, refused.json["code"]) == (409, "dispatch.forbidden_step")


def test_what_was_not_accepted_is_tried_again_and_not_replayed(api: Api, receiver: Receiver) -> None:
    receiver.status = 422
    dispatch = _accepted(api, "webhook", {"url": receiver.url}, {"signing_secret": SECRET})
    assert dispatch["state"] == "rejected"
    assert api.biller.post(f"/dispatches/{dispatch['id']}/replay").status_code == 409
    stranger = api.service.caller("billing.write", tenant_id=api.service.other_tenant_id)
    assert stranger.post(f"/dispatches/{dispatch['id']}/replay").status_code == 404
    assert len(receiver.bodies) == 1
