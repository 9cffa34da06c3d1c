"""Tables and named queries of the workorders service."""

from services.workorders.models.base import Base
from services.workorders.models.copies import CopyCustomer, CopyProduct, CopySite
from services.workorders.models.orders import HistoryEntry, WorkOrder, WorkRow
from services.workorders.models.settings import ReviewSettings

__all__ = [
    "Base",
    "CopyCustomer",
    "CopyProduct",
    "CopySite",
    "HistoryEntry",
    "ReviewSettings",
    "WorkOrder",
    "WorkRow",
]
