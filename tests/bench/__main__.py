"""`python -m tests.bench`: measure, print, keep.

Ratios are taken within one run, product and yardstick in turn, so that a slow machine slows both. Targets that are
missed are said, but do not fail the command: a busy machine is no fault of the code.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import structlog

from tests.bench.approvals import Flow
from tests.bench.catalog_registers import SLOW as SLOW_IN_CATALOG
from tests.bench.catalog_registers import measure_catalog, measure_resolutions
from tests.bench.customer_registers import SLOW, measure_registers
from tests.bench.dispatching import measure_handover
from tests.bench.documents import FORMS, ROWS, compiled_per_s, measure_lock, written_per_s
from tests.bench.end_points import EndPoint
from tests.bench.floor.run import measure_floor
from tests.bench.imports import measure_import
from tests.bench.machine import look_at_machine
from tests.bench.product import ProductFigures, measure_product
from tests.bench.relay import measure_relay
from tests.bench.report import RESULTS, Figure, Results
from tests.bench.start import DemoFailed, NotStarted, measure_demo, measure_start

_FLOW_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is measured: a smoke test takes little, a real run the defaults."""

    events: int = 10_000
    rounds: int = 3
    orders: int = 300
    samples: int = 100
    customers: int = 10_000
    calls: int = 100
    batch: int = 10_000
    products: int = 50_000
    handovers: int = 500
    import_customers: int = 10_000
    import_products: int = 50_000


def main(arguments: list[str] | None = None) -> Results:
    """Run the chosen measurements, print the table, store it unless told not to."""
    options = _parser().parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    amounts = Amounts(
        options.events,
        options.rounds,
        options.orders,
        options.samples,
        options.customers,
        options.calls,
        options.batch,
        options.products,
        options.handovers,
        import_customers=options.import_customers,
        import_products=options.import_products,
    )
    results = Results(look_at_machine())
    with tempfile.TemporaryDirectory(prefix="urakka-bench-") as folder:
        for name in options.only or MEASUREMENTS:
            print(f"measuring {name} …", flush=True)
            MEASUREMENTS[name](results, amounts, Path(folder))
    results.load_after = tuple(round(load, 2) for load in os.getloadavg())
    print("\n" + results.table())
    if options.store:
        print(f"\nKept in {results.store(options.results)}")
    return results


def _measure_relay(results: Results, amounts: Amounts, _folder: Path) -> None:
    found = measure_relay(amounts.events, amounts.rounds)
    results.figures += [
        Figure("relay / bare publishing loop, batches of 500", found.ratio, at_least=0.5),
        Figure("  relay", found.relay_per_s, "events/s"),
        Figure("  bare loop", found.bare_per_s, "events/s"),
    ]
    results.details["relay"] = {"events": amounts.events, "rounds": amounts.rounds}


def _measure_flow(results: Results, amounts: Amounts, folder: Path) -> None:
    """The floor before and after the product's two runs, so that a machine that gets slower does not decide."""
    floors = [measure_floor(_new(folder, "floor-before"), amounts.orders)]
    product = measure_product(
        _new(folder, "product"), orders=amounts.orders, rounds=_FLOW_ROUNDS, samples=amounts.samples
    )
    floors.append(measure_floor(_new(folder, "floor-after"), amounts.orders))
    best, floor = _best(product.flows), _best(floors)
    note = f"{amounts.orders} orders; the better of two runs of each: floor, product, product, floor"
    results.figures += [
        Figure("approve -> accepted, saturated: product / floor", best / floor, at_least=0.4, note=note),
        Figure("  product", best, "orders/s"),
        Figure("  floor", floor, "orders/s"),
        *_latencies(product),
    ]
    results.details["flow"] = {
        "product": [_flow_details(flow, cpu_s) for flow, cpu_s in product.flows],
        "floor": [_flow_details(flow, cpu_s) for flow, cpu_s in floors],
    }


def _best(flows: Sequence[tuple[Flow, Mapping[str, float]]]) -> float:
    return max(flow.orders_per_s for flow, _ in flows)


