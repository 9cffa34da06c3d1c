"""`make test-containers`: the real compose file on a real engine, from build to removal.

Builds the images, waits for health, plays the demo scenario through the gateway, kills one container of each
kind and waits until it is back, plays the scenario again while workers and the broker are killed, lets every
service check its invariants, and takes everything down with its volumes. Prints what it sees; exit status 0
if all of it held, 1 if not, 2 without an engine.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.containers import checks, engine
from tests.containers.stack import IMAGES, ROOT, SERVICES, Stack, StackError

KILLED = ("workorders-api", "billing-worker", "gateway", "sandbox", "rabbitmq", "postgres")
"""One container of each kind."""
KILLED_MEANWHILE = ("billing-worker", "workorders-worker", "rabbitmq")
"""What may die without a client noticing more than a delay."""
SCENARIO_TIMEOUT_S = 600
_SANDBOX_INSIDE = "http://sandbox:8099"
_FAILURES = (StackError, AssertionError, OSError, subprocess.SubprocessError)


class Report:
    """The steps, one line each as they end."""

    def __init__(self) -> None:
        """Start counting."""
        self.passed = 0
        self.failed = 0

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Run the block as one step: a failure is printed and counted, and ends the run with SystemExit."""
        began = time.monotonic()
        try:
            yield
        except _FAILURES as error:
            self.failed += 1
            print(f"FAILED  {what}: {error}", flush=True)
            raise SystemExit(1) from None
        self.passed += 1
        print(f"ok      {what} ({time.monotonic() - began:.1f} s)", flush=True)


def main() -> int:
    """Run all steps; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.containers", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--keep", action="store_true", help="leave everything running at the end")
    chosen = parser.parse_args()
    try:
        print(engine.prepare(), flush=True)
    except engine.NoEngine as advice:
        print(advice, file=sys.stderr)
        return 2
    report = Report()
    with tempfile.TemporaryDirectory(prefix="urakka-containers-") as folder:
        stack = Stack(Path(folder))
        print(f"project {stack.name}: gateway {stack.gateway_url}, sandbox {stack.sandbox_url}", flush=True)
        try:
            _run(stack, report, Path(folder))
        except SystemExit:
            print(stack.logs(), flush=True)
        finally:
            if chosen.keep:
                print(f"kept; to remove it: cd / && docker compose -p {stack.name} down --volumes")
            else:
                _take_down(stack, report)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


def _run(stack: Stack, report: Report, folder: Path) -> None:
    for image in IMAGES:
        with report.step(f"image of {image} built"):
            stack.build(image)
    with report.step("everything started and healthy"):
        stack.up()
    for what, check in _CHECKS.items():
        with report.step(what):
            check(stack)
    with report.step("scenario played through the gateway"):
        _scenario(stack, folder / "first.json")
    for name in KILLED:
        with report.step(f"{name} killed and back, all healthy"):
            print(f"        {name}: started again by {stack.kill(name)}", flush=True)
            stack.wait_healthy([container for container in stack.containers() if not container.endswith("-migrate")])
    with report.step("scenario played again while workers and the broker die"):
        _scenario(stack, folder / "second.json", killed=KILLED_MEANWHILE)
    for service in SERVICES:
        with report.step(f"invariants of {service} hold"):
            print(
                f"        {stack.execute(f'{service}-worker', 'python', '-m', f'services.{service}', 'check').strip()}"
            )


def _scenario(stack: Stack, report_file: Path, *, killed: Sequence[str] = ()) -> None:
    """Play the demo as a client of the gateway, and kill these containers while it plays.

    Billing reaches the sandbox, to which it sends, at another address than we, who look into its books.
    """
    addresses = {
        "URAKKA_DEMO_SANDBOX_URL": stack.sandbox_url,
        "URAKKA_DEMO_SANDBOX_URL_INSIDE": _SANDBOX_INSIDE,
        "URAKKA_PROVISIONING_KEY": stack.secrets["PROVISIONING_KEY"],
    }
    command = [sys.executable, "-m", "deploy", "demo", "--base-url", stack.gateway_url, "--report", str(report_file)]
    printed = report_file.with_suffix(".txt")
    with (
        printed.open("w") as output,
        subprocess.Popen(command, cwd=ROOT, env=os.environ | addresses, stdout=output, stderr=output) as playing,
    ):
        try:
            for name in killed:
                still = "while it plays" if playing.poll() is None else "after it ended"
                print(f"        {name} killed {still}, started again by {stack.kill(name)}", flush=True)
                stack.wait_healthy([name])
            status = playing.wait(SCENARIO_TIMEOUT_S)
        finally:
            playing.kill()
    lines = [line for line in printed.read_text().splitlines() if line.strip()]
    print("\n".join(f"        {line}" for line in lines[-12:]), flush=True)
    if status != 0:
        raise StackError(f"the scenario ended with status {status}")
    played = json.loads(report_file.read_text())
    broken = [check["name"] for check in played["checks"] if not check["ok"]]
    assert played["documents"], "no document was made"
    assert not broken, f"broken: {broken}"
    print(f"        {len(played['documents'])} documents, {len(played['checks'])} checks hold", flush=True)


def _take_down(stack: Stack, report: Report) -> None:
    with report.step("everything taken down, nothing left"):
        stack.down()
        left = stack.left_over()
        assert not left, f"still there: {left}"


_CHECKS: dict[str, Callable[[Stack], None]] = {
    "our containers are confined": checks.confined,
    "an image holds its own service only": checks.own_code_only,
    "the gateway shows what is public and nothing else": checks.gateway,
    "a service's role sees its own database only": checks.database_roles,
}

if __name__ == "__main__":
    sys.exit(main())
