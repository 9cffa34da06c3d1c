"""Tables of catalog: categories, products, list prices, imports."""

from services.catalog.models.base import Base
from services.catalog.models.category import Category
from services.catalog.models.imported import Import, ImportFile, ImportMapping
from services.catalog.models.price import Price
from services.catalog.models.price_fact import StoredPriceFact
from services.catalog.models.product import Product

__all__ = ["Base", "Category", "Import", "ImportFile", "ImportMapping", "Price", "Product", "StoredPriceFact"]
