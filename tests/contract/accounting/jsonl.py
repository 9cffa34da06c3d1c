"""The example plug-in on the bench: what a third party writes to try an adapter."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

from tests.contract.accounting.baskets import line_net, recomputed
from tests.contract.accounting.bench import BookedDocument, Trouble
from tests.contract.accounting.folders import AFTER, ERRORS, FolderBench
from tests.contract.accounting.receivers import example


class JsonLinesBench(FolderBench):
    """documents.jsonl in a folder; the hand-over is one write, so that is where trouble is made."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.kind = example("jsonl_adapter/urakka_jsonl").KIND
        self.path.mkdir(parents=True)

    @property
    def settings(self) -> dict[str, Any]:
        return {"folder": str(self.path)}

    def books(self) -> list[BookedDocument]:
        lines = [line for path in self.files() for line in path.read_text().splitlines(keepends=True)]
        return [_booked(json.loads(line)) for line in lines if line.endswith("\n")]

    @contextlib.contextmanager
    def trouble(self, trouble: Trouble) -> Iterator[None]:
        if trouble is Trouble.CONNECT_REFUSED:
            with self._away():
                yield
            return
        real = os.write

        def write(handle: int, data: bytes) -> int:
            real(handle, data if trouble in AFTER else data[: len(data) // 2])
            raise OSError(ERRORS[trouble], "made by the bench")

        with mock.patch("os.write", write):
            yield


def _booked(document: dict[str, Any]) -> BookedDocument:
    lines = [
        (
            line_net(*(Decimal(line[name]) for name in ("quantity", "unit_price", "discount_percent"))),
            line["vat_category"],
            Decimal(line["vat_rate_percent"]),
        )
        for line in document["lines"]
    ]
    net, vat, gross = recomputed(lines)
    return BookedDocument(document["key"], document["key"], net, vat, gross, tuple(line[0] for line in lines))
