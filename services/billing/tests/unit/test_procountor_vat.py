"""Which VAT the company uses, and how long that is believed."""

from decimal import Decimal
from typing import Any

import pytest

from services.billing.adapters.faults import Unreadable
from services.billing.adapters.procountor.client import Credentials, ProcountorClient
from services.billing.adapters.procountor.rules import Rules
from services.billing.adapters.procountor.target import ProcountorTarget
from services.billing.adapters.procountor.vat import KEPT_S, VatOffer, VatShelf, offer_of
from services.billing.adapters.secret import Secret
from services.billing.adapters.transport import Transport
from services.billing.tests.targets import a_document

OFFER = VatOffer(frozenset({Decimal("25.5")}), frozenset({1}))


def percentages(country: str, *percents: dict[str, Any]) -> dict[str, Any]:
    return {"country": country, "percentages": list(percents)}


def test_only_what_is_for_sales_at_home_counts() -> None:
    reply = {
        "vatInformation": [
            percentages("SWEDEN", {"vatPercent": 25, "sales": True}),
            percentages(
                "FINLAND",
                {"vatPercent": Decimal("25.5"), "sales": True, "purchase": True},
                {"vatPercent": 8, "sales": False, "purchase": True},
                {"vatPercent": True},
            ),
        ],
        "vatStatuses": [{"vatStatus": 1, "sales": True}, {"vatStatus": 2, "sales": False}, {"vatStatus": "3"}],
    }
    assert offer_of(reply) == OFFER


def test_a_company_of_another_country_has_that_one_s() -> None:
    reply = {"vatInformation": [percentages("SWEDEN", {"vatPercent": 25})], "vatStatuses": [{"vatStatus": 1}]}
    assert offer_of(reply).percentages == {Decimal(25)}


@pytest.mark.parametrize("reply", [None, [], {}, {"vatInformation": [], "vatStatuses": [{"vatStatus": 1}]}, {"x": 1}])
def test_a_list_without_anything_is_unreadable(reply: Any) -> None:
    with pytest.raises(Unreadable):
        offer_of(reply)


def test_the_shelf_keeps_each_company_s_own_for_a_while() -> None:
    now = [0.0]
    shelf = VatShelf(clock=lambda: now[0])
    assert shelf.get("a") == (False, None)
    shelf.put("a", OFFER)
    shelf.put("b", None)
    now[0] = KEPT_S - 1
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == ((True, OFFER), (True, None), (False, None))
    now[0] = KEPT_S
    assert shelf.get("a") == (False, OFFER)


def test_the_preview_does_not_refuse_by_a_list_of_old() -> None:
    now = [0.0]
    shelf = VatShelf(clock=lambda: now[0])
    client = ProcountorClient("http://x/api", Credentials(Secret("a"), Secret("b"), Secret("c")), Transport(1, 1))
    target = ProcountorTarget(client, Rules(iban="x"), shelf)
    shelf.put(client.company, VatOffer(frozenset({Decimal(14)}), frozenset({1})))
    assert [each.code for each in target.preflight(a_document())] == ["procountor.vat_percent_not_offered"]
    now[0] = KEPT_S
    assert target.preflight(a_document()) == ()


def test_the_name_of_a_company_does_not_tell_its_credentials() -> None:
    secrets = Credentials(Secret("client-1"), Secret("secret-1"), Secret("key-1"))
    name = ProcountorClient("http://x/api", secrets, Transport(1, 1)).company
    other = Credentials(Secret("client-1"), Secret("secret-1"), Secret("key-2"))
    assert name != ProcountorClient("http://x/api", other, Transport(1, 1)).company
    assert not any(part in name for part in ("client-1", "secret-1", "key-1"))
