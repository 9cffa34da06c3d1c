"""What is left of a person in reports of imports once the person is forgotten."""

from __future__ import annotations

from typing import Any

from services.customers.domain.erasure import forgotten, forgotten_report, person_of

PERSON = person_of(
    "c1",
    [
        {"name": "Maija Malli", "email": "maija@malli.example", "phone": "+358401234567", "notes": "soittaa iltaisin"},
        {"name": "Maija Entinen", "email": None},
    ],
)


def test_rows_that_became_the_person_say_nothing_of_it() -> None:
    row: dict[str, Any] = {
        "row": 2,
        "id": "c1",
        "key": "maija@malli.example",
        "name": "Maija Malli",
        "values": {
            "name": "Maija Malli",
            "notes": "soittaa iltaisin",
            "title": None,
            "role": "orders",
            "links": ["l1"],
        },
        "changes": [{"field": "phone", "old": "+358501112223", "new": None}, {"field": "links", "old": None, "new": 1}],
    }

    assert forgotten({"rows": [row]}, PERSON)["rows"] == [
        {
            "row": 2,
            "id": "c1",
            "key": "–",
            "name": "–",
            "values": {"name": "–", "notes": "–", "title": None, "role": "orders", "links": ["l1"]},
            "changes": [{"field": "phone", "old": "–", "new": None}, {"field": "links", "old": None, "new": 1}],
        }
    ]


def test_other_texts_lose_every_name_and_number_that_the_person_had() -> None:
    report = {
        "errors": [{"value": " MAIJA  malli ", "reason": "'Maija Entinen' is wrong"}, {"value": "040 123 4567"}],
        "refused_rows": [{"row": 3, "values": {"contact_name": "Maija Malli", "notes": "c/o maija@malli.example"}}],
        "counts": {"created": 1},
    }

    assert forgotten(report, PERSON) == {
        "errors": [{"value": "–", "reason": "'–' is wrong"}, {"value": "–"}],
        "refused_rows": [{"row": 3, "values": {"contact_name": "–", "notes": "c/o –"}}],
        "counts": {"created": 1},
    }


def test_what_an_undo_writes_back_to_others_stays() -> None:
    changes = [
        {"field": "name", "old": "Tmi Maija Malli", "new": "Malli Oy"},
        {"field": "contact_name", "old": None, "new": "Maija Malli"},
    ]

    assert forgotten({"rows": [{"id": "k1", "changes": changes}]}, PERSON)["rows"][0]["changes"] == [
        changes[0],
        {"field": "contact_name", "old": None, "new": "–"},
    ]


def test_a_name_of_one_word_is_forgotten_only_where_it_stands_alone() -> None:
    desk = person_of("c2", [{"name": "Laskutus"}])

    assert forgotten({"contact_name": "laskutus", "notes": "Laskutus kuun lopussa"}, desk) == {
        "contact_name": "–",
        "notes": "Laskutus kuun lopussa",
    }
    assert forgotten("Maija Mallinen", PERSON) == "Maija Mallinen"


def test_wrong_cells_of_a_row_that_names_the_person_lose_what_they_say() -> None:
    cells = [
        {
            "row": 2,
            "value": "maija@malli",
            "reason": "'maija@malli' is wrong",
            "suggestion": None,
            "code": "email.form",
        },
        {"row": 3, "value": "x@y", "reason": "'x@y' is wrong", "suggestion": None, "code": "email.form"},
    ]
    refused = [{"row": 2, "values": {"name": "Maija Malli"}}, {"row": 3, "values": {"name": "Joku Muu"}}]

    assert forgotten_report({"errors": cells, "refused_rows": refused}, PERSON)["errors"] == [
        {"row": 2, "value": "–", "reason": "–", "suggestion": None, "code": "email.form"},
        cells[1],
    ]
