"""The declarative base of this service's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.db import new_base

if TYPE_CHECKING:
    from sqlalchemy.orm import DeclarativeBase as Base
else:
    Base = new_base()
