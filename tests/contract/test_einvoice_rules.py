"""Every e-invoice that is written passes the official schema and rules, and our own check of every cent.

The validator is not part of the product: it is taken from what URAKKA_EINVOICE_VALIDATOR names, or from
../shared/tools/validate_einvoice.py. Where there is none, these tests say so and are skipped; with CI set they fail.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from services.billing.adapters.einvoice import figures, objections
from services.billing.adapters.einvoice.format import Format
from services.billing.adapters.finvoice.form import FinvoiceForm
from services.billing.adapters.peppol.form import PeppolForm
from services.billing.domain.document import Address, Attachment, Delivery, Document
from services.billing.tests.einvoices import (
    a_seller,
    an_einvoice,
    credited,
    random_einvoice,
    random_seller,
    service_rows,
    written,
)
from services.billing.tests.unit.builders import a_party, a_row

ROOT = Path(__file__).parents[2]
DOCUMENTS = 100
FORMS: tuple[Format, ...] = (FinvoiceForm(), PeppolForm(customer_number_as_reference=True))


def _validator() -> Path:
    named = os.environ.get("URAKKA_EINVOICE_VALIDATOR")
    path = Path(named) if named else ROOT.parent / "shared" / "tools" / "validate_einvoice.py"
    if not path.is_file():
        reason = f"THE OFFICIAL E-INVOICE RULES WERE NOT RUN: there is no validator at {path}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def _findings(files: list[Path]) -> list[str]:
    """Everything that the official rules say about the files, warnings included; one process for all of them."""
    command = [sys.executable, str(_validator()), *map(str, files)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode in (0, 1), ended.stderr
    assert f"{len(files)} file(s)" in ended.stderr
    return ended.stdout.splitlines()


@dataclass(frozen=True)
class Basket:
    """Random documents of one printed seed."""

    seed: int
    documents: list[Document]

    def files(self, form: Format, into: Path) -> Iterator[tuple[Document, Path]]:
        for number, document in enumerate(self.documents, start=10_000):
            rng = random.Random(self.seed + number)
            path = into / f"{form.name}-{number}.xml"
            path.write_bytes(written(form, document, random_seller(rng), number))
            yield document, path


@pytest.fixture(scope="module")
def basket() -> Basket:
    seed = int(os.environ.get("URAKKA_TEST_SEED", "20261120"))
    print(f"seed {seed}")
    rng = random.Random(seed)
    return Basket(seed, [random_einvoice(rng) for _ in range(DOCUMENTS)])


def test_a_hundred_random_documents_in_each_format_pass_the_official_rules(basket: Basket, tmp_path: Path) -> None:
    files = [path for form in FORMS for _, path in basket.files(form, tmp_path)]

    assert len(files) == 2 * DOCUMENTS
    assert _findings(files) == [], f"seed {basket.seed}"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_hundred_random_documents_are_right_to_the_cent(form: Format, basket: Basket, tmp_path: Path) -> None:
    for document, path in basket.files(form, tmp_path):
        assert [*objections.objections(document), *form.objections(document)] == [], f"seed {basket.seed}"
        read_back = form.read(path.read_bytes())
        assert figures.check_file(read_back, document) is None, f"seed {basket.seed}"
        assert (read_back.net, read_back.vat, read_back.gross) == (document.net, document.vat, document.gross)


def test_the_random_documents_are_as_odd_as_meant(basket: Basket) -> None:
    lines = [line for document in basket.documents for line in document.lines]
    assert {line.vat_category for line in lines} == {"S", "AE", "Z"}
    assert {str(line.vat_rate_percent.normalize()) for line in lines} >= {"25.5", "13.5", "24", "0"}
    assert any(line.quantity < 0 for line in lines)
    assert any(line.discount_percent for line in lines)
    assert any(document.gross < 0 for document in basket.documents)
    assert any(document.payer.kind == "private" for document in basket.documents)
    assert any(len(document.vat_lines) > 2 for document in basket.documents)
    assert any(document.delivery and document.delivery.address for document in basket.documents)


def test_hand_made_documents_pass_the_official_rules(tmp_path: Path) -> None:
    invoice = an_einvoice(*service_rows())
    hours = a_row(description="Huoltotyö", quantity="-1.5", unit_price="58.00")
    credit = an_einvoice(hours, reverses=credited(invoice))
    reverse_charge = an_einvoice(
        a_row(
            construction_service=True, buyer_is_construction_seller=True, quantity="20", unit_price="55.00", unit="h"
        ),
        payer=a_party(kind="company", vat_number="FI90000118"),
    )
    private = an_einvoice(*service_rows(), payer=a_party(kind="private", business_id=None))
    consumer = an_einvoice(
        a_row(unit_price="239.0438"),
        a_row(row_id="2", product_id="2", product_kind="material", unit_price="159.3625"),
        a_row(row_id="3", product_id="3", quantity="123456.789", unit="m", unit_price="0.0017"),
        a_row(row_id="4", product_id="4", quantity="7777.777", unit="m", unit_price="1.4521", discount_percent="3"),
        payer=a_party(kind="private", business_id=None),
    )
    site = Delivery("A-talo, lämmönjakohuone", Address("Koivurannantie 3 A", "00100", "Helsinki", "FI"))
    on_site = an_einvoice(
        a_row(site=site, work_date=date(2026, 11, 2), dimensions={"cost_centre": "KP-210"}),
        a_row(row_id="2", site=site),
    )
    credit_on_site = an_einvoice(a_row(site=site, quantity="-1"), reverses=credited(on_site))
    files = (Attachment("pöytäkirja.pdf", "application/pdf", b"%PDF-1.7", "0" * 64),)
    with_files = an_einvoice(attachments=files)
    credit_with_files = an_einvoice(a_row(quantity="-1"), reverses=credited(on_site), attachments=files)
    nothing = an_einvoice(a_row(unit_price="0"))
    negative_without_original = an_einvoice(a_row(quantity="-2"))
    documents = (
        invoice,
        credit,
        reverse_charge,
        private,
        consumer,
        on_site,
        credit_on_site,
        with_files,
        credit_with_files,
        nothing,
        negative_without_original,
    )
    written_files = []
    for form in FORMS:
        for number, document in enumerate(documents):
            path = tmp_path / f"{form.name}-{number}.xml"
            path.write_bytes(written(form, document, a_seller()))
            written_files.append(path)
    utf8 = tmp_path / "finvoice-utf-8.xml"
    utf8.write_bytes(written(FinvoiceForm("UTF-8"), private))

    assert _findings([*written_files, utf8]) == []


def test_the_official_rules_notice_what_ours_would_refuse(tmp_path: Path) -> None:
    """That the validator is really asked: a file with wrong sums and one out of order must be found."""
    wrong_sum, out_of_order = tmp_path / "sum.xml", tmp_path / "order.xml"
    document = an_einvoice(*service_rows())
    wrong_sum.write_bytes(written(PeppolForm(), document).replace(b">619.76<", b">619.77<"))
    text = written(FinvoiceForm(), document)
    out_of_order.write_bytes(text.replace(b"InvoiceTypeText>", b"OriginText>"))

    found = "\n".join(_findings([wrong_sum, out_of_order]))

    assert "BR-CO-15" in found
    assert "XSD-FINVOICE" in found
