"""Categories named by their path: `Työ > Sähkötyö` is the category Sähkötyö inside Työ (domain.md §2.4).

A name is unique in the tenant, so the last name of a path says which category is meant; the names before it say where
it lies, which must be true, or becomes so when it is new. A category that is there never moves by being named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.catalog.domain.errors import InvalidCategory
from services.catalog.domain.product import LONGEST_CATEGORY_NAME, PATH_MARK, checked_category_name, fold
from shared.errors import FieldError

DEEPEST: Final = 20
"""Most categories above each other."""
LONGEST_PATH: Final = 5 * LONGEST_CATEGORY_NAME
_POINTER: Final = "/category_name"


class CategoryTree:
    """The categories that are there, and those that were placed in it since.

    parents  folded name of each category → folded name of the one that it lies in, None at the top
    """

    def __init__(self, parents: Mapping[str, str | None]) -> None:
        self._parents = dict(parents)

    def read(self, text: str) -> tuple[str, ...]:
        """Return the names of a path, outermost first; a name that was given before paths were known is one name.

        Raises InvalidCategory if a name is not usable, is there twice, or a category lies elsewhere.
        """
        if fold(text) in self._parents:
            return (text,)
        names = tuple(checked_category_name(part, _POINTER) for part in text.split(PATH_MARK))
        keys = [fold(name) for name in names]
        if len(set(keys)) < len(keys) or len(keys) > DEEPEST:
            raise _wrong("loop", "Each category of a path is there once, and at most 20 in all.")
        for outer, key, name in zip(keys, keys[1:], names[1:], strict=False):
            if key in self._parents and self._parents[key] != outer:
                where = self._parents[key]
                detail = f"{name} lies in another category ({where})." if where else f"{name} lies in no category."
                raise _wrong("other_parent", detail)
        return names

    def place(self, names: tuple[str, ...]) -> None:
        """Add those of a path that are not there yet."""
        outer: str | None = None
        for name in names:
            self._parents.setdefault(fold(name), outer)
            outer = fold(name)


def path_text(names: tuple[str, ...]) -> str:
    """Return a path as it is written and read: `Työ > Sähkötyö`."""
    return f" {PATH_MARK} ".join(names)


def _wrong(code: str, detail: str) -> InvalidCategory:
    return InvalidCategory(errors=[FieldError(_POINTER, code, detail)])
