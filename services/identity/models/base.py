"""The declarative base of identity's tables."""

from shared.db import new_base

Base = new_base()
