"""The site tree as plain values (domain.md §2.3)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customers.domain.errors import InvalidSite, SiteLoop, TooDeep
from services.customers.domain.site import checked_site
from services.customers.domain.site_tree import (
    DEEPEST,
    Attachment,
    depth,
    ids_of,
    is_within,
    moved_paths,
    nearest_customers,
    path_of,
)
from shared.periods import Period


def d(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def link(site: str, customer: str, first: str, last: str | None = None) -> Attachment:
    return Attachment(site, customer, Period(f"{site}-{customer}", d(first), d(last) if last else None))


def test_a_path_is_the_ids_from_the_root() -> None:
    assert path_of("b", "/a") == "/a/b"
    assert ids_of("/a/b") == ["a", "b"]
    assert depth("/a/b") == 2
    assert is_within("/a/b", "/a")
    assert not is_within("/ab", "/a")


def test_a_move_rewrites_the_paths_below() -> None:
    assert moved_paths("/a/b", ["/a/b", "/a/b/c"], "/x") == {"/a/b": "/x/b", "/a/b/c": "/x/b/c"}
    assert moved_paths("/a/b", ["/a/b"], None) == {"/a/b": "/b"}


@pytest.mark.parametrize("target", ["/a/b", "/a/b/c"])
def test_a_move_into_itself_is_a_loop(target: str) -> None:
    with pytest.raises(SiteLoop):
        moved_paths("/a/b", ["/a/b"], target)


def test_the_deepest_node_counts() -> None:
    deep = "/" + "/".join("x" * DEEPEST)
    with pytest.raises(TooDeep):
        path_of("y", deep)
    with pytest.raises(TooDeep):
        moved_paths("/a", ["/a", "/a/b"], "/" + "/".join("x" * (DEEPEST - 1)))


def test_the_nearest_attached_ancestor_wins_on_the_day() -> None:
    links = [link("a", "housing", "01-01"), link("c", "shop", "03-01", "03-31")]
    paths = ["/a", "/a/b", "/a/b/c", "/a/b/c/e", "/z"]
    march = nearest_customers(paths, links, d("03-31"))
    assert list(march.values()) == ["housing", "housing", "shop", "shop", None]
    assert nearest_customers(paths, links, d("04-01"))["/a/b/c/e"] == "housing"
    assert set(nearest_customers(paths, links, date(2025, 12, 31)).values()) == {None}


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=6), st.dictionaries(st.integers(0, 5), st.text("xyz", min_size=1))
)
def test_the_nearest_is_the_last_attached_on_the_path(sites: list[int], customers: dict[int, str]) -> None:
    path = "/" + "/".join(str(site) for site in sites)
    links = [Attachment(str(site), name, Period(str(site), d("01-01"))) for site, name in customers.items()]
    expected = next((customers[site] for site in reversed(sites) if site in customers), None)
    assert nearest_customers([path], links, d("01-01")) == {path: expected}


def test_a_site_needs_a_name_and_a_readable_postal_code() -> None:
    with pytest.raises(InvalidSite) as caught:
        checked_site({"name": " ", "address": {"postal_code": "x"}})
    assert {error.pointer for error in caught.value.errors} == {"/name", "/address/postal_code"}
    assert checked_site({"name": " A  B ", "notes": ""}) == {"name": "A B", "notes": None}
