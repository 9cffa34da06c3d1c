"""Customers: customers, contact persons and the tree of sites."""
