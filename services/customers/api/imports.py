"""Import of customers, contact persons and sites over HTTP."""

from __future__ import annotations

from services.customers.adapters import contact_workbook, site_workbook
from services.customers.adapters.contact_workbook import read_contacts
from services.customers.adapters.layouts import CONTACTS, CUSTOMERS, SITES
from services.customers.adapters.site_workbook import read_sites
from services.customers.adapters.workbook import COLUMNS, read_customers
from services.customers.app.contact_imports import ContactUndo, import_contacts
from services.customers.app.imports import TABLES, CustomerUndo, import_customers
from services.customers.app.site_imports import SiteUndo, import_sites
from shared.imports.http import ImportTarget, import_blueprint

blp = import_blueprint(
    description="Registers from Excel",
    tables=TABLES,
    targets=[
        ImportTarget(
            layout=CUSTOMERS,
            fields=frozenset(column.field for column in COLUMNS),
            reader=read_customers,
            run=import_customers,
            undo=CustomerUndo,
        ),
        ImportTarget(
            layout=CONTACTS,
            fields=frozenset(contact_workbook.LABELS),
            reader=read_contacts,
            run=import_contacts,
            undo=ContactUndo,
        ),
        ImportTarget(
            layout=SITES,
            fields=frozenset(site_workbook.LABELS),
            reader=read_sites,
            run=import_sites,
            undo=SiteUndo,
        ),
    ],
    permission="customers.write",
)
