"""Tables and named queries of the workorders service."""

from services.workorders.models.base import Base
from services.workorders.models.copies import CopyChargingRule, CopyCustomer, CopyPrice, CopyProduct, CopySite
from services.workorders.models.orders import HistoryEntry, IncludedUse, WorkOrder, WorkRow
from services.workorders.models.packages import WorkPackage
from services.workorders.models.settings import ReviewSettings

__all__ = [
    "Base",
    "CopyChargingRule",
    "CopyCustomer",
    "CopyPrice",
    "CopyProduct",
    "CopySite",
    "HistoryEntry",
    "IncludedUse",
    "ReviewSettings",
    "WorkOrder",
    "WorkPackage",
    "WorkRow",
]
