"""Products and prices imported as jobs say and do what the same imports within a request do; on both databases."""

from __future__ import annotations

from threading import Event

import pytest
from werkzeug.test import TestResponse

from services.catalog.api.imports import TABLES, TARGETS
from shared.imports import jobs
from shared.imports.jobs import ImportWorker
from shared.testing.service import Caller, ServiceUnderTest
from shared.testing.workbooks import workbook

PRODUCTS = (
    ("Koodi", "Tuote", "Ryhmä", "Yksikkö", "Hinta", "Voimassa alkaen"),
    ("A1", "Avain", "Tarvike", "kpl", 22, "1.1.2030"),
    ("A2", "Lamppu", "Tarvike", "kpl", "sop.", None),
    ("H1", "Hoitaja", "Työ", "h", 45, "1.1.2030"),
    ("a1", "Avain uudelleen", "Tarvike", "kpl", 23, "1.6.2030"),
    ("H2", "Erikoismies", "Työ", "h", 58, "1.6.2030"),
    ("M1", "Moottori", "Uusi ryhmä", "kpl", 580, None),
)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows in a transaction, so that few rows make several."""
    monkeypatch.setattr(jobs, "ROWS_AT_ONCE", 2)


def send(caller: Caller, query: str) -> TestResponse:
    return caller.post(
        f"/imports?{query}", data={"file": (workbook(PRODUCTS), "hinnasto.xlsx")}, content_type="multipart/form-data"
    )


def by_job(service: ServiceUnderTest, caller: Caller, query: str) -> dict:
    ordered = send(caller, f"{query}&job=yes")
    assert ordered.status_code == 202
    assert ImportWorker(service.database, TABLES, TARGETS).run_next(Event())
    return dict(caller.get(f"/imports/{ordered.json['id']}").json)


def test_products_and_their_prices(service: ServiceUnderTest) -> None:
    rights = ("products.read", "products.write", "prices.read", "prices.write")
    one, other = service.caller(*rights), service.caller(*rights, tenant_id=service.other_tenant_id)
    for query in ("mode=dry_run", "mode=confirm", "mode=confirm", "register=prices&mode=confirm"):
        job, at_once = by_job(service, one, query), send(other, query).json
        for name in ("state", "counts", "errors", "warnings", "columns"):
            assert job[name] == at_once[name], (query, name)
    listed = [
        [(item["code"], item["name"], item["category_name"], item["list_price"], item["version"]) for item in items]
        for items in (
            sorted(each.get("/products").json["items"], key=lambda item: item["code"]) for each in (one, other)
        )
    ]
    assert len(listed[0]) == 4
    assert listed[0] == listed[1]
    undone = one.post(f"/imports/{job['id']}/undo")
    assert undone.json["state"] == "undone"
