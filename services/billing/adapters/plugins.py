"""Accounting systems that others add: Python packages with an entry point in the group `urakka.accounting`.

    [project.entry-points."urakka.accounting"]
    ledgerly = "urakka_ledgerly:KIND"

The entry point gives a `TargetKind` of the same name. A package that cannot be used is reported and left out: it
never keeps the service, or the other targets, from working. How an adapter is written: docs/adapters.md.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from marshmallow import RAISE, Schema

from services.billing.adapters.kind import TargetKind

GROUP: Final = "urakka.accounting"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,29}")


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """An entry point that gives no usable target.

    package  name and version of the distribution, "" if unknown
    error    what is wrong with it, in words for its author
    """

    name: str
    package: str
    error: str


@dataclass(frozen=True, slots=True)
class Plugins:
    """What was found: the usable kinds by name, and the others with their faults."""

    kinds: Mapping[str, TargetKind]
    broken: tuple[BrokenPlugin, ...]


class UnusablePlugin(Exception):
    """What an entry point gave is not a target; the text says why."""


def find_plugins(taken: Iterable[str], found: Iterable[EntryPoint] | None = None) -> Plugins:
    """Load the adapters that are installed.

    taken  names that no plug-in may use: those of the built-in targets
    found  entry points to load; None takes those of the group from the installed packages
    Loading runs the packages' code, which may do anything; whatever it raises becomes a `BrokenPlugin`.
    """
    taken = frozenset(taken)
    kinds: dict[str, TargetKind] = {}
    broken: list[BrokenPlugin] = []
    for point in sorted(entry_points(group=GROUP) if found is None else found, key=lambda point: point.name):
        try:
            kinds[point.name] = _load(point, taken | kinds.keys())
        except UnusablePlugin as error:
            broken.append(BrokenPlugin(point.name, _package(point), str(error)))
        except (Exception, SystemExit) as error:  # the edge towards somebody else's code
            broken.append(BrokenPlugin(point.name, _package(point), f"It cannot be loaded: {type(error).__name__}."))
    return Plugins(kinds, tuple(broken))


def _load(point: EntryPoint, taken: frozenset[str]) -> TargetKind:
    if not _NAME.fullmatch(point.name):
        raise UnusablePlugin("The name must be 2 to 30 characters of a-z, 0-9 and _, beginning with a letter.")
    if point.name in taken:
        raise UnusablePlugin("Another target has this name already.")
    kind = point.load()
    if not isinstance(kind, TargetKind):
        raise UnusablePlugin(f"The entry point gives a {type(kind).__name__}, not a TargetKind.")
    if kind.name != point.name:
        raise UnusablePlugin(f"The TargetKind calls itself {kind.name!r}, unlike its entry point.")
    _check_settings(kind)
    return kind


def _check_settings(kind: TargetKind) -> None:
    if not (isinstance(kind.settings, type) and issubclass(kind.settings, Schema)):
        raise UnusablePlugin("`settings` is not a marshmallow Schema class.")
    schema = kind.settings()
    if schema.unknown != RAISE:
        raise UnusablePlugin("The settings must refuse unknown fields (Meta.unknown = RAISE).")
    if not (isinstance(kind.secrets, tuple) and all(isinstance(name, str) and name for name in kind.secrets)):
        raise UnusablePlugin("`secrets` is not a tuple of names.")
    if both := sorted(set(kind.secrets) & set(schema.fields)):
        raise UnusablePlugin(f"Secrets cannot be settings too: {', '.join(both)}.")
    if not callable(kind.build):
        raise UnusablePlugin("`build` cannot be called.")


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else ""
