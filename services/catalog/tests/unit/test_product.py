"""Rules of products and of their prices."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.domain.categories import CategoryTree
from services.catalog.domain.errors import InvalidCategory, InvalidProduct
from services.catalog.domain.imported_row import product_fields
from services.catalog.domain.prices import ListPrice, PriceChange, change_from, price_on, price_text
from services.catalog.domain.product import changed_product, checked_category_name, code_key, new_product
from shared.periods import Period

DAY = date(2026, 3, 1)


def price(amount: str, first: int, last: int | None = None, name: str = "p") -> ListPrice:
    """A price from `first` to `last`, in days from DAY."""
    return ListPrice(
        Decimal(amount),
        Period(name, DAY + timedelta(days=first), None if last is None else DAY + timedelta(days=last)),
    )


def test_codes_are_compared_without_case_and_spaces() -> None:
    assert code_key(" mat-1 ") == code_key("MAT-1")
    assert code_key("MMJ-3x2.5") != code_key("MMJ-3x25")


def test_name_and_code_are_mandatory_and_the_unit_is_one_we_know() -> None:
    with pytest.raises(InvalidProduct) as caught:
        new_product({"unit": "t"})
    assert {error.pointer for error in caught.value.errors} == {"/code", "/name", "/unit"}
    made = new_product({"code": " A  1 ", "name": "x", "unit": "KPL.", "invoice_text": {"fi": "", "sv": "y"}})
    assert (made["code"], made["unit"], made["invoice_text"]) == ("A 1", "kpl", {"sv": "y"})


def test_a_change_holds_only_what_differs() -> None:
    before = new_product({"code": "A", "name": "x", "cost_price": Decimal("1.20")})
    assert changed_product(before, {"name": "x", "unit": "kappale", "cost_price": Decimal("1.2000")}) == {}
    assert changed_product(before, {"barcode": " "}) == {}
    assert changed_product(before, {"barcode": "64"}) == {"barcode": "64"}
    with pytest.raises(InvalidProduct):
        changed_product(before, {"cost_price": Decimal("-1")})


def test_a_category_needs_a_name() -> None:
    assert checked_category_name("  Työ  A ") == "Työ A"
    for wrong in ("", " ", None, "x" * 101):
        with pytest.raises(InvalidCategory):
            checked_category_name(wrong)


def test_what_the_reader_only_suggests_does_not_change_a_known_product() -> None:
    values = {"code": "A", "kind": "material", "unit": None, "vat_rate_percent": Decimal("25.5")}
    assert product_fields(values, {"code"}, None) == {"code": "A", "kind": "material"}
    assert product_fields(values, {"code"}, {}) == {"code": "A"}
    assert product_fields(values, {"code", "kind"}, {}) == {"code": "A", "kind": "material"}


@pytest.mark.parametrize(
    ("amount", "text"),
    [("855.4400", "855.44"), ("103.2993", "103.2993"), ("12.5", "12.50"), ("7", "7.00"), ("0.0010", "0.001")],
)
def test_a_price_is_written_with_two_to_four_decimals(amount: str, text: str) -> None:
    assert price_text(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("prices", "new", "expected"),
    [
        ([], "5", PriceChange(add=(DAY, None))),
        ([], None, PriceChange()),
        ([price("5", -9)], "5", PriceChange()),
        ([price("5", -9)], "6", PriceChange(close=("p", DAY - timedelta(days=1)), add=(DAY, None))),
        ([price("5", -9)], None, PriceChange(close=("p", DAY - timedelta(days=1)))),
        ([price("5", 0)], "6", PriceChange(amend="p")),
        ([price("5", 0)], None, PriceChange(remove="p")),
        ([price("5", 7)], "6", PriceChange(add=(DAY, DAY + timedelta(days=6)))),
        (
            [price("5", -9, 6), price("7", 7, name="q")],
            "6",
            PriceChange(close=("p", DAY - timedelta(days=1)), add=(DAY, DAY + timedelta(days=6))),
        ),
    ],
    ids=range(9),
)
def test_a_price_from_a_day_on(prices: list[ListPrice], new: str | None, expected: PriceChange) -> None:
    assert change_from(prices, DAY, Decimal(new) if new else None) == expected


AMOUNTS = st.one_of(st.none(), st.integers(1, 4).map(Decimal))


@given(st.lists(st.tuples(st.integers(0, 20), AMOUNTS), max_size=10))
def test_after_any_changes_each_day_has_one_price_and_the_day_itself_the_last(
    changes: list[tuple[int, Decimal]],
) -> None:
    prices: dict[str, ListPrice] = {}
    for index, (offset, amount) in enumerate(changes):
        day = DAY + timedelta(days=offset)
        change = change_from(list(prices.values()), day, amount)
        if change.close:
            name, last = change.close
            prices[name] = ListPrice(prices[name].price, Period(name, prices[name].period.first, last))
        if change.amend:
            prices[change.amend] = ListPrice(amount, prices[change.amend].period)
        if change.remove:
            del prices[change.remove]
        if change.add:
            prices[str(index)] = ListPrice(amount, Period(str(index), *change.add))
        found = price_on(prices.values(), day)
        assert (found.price if found else None) == amount
    for offset in range(25):
        covering = [one for one in prices.values() if one.period.covers(DAY + timedelta(days=offset))]
        assert len(covering) <= 1


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Työ", ("Työ",)),
        (" työ >  Sähkö työ ", ("työ", "Sähkö työ")),
        ("Uusi>Uudempi", ("Uusi", "Uudempi")),
        ("Sähkö työ > Vika", ("Sähkö työ", "Vika")),
        ("A > B", ("A > B",)),
    ],
)
def test_a_path_names_a_category_where_it_lies(text: str, names: tuple[str, ...]) -> None:
    tree = CategoryTree({"työ": None, "sähkö työ": "työ", "a > b": None})
    assert tree.read(text) == names


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Muu > Sähkötyö", "other_parent"),
        ("Muu > Työ", "other_parent"),
        ("Sähkötyö > Työ", "other_parent"),
        ("X > x", "loop"),
        ("Työ > ", "required"),
        ("> Työ", "required"),
        ("", "required"),
        (" > ".join(map(str, range(21))), "loop"),
        ("x" * 101, "required"),
    ],
)
def test_a_path_that_is_not_so_is_refused(text: str, code: str) -> None:
    tree = CategoryTree({"työ": None, "sähkötyö": "työ"})
    with pytest.raises(InvalidCategory) as caught:
        tree.read(text)
    assert [(error.pointer, error.code) for error in caught.value.errors] == [("/category_name", code)]


def test_what_was_placed_in_the_tree_stays_where_it_is() -> None:
    tree = CategoryTree({})
    tree.place(tree.read("A > B > C"))
    assert tree.read("B > C") == ("B", "C")
    with pytest.raises(InvalidCategory):
        tree.read("A > C")
