"""Running a script in the environment of the clients."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-clients" / "bin" / "python"
LONGEST_S = 60


def run_session(script: str, told: dict[str, Any]) -> dict[str, Any]:
    """Run `tests/contract/clients/<script>` on `told`; returns what it printed.

    AssertionError with the script's error output if it failed, and if the environment is missing: these tests are part
    of the proof and are not skipped.
    """
    assert PYTHON.exists(), (
        "the environment of the clients is missing: `make test` (or `make .venv-clients/.installed`)"
    )
    done = subprocess.run(
        [str(PYTHON), "-W", "ignore", str(Path(__file__).parent / script)],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
        env={"PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "*"},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
