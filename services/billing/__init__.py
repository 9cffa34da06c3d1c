"""Billing: the row ledger, batches, documents and their dispatch to accounting systems."""
