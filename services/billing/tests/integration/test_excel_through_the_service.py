"""A biller's connection to a folder, over HTTP, with a broken plug-in beside it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.billing.adapters.kind import Site
from services.billing.adapters.plugins import BrokenPlugin
from services.billing.adapters.registry import built_in
from services.billing.app.connections import Vault
from services.billing.bootstrap import SERVICE
from services.billing.tests.integration.test_api import Api
from shared.crypto import SecretBox
from shared.testing.service import service_under_test

BROKEN = BrokenPlugin("ledgerly", "urakka-ledgerly 1.2", "It cannot be loaded: ImportError.")
COLUMNS = [{"header": "Avain", "field": "document.key"}, {"header": "Verollinen", "field": "line.gross"}]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    vault = Vault(built_in(Site(export_root=tmp_path / "exports")), SecretBox(bytes(32)), (BROKEN,))
    definition = replace(SERVICE, extend=lambda _runtime: vault)
    with service_under_test(definition, "sqlite", tmp_path) as service:
        service.take_new_tenants()
        yield Api(service, None)  # type: ignore[arg-type]


def test_the_kinds_of_targets_tell_what_is_broken(api: Api) -> None:
    told = api.biller.get("/connections/targets").json
    assert {"excel", "webhook", "netvisor"} <= {kind["target"] for kind in told["items"]}
    assert told["unusable"] == [{"name": BROKEN.name, "package": BROKEN.package, "error": BROKEN.error}]


def test_an_approved_order_becomes_a_file_once(api: Api, tmp_path: Path) -> None:
    body = {
        "target": "excel",
        "name": "Laskutusaineisto",
        "settings": {"folder": "laskutus", "file_type": "csv", "files": "month", "columns": COLUMNS},
        "secrets": {},
    }
    created = api.biller.post("/connections", body)
    assert created.status_code == 201, created.json
    assert api.biller.post(f"/connections/{created.json['id']}/test").json == {"ok": True}
    api.approve("immediate")
    api.dispatch()
    (dispatch,) = api.biller.get("/dispatches").json["items"]
    assert dispatch["state"] == "accepted"
    (file,) = (tmp_path / "exports" / "laskutus").glob("*.csv")
    header, *rows = file.read_text("utf-8-sig").splitlines()
    assert header == "Avain;Verollinen"
    document = api.biller.get(f"/documents/{dispatch['document_id']}").json
    assert [row.split(";")[0] for row in rows] == [document["key"]]
    assert rows[0].split(";")[1] == document["gross"].replace(".", ",")


def test_wrong_columns_are_told_with_their_place(api: Api) -> None:
    body = {"target": "excel", "name": "X", "settings": {"columns": [{"header": "a"}]}, "secrets": {}}
    answer = api.biller.post("/connections", body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == ["/settings/columns/0"]


@pytest.mark.parametrize(
    ("folder", "status"),
    [("laskutus", 422), ("Laskutus", 422), ("", 201), ("laskutus/2026", 201), ("laskutus-b", 201)],
)
def test_a_folder_belongs_to_one_firm(api: Api, folder: str, status: int) -> None:
    body = {"target": "excel", "name": "Aineisto", "settings": {"folder": "laskutus", "files": "day"}, "secrets": {}}
    assert api.biller.post("/connections", body).status_code == 201
    assert api.biller.post("/connections", body).status_code == 201, "a firm may share its own folder"
    other = api.service.caller("connections.manage", tenant_id=api.service.other_tenant_id)
    taken = other.post("/connections", {**body, "settings": {"folder": folder}})
    assert taken.status_code == status, taken.json
    if status == 422:
        assert [(each["pointer"], each["code"]) for each in taken.json["errors"]] == [
            ("/settings/folder", "folder.taken")
        ]
        free = other.post("/connections", {**body, "settings": {"folder": "oma"}}).json
        wish = {"name": "Aineisto", "settings": {"folder": folder}, "is_default": True, "active": True}
        moved = other.call("PUT", f"/connections/{free['id']}", json=wish)
        assert (moved.status_code, moved.json["code"]) == (422, "connection.invalid_settings")
