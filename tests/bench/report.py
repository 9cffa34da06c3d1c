"""Figures beside their targets: printed as a table, kept as JSON and as text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.machine import Machine

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `at_least` or `at_most` is its target; neither: it only explains others.

    value  None if it could not be measured; `note` then says why
    """

    name: str
    value: float | None
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """`met`, `MISSED`, or nothing for a figure without a target."""
        if self.at_least is None and self.at_most is None:
            return ""
        if self.value is None:
            return "NOT MEASURED"
        low_enough = self.at_most is None or self.value <= self.at_most
        high_enough = self.at_least is None or self.value >= self.at_least
        return "met" if low_enough and high_enough else "MISSED"

    @property
    def target(self) -> str:
        """The target as text."""
        if self.at_least is not None:
            return f">= {self.at_least:g} {self.unit}".rstrip()
        return f"<= {self.at_most:g} {self.unit}".rstrip() if self.at_most is not None else ""

    @property
    def text(self) -> str:
        """The value as text: three digits that count."""
        if self.value is None:
            return "-"
        return (
            f"{self.value:,.0f} {self.unit}".rstrip() if self.value >= 100 else f"{self.value:.3g} {self.unit}".rstrip()
        )


@dataclass(slots=True)
class Results:
    """One run: the machine, the figures in the order of their measuring, and details by measurement."""

    machine: Machine
    figures: list[Figure] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    load_after: Sequence[float] = ()

    @property
    def missed(self) -> list[Figure]:
        """Figures that do not reach their target."""
        return [figure for figure in self.figures if figure.verdict not in ("", "met")]

    def table(self) -> str:
        """Return everything that a person wants to read."""
        lines = [*_facts(self.machine, self.load_after), ""]
        lines.append(f"{'figure':<58} {'measured':>14} {'target':>12}  verdict")
        for figure in self.figures:
            lines.append(f"{figure.name:<58} {figure.text:>14} {figure.target:>12}  {figure.verdict}".rstrip())
            if figure.note:
                lines.append(f"    {figure.note}")
        missed = ", ".join(figure.name for figure in self.missed)
        lines += ["", f"Missed: {missed}." if missed else "Every target is met."]
        return "\n".join(lines)

    def store(self, folder: Path = RESULTS) -> Path:
        """Write `<UTC date and time>-<commit>.json` and, beside it, the table as `.txt`; returns the JSON's path."""
        folder.mkdir(parents=True, exist_ok=True)
        moment = re.sub(r"[-:]", "", self.machine.measured_at)
        path = folder / f"{moment}-{self.machine.commit.rstrip('+')}.json"
        content = {
            "machine": asdict(self.machine),
            "load_after": list(self.load_after),
            "figures": [_as_json(figure) for figure in self.figures],
            "details": self.details,
        }
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        path.with_suffix(".txt").write_text(self.table() + "\n", encoding="utf-8")
        return path


def _as_json(figure: Figure) -> Mapping[str, Any]:
    value = None if figure.value is None else round(figure.value, 4)
    return {**asdict(figure), "value": value, "verdict": figure.verdict}


def _facts(machine: Machine, load_after: Sequence[float]) -> list[str]:
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    return [
        f"{machine.measured_at}  commit {machine.commit}",
        f"{machine.cores} cores of {machine.cpu}, {machine.memory_gib} GiB, {machine.system}",
        f"Python {machine.python}, PostgreSQL {machine.postgresql}, RabbitMQ {machine.rabbitmq}; {libraries}",
        f"load average before {_loads(machine.load_before)}" + (f", after {_loads(load_after)}" if load_after else ""),
    ]


def _loads(loads: Sequence[float]) -> str:
    return " ".join(f"{load:.2f}" for load in loads)
