"""Files that go with documents."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base, Scoped
from shared.db import UtcDateTime
from shared.db.mixins import ID


class DocumentAttachment(Scoped, Base):
    """One file; `size` in bytes, `sha256` of the content, in hex. The content is loaded only where it is asked for."""

    __tablename__ = "document_attachments"
    __table_args__ = (UniqueConstraint("tenant_id", "document_id", "name", name="uq_document_attachments_name"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"))
    name: Mapped[str] = mapped_column(String(100))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    added_by: Mapped[str] = mapped_column(String(80))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
