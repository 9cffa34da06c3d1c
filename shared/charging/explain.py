"""What charging says about each step, in three languages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from shared.charging.facts import Explanation
from shared.charging.rules import ChargingRule

TEXTS: Final[dict[str, dict[str, str]]] = {
    "included": {
        "fi": "Sisältyy sopimukseen: raportoidaan, ei veloiteta.",
        "sv": "Ingår i avtalet: rapporteras, debiteras inte.",
        "en": "Included in the contract: reported, not charged.",
    },
    "included_counted": {
        "fi": "Sisältyy sopimukseen, kerta {time}/{times}: raportoidaan, ei veloiteta.",
        "sv": "Ingår i avtalet, gång {time}/{times}: rapporteras, debiteras inte.",
        "en": "Included in the contract, time {time} of {times}: reported, not charged.",
    },
    "included_used_up": {
        "fi": "Sopimukseen sisältyvät {times} kertaa on käytetty: veloitetaan.",
        "sv": "De {times} gånger som ingår i avtalet är använda: debiteras.",
        "en": "The {times} times that the contract includes are used up: charged.",
    },
    "step": {
        "fi": "Tehty {worked} min, veloitetaan alkavat {step} min: {charged} min.",
        "sv": "Utfört {worked} min, påbörjade {step} min debiteras: {charged} min.",
        "en": "Worked {worked} min, every started {step} min is charged: {charged} min.",
    },
    "minimum": {
        "fi": "Vähimmäisveloitus {minimum} min: {before} min veloitetaan {charged} minuuttina.",
        "sv": "Minimidebitering {minimum} min: {before} min debiteras som {charged} min.",
        "en": "Minimum charge {minimum} min: {before} min are charged as {charged} min.",
    },
    "minimum_met": {
        "fi": "Vähimmäisveloitus {minimum} min täyttyy: {before} min.",
        "sv": "Minimidebiteringen {minimum} min uppnås: {before} min.",
        "en": "The minimum charge of {minimum} min is met: {before} min.",
    },
    "factor": {
        "fi": "Kerroin {factor}: lisä {hours} {unit} × {price}.",
        "sv": "Faktor {factor}: tillägg {hours} {unit} × {price}.",
        "en": "Factor {factor}: supplement of {hours} {unit} × {price}.",
    },
    "factor_without_price": {
        "fi": "Kerroin {factor}: {hours} {unit}, mutta rivillä ei ole hintaa.",
        "sv": "Faktor {factor}: {hours} {unit}, men raden har inget pris.",
        "en": "Factor {factor}: {hours} {unit}, but the row has no price.",
    },
    "call_out": {
        "fi": "Hälytysraha käynnistä.",
        "sv": "Utryckningsavgift för besöket.",
        "en": "Call-out fee for the visit.",
    },
    "call_out_hours": {
        "fi": "Hälytysraha käynnistä: {hours} h × {price}.",
        "sv": "Utryckningsavgift för besöket: {hours} h × {price}.",
        "en": "Call-out fee for the visit: {hours} h × {price}.",
    },
    "call_out_without_price": {
        "fi": "Hälytysraha {hours} h, mutta käynnillä ei ole hinnoiteltua tuntiriviä.",
        "sv": "Utryckningsavgift {hours} h, men besöket har ingen prissatt timrad.",
        "en": "Call-out fee of {hours} h, but the visit has no hour row with a price.",
    },
    "vehicle_fee": {
        "fi": "Huoltoautomaksu käynnistä, sisältää {km} km.",
        "sv": "Servicebilsavgift för besöket, inkluderar {km} km.",
        "en": "Service-vehicle fee for the visit, {km} km included.",
    },
    "kilometres_included": {
        "fi": "Huoltoautomaksuun sisältyy {included} km, veloitetaan {charged} km / {worked} km.",
        "sv": "I servicebilsavgiften ingår {included} km, {charged} km av {worked} km debiteras.",
        "en": "The vehicle fee includes {included} km, {charged} km of {worked} km are charged.",
    },
    "fee": {
        "fi": "Maksu: {quantity} kpl.",
        "sv": "Avgift: {quantity} st.",
        "en": "Fee: {quantity} pcs.",
    },
    "surcharge": {
        "fi": "{percent} % summasta {base}: {amount}.",
        "sv": "{percent} % av {base}: {amount}.",
        "en": "{percent} % of {base}: {amount}.",
    },
}
"""Code → language → text. The parameters stand in braces."""

_NUMBER = re.compile(r"-?[0-9]+\.[0-9]+")


def explain(code: str, rule: ChargingRule, row_ids: Iterable[str], **params: object) -> Explanation:
    """Return one step. Numbers get a decimal comma in the Finnish and Swedish text, not in `params`."""
    plain = {name: str(value) for name, value in params.items()}
    commas = {name: value.replace(".", ",") if _NUMBER.fullmatch(value) else value for name, value in plain.items()}
    text = {
        language: template.format(**(plain if language == "en" else commas))
        for language, template in TEXTS[code].items()
    }
    return Explanation(code, rule.id, rule.name, plain, text, tuple(row_ids))
