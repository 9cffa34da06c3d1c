"""Billing material as workbooks and CSV files in a folder, for billers who invoice by hand or import it."""
