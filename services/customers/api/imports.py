"""Import of customers, contact persons and sites over HTTP."""

from __future__ import annotations

from services.customers.adapters.layouts import CUSTOMERS
from services.customers.adapters.workbook import COLUMNS, read_customers
from services.customers.app.imports import TABLES, CustomerUndo, import_customers
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
    ],
    permission="customers.write",
)
