"""What of a malformed body can still be judged."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import marshmallow as ma
import pytest
from marshmallow import fields, validate

from shared.errors import FieldError
from shared.http import DecimalString, IdString, Schema, Text
from shared.http.stand_ins import NoStandIn, beside, with_stand_ins
from shared.ids import is_id


class _RowIn(Schema):
    product_id = IdString(required=True)
    quantity = DecimalString(3, required=True)
    note = Text(10, load_default=None, allow_none=True)


class _OrderIn(Schema):
    name = Text(10, required=True)
    day = fields.Date(load_default=None)
    contact = fields.Nested(_RowIn, load_default=None, allow_none=True)
    rows = fields.List(fields.Nested(_RowIn), load_default=list, validate=validate.Length(max=3))


def _judged(body: Any, schema: type[ma.Schema] = _OrderIn) -> dict[str, Any]:
    with pytest.raises(ma.ValidationError) as caught:
        schema().load(body)
    return with_stand_ins(schema(), caught.value.valid_data, caught.value.messages)


def test_well_formed_parts_stay_and_the_rest_is_filled_in() -> None:
    body = _judged({"name": 7, "day": "2026-02-03", "colour": "red"})
    assert (body["name"], body["day"].isoformat(), body["rows"]) == ("-", "2026-02-03", [])
    assert "colour" not in body


@pytest.mark.parametrize("nothing", [None, "row", 7, [], {}])
def test_rows_keep_their_places(nothing: Any) -> None:
    good = {"product_id": "01939f6a-7c00-7cc0-8f00-2b5a1d3e4f60", "quantity": "2.5", "note": "x"}
    rows = _judged({"name": "n", "rows": [nothing, good, {"product_id": "?", "quantity": "3"}]})["rows"]
    assert [row["quantity"] for row in rows] == [Decimal(1), Decimal("2.5"), Decimal(3)]
    assert (rows[1]["product_id"], rows[1]["note"]) == (good["product_id"], "x")
    assert all(is_id(row["product_id"]) for row in rows)
    assert rows[0]["note"] is None


@pytest.mark.parametrize("nothing", [None, "row", 7, [], {}])
def test_a_list_without_any_good_row_is_filled_in_too(nothing: Any) -> None:
    rows = _judged({"name": "n", "rows": [nothing, nothing]})["rows"]
    assert [row["quantity"] for row in rows] == [Decimal(1), Decimal(1)]


def test_a_nested_object_is_filled_in_too() -> None:
    assert _judged({"name": "n", "contact": {"quantity": "2"}})["contact"]["quantity"] == Decimal(2)
    assert _judged({"name": "n", "contact": "x"})["contact"]["quantity"] == Decimal(1)


def test_rows_that_are_no_list_or_too_many_are_left_out() -> None:
    good = {"product_id": "01939f6a-7c00-7cc0-8f00-2b5a1d3e4f60", "quantity": "2.5"}
    assert _judged({"name": "n", "rows": "x"})["rows"] == []
    assert _judged({"name": "n", "rows": [good] * 4})["rows"] == []


def test_what_nothing_can_stand_in_for_is_not_judged() -> None:
    class DayIn(Schema):
        day = fields.Date(required=True)

    for body in ({"day": "x"}, {}, "x", None):
        with pytest.raises(NoStandIn):
            _judged(body, DayIn)


def test_what_rules_say_of_stand_ins_is_not_shown() -> None:
    malformed = [FieldError("/rows/1", "invalid", ""), FieldError("/name", "invalid", "")]
    places = ["/rows/1/quantity", "/rows/1", "/rows/10/quantity", "/rows", "/name", "/names", ""]
    shown = beside([FieldError(place, "rule", "") for place in places], malformed)
    assert [error.pointer for error in shown] == ["/rows/10/quantity", "/names"]
    assert beside(shown, [FieldError("", "invalid", "")]) == ()
