"""What Finvoice and Peppol invoices have in common: content, payment identifiers, checks of the cents."""
