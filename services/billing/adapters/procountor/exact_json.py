"""JSON with exact decimals. The standard library writes a Decimal only by way of float."""

import json
from collections.abc import Mapping
from decimal import Decimal

JsonValue = None | bool | int | Decimal | str | list["JsonValue"] | Mapping[str, "JsonValue"]


def encode(value: JsonValue) -> bytes:
    """UTF-8 bytes. Decimals are written with all their digits and no exponent; keys keep their order.

    Raises ValueError for NaN and infinities.
    """
    return _text(value).encode("utf-8")


def _text(value: JsonValue) -> str:
    match value:
        case Decimal():
            if not value.is_finite():
                raise ValueError("not a number that JSON has")
            return f"{value:f}"
        case list():
            return "[" + ",".join(_text(item) for item in value) + "]"
        case Mapping():
            return "{" + ",".join(f"{json.dumps(key)}:{_text(item)}" for key, item in value.items()) + "}"
        case _:
            return json.dumps(value, ensure_ascii=False)
