"""Import of a customer list over HTTP."""

from __future__ import annotations

from services.customers.adapters.workbook import read_customers
from services.customers.app.imports import import_customers
from services.customers.models import Import
from shared.imports.http import import_blueprint

blp = import_blueprint(
    description="Customer lists from Excel",
    record_type=Import,
    reader=read_customers,
    use_case=import_customers,
    permission="customers.write",
)
