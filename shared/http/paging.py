"""Paging over HTTP: the query parameters and the shape of the answer."""

from __future__ import annotations

from functools import cache

from marshmallow import fields, validate

from shared.http.fields import Schema, Text

LARGEST_PAGE = 200


class PageQuery(Schema):
    """Query parameters of every list."""

    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(1, LARGEST_PAGE),
        metadata={"description": f"Most items on the page, 1–{LARGEST_PAGE}"},
    )
    after = Text(
        100,
        min_length=1,
        load_default=None,
        metadata={"description": "`next` of the page before"},
    )


@cache
def page_schema(item: type[Schema]) -> type[Schema]:
    """Return the schema of a page of `item`: `{"items": […], "next": cursor or null}`."""
    name = item.__name__.removesuffix("Out") + "PageOut"
    return type(
        name,
        (Schema,),
        {
            "__doc__": f"A page of {item.__name__}.",
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                allow_none=True,
                required=True,
                metadata={"description": "Cursor of the following page; null at the end"},
            ),
        },
    )
