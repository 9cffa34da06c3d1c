"""The words of a work order: kinds, origins, priorities, chargeability. Values are the codes in tables and JSON."""

from __future__ import annotations

from enum import StrEnum


class OrderType(StrEnum):
    """What kind of work it is (domain.md 2.7); the review mode is set for each."""

    CONTRACT = "contract"
    EXTRA = "extra"
    FAULT = "fault"
    PROJECT = "project"
    WARRANTY = "warranty"
    INTERNAL = "internal"


class Origin(StrEnum):
    """How the order came to be."""

    PLANNED = "planned"
    INTEGRATION = "integration"
    FIELD = "field"
    REQUEST = "request"


class PackageKind(StrEnum):
    """What a work package is (domain.md 2.7)."""

    PROJECT = "project"
    CONTRACT = "contract"
    CAMPAIGN = "campaign"


class Priority(StrEnum):
    """How soon it is wanted."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Chargeability(StrEnum):
    """Whether a row is billed, and why not (domain.md 2.8). Only `charge` becomes a line of a document."""

    CHARGE = "charge"
    INCLUDED = "included"
    WARRANTY = "warranty"
    GOODWILL = "goodwill"
    INTERNAL = "internal"
    PAID = "paid"


class PriceSource(StrEnum):
    """Where a row's unit price came from, weakest first (domain.md 2.5).

    A row that a charging rule made has it from the `rule`, a component of a set from the `set`.
    """

    LIST = "list"
    GROUP = "group"
    CUSTOMER = "customer"
    SITE = "site"
    TYPED = "typed"
    RULE = "rule"
    SET = "set"


class ReviewMode(StrEnum):
    """Who approves finished work of a type: the system at once, or a person (domain.md 2.9)."""

    NONE = "none"
    ALWAYS = "always"


class HoldPolicy(StrEnum):
    """What a customer's hold means for its work orders (domain.md 2.1: "work allowed or not, by setting").

    allow   nothing
    review  work goes on, but only a person approves it
    refuse  no new orders, and nothing is approved
    """

    ALLOW = "allow"
    REVIEW = "review"
    REFUSE = "refuse"


class BillingProgress(StrEnum):
    """How much of what is charged an accounting system has accepted; computed, never stored."""

    NONE = "none"
    PARTLY = "partly"
    BILLED = "billed"


REFERENCES = ("order_number", "cost_centre", "work_number", "contract", "orderer")
"""References that a buyer may demand, in the order in which they are shown."""
