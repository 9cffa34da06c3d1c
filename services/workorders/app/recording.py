"""Recording rows: stamping them with the product's facts and prices, and adding them to a loaded order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from services.workorders.app.commands import RowWish
from services.workorders.app.copies import check_products, known_products
from services.workorders.app.loading import LoadedOrder
from services.workorders.app.prices import PriceBook, price_book
from services.workorders.app.refusals import Refusals
from services.workorders.app.rows import apply_stamp, new_row, next_position
from services.workorders.app.sets import stamp_composition
from services.workorders.app.visibility import is_office
from services.workorders.domain.errors import RowIdReused, RowRefused, TooManyRows
from services.workorders.domain.pricing import PriceWish, reason_errors, stamp
from services.workorders.domain.rows import MOST_ROWS, implausible
from services.workorders.models import CopyProduct, WorkRow
from shared.clock import business_day
from shared.db import UnitOfWork
from shared.errors import FieldError
from shared.ids import new_id


def unseen(rows: Sequence[WorkRow], wishes: Sequence[RowWish]) -> list[tuple[int, RowWish]]:
    """Return (index, wish) of the wishes that are not yet rows of the order.

    Raises RowIdReused if a row with a wish's id has another content, or two wishes share an id.
    """
    known = {row.id: row.content_hash for row in rows}
    fresh, reused = [], []
    for index, wish in enumerate(wishes):
        if wish.id is None or wish.id not in known:
            fresh.append((index, wish))
        elif known[wish.id] != wish.content_hash:
            reused.append(FieldError(f"/rows/{index}/id", RowIdReused.code, "Another row has this id."))
        if wish.id is not None:
            known.setdefault(wish.id, wish.content_hash)
    if reused:
        raise RowIdReused(errors=reused)
    return fresh


def add_rows(uow: UnitOfWork, loaded: LoadedOrder, wishes: Sequence[tuple[int, RowWish]], *, now: datetime) -> None:
    """Add rows to a loaded order, priced and taxed as of their work date; the caller checks the order's state.

    The caller then lets the charging rules see them (`app.charging.recharge`).

    wishes  (index in the request, wish); errors point at `/rows/<index>/…`
    Raises ProductUnknown, TooManyRows or RowRefused, with everything that is wrong in all rows.
    """
    refusals = Refusals()
    with refusals.noted():
        _check_number(loaded, len(wishes))
    products = known_products(uow, (wish.product_id for _, wish in wishes))
    with refusals.noted():
        check_products(products, ((f"/rows/{index}/product_id", wish.product_id) for index, wish in wishes))
    in_sets = list(_components(wishes, products))
    components = known_products(uow, (product_id for _, product_id in in_sets))
    with refusals.noted():
        check_products(components, in_sets)
    prices = price_book(uow, loaded, (products | components).values())
    with refusals.noted():
        made = _make_rows(uow, loaded, wishes, products, prices, now)
    refusals.raise_all()
    uow.session.add_all(made)
    loaded.rows.extend(made)


def _check_number(loaded: LoadedOrder, more: int) -> None:
    if sum(row.by_person for row in loaded.rows) + more > MOST_ROWS:
        detail = f"A work order has at most {MOST_ROWS} rows."
        raise TooManyRows(detail, errors=[FieldError("/rows", TooManyRows.code, detail)])


def _components(
    wishes: Sequence[tuple[int, RowWish]], products: Mapping[str, CopyProduct]
) -> Iterator[tuple[str, str]]:
    """Yield (pointer, product id) of what recorded sets consist of."""
    for index, wish in wishes:
        product = None if wish.planned else products.get(wish.product_id)
        for one in (product and product.components) or ():
            yield f"/rows/{index}/product_id", one["product_id"]


def _make_rows(
    uow: UnitOfWork,
    loaded: LoadedOrder,
    wishes: Sequence[tuple[int, RowWish]],
    products: Mapping[str, CopyProduct],
    prices: PriceBook,
    now: datetime,
) -> list[WorkRow]:
    """Return the rows, not yet added to the order; those of unknown products are judged as far as they can be.

    Raises RowRefused with everything that is wrong in all rows.
    """
    by_office = is_office(uow.context)
    planned_ids = {row.id for row in loaded.planned} | {wish.id for _, wish in wishes if wish.planned}
    position = next_position(loaded)
    errors: list[FieldError] = []
    made: list[WorkRow] = []
    for index, wish in wishes:
        wrong = list(_form_errors(wish, by_office, planned_ids))
        days = {} if wish.planned else days_of_work(wish.work_date, wish.started_at, wish.ended_at)
        wrong += implausible(wish.quantity, days, business_day(now), by_office=by_office)
        try:
            if (product := products.get(wish.product_id)) is not None:
                row = _make_row(uow, loaded, product, prices, wish, by_office, now)
                row.position = position + len(made)
                made.append(row)
            else:
                wrong += reason_errors(_price_wish(wish, by_office))
        except RowRefused as refused:
            wrong += refused.errors
        errors += [FieldError(f"/rows/{index}{error.pointer}", error.code, error.detail) for error in wrong]
    if errors:
        raise RowRefused(errors=errors)
    return made


def _form_errors(wish: RowWish, by_office: bool, planned_ids: Iterable[str | None]) -> Iterator[FieldError]:
    if wish.planned and not by_office:
        yield FieldError("/planned", "row.plan_forbidden", "Only who plans work records planned rows.")
    if wish.charge_as_recorded and not by_office:
        yield FieldError("/charge_as_recorded", "row.charge_forbidden", "Only the office decides what is charged.")
    if wish.started_at and wish.ended_at and wish.ended_at < wish.started_at:
        yield FieldError("/ended_at", "row.ends_before_start", "The row ends before it starts.")
    if wish.planned_row_id is not None and wish.planned_row_id not in planned_ids:
        yield FieldError("/planned_row_id", "row.no_such_plan", "The order has no such planned row.")


def _make_row(
    uow: UnitOfWork,
    loaded: LoadedOrder,
    product: CopyProduct,
    prices: PriceBook,
    wish: RowWish,
    by_office: bool,
    now: datetime,
) -> WorkRow:
    work_date = wish.work_date or business_day(wish.started_at or now)
    row = new_row(loaded, product, row_id=wish.id or new_id(), work_date=work_date, now=now)
    row.planned = wish.planned
    row.planned_row_id = wish.planned_row_id
    row.description = wish.description or product.name or ""
    row.worked_quantity = None if wish.planned else wish.quantity
    row.quantity = wish.quantity
    row.started_at, row.ended_at = wish.started_at, wish.ended_at
    row.chargeability = wish.chargeability.value
    row.chargeability_reason = wish.chargeability_reason
    row.charged_by_hand = wish.charge_as_recorded
    row.marks = list(wish.marks) or None
    row.recorded_by = uow.context.actor
    row.worked_by = _worker(uow, loaded, by_office=by_office)
    row.content_hash = wish.content_hash
    price = _price_wish(wish, by_office)
    resolution = prices.resolve(product.id, wish.quantity, work_date)
    apply_stamp(row, stamp(product.facts(), resolution, price, work_date=work_date, quantity=wish.quantity))
    if product.components and not wish.planned:
        stamp_composition(row, product, prices)
    return row


def days_of_work(
    work_date: date | None, started_at: datetime | None, ended_at: datetime | None
) -> dict[str, date | None]:
    """Return pointer → business day of what a row says about when it was done; None where it says nothing."""
    return {
        "/work_date": work_date,
        "/started_at": business_day(started_at) if started_at else None,
        "/ended_at": business_day(ended_at) if ended_at else None,
    }


def _price_wish(wish: RowWish, by_office: bool) -> PriceWish:
    return PriceWish(wish.unit_price, wish.price_reason, wish.discount_percent, by_office)


def _worker(uow: UnitOfWork, loaded: LoadedOrder, *, by_office: bool) -> str:
    """Return who did the work: what the office writes down is the work of whose order it is, not a second visit."""
    return (loaded.order.assigned_to if by_office else None) or uow.context.actor
