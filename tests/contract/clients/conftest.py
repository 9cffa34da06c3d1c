"""A simulator for both clients, on a loopback port."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.sandbox import SandboxConfig, create_sandbox
from shared.testing.serving import serving


@pytest.fixture(scope="module")
def sandbox() -> Iterator[tuple[Any, str]]:
    """The application without demo companies, and its address."""
    app = create_sandbox(SandboxConfig(seed_demo=False))
    with serving(app) as url:
        yield app, url
