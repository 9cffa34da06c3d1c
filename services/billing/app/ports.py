"""What the use cases of billing need from outside. Implemented in `services.billing.adapters`."""

from services.billing.domain.target import (
    LONGEST_CALL_S,
    AccountingTarget,
    ConnectionProblem,
    FollowsUp,
    LinkStore,
    Prepared,
    TargetIds,
    TellsStatus,
)

__all__ = [
    "LONGEST_CALL_S",
    "AccountingTarget",
    "ConnectionProblem",
    "FollowsUp",
    "LinkStore",
    "Prepared",
    "TargetIds",
    "TellsStatus",
]
