"""Tables of customers: customers, contact persons, sites, imports."""

from services.customers.models.base import Base
from services.customers.models.contact import Contact, ContactLink
from services.customers.models.customer import Customer
from services.customers.models.imported import Import, ImportFile, ImportKey, ImportMapping, ImportRowKey
from services.customers.models.merge import CustomerMerge
from services.customers.models.site import Site, SiteAttachment

__all__ = [
    "Base",
    "Contact",
    "ContactLink",
    "Customer",
    "CustomerMerge",
    "Import",
    "ImportFile",
    "ImportKey",
    "ImportMapping",
    "ImportRowKey",
    "Site",
    "SiteAttachment",
]
