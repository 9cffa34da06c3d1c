"""The measurements still run, and what they say has the right form; how fast it is, is not asked here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench.__main__ import main
from tests.bench.report import Figure


def test_every_measurement_runs_and_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--events", "600", "--rounds", "1", "--orders", "4", "--samples", "2"]
    measured = [option for name in ("relay", "flow", "start") for option in ("--only", name)]
    results = main([*measured, *few, "--results", str(tmp_path)])
    with_targets = [figure for figure in results.figures if figure.verdict]
    assert len(with_targets) == 6
    assert all(figure.value and figure.value > 0 for figure in results.figures), results.figures
    (kept,) = tmp_path.glob("*.json")
    content = json.loads(kept.read_text(encoding="utf-8"))
    assert [figure["name"] for figure in content["figures"]] == [figure.name for figure in results.figures]
    assert [run["orders"] for run in content["details"]["flow"]["product"]] == [4, 4]
    assert kept.with_suffix(".txt").read_text(encoding="utf-8").strip() in capsys.readouterr().out


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure("a ratio", 0.5, at_least=0.5), "met"),
        (Figure("a ratio", 0.49, at_least=0.5), "MISSED"),
        (Figure("a time", 3.01, "s", at_most=3.0), "MISSED"),
        (Figure("a time", None, "s", at_most=3.0), "NOT MEASURED"),
        (Figure("an explanation", 7.0), ""),
    ],
)
def test_verdict_follows_the_target(figure: Figure, verdict: str) -> None:
    assert figure.verdict == verdict
