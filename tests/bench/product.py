"""The product in production mode: saturated throughput and unloaded latency from approval to acceptance."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from deploy.demo.firm import CATALOG, CUSTOMERS, ORDERS, Firm, found_firm
from shared.ids import new_id
from shared.testing.servers import amqp_server
from shared.testing.waiting import eventually
from tests.bench.approvals import Approver, Flow, accepted, approve_all, looking_into, wait_until_accepted
from tests.bench.cpu import Cpu
from tests.bench.work import CUSTOMER, DESCRIPTION, ROWS
from tests.support.suite import Suite, running_suite

_WITHIN_S = 600.0
_ONE_WITHIN_S = 30.0
_LOOK_EVERY_S = 0.002
_REST_S = 0.05
_WHOLE_WORKER = (("relay", "consume", "jobs"),)
_AS_SHIPPED = {"URAKKA_API_THREADS": "8", "URAKKA_CONSUMER_LANES": "4", "URAKKA_DISPATCH_LEASE_S": "150"}
"""The product's defaults, in place of what suites under test are given."""

_rest = threading.Event()


@dataclass(frozen=True, slots=True)
class ProductFigures:
    """flows: the saturated runs, each with processor seconds by process; latencies_s: one order at a time."""

    flows: Sequence[tuple[Flow, Mapping[str, float]]]
    latencies_s: Sequence[float]


def measure_product(folder: Path, *, orders: int, rounds: int, samples: int) -> ProductFigures:
    """Approve `orders` orders as fast as a few clients can, `rounds` times, then `samples` one by one, in one suite.

    All processes of the suite run, also those that have nothing to do here. The clients call the API of work orders
    directly, as behind a gateway that costs nothing. Raises RuntimeError if an order is not billed exactly once.
    """
    with bench_firm(folder) as (suite, firm):
        address = suite.production.addresses["workorders"]
        headers = {"Authorization": str(firm.supervisor._session.headers["Authorization"])}
        everything = rounds * orders + samples
        paths = make_orders(firm, everything)
        processes = {**suite.production.processes(), "sandbox": suite.sandbox.pid}
        with looking_into(suite.database_url.replace("{service}", "billing")) as database:
            flows = []
            for start in range(0, rounds * orders, orders):
                with Cpu(processes) as cpu:
                    began, ended = approve_all(address, paths[start : start + orders], headers)
                    last = wait_until_accepted(database, start + orders, within_s=_WITHIN_S)
                flows.append((Flow(orders, began, ended, last), cpu.seconds))
                _wait_until_billed(firm, start + orders)
            latencies = _one_by_one(database, Approver(address, headers), paths[rounds * orders :])
        _wait_until_billed(firm, everything)
        invoices = len(firm.target.books()["invoices"])
        if invoices != everything:
            raise RuntimeError(f"{everything} orders, {invoices} invoices")
    return ProductFigures(flows, latencies)


@contextmanager
def bench_firm(folder: Path) -> Iterator[tuple[Suite, Firm]]:
    """Give a running suite and a firm in it that bills at once, through a company of its own in the sandbox."""
    with running_suite(folder, amqp_server(), environment=_AS_SHIPPED, worker_roles=_WHOLE_WORKER) as suite:
        firm = found_firm(
            suite.base_url,
            suite.production.provisioning_key,
            "Mittari Oy",
            secrets.token_hex(4),
            suite.sandbox.netvisor(),
        )
        firm.admin.put("/api/workorders/v1/review-settings", {"modes": {"extra": "always"}})
        yield suite, firm


def make_orders(firm: Firm, count: int) -> list[str]:
    """Make orders that wait for approval, as workers make them; returns the paths that approve them."""
    customer = firm.biller.post(f"{CUSTOMERS}/customers", CUSTOMER)
    products = [
        firm.biller.post(
            f"{CATALOG}/products",
            {
                "code": row.code,
                "name": row.name,
                "kind": row.kind,
                "unit": row.unit,
                "category_name": "Huolto",
                "list_price": str(row.price),
            },
        )
        for row in ROWS
    ]

    def one(_: int) -> str:
        body: dict[str, Any] = {
            "id": new_id(),
            "customer_id": customer["id"],
            "type": "extra",
            "description": DESCRIPTION,
            "rows": [
                {"id": new_id(), "product_id": product["id"], "quantity": str(row.quantity)}
                for product, row in zip(products, ROWS, strict=True)
            ],
        }
        order = firm.worker.post(f"{ORDERS}/field", body)
        firm.worker.post(f"{ORDERS}/{order['id']}/done")
        return f"{ORDERS}/{order['id']}/approve"

    first = one(0)  # alone: it waits until the customer and the products are known to the work orders service
    with ThreadPoolExecutor(3) as pool:
        return [first, *pool.map(one, range(1, count))]


def _one_by_one(database: psycopg.Connection[Any], client: Approver, paths: Sequence[str]) -> list[float]:
    """Return seconds from the client's call to the moment when another connection sees the acceptance."""
    latencies = []
    count, _ = accepted(database)
    for path in paths:
        _rest.wait(_REST_S)
        began = time.perf_counter()
        client.approve(path)
        count += 1
        wait_until_accepted(database, count, within_s=_ONE_WITHIN_S, every_s=_LOOK_EVERY_S)
        latencies.append(time.perf_counter() - began)
    client.close()
    return latencies


def _wait_until_billed(firm: Firm, orders: int) -> None:
    def all_billed() -> bool:
        return sum(1 for _ in firm.supervisor.pages(ORDERS, state="billed", limit=200)) == orders

    eventually(all_billed, timeout_s=60, every_s=0.5)
