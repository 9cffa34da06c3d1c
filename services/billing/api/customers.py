"""What billing knows of a customer, over HTTP."""

from services.billing.api.schemas.customers import CustomerCopyOut
from services.billing.app import customers as use_cases
from services.billing.models import CustomerCopy
from shared.http import Blueprint, read, requires

blp = Blueprint(
    "customers",
    __name__,
    url_prefix="/customers",
    description="What billing knows of customers",
    for_whole_tenant=True,
)


@blp.get("/<customer_id>")
@requires("billing.read")
@blp.response(200, CustomerCopyOut)
def get_customer(customer_id: str) -> CustomerCopy:
    """Show what billing knows of a customer: a copy, which follows the customer register with a delay"""
    return use_cases.get_customer(read(), customer_id)
