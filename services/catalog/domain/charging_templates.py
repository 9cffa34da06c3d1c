"""Ready-made charging rules, as firms commonly have them (domain.md §2.6, §11): filled in, they can be saved.

Each template has

key     stable name
name    in three languages; the rule's name and text begin as it
rule    the data of a rule without id; what must be chosen is missing
choose  pointer into the rule → what goes there, and which kind of product fits

Priorities leave room: holidays come before Sundays, those before the night, the night before Saturday and evening.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_WORK: Final = {
    "fi": "työlaji, jota sääntö koskee",
    "sv": "arbetsslag som regeln gäller",
    "en": "labour type that the rule is for",
}
_EXTRA: Final = {"fi": "lisärivin tuote", "sv": "tilläggsradens produkt", "en": "product of the supplement row"}
_FEE: Final = {"fi": "maksurivin tuote", "sv": "avgiftsradens produkt", "en": "product of the fee row"}
_KILOMETRES: Final = {
    "fi": "kilometrien tuote; tyhjä: kaikki rivit, joiden yksikkö on km",
    "sv": "produkt för kilometer; tom: alla rader i km",
    "en": "product of kilometres; empty: all rows in km",
}
_INCLUDED: Final = {
    "fi": "sopimukseen sisältyvä tuote",
    "sv": "produkt som ingår i avtalet",
    "en": "product that the contract includes",
}

Template = Mapping[str, Any]


def _choice(pointer: str, text: Mapping[str, str], product_kind: str | None = None) -> dict[str, Any]:
    return {"pointer": pointer, "product_kind": product_kind, "text": text}


def _template(
    key: str,
    names: tuple[str, str, str],
    priority: int,
    conditions: Mapping[str, Any],
    effects: list[Mapping[str, Any]],
    *choose: Mapping[str, Any],
) -> Template:
    name = dict(zip(("fi", "sv", "en"), names, strict=True))
    rule = {"name": name["fi"], "priority": priority, "text": name, "conditions": conditions, "effects": effects}
    return {"key": key, "name": name, "rule": rule, "choose": list(choose)}


def _of_work(key: str, names: tuple[str, str, str], priority: int, effects: list[Mapping[str, Any]]) -> Template:
    return _template(key, names, priority, {}, effects, _choice("/conditions/product_ids/0", _WORK, "labour"))


def _supplement(
    key: str,
    names: tuple[str, str, str],
    priority: int,
    factor: str,
    conditions: Mapping[str, Any],
    group: str = "",
) -> Template:
    """A factor for all labour; what it stands on must be labour, since machines have no evenings."""
    effect = {"kind": "factor", "factor": factor, "group": group}
    wanted = {"product_kinds": ["labour"], **conditions}
    return _template(key, names, priority, wanted, [effect], _choice("/effects/0/product_id", _EXTRA, "labour"))


def _call_out(key: str, names: tuple[str, str, str], hours: str, start: str, end: str) -> Template:
    conditions = {"product_kinds": ["labour"], "urgent": True, "clock": {"from": start, "to": end}}
    effect = {"kind": "call_out", "base_hours": hours}
    return _template(key, names, 200, conditions, [effect], _choice("/effects/0/product_id", _FEE, "fee"))


TEMPLATES: Final[tuple[Template, ...]] = (
    _of_work(
        "started_half_hour",
        ("Alkava puoli tuntia", "Påbörjad halvtimme", "Started half hour"),
        100,
        [{"kind": "step", "minutes": 30}],
    ),
    _of_work(
        "started_hour",
        ("Alkava tunti, vähintään 1 h", "Påbörjad timme, minst 1 h", "Started hour, at least 1 h"),
        100,
        [{"kind": "step", "minutes": 60}, {"kind": "minimum", "minutes": 60}],
    ),
    _of_work(
        "minimum_two_hours",
        ("Alkava tunti, vähintään 2 h käynniltä", "Påbörjad timme, minst 2 h per besök", "Started hour, at least 2 h"),
        100,
        [{"kind": "step", "minutes": 60}, {"kind": "minimum", "minutes": 120}],
    ),
    _supplement(
        "public_holiday", ("Arkipyhälisä +100 %", "Helgtillägg +100 %", "Holiday +100 %"), 10, "2", {"holiday": True}
    ),
    _supplement(
        "sunday", ("Sunnuntailisä +100 %", "Söndagstillägg +100 %", "Sunday +100 %"), 20, "2", {"weekdays": [7]}
    ),
    _supplement(
        "night",
        ("Yölisä 21–06 +100 %", "Nattillägg 21–06 +100 %", "Night 21–06 +100 %"),
        30,
        "2",
        {"clock": {"from": "21:00", "to": "06:00"}},
    ),
    _supplement(
        "saturday", ("Lauantailisä +50 %", "Lördagstillägg +50 %", "Saturday +50 %"), 40, "1.5", {"weekdays": [6]}
    ),
    _supplement(
        "evening",
        ("Iltalisä 18–21 +50 %", "Kvällstillägg 18–21 +50 %", "Evening 18–21 +50 %"),
        50,
        "1.5",
        {"clock": {"from": "18:00", "to": "21:00"}},
    ),
    _supplement(
        "overtime_first",
        ("Ylityö, tunnit 9–10, +50 %", "Övertid, timmarna 9–10, +50 %", "Overtime, hours 9–10, +50 %"),
        60,
        "1.5",
        {"day_hours": {"from": "8", "to": "10"}},
        "overtime",
    ),
    _supplement(
        "overtime_later",
        ("Ylityö, tunnista 11, +100 %", "Övertid, från timme 11, +100 %", "Overtime, from hour 11, +100 %"),
        60,
        "2",
        {"day_hours": {"from": "10"}},
        "overtime",
    ),
    _call_out(
        "call_out_day",
        ("Hälytysraha 06–21", "Utryckningsavgift 06–21", "Call-out fee 06–21"),
        "2",
        "06:00",
        "21:00",
    ),
    _call_out(
        "call_out_night",
        ("Hälytysraha 21–06", "Utryckningsavgift 21–06", "Call-out fee 21–06"),
        "3",
        "21:00",
        "06:00",
    ),
    _template(
        "vehicle_fee",
        ("Huoltoautomaksu, sis. 25 km", "Servicebilsavgift, inkl. 25 km", "Service vehicle, 25 km included"),
        300,
        {"product_kinds": ["labour"]},
        [{"kind": "vehicle_fee", "included_km": "25"}],
        _choice("/effects/0/product_id", _FEE, "travel"),
        _choice("/effects/0/km_product_ids/0", _KILOMETRES, "travel"),
    ),
    _template(
        "small_supplies",
        ("Pientarvikelisä 2 %", "Smådelstillägg 2 %", "Small supplies 2 %"),
        400,
        {"product_kinds": ["material"]},
        [{"kind": "surcharge", "percent": "2"}],
        _choice("/effects/0/product_id", _FEE, "fee"),
    ),
    _template(
        "waste_fee",
        ("Jätemaksu", "Avfallsavgift", "Waste fee"),
        410,
        {"product_kinds": ["material"]},
        [{"kind": "fee", "per": "order"}],
        _choice("/effects/0/product_id", _FEE, "fee"),
    ),
    _template(
        "included_twelve_times",
        ("Sisältyy sopimukseen, 12 kertaa", "Ingår i avtalet, 12 gånger", "Included in the contract, 12 times"),
        5,
        {"order_types": ["contract"]},
        [{"kind": "included", "times": 12, "per": "day"}],
        _choice("/conditions/product_ids/0", _INCLUDED),
    ),
    _template(
        "invoice_fee",
        ("Laskutuslisä, ei verkkolaskuista", "Faktureringsavgift, ej e-fakturor", "Invoicing fee, not for e-invoices"),
        900,
        {},
        [{"kind": "invoice_fee", "except_channels": ["einvoice"]}],
        _choice("/effects/0/product_id", _FEE, "fee"),
    ),
)