def _latencies(product: ProductFigures) -> list[Figure]:
    milliseconds = sorted(1000 * latency for latency in product.latencies_s)
    at_99 = milliseconds[min(len(milliseconds) - 1, int(0.99 * len(milliseconds)))]
    return [
        Figure("approve -> accepted, unloaded, p50", median(milliseconds), "ms", at_most=100.0,
               note=f"{len(milliseconds)} orders one by one, from the client's call until the acceptance is seen"),
        Figure("approve -> accepted, unloaded, p99", at_99, "ms", at_most=400.0),
        Figure("  slowest", milliseconds[-1], "ms"),
    ]  # fmt: skip


def _flow_details(flow: Flow, cpu_s: Mapping[str, float]) -> dict[str, Any]:
    return {
        "orders": flow.orders,
        "seconds": round(flow.last_accepted_at - flow.first_approve_at, 3),
        "approving_seconds": round(flow.last_approved_at - flow.first_approve_at, 3),
        "cpu_seconds": {name: used for name, used in cpu_s.items() if used},
    }


def _measure_start(results: Results, _amounts: Amounts, folder: Path) -> None:
    data = folder / "onebox"
    for what in ("first start, empty folder", "second start, on its data"):
        try:
            figure = Figure(f"one-box answers /: {what}", measure_start(data), "s", at_most=3.0)
        except NotStarted as error:
            figure = Figure(f"one-box answers /: {what}", None, "s", at_most=3.0, note=str(error))
        results.figures.append(figure)


def _measure_demo(results: Results, _amounts: Amounts, folder: Path) -> None:
    try:
        results.figures.append(
            Figure("the demo, from nothing to its end", measure_demo(folder / "demo"), "s", at_most=60)
        )
    except DemoFailed as error:
        results.figures.append(Figure("the demo, from nothing to its end", None, "s", at_most=60, note=str(error)))


def _measure_registers(results: Results, amounts: Amounts, folder: Path) -> None:
    """Customers, contact persons and sites: three sites for each customer, beside a register of a tenth."""
    found = measure_registers(_new(folder, "registers"), customers=amounts.customers, calls=amounts.calls)
    note = f"{amounts.customers} customers, {3 * amounts.customers} sites; {amounts.calls} calls"
    _add_end_points(results, "registers", found, SLOW, note)


def _measure_catalog(results: Results, amounts: Amounts, folder: Path) -> None:
    """Products with four prices each beside their list price, and a catalogue of a tenth."""
    facts = 4 * amounts.products
    per_s = measure_resolutions(facts=facts, questions=amounts.products)
    results.figures.append(Figure("prices resolved in process", per_s, "1/s", at_least=5_000, note=f"{facts} facts"))
    found = measure_catalog(_new(folder, "catalog"), products=amounts.products, calls=amounts.calls)
    note = f"{amounts.products} products, {facts} prices; {amounts.calls} calls"
    _add_end_points(results, "catalog", found, SLOW_IN_CATALOG, note)


def _add_end_points(results: Results, name: str, found: Sequence[EndPoint], slow: Collection[str], note: str) -> None:
    for one in found:
        has_bar = one.name not in slow
        results.figures += [
            Figure(f"{one.name}, p95", one.large_ms, "ms", at_most=50.0 if has_bar else None, note=note),
            Figure("  / the same at a tenth", one.ratio, at_most=1.5 if has_bar else None),
        ]
    results.details[name] = {one.name: [round(one.large_ms, 2), round(one.tenth_ms, 2)] for one in found}


def _measure_documents(results: Results, amounts: Amounts, _folder: Path) -> None:
    batch = measure_lock(amounts.batch)
    small = min(amounts.batch, 2_000)
    note = f"{batch.documents} documents of {ROWS} rows in one batch on PostgreSQL, with the ledger"
    results.figures += [
        Figure("locking a batch", batch.seconds, "s", at_most=20.0 * amounts.batch / 10_000, note=note),
        Figure("  documents locked", batch.documents / batch.seconds, "1/s"),
        Figure("  documents compiled in process", compiled_per_s(small), "1/s"),
        *(Figure(f"  {name} files written", written_per_s(form, small), "1/s") for name, form in FORMS.items()),
    ]


