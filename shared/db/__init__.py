"""Storage: engine, unit of work, tenant scoping, versions, audit log and migrations."""

from shared.db.database import Database, UnitOfWork
from shared.db.engine import make_engine
from shared.db.lookup import check_version, get_or_404
from shared.db.mixins import Audited, TenantScoped, Versioned, new_base
from shared.db.types import Amount, ExactDecimal, Json, Quantity, Rate, UnitPrice, UtcDateTime

__all__ = [
    "Amount",
    "Audited",
    "Database",
    "ExactDecimal",
    "Json",
    "Quantity",
    "Rate",
    "TenantScoped",
    "UnitOfWork",
    "UnitPrice",
    "UtcDateTime",
    "Versioned",
    "check_version",
    "get_or_404",
    "make_engine",
    "new_base",
]
