"""Catalog: products, categories and list prices."""