def _measure_handover(results: Results, amounts: Amounts, _folder: Path) -> None:
    """Serial within a connection, side by side across connections: with a slow target the calls are the limit."""
    for latency_s in (0.0, 0.2):
        for connections in (1, 50):
            documents = min(amounts.handovers, 25) if latency_s and connections == 1 else amounts.handovers
            found = measure_handover(min(connections, documents), documents, latency_s)
            title = f"handed over, {connections} connection(s), target answers in {1000 * latency_s:.0f} ms"
            note = f"{documents} documents; at most {found.most_at_once} calls at once"
            results.figures.append(Figure(title, found.per_s, "1/s", note=note))
            if latency_s:
                results.figures.append(Figure("  / what the target can take", found.per_s * latency_s / connections))
            results.figures.append(Figure("  calls at once in one connection", float(found.most_in_one), at_most=1.0))


def _new(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


def _measure_imports(results: Results, amounts: Amounts, folder: Path) -> None:
    """What 10,000 customers may cost; of products, in proportion to their number."""
    for register, rows in (("customers", amounts.import_customers), ("products", amounts.import_products)):
        found = measure_import(register, rows, folder)
        share = max(1.0, rows / 10_000)
        before, after = found.openpyxl
        note = f"processor seconds; openpyxl {before.cpu_s:.2f} before, {after.cpu_s:.2f} after"
        confirm = found.confirm
        busy = f"of the processor: {confirm.cpu_s:.1f} s in the service, {confirm.database_s:.1f} s in the database"
        title = f"import of {rows:,} {register}: dry run / openpyxl"
        results.figures += [
            Figure(title, found.dry_run_ratio, at_most=4.0, note=note),
            Figure("  confirm with its events", confirm.wall_s, "s", at_most=15.0 * share, note=busy),
            Figure("  peak memory of the import", found.peak_mib, "MiB", at_most=300.0 * share),
            Figure("  export", found.export.wall_s, "s"),
            Figure("  memory that the export adds", found.export.added_mib, "MiB"),
        ]
        results.details[f"import {register}"] = asdict(found)


MEASUREMENTS: dict[str, Callable[[Results, Amounts, Path], None]] = {
    "relay": _measure_relay,
    "flow": _measure_flow,
    "start": _measure_start,
    "demo": _measure_demo,
    "documents": _measure_documents,
    "handover": _measure_handover,
    "registers": _measure_registers,
    "imports": _measure_imports,
    "catalog": _measure_catalog,
}


def _parser() -> argparse.ArgumentParser:
    defaults = Amounts()
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, help="may be repeated; default: all")
    parser.add_argument("--events", type=int, default=defaults.events, help="through the relay, in each round")
    parser.add_argument("--rounds", type=int, default=defaults.rounds, help="of the relay; the best counts")
    parser.add_argument("--orders", type=int, default=defaults.orders, help="of the saturated run")
    parser.add_argument("--samples", type=int, default=defaults.samples, help="orders one by one")
    parser.add_argument("--customers", type=int, default=defaults.customers, help="in the registers")
    parser.add_argument("--products", type=int, default=defaults.products, help="in the catalogue")
    parser.add_argument("--calls", type=int, default=defaults.calls, help="of each end point of the registers")
    parser.add_argument("--batch", type=int, default=defaults.batch, help="orders in the batch that is locked")
    parser.add_argument("--handovers", type=int, default=defaults.handovers, help="documents to hand over")
    parser.add_argument("--import-customers", type=int, default=defaults.import_customers, help="rows of a workbook")
    parser.add_argument("--import-products", type=int, default=defaults.import_products, help="rows of a workbook")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the kept figures")
    parser.add_argument("--store", action=argparse.BooleanOptionalAction, default=True)
    return parser


if __name__ == "__main__":
    main()
