"""`python -m tests.bench`: measure, print, keep.

Ratios are taken within one run, product and yardstick in turn, so that a slow machine slows both. Targets that are
missed are said, but do not fail the command: a busy machine is no fault of the code.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import structlog

from tests.bench.approvals import Flow
from tests.bench.floor.run import measure_floor
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


def main(arguments: list[str] | None = None) -> Results:
    """Run the chosen measurements, print the table, store it unless told not to."""
    options = _parser().parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    amounts = Amounts(options.events, options.rounds, options.orders, options.samples)
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


def _new(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


MEASUREMENTS: dict[str, Callable[[Results, Amounts, Path], None]] = {
    "relay": _measure_relay,
    "flow": _measure_flow,
    "start": _measure_start,
    "demo": _measure_demo,
}


def _parser() -> argparse.ArgumentParser:
    defaults = Amounts()
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, help="may be repeated; default: all")
    parser.add_argument("--events", type=int, default=defaults.events, help="through the relay, in each round")
    parser.add_argument("--rounds", type=int, default=defaults.rounds, help="of the relay; the best counts")
    parser.add_argument("--orders", type=int, default=defaults.orders, help="of the saturated run")
    parser.add_argument("--samples", type=int, default=defaults.samples, help="orders one by one")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the kept figures")
    parser.add_argument("--store", action=argparse.BooleanOptionalAction, default=True)
    return parser


if __name__ == "__main__":
    main()
