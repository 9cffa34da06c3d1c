"""What a PDF of the customer's report holds at most."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest

from services.workorders.adapters.report_pdf import MOST_ROWS, write_report_pdf
from services.workorders.adapters.report_words import WORDS
from services.workorders.domain.errors import ReportTooLarge
from services.workorders.domain.report import ReportOrder, ReportRow, Subject, report_of

DAY = date(2026, 2, 3)


def test_a_pdf_that_would_take_the_process_with_it_is_refused_at_once() -> None:
    row = ReportRow(
        id="r",
        work_date=DAY,
        product_code="T100",
        description="Venttiilin vaihto",
        quantity=Decimal(1),
        worked=Decimal(1),
        derived=False,
        unit="h",
        chargeability="charge",
        unit_price=Decimal("57.75"),
        net=Decimal("57.75"),
        charged=True,
        billed=False,
    )
    order = ReportOrder("o", "1", "repair", "billed", "", None, None, (row,) * (MOST_ROWS + 1))
    stream = io.BytesIO()
    with pytest.raises(ReportTooLarge) as caught:
        write_report_pdf(stream, report_of(Subject("c", "1", "As Oy"), DAY, DAY, [order]), WORDS["fi"], prices=True)
    assert "workbook" in caught.value.detail
    assert stream.getvalue() == b""
