"""Simulated Netvisor and Procountor, shipped with the product so that anyone can try it without credentials.

Both follow what public clients and documentation say about the real interfaces, and are strict: wrong
authentication, a misplaced element or an unknown enumeration value is refused as the real service would.
Where nothing public says how the real service behaves, the choice made here is named in the docstring of
the place that makes it, most of them are settings.

Start both on one port with `python -m deploy.sandbox --port 8099`, or take them into a process with
`create_sandbox`.
"""

from .app import create_sandbox
from .config import NetvisorSettings, ProcountorSettings, SandboxConfig

__all__ = ["NetvisorSettings", "ProcountorSettings", "SandboxConfig", "create_sandbox"]
