"""What customers, contact persons and sites are found by, many in one row."""

from __future__ import annotations

from sqlalchemy import Index

from services.customers.models.base import Base
from services.customers.models.contact import Contact
from services.customers.models.customer import Customer
from services.customers.models.site import Site
from shared.db import TenantScoped
from shared.db.search_pages import SearchPageRecord, SearchPages


class CustomerSearchPage(SearchPageRecord, TenantScoped, Base):
    """The search texts and own fields of some customers."""

    __tablename__ = "customer_search_pages"
    __table_args__ = (Index("ix_customer_search_pages_tenant_id_first_id", "tenant_id", "first_id"),)


class ContactSearchPage(SearchPageRecord, TenantScoped, Base):
    """The names of some contact persons."""

    __tablename__ = "contact_search_pages"
    __table_args__ = (Index("ix_contact_search_pages_tenant_id_first_id", "tenant_id", "first_id"),)


class SiteSearchPage(SearchPageRecord, TenantScoped, Base):
    """The names and own fields of some sites."""

    __tablename__ = "site_search_pages"
    __table_args__ = (Index("ix_site_search_pages_tenant_id_first_id", "tenant_id", "first_id"),)


CUSTOMER_SEARCH = SearchPages(Customer, CustomerSearchPage)
CONTACT_SEARCH = SearchPages(Contact, ContactSearchPage)
SITE_SEARCH = SearchPages(Site, SiteSearchPage)
