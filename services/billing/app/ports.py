"""What the use cases of billing need from outside. Implemented in `services.billing.adapters`."""

from services.billing.domain.target import AccountingTarget, ConnectionProblem, LinkStore, Prepared

__all__ = ["AccountingTarget", "ConnectionProblem", "LinkStore", "Prepared"]
