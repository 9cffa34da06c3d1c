"""Serve the sandbox: `python -m deploy.sandbox --port 8099 [--data var/sandbox.sqlite] [--no-seed]`."""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
from collections.abc import Mapping
from pathlib import Path

from werkzeug.serving import make_server

from .app import create_sandbox
from .config import NetvisorSettings, ProcountorSettings, SandboxConfig
from .demo import NETVISOR, PROCOUNTOR


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and serve until interrupted."""
    options = _parser().parse_args(arguments)
    logging.getLogger("werkzeug").setLevel(logging.INFO if options.verbose else logging.WARNING)
    config = SandboxConfig(
        public_url=options.public_url,
        data_path=options.data,
        seed_demo=options.seed,
        admin_key=options.admin_key,
        netvisor=NetvisorSettings(allow_md5=options.allow_md5, overlap=options.overlap, latency_s=options.latency),
        procountor=ProcountorSettings(latency_s=options.latency, rate_limit_per_s=options.rate_limit),
    )
    server = make_server(options.host, options.port, create_sandbox(config), threaded=True)
    print(_greeting(f"http://{options.host}:{server.server_port}", seeded=options.seed), flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the first process of a container ignores it otherwise
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8099, help="0 takes a free one")
    parser.add_argument("--data", type=Path, help="SQLite file that keeps the books over a restart")
    parser.add_argument("--seed", action=argparse.BooleanOptionalAction, default=True, help="make the demo companies")
    parser.add_argument("--public-url", help="address of the sandbox as clients see it, if a proxy changes it")
    parser.add_argument("--admin-key", help="demand this X-Sandbox-Key on /sandbox")
    parser.add_argument("--allow-md5", action="store_true", help="accept Netvisor's legacy MAC")
    parser.add_argument("--overlap", default="error", choices=("error", "wait", "allow"))
    parser.add_argument("--latency", type=float, default=0.0, help="seconds every call takes")
    parser.add_argument("--rate-limit", type=int, default=0, help="Procountor calls per second and client")
    parser.add_argument("--verbose", action="store_true", help="log every call")
    return parser


def _greeting(address: str, *, seeded: bool) -> str:
    lines = [
        f"Netvisor:   {address}/netvisor",
        f"Procountor: {address}/procountor/api",
        f"Admin:      {address}/sandbox",
    ]
    if seeded:
        lines += ["Demo credentials of Netvisor:", *_listed(NETVISOR["demo"])]
        lines += ["Demo credentials of Procountor:", *_listed(PROCOUNTOR["demo"])]
    return "\n".join(lines)


def _listed(credentials: Mapping[str, str]) -> list[str]:
    return [f"  {name}: {value}" for name, value in credentials.items()]


if __name__ == "__main__":
    main()
