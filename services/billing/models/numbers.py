"""Invoice numbers that connections gave out."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base, Scoped
from shared.db import UtcDateTime


class ConnectionNumber(Scoped, Base):
    """One number of a connection's series and the document that has it, for ever.

    Rows are only ever added, never changed. A number whose document was skipped is void; see
    `services.billing.app.numbers.list_numbers`.
    """

    __tablename__ = "connection_numbers"
    __table_args__ = (Index("uq_connection_numbers_document", "connection_id", "document_key", unique=True),)

    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    document_key: Mapped[str] = mapped_column(String(60))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
