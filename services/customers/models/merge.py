"""What a merge of two customers moved, so that it can be taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.customers.models.base import Base
from shared.db import Audited, Json, TenantScoped, UtcDateTime
from shared.db.mixins import ID
from shared.ids import new_id


class CustomerMerge(TenantScoped, Audited, Base):
    """One merge. The id grows with time, so the newest merge of a customer is the one with the greatest id.

    merged_version, survivor_version  what the two customers had right after the merge
    moved  what came over and how it was before, by ids only:
           contact_links [{id, is_default}], same_links [{id, contact_id, role, is_default}] that the survivor had
           already, site_attachments [{id, valid_from, valid_to}], payers and aliases [{id, version}] of customers
           that named the merged one, import_keys [fingerprint]
    before field → value of the survivor, of the fields that were taken from the merged one
    business_id  of the merged one, if it went over
    billed_at, billed_document_id  the first document since then that bills one of the two
    """

    __tablename__ = "customer_merges"
    __table_args__ = (Index("ix_customer_merges_tenant_id_merged_id", "tenant_id", "merged_id"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    merged_id: Mapped[str] = mapped_column(ID, ForeignKey("customers.id"))
    survivor_id: Mapped[str] = mapped_column(ID, ForeignKey("customers.id"))
    merged_version: Mapped[int]
    survivor_version: Mapped[int]
    moved: Mapped[dict[str, list[Any]]] = mapped_column(Json)
    before: Mapped[dict[str, Any]] = mapped_column(Json)
    business_id: Mapped[str | None] = mapped_column(String(9))
    merged_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    billed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    billed_document_id: Mapped[str | None] = mapped_column(ID)
