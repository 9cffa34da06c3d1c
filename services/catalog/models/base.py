"""The declarative base of the service's tables."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from shared.db.metadata import NAMING


class Base(DeclarativeBase):
    """All tables of catalog that are not shared infrastructure."""

    metadata = MetaData(naming_convention=NAMING)
