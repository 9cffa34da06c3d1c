"""The words of the customer's report in Finnish, Swedish and English (domain.md 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

LANGUAGES = ("fi", "sv", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """Every text of a report in one language. types, states, chargeabilities  code → word"""

    title: str
    customer: str
    period: str
    summary: str
    rows: str
    orders: str
    order: str
    type: str
    state: str
    site: str
    package: str
    description: str
    date: str
    product: str
    quantity: str
    worked: str
    unit: str
    chargeability: str
    unit_price: str
    net: str
    billed: str
    unbilled: str
    hours: str
    charged_hours: str
    total: str
    without_site: str
    without_package: str
    yes: str
    no: str
    page: str
    unpriced: str
    types: Mapping[str, str]
    states: Mapping[str, str]
    chargeabilities: Mapping[str, str]


_FI = Words(
    title="Työraportti",
    customer="Asiakas",
    period="Ajanjakso",
    summary="Yhteenveto",
    rows="Työrivit",
    orders="Työmääräimiä",
    order="Työnumero",
    type="Laji",
    state="Tila",
    site="Kohde",
    package="Työkokonaisuus",
    description="Kuvaus",
    date="Työpäivä",
    product="Tuotekoodi",
    quantity="Veloitettava määrä",
    worked="Tehty määrä",
    unit="Yksikkö",
    chargeability="Veloitus",
    unit_price="Yksikköhinta (alv 0 %)",
    net="Summa (alv 0 %)",
    billed="Laskutettu",
    unbilled="Laskuttamatta",
    hours="Tehdyt tunnit",
    charged_hours="Veloitettavat tunnit",
    total="Yhteensä",
    without_site="Ilman kohdetta",
    without_package="Ilman työkokonaisuutta",
    yes="kyllä",
    no="ei",
    page="Sivu",
    unpriced="Rivejä ilman hintaa",
    types=MappingProxyType(
        {
            "contract": "sopimustyö",
            "extra": "lisätyö",
            "fault": "vikailmoitus",
            "project": "projekti",
            "warranty": "takuutyö",
            "internal": "sisäinen",
        }
    ),
    states=MappingProxyType(
        {
            "draft": "luonnos",
            "planned": "suunniteltu",
            "assigned": "annettu",
            "in_progress": "tekeillä",
            "paused": "keskeytetty",
            "done": "valmis",
            "in_review": "tarkastettavana",
            "approved": "hyväksytty",
            "billed": "laskutettu",
            "closed": "päätetty",
            "cancelled": "peruttu",
        }
    ),
    chargeabilities=MappingProxyType(
        {
            "charge": "veloitetaan",
            "included": "sisältyy sopimukseen",
            "warranty": "takuu",
            "goodwill": "hyvitys",
            "internal": "sisäinen",
            "paid": "maksettu",
        }
    ),
)

_SV = Words(
    title="Arbetsrapport",
    customer="Kund",
    period="Period",
    summary="Sammandrag",
    rows="Arbetsrader",
    orders="Arbetsorder",
    order="Arbetsnummer",
    type="Typ",
    state="Läge",
    site="Objekt",
    package="Arbetshelhet",
    description="Beskrivning",
    date="Arbetsdag",
    product="Produktkod",
    quantity="Debiterat antal",
    worked="Utfört antal",
    unit="Enhet",
    chargeability="Debitering",
    unit_price="À-pris (exkl. moms)",
    net="Summa (exkl. moms)",
    billed="Fakturerad",
    unbilled="Ofakturerad",
    hours="Utförda timmar",
    charged_hours="Debiterade timmar",
    total="Totalt",
    without_site="Utan objekt",
    without_package="Utan arbetshelhet",
    yes="ja",
    no="nej",
    page="Sida",
    unpriced="Rader utan pris",
    types=MappingProxyType(
        {
            "contract": "avtalsarbete",
            "extra": "tilläggsarbete",
            "fault": "felanmälan",
            "project": "projekt",
            "warranty": "garantiarbete",
            "internal": "internt",
        }
    ),
    states=MappingProxyType(
        {
            "draft": "utkast",
            "planned": "planerad",
            "assigned": "tilldelad",
            "in_progress": "pågående",
            "paused": "pausad",
            "done": "klar",
            "in_review": "under granskning",
            "approved": "godkänd",
            "billed": "fakturerad",
            "closed": "avslutad",
            "cancelled": "annullerad",
        }
    ),
    chargeabilities=MappingProxyType(
        {
            "charge": "debiteras",
            "included": "ingår i avtalet",
            "warranty": "garanti",
            "goodwill": "gottgörelse",
            "internal": "internt",
            "paid": "betald",
        }
    ),
)

_EN = Words(
    title="Work report",
    customer="Customer",
    period="Period",
    summary="Summary",
    rows="Work rows",
    orders="Work orders",
    order="Job number",
    type="Type",
    state="State",
    site="Site",
    package="Work package",
    description="Description",
    date="Work date",
    product="Product code",
    quantity="Charged quantity",
    worked="Worked quantity",
    unit="Unit",
    chargeability="Chargeability",
    unit_price="Unit price (without VAT)",
    net="Amount (without VAT)",
    billed="Billed",
    unbilled="Not billed",
    hours="Worked hours",
    charged_hours="Charged hours",
    total="Total",
    without_site="Without a site",
    without_package="Without a work package",
    yes="yes",
    no="no",
    page="Page",
    unpriced="Rows without a price",
    types=MappingProxyType(
        {
            "contract": "contract work",
            "extra": "extra work",
            "fault": "fault report",
            "project": "project",
            "warranty": "warranty work",
            "internal": "internal",
        }
    ),
    states=MappingProxyType(
        {
            "draft": "draft",
            "planned": "planned",
            "assigned": "assigned",
            "in_progress": "in progress",
            "paused": "paused",
            "done": "done",
            "in_review": "in review",
            "approved": "approved",
            "billed": "billed",
            "closed": "closed",
            "cancelled": "cancelled",
        }
    ),
    chargeabilities=MappingProxyType(
        {
            "charge": "charged",
            "included": "included in contract",
            "warranty": "warranty",
            "goodwill": "goodwill",
            "internal": "internal",
            "paid": "already paid",
        }
    ),
)

WORDS: Mapping[str, Words] = MappingProxyType({"fi": _FI, "sv": _SV, "en": _EN})
"""Language → words."""
