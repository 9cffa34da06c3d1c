"""Bad input gets a clear answer through the whole suite: a problem document, never a 5xx, and nothing half written."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.demo.firm import BILLING, CATALOG, CUSTOMERS, IDENTITY, ORDERS
from deploy.demo.targets import netvisor_target, procountor_target
from deploy.onebox import OneBox, OneBoxSettings
from services.identity.domain.roles import PERMISSIONS
from shared.clock import utc_now
from shared.ids import new_id
from shared.testing.waiting import eventually
from shared.testing.workbooks import package, workbook
from tests.support.inspection import contents, open_events
from tests.support.yard import Yard, open_yard

DEMO_WORKBOOK = Path(__file__).resolve().parents[2] / "deploy/demo/huolto-asiakkaat.xlsx"
BOMB_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True)
class Scene:
    """A one-box with two firms, and one order of the first that waits for approval and one that is only planned."""

    box: OneBox
    database_url: str
    ours: Yard
    theirs: Yard
    finished: dict[str, Any]
    planned: dict[str, Any]

    def call(self, method: str, path: str, *, yard: Yard | None = None, token: str | None = None, **arguments: Any):
        """Send a request as somebody who may do everything in one firm (ours unless said otherwise)."""
        headers = {"Authorization": f"Bearer {token or self.token(yard)}", **arguments.pop("headers", {})}
        return requests.request(method, self.box.base_url + path, headers=headers, timeout=60, **arguments)

    def token(self, yard: Yard | None = None, *, age_s: int = 0) -> str:
        """Make a token that was good for ten minutes, `age_s` seconds ago."""
        return str(
            self.box.runtimes["identity"].own.signer.sign(
                subject=new_id(),
                tenant_id=(yard or self.ours).firm.tenant_id,
                permissions=sorted(PERMISSIONS),
                now=utc_now() - timedelta(seconds=age_s),
                lifetime_s=600,
            )
        )

    def upload(self, address: str, content: bytes, name: str = "list.xlsx") -> requests.Response:
        """Import a file for real."""
        return self.call("POST", f"{address}/imports?mode=confirm", files={"file": (name, io.BytesIO(content))})


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("bad_input")
    with OneBox(OneBoxSettings(folder=folder, port=0)) as box:
        url, key = box.base_url, box.provisioning_key
        ours = open_yard(url, key, netvisor_target({}, url, url), "ours")
        theirs = open_yard(url, key, procountor_target({}, url, url), "theirs")
        foreman = ours.foreman(url)
        finished = ours.finished_order(foreman, random.Random(1))
        planned = foreman.post(ORDERS, {"customer_id": ours.customers[0]})
        database_url = f"sqlite:///{folder}/{{service}}.sqlite"
        eventually(lambda: not open_events(database_url), timeout_s=30)
        yield Scene(box, database_url, ours, theirs, finished, planned)


def bomb(size: int = BOMB_BYTES) -> bytes:
    """A real workbook whose first sheet unpacks to `size` bytes."""
    with zipfile.ZipFile(DEMO_WORKBOOK) as demo:
        parts = {name: bytes(size) if "sheet1" in name else demo.read(name) for name in demo.namelist()}
    packed = package(parts).getvalue()
    assert len(packed) < 2 * 1024 * 1024
    return packed


TENANT = {
    "name": "Kolmas Oy",
    "admin_name": "Aino Admin",
    "admin_email": "third@demo.example",
    "admin_password": "bad input: nine lamps",
}
Attempt = Callable[[Scene], requests.Response]
CASES: dict[str, tuple[Attempt, int, str]] = {
    "unknown field": (lambda s: s.call("POST", ORDERS, json={"customr_id": new_id()}), 400, "/customr_id"),
    "unknown field of a customer": (
        lambda s: s.call("POST", f"{CUSTOMERS}/customers", json={"name": "X", "colour": "red"}),
        400,
        "/colour",
    ),
    "unknown query parameter": (lambda s: s.call("GET", f"{CUSTOMERS}/customers?colour=red"), 400, "/colour"),
    "a quantity as a number": (
        lambda s: s.call("POST", f"{ORDERS}/{s.planned['id']}/rows", json={"rows": [row(s, quantity=0.1)]}),
        400,
        "/rows/0/quantity",
    ),
    "a list for a text": (lambda s: s.call("POST", ORDERS, json={"description": ["x"]}), 400, "/description"),
    "a body that is no object": (lambda s: s.call("POST", ORDERS, json=[1, 2]), 400, ""),
    "a body that is no JSON": (
        lambda s: s.call("POST", ORDERS, data=b"{", headers={"Content-Type": "application/json"}),
        400,
        "",
    ),
    "approving what is only planned": (lambda s: s.call("POST", f"{ORDERS}/{s.planned['id']}/approve"), 409, ""),
    "starting finished work": (lambda s: s.call("POST", f"{ORDERS}/{s.finished['id']}/start"), 409, ""),
    "a version that is not the present one": (
        lambda s: s.call(
            "PATCH", f"{ORDERS}/{s.planned['id']}", json={"description": "x"}, headers={"If-Match": '"99"'}
        ),
        412,
        "",
    ),
    "a change without a version": (
        lambda s: s.call("PATCH", f"{ORDERS}/{s.planned['id']}", json={"description": "x"}),
        428,
        "",
    ),
    "reading another firm's order": (
        lambda s: s.call("GET", f"{ORDERS}/{s.finished['id']}", yard=s.theirs),
        404,
        "",
    ),
    "approving another firm's order": (
        lambda s: s.call("POST", f"{ORDERS}/{s.finished['id']}/approve", yard=s.theirs),
        404,
        "",
    ),
    "changing another firm's customer": (
        lambda s: s.call(
            "PATCH",
            f"{CUSTOMERS}/customers/{s.ours.customers[0]}",
            yard=s.theirs,
            json={"name": "x"},
            headers={"If-Match": '"1"'},
        ),
        404,
        "",
    ),
    "an order for another firm's customer": (
        lambda s: s.call("POST", ORDERS, yard=s.theirs, json={"customer_id": s.ours.customers[0]}),
        422,
        "/customer_id",
    ),
    "another firm's product on a row": (
        lambda s: s.call("POST", ORDERS, yard=s.theirs, json=order_with(s.theirs.customers[0], row(s))),
        422,
        "/rows/0/product_id",
    ),
    "an expired token": (lambda s: s.call("GET", ORDERS, token=s.token(age_s=3600)), 401, ""),
    "an expired token on a change": (
        lambda s: s.call("POST", f"{ORDERS}/{s.finished['id']}/approve", token=s.token(age_s=3600)),
        401,
        "",
    ),
    "a token that is none": (lambda s: s.call("GET", f"{BILLING}/documents", token="x.y.z"), 401, ""),
    "a tenant without the key": (
        lambda s: s.call("POST", f"{IDENTITY}/tenants", json=TENANT, headers={"X-Provisioning-Key": "wrong"}),
        403,
        "",
    ),
    "an unknown address": (lambda s: s.call("GET", "/api/workorders/v1/nothing"), 404, ""),
    "an unknown service": (lambda s: s.call("GET", "/api/nobody/v1/nothing"), 404, ""),
    "a method that is not there": (lambda s: s.call("DELETE", ORDERS), 405, ""),
    "a price with too many decimals": (
        lambda s: s.call("POST", f"{CATALOG}/products", json={"code": "A", "name": "A", "list_price": "1.23456"}),
        400,
        "/list_price",
    ),
    "a connection to a plain foreign address": (
        lambda s: s.call("POST", f"{BILLING}/connections", json=connection("http://books.example")),
        422,
        "/settings/url",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_with_a_problem_document_and_nothing_is_written(scene: Scene, case: str) -> None:
    attempt, status, pointer = CASES[case]
    check_refusal(scene, attempt, status, pointer)


@pytest.mark.parametrize("address", [CUSTOMERS, CATALOG], ids=["customers", "catalog"])
@pytest.mark.parametrize(
    ("content", "status"),
    [
        (lambda: b"%PDF-1.7\n1 0 obj << /Type /Catalog >>\nendobj\n%%EOF\n", 400),
        (lambda: b"", 400),
        (lambda: b"PK\x03\x04 broken zip", 400),
        (lambda: package({"readme.txt": "no workbook"}).getvalue(), 400),
        (bomb, 413),
        (lambda: bytes(21 * 1024 * 1024), 413),
        (lambda: bytes(40 * 1024 * 1024), 413),
        (lambda: workbook([["a note", None], [1, 2], ["nothing", "here"]]).getvalue(), 422),
        (lambda: workbook([]).getvalue(), 422),
    ],
    ids=[
        "text",
        "empty",
        "broken zip",
        "zip without workbook",
        "200 MB bomb",
        "21 MB",
        "40 MB",
        "no header",
        "empty sheet",
    ],
)
def test_a_file_that_is_no_list_is_refused(
    scene: Scene, address: str, content: Callable[[], bytes], status: int
) -> None:
    check_refusal(scene, lambda s: s.upload(address, content()), status, "")


def test_all_errors_come_at_once(scene: Scene) -> None:
    body = {"customer_id": 7, "type": "nonsense", "rows": [{"quantity": "x"}], "unknown": 1}
    answer = scene.call("POST", ORDERS, json=body)
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert {"/customer_id", "/type", "/rows/0/quantity", "/rows/0/product_id", "/unknown"} <= pointers


def check_refusal(scene: Scene, attempt: Attempt, status: int, pointer: str) -> None:
    """Make the attempt; check the problem document, the pointer, and that no table of any service changed."""
    before = contents(scene.database_url)
    answer = attempt(scene)
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["code"]
    assert problem["title"]
    if pointer:
        assert pointer in {error["pointer"] for error in problem["errors"]}, problem
    after = contents(scene.database_url)
    assert {table: after[table] for table in after if after[table] != before[table]} == {}


def row(scene: Scene, **fields: Any) -> dict[str, Any]:
    return {"id": new_id(), "product_id": scene.ours.products[0], "quantity": "1", **fields}


def order_with(customer_id: str, planned_row: dict[str, Any]) -> dict[str, Any]:
    return {"customer_id": customer_id, "rows": [{**planned_row, "planned": True}]}


def connection(url: str) -> dict[str, Any]:
    settings = {"url": url, "customer_id": "c", "partner_id": "p", "organisation_id": "9000011-8"}
    return {
        "target": "netvisor",
        "name": "N",
        "settings": settings,
        "secrets": {"customer_key": "k", "partner_key": "k"},
    }
