"""Whatever a payer's record lacks, the preview of every target tells one tale about it."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, combinations, product

import pytest

from services.billing.adapters.finvoice.form import FinvoiceForm
from services.billing.adapters.netvisor import mapping as netvisor
from services.billing.adapters.netvisor.rules import Rules as NetvisorRules
from services.billing.adapters.peppol.form import PeppolForm
from services.billing.adapters.procountor import objections as procountor
from services.billing.adapters.procountor.rules import Rules as ProcountorRules
from services.billing.domain.document import Document, Party
from services.billing.domain.preflight import Problem, Severity
from services.billing.tests.targets import a_payer
from services.billing.tests.unit.test_einvoice_target import a_target, an_einvoice

CHANNELS = ("einvoice", "email", "letter", "none")
FIELDS = ("einvoice_address", "einvoice_operator", "email", "street")
NEEDED = {
    "einvoice": {"einvoice_address", "einvoice_operator"},
    "email": {"email"},
    "letter": {"street"},
    "none": set(),
}
"""By channel, what an accounting system cannot send without."""


def a_payer_lacking(channel: str, missing: Iterable[str]) -> Party:
    payer = a_payer(invoice_channel=channel, **{name: None for name in missing if name != "street"})
    return replace(payer, address=replace(payer.address, street="")) if "street" in missing else payer


def foreseen(target: str, document: Document) -> list[Problem]:
    if target == "netvisor":
        return list(netvisor.preflight(document, NetvisorRules()))
    if target == "procountor":
        return list(procountor.preflight(document, ProcountorRules(iban="FI3715903000000776")))
    return list(a_target(FinvoiceForm() if target == "finvoice" else PeppolForm()).preflight(document))


def fields_of(problems: Iterable[Problem]) -> list[str]:
    return [str(problem.pointer).rpartition("/")[2] for problem in problems]


SUBSETS = [set(each) for each in chain.from_iterable(combinations(FIELDS, n) for n in range(len(FIELDS) + 1))]
CASES = [
    pytest.param(channel, missing, id=f"{channel}-without-{'+'.join(sorted(missing)) or 'nothing'}")
    for channel, missing in product(CHANNELS, SUBSETS)
]


@pytest.mark.parametrize(("channel", "missing"), CASES)
def test_accounting_systems_are_told_of_what_the_channel_needs_and_of_nothing_else(
    channel: str, missing: set[str]
) -> None:
    document = an_einvoice(payer=a_payer_lacking(channel, missing))
    needed = missing & NEEDED[channel]
    assert sorted(fields_of(foreseen("netvisor", document))) == sorted(needed)
    # Procountor wants the buyer's postal address on e-invoices too (sheet §5.3).
    needed |= missing & {"street"} if channel == "einvoice" else set()
    assert sorted(fields_of(foreseen("procountor", document))) == sorted(needed)


@pytest.mark.parametrize(("channel", "missing"), CASES)
def test_what_an_accounting_system_can_still_take_is_a_warning(channel: str, missing: set[str]) -> None:
    document = an_einvoice(payer=a_payer_lacking(channel, missing))
    assert {each.severity for each in foreseen("netvisor", document)} <= {Severity.WARNING}
    assert {each.severity for each in foreseen("procountor", document)} <= {Severity.BLOCK}


@pytest.mark.parametrize("target", ["finvoice", "peppol"])
@pytest.mark.parametrize(("channel", "missing"), CASES)
def test_e_invoices_miss_their_data_or_have_the_wrong_payer_but_not_both(
    channel: str, missing: set[str], target: str
) -> None:
    problems = foreseen(target, an_einvoice(payer=a_payer_lacking(channel, missing)))
    found = fields_of(problems)
    assert len(found) == len(set(found))
    has_address = "einvoice_address" not in missing
    wants_other = channel in ("email", "letter")
    assert ("invoice_channel" in found) == wants_other
    assert ("einvoice_address" in found) == (not has_address and not wants_other)
    if wants_other:
        blocked = [each.pointer for each in problems if each.severity is Severity.BLOCK]
        assert ("/payer/invoice_channel" in blocked) == (not has_address)
    is_told_of_operator = target == "finvoice" and "einvoice_operator" in missing and (has_address or not wants_other)
    assert ("einvoice_operator" in found) == is_told_of_operator
