"""What billing knows of customers."""

from services.billing.models import CustomerCopy
from shared.db import UnitOfWork, get_or_404
from shared.errors import NotFound


def get_customer(uow: UnitOfWork, customer_id: str) -> CustomerCopy:
    """The copy as it is now. Raises NotFound, also for a customer that is still on its way here."""
    with uow:
        copy = get_or_404(uow.session, CustomerCopy, customer_id)
        if copy.deleted:
            raise NotFound(f"There is no customer with the id {customer_id}.")
        return copy
