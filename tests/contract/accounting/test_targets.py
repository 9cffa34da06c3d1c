"""Every target keeps the contract: ours against simulators, folders and a receiver, and the example plug-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from services.billing.adapters.kind import Site
from services.billing.adapters.registry import built_in
from tests.contract.accounting import AdapterContract, Bench
from tests.contract.accounting.folders import EinvoiceBench, ExcelBench
from tests.contract.accounting.jsonl import JsonLinesBench
from tests.contract.accounting.receivers import webhook_bench
from tests.contract.accounting.sandboxes import netvisor_bench, procountor_bench

BENCHES: dict[str, Callable[[Path], AbstractContextManager[Bench]]] = {
    "netvisor": lambda _: netvisor_bench(),
    "procountor": lambda _: procountor_bench(),
    "finvoice": lambda root: nullcontext(EinvoiceBench(root, "finvoice")),
    "peppol": lambda root: nullcontext(EinvoiceBench(root, "peppol")),
    "excel": lambda root: nullcontext(ExcelBench(root, "xlsx", "document")),
    "excel growing csv": lambda root: nullcontext(ExcelBench(root, "csv", "day")),
    "webhook": webhook_bench,
    "jsonl": lambda root: nullcontext(JsonLinesBench(root)),
}


@pytest.fixture(scope="module", params=sorted(BENCHES))
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One bench for all cases of a target."""
    with BENCHES[request.param](tmp_path_factory.mktemp("bench")) as made:
        yield made


class TestTargets(AdapterContract):
    """All cases for all targets."""


def test_every_target_of_ours_is_on_a_bench() -> None:
    assert set(built_in(Site())) <= {name.partition(" ")[0] for name in BENCHES}
