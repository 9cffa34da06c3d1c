"""Tables of customers: customers, contact persons, sites, imports."""

from services.customers.models.base import Base
from services.customers.models.contact import Contact, ContactLink
from services.customers.models.customer import Customer
from services.customers.models.external import ConflictPolicy, ExternalReference
from services.customers.models.imported import Import, ImportFile, ImportKey, ImportMapping, ImportPart, ImportRowKey
from services.customers.models.merge import CustomerMerge
from services.customers.models.own_lists import ExtraFieldDefinition, OwnOperator, RegisterSettings
from services.customers.models.search_pages import (
    CONTACT_SEARCH,
    CUSTOMER_SEARCH,
    SITE_SEARCH,
    ContactSearchPage,
    CustomerSearchPage,
    SiteSearchPage,
)
from services.customers.models.site import Site, SiteAttachment
from services.customers.models.webhook import Webhook, WebhookDelivery

__all__ = [
    "CONTACT_SEARCH",
    "CUSTOMER_SEARCH",
    "SITE_SEARCH",
    "ContactSearchPage",
    "CustomerSearchPage",
    "SiteSearchPage",
    "Base",
    "ConflictPolicy",
    "Contact",
    "ContactLink",
    "Customer",
    "CustomerMerge",
    "ExtraFieldDefinition",
    "ExternalReference",
    "Import",
    "ImportFile",
    "ImportKey",
    "ImportMapping",
    "ImportPart",
    "ImportRowKey",
    "OwnOperator",
    "RegisterSettings",
    "Site",
    "SiteAttachment",
    "Webhook",
    "WebhookDelivery",
]
