"""What billing's tables have in common."""

from sqlalchemy.orm import Mapped, mapped_column

from shared.db import TenantScoped, new_base
from shared.db.mixins import ID

Base = new_base()


class Scoped(TenantScoped):
    """A row of one tenant, without an index on the tenant alone: every table here has one that begins with it, or is
    reached by a parent's id, and each index is paid for with every document.
    """

    tenant_id: Mapped[str] = mapped_column(ID)
