"""The buckets of a ledger row always add up."""

from decimal import ROUND_DOWN, Decimal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.billing.domain import ledger
from services.billing.domain.errors import LedgerBroken, NotInBucket
from services.billing.domain.ledger import Balance, RowState

D = Decimal


def test_a_row_goes_from_open_over_reserved_to_transferred() -> None:
    row = ledger.opened(D("8"))
    assert row.state is RowState.OPEN
    row = ledger.reserve(row)
    assert (row.state, row.open, row.reserved) == (RowState.RESERVED, D(0), D(8))
    row = ledger.transfer(row)
    assert (row.state, row.transferred) == (RowState.TRANSFERRED, D(8))


def test_releasing_gives_back_what_was_reserved() -> None:
    assert ledger.release(ledger.reserve(ledger.opened(D("-2.5")))) == ledger.opened(D("-2.5"))


def test_basket_5_bill_8_credit_3_5_record_1_more_leaves_4_5_to_bill() -> None:
    first = ledger.transfer(ledger.reserve(ledger.opened(D("8"))))
    first = ledger.credit(first, D("3.5"))
    assert first.state is RowState.CREDITED
    second = ledger.opened(D("1"))
    assert ledger.reserve(first).reserved + ledger.reserve(second).reserved == D("4.5")
    again = ledger.transfer(ledger.reserve(first))
    assert again.transferred - again.credited == D("8")


def test_more_than_was_transferred_cannot_be_credited() -> None:
    row = ledger.transfer(ledger.reserve(ledger.opened(D("8"))))
    with pytest.raises(NotInBucket):
        ledger.credit(row, D("8.001"))
    with pytest.raises(NotInBucket):
        ledger.credit(row, D("-1"))


def test_closing_takes_the_open_part_only() -> None:
    row = ledger.close(ledger.opened(D("5")), D("2"))
    assert (row.open, row.closed, row.state) == (D("3"), D("2"), RowState.OPEN)
    assert ledger.close(row).state is RowState.CLOSED_WITHOUT_BILLING
    with pytest.raises(NotInBucket):
        ledger.close(ledger.reserve(row), D("1"))


@pytest.mark.parametrize(
    ("quantity", "billed", "still_open"),
    [("5", "5", "0"), ("5", "8", "-3"), ("8", "5", "3"), ("5", "0", "5")],
)
def test_a_second_round_opens_only_what_the_first_did_not_bill(quantity: str, billed: str, still_open: str) -> None:
    row = ledger.opened(D(quantity), already_billed=D(billed))
    assert (row.open, row.closed) == (D(still_open), D(billed))


def test_buckets_that_do_not_add_up_are_reported() -> None:
    with pytest.raises(LedgerBroken):
        ledger.checked(Balance(D("8"), open=D("7")))


class AnyWalk(RuleBasedStateMachine):
    """Whatever is done to a row, the sum stays and nothing is created."""

    row: Balance

    @initialize(quantity=st.decimals("-99", "99", places=3))
    def approve(self, quantity: Decimal) -> None:
        self.row = ledger.opened(quantity)

    @rule()
    def reserve(self) -> None:
        self.row = ledger.reserve(self.row)

    @rule()
    def release(self) -> None:
        self.row = ledger.release(self.row)

    @rule()
    def transfer(self) -> None:
        self.row = ledger.transfer(self.row)

    @precondition(lambda self: self.row.transferred != self.row.credited)
    @rule(part=st.decimals("0", "1", places=2))
    def credit(self, part: Decimal) -> None:
        held = self.row.transferred - self.row.credited
        self.row = ledger.credit(self.row, (held * part).quantize(D("0.001"), rounding=ROUND_DOWN))

    @rule(part=st.sampled_from([D(0), D("0.5"), D(1)]))
    def close(self, part: Decimal) -> None:
        amount = (self.row.open * part).quantize(D("0.001"), rounding=ROUND_DOWN)
        self.row = ledger.close(self.row, amount)

    @invariant()
    def adds_up(self) -> None:
        if hasattr(self, "row"):
            ledger.checked(self.row)


TestAnyWalk = AnyWalk.TestCase
