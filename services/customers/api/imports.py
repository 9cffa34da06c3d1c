"""Import of customers, contact persons and sites over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from services.customers.adapters import contact_workbook, site_workbook
from services.customers.adapters.contact_workbook import read_contacts
from services.customers.adapters.extra_columns import column_of
from services.customers.adapters.layouts import CONTACTS, CUSTOMERS, SITES, with_own_fields
from services.customers.adapters.site_workbook import read_sites
from services.customers.adapters.workbook import COLUMNS, read_customers
from services.customers.app.contact_imports import ContactUndo, import_contacts, open_contacts
from services.customers.app.extra_fields import fields_in_use
from services.customers.app.imports import TABLES, CustomerUndo, import_customers, open_customers
from services.customers.app.site_imports import SiteUndo, import_sites, open_sites
from services.customers.domain.extra_fields import ExtraField, ExtraRegister
from shared.db import UnitOfWork
from shared.imports import ImportTarget
from shared.imports.http import import_blueprint
from shared.imports.target import ReadTable


def _customers_of_tenant(uow: UnitOfWork) -> ImportTarget:
    own = fields_in_use(uow, ExtraRegister.CUSTOMERS)
    return _with_own_fields(TARGETS[0], own, partial(read_customers, own=own))


def _sites_of_tenant(uow: UnitOfWork) -> ImportTarget:
    own = fields_in_use(uow, ExtraRegister.SITES)
    return _with_own_fields(TARGETS[2], own, partial(read_sites, own=own))


def _with_own_fields(target: ImportTarget, own: Sequence[ExtraField], reader: ReadTable) -> ImportTarget:
    columns = frozenset(column_of(one.key) for one in own)
    layout = with_own_fields(target.layout, own)
    return replace(target, layout=layout, fields=target.fields | columns, reader=reader)


TARGETS = (
    ImportTarget(
        layout=CUSTOMERS,
        fields=frozenset(column.field for column in COLUMNS),
        reader=read_customers,
        run=import_customers,
        undo=CustomerUndo,
        open=open_customers,
        rows_alone=True,
        of_tenant=_customers_of_tenant,
    ),
    ImportTarget(
        layout=CONTACTS,
        fields=frozenset(contact_workbook.LABELS),
        reader=read_contacts,
        run=import_contacts,
        undo=ContactUndo,
        open=open_contacts,
    ),
    ImportTarget(
        layout=SITES,
        fields=frozenset(site_workbook.LABELS),
        reader=read_sites,
        run=import_sites,
        undo=SiteUndo,
        open=open_sites,
        of_tenant=_sites_of_tenant,
    ),
)

blp = import_blueprint(description="Registers from Excel", tables=TABLES, targets=TARGETS, permission="customers.write")
