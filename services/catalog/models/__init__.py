"""Tables of catalog: categories, products, set components, prices, charging rules, imports."""

from services.catalog.models.base import Base
from services.catalog.models.category import Category
from services.catalog.models.charging_rule import StoredChargingRule
from services.catalog.models.component import ProductComponent, components_of, sets_with
from services.catalog.models.copies import CopyCustomer, CopySite
from services.catalog.models.imported import Import, ImportFile, ImportMapping, ImportPart
from services.catalog.models.parts import parts
from services.catalog.models.price import Price, prices_of
from services.catalog.models.price_fact import StoredPriceFact
from services.catalog.models.product import Product
from services.catalog.models.search_page import PRODUCT_SEARCH, SearchPage

__all__ = [
    "PRODUCT_SEARCH",
    "Base",
    "Category",
    "CopyCustomer",
    "CopySite",
    "Import",
    "ImportFile",
    "ImportMapping",
    "ImportPart",
    "Price",
    "Product",
    "SearchPage",
    "ProductComponent",
    "StoredChargingRule",
    "StoredPriceFact",
    "components_of",
    "parts",
    "prices_of",
    "sets_with",
]
