"""Each import contract is kept by the real tree, and each can fail: a contract that cannot proves nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LIMIT_S = 90

VIOLATIONS = [
    pytest.param("independence", "services/billing/app/steps.py", "import services.identity.domain", id="independence"),
    pytest.param("layers", "services/billing/domain/rows.py", "import services.billing.models", id="layers-inwards"),
    pytest.param("layers", "services/customers/app/x.py", "import services.customers.api.x", id="layers-app-api"),
    pytest.param("layers", "services/workorders/models/x.py", "import services.workorders.app", id="layers-models-app"),
    pytest.param("layers", "services/catalog/api/x.py", "import services.catalog.messaging", id="layers-api-messaging"),
    pytest.param("plain-domain", "services/catalog/domain/x.py", "import sqlalchemy", id="plain-domain"),
    pytest.param("plain-domain", "shared/money.py", "from flask import g", id="plain-domain-shared"),
    pytest.param("shared-knows-no-service", "shared/ids.py", "import services.identity", id="shared-service"),
    pytest.param("shared-knows-no-service", "shared/http/app.py", "import deploy.suite", id="shared-deploy"),
    pytest.param("services-know-no-deployment", "services/billing/api/x.py", "import deploy.suite", id="deployment"),
]  # fmt: skip


def contracts() -> dict[str, str]:
    """Return the contracts of pyproject.toml: id → name."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return {contract["id"]: contract["name"] for contract in settings["contracts"]}


def lint(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `lint-imports` with the real contracts on the packages below `folder`."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", ROOT / "pyproject.toml", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The real packages and modules, all empty: the contracts can be tried on them in no time."""
    for package in ("services", "shared", "deploy"):
        for file in (ROOT / package).rglob("*.py"):
            if "tests" not in file.parts:
                copy = tmp_path / file.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.touch()
    return tmp_path


def test_the_real_tree_keeps_every_contract() -> None:
    answer = lint(ROOT)

    assert answer.returncode == 0, answer.stdout + answer.stderr
    for name in contracts().values():
        assert f"{name} KEPT" in answer.stdout


def test_a_tree_without_imports_keeps_every_contract(tree: Path) -> None:
    assert lint(tree).returncode == 0


def test_every_contract_is_proven_able_to_fail() -> None:
    assert {parameters.values[0] for parameters in VIOLATIONS} == set(contracts())


@pytest.mark.parametrize(("contract", "file", "line"), VIOLATIONS)
def test_one_wrong_import_breaks_its_contract(tree: Path, contract: str, file: str, line: str) -> None:
    for module in (file, imported_module(line)):
        if module is not None and not (tree / module).exists():
            (tree / module).parent.mkdir(parents=True, exist_ok=True)
            (tree / module).touch()
    (tree / file).write_text(line + "\n")
    answer = lint(tree, "--contract", contract)

    assert answer.returncode != 0
    assert f"{contracts()[contract]} BROKEN" in answer.stdout


def imported_module(line: str) -> str | None:
    """Return the file of the module that `line` imports, if it is one of ours and not a package."""
    name = line.split()[1]
    is_module = name.startswith("services") and name.endswith(".x")
    return name.replace(".", "/") + ".py" if is_module else None
