"""What a set product may consist of (domain.md §2.4). A set in a set is refused, so that no loop can be made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.catalog.domain.errors import InvalidSet
from shared.errors import FieldError

MOST_COMPONENTS: Final = 100


@dataclass(frozen=True, slots=True)
class WantedComponent:
    """A product that shall be in a set; see `ProductComponent`."""

    product_id: str
    quantity: Decimal
    share_weight: Decimal | None = None


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """What matters of a product that shall be in a set."""

    code: str
    archived: bool
    is_set: bool


def check_set(
    set_id: str, wanted: Sequence[WantedComponent], known: Mapping[str, KnownProduct], outer_set: str | None
) -> None:
    """Raise InvalidSet, which names every problem, if the set cannot consist of these.

    known      product id → its facts, for those that exist
    outer_set  code of a set that has this product as a component; None if there is none
    """
    errors = [
        *_about_each(set_id, wanted, known),
        *_about_weights(wanted),
    ]
    if wanted and outer_set is not None:
        errors.append(FieldError("/components", "set_in_set", f"The product is a component of the set {outer_set}."))
    if errors:
        raise InvalidSet(errors=errors)


def _about_each(
    set_id: str, wanted: Sequence[WantedComponent], known: Mapping[str, KnownProduct]
) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, one in enumerate(wanted):
        pointer = f"/components/{index}/product_id"
        product = known.get(one.product_id)
        if product is None:
            yield FieldError(pointer, "unknown_product", "There is no such product.")
        elif one.product_id == set_id:
            yield FieldError(pointer, "set_in_set", "A set cannot be its own component.")
        elif product.is_set:
            yield FieldError(pointer, "set_in_set", f"{product.code} is a set: name its components.")
        elif product.archived:
            yield FieldError(pointer, "product.archived", f"{product.code} is archived.")
        if one.product_id in seen:
            yield FieldError(pointer, "duplicate", "The product is named twice: add up the quantities.")
        seen.add(one.product_id)


def _about_weights(wanted: Sequence[WantedComponent]) -> Iterator[FieldError]:
    weights = [one.share_weight for one in wanted]
    given = [weight for weight in weights if weight is not None]
    if given and len(given) < len(weights):
        index = weights.index(None)
        yield FieldError(
            f"/components/{index}/share_weight", "all_or_none", "Give every component a share weight, or none."
        )
    elif given and not any(given):
        yield FieldError("/components/0/share_weight", "no_weight", "At least one share weight is above 0.")
