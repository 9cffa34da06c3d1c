"""Peppol BIS Billing 3.0 (UBL 2.1)."""
