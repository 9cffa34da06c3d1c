"""What can be wrong with products, categories and prices, in words for people who do not program."""

from __future__ import annotations

from shared.errors import Conflict, RuleBroken


class InvalidProduct(RuleBroken):
    """Fields of a product are not usable; `errors` names them all."""

    code = "product.invalid"
    title = "Some fields of the product are not right"


class DuplicateCode(Conflict):
    """A product code is used once, for ever: also that of an archived product."""

    code = "product.duplicate_code"
    title = "Another product has, or had, this code"


class ProductArchived(Conflict):
    """An archived product takes no changes; restore it first."""

    code = "product.archived"
    title = "The product is archived"


class InvalidCategory(RuleBroken):
    """Fields of a category are not usable."""

    code = "category.invalid"
    title = "Some fields of the category are not right"


class DuplicateCategory(Conflict):
    """Another category has this name."""

    code = "category.duplicate_name"
    title = "Another category has this name"


class CategoryLoop(Conflict):
    """A category cannot lie inside itself."""

    code = "category.loop"
    title = "A category cannot lie inside itself"


class InvalidPrice(RuleBroken):
    """Fields of a price are not usable."""

    code = "price.invalid"
    title = "Some fields of the price are not right"


class InvalidSet(RuleBroken):
    """A set cannot consist of what was named."""

    code = "product_set.invalid"
    title = "Some components of the set are not right"


class NotExpandable(Conflict):
    """The product is no set, or a set without a price to share."""

    code = "product_set.not_expandable"
    title = "The product cannot be written as rows"


class InSet(Conflict):
    """A product that sets consist of stays in use."""

    code = "product.in_set"
    title = "The product is a component of a set"


class InvalidTrial(RuleBroken):
    """What charging rules are to be tried on is not usable."""

    code = "charging_trial.invalid"
    title = "Some of the rows to try are not right"
